"""What must hold across the fields of a slip's step, and with what they name. Pure: field -> what to do instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from minsheng.oversight.rules import ladder
from minsheng.oversight.rules.ladder import Rung, Standing

LONGEST_ANSWER = timedelta(days=90)
NUMBER = re.compile(r"[\w（）]{1,20}〔(20\d\d)〕[1-9]\d{0,4}号")


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """Of a case that a slip is to rest on. `shut`: restricted, or it complains of somebody. `last_due`: as `ladder.late_since` has it."""

    number: str
    leads: bool
    shut: bool
    standing: Standing


@dataclass(frozen=True, slots=True)
class World:
    """What the fields may be held against."""

    today: date
    works: Callable[[date], bool]
    handling: frozenset[int] = frozenset()  # units in use that handle
    rung: Rung | None = None
    last_due: date = date.min
    cases: tuple[CaseSeen, ...] = ()  # that were named and that the drafter may see
    number_taken: bool = False


def draft(values: Mapping[str, Any], world: World) -> dict[str, str]:
    """A person's own slip: a unit that handles, a rung of its kind, orders of that unit that have come to it."""
    found = {"unit": "请选择在用的承办单位"} if values.get("unit") not in world.handling else {}
    rung = world.rung
    if rung is None or rung.measure.value != values.get("kind") or rung.trigger.of_unit:
        found["rung"] = "请选择督办阶梯上今天适用、与种类相同、按工单计的一档"
    elif wrong := _cases(values, rung, world):
        found["cases"] = wrong
    return found | due(values, "answer_due", world)


def _cases(values: Mapping[str, Any], rung: Rung, world: World) -> str:
    if len(world.cases) < len(set(values.get("cases", ()))):
        return "有的编号没有这个工单，或您无权查看，请核对"
    for one in world.cases:
        if one.shut:
            return f"{one.number} 限制知悉或反映了单位，不列入督办文书，由知悉人员当面督办"
        if not one.leads:
            return f"{one.number} 不由这个单位主办"
        if not ladder.reaches(rung, one.standing, world.last_due):
            return f"{one.number} 没有到“{rung.name}”这一档：{rung.condition}"
    return "" if world.cases else "没有所依据的工单，请填写编号"


def due(values: Mapping[str, Any], name: str, world: World) -> dict[str, str]:
    if name not in values:
        return {}
    on = date.fromisoformat(values[name])
    if not world.today < on <= world.today + LONGEST_ANSWER:
        return {name: f"期限须在 {world.today} 之后、{LONGEST_ANSWER.days} 天以内"}
    return {} if world.works(on) else {name: f"{on} 不是工作日，请改为工作日"}


def number(values: Mapping[str, Any], world: World) -> dict[str, str]:
    said = values.get("doc_number", "")
    form = NUMBER.fullmatch(said)
    if form is None or int(form[1]) != world.today.year:
        return {"doc_number": f"文号应如 民督〔{world.today.year}〕3号，年份为本年"}
    return {"doc_number": f"{said} 已经用过，请核对文号登记簿"} if world.number_taken else {}


def signed(grounds: tuple[int, bool]) -> dict[str, str]:
    """Who signs has seen all that the slip rests on, and none of it was shut since it was drafted."""
    unseen, shut = grounds
    if unseen:
        return {"cases": f"所依据的工单有 {unseen} 件您不能查看，请由都能查看的督办员签发；后来限制知悉的，请“不发”另拟"}
    return {"cases": "所依据的工单有的后来限制知悉或反映了单位，请“不发”另拟一份"} if shut else {}
