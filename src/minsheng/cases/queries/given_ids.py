"""Is there such a thing? Every id that a step or a new case is given is looked up here; what is not there is an error of its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases.effects import clocks
from minsheng.cases.effects.context import strange_files
from minsheng.cases.models import Case
from minsheng.cases.queries import named_calls
from minsheng.cases.queries.categories import category
from minsheng.cases.rules.fields import FIELDS
from minsheng.kit import clock
from minsheng.kit.uploads import is_upload
from minsheng.knowledge import queries as knowledge
from minsheng.knowledge.rules import State
from minsheng.org import queries as org
from minsheng.org.rules import UnitKind


def unknown(values: Mapping[str, Any], case: Case, by: Actor, at: datetime) -> dict[str, str]:
    """Field -> sentence. At most a statement for each kind of id that was given; none for units and matters, which are kept.

    Cases that a step names are locked and looked at by the door, a task is found among the facts.
    """
    errors = {}
    for name, value in values.items():
        ask = _ASK.get(FIELDS[name].kind)
        if ask and (sentence := ask(value, case, by, at)):
            errors[name] = sentence
    return errors


def unit(value: Any, *_: Any) -> str:
    found = org.tree().by_id.get(value)
    return "" if found and found.active else "没有这个单位，或已停用，请重新选择"


def place(value: Any, *_: Any) -> str:
    found = org.tree().by_id.get(value)
    return "" if found and found.kind.is_place and found.kind is not UnitKind.CITY else "没有这个区县，请从列表中选择"


def matter(value: Any, case: Case | None = None, *_: Any) -> str:
    """One that is in use today, or that the case has already."""
    found = category(value)
    if found is None:
        return f"没有分类“{value}”，请从列表中选择"
    kept = case is not None and case.category_id == found.id
    return "" if kept or found.in_use(clocks.local_day(clock.now())) else f"“{found.name}”已停用，请另选分类"


def _units(value: list[int], *_: Any) -> str:
    return next((said for one in value if (said := unit(one))), "")


def _parts(value: list[dict], case: Case, *_: Any) -> str:
    return next((f"第 {n} 件：{said}" for n, part in enumerate(value, 1) if "category" in part and (said := matter(part["category"], case))), "")


def article(value: Any, case: Case, by: Actor, at: datetime) -> str:
    """A version that is published: neither a draft nor what was taken away is a ground."""
    found = knowledge.version_facts(value, clocks.city_calendar().local(at).date())
    return "" if found and found.state == State.PUBLISHED else "没有这篇知识文章，或没有发布，请重新选择"


def _people(value: list[int], *_: Any) -> str:
    known = people.active_among(value)
    return "" if set(value) <= known else "所选人员不存在或已离岗，请重新选择"


def _agent(value: int, *_: Any) -> str:
    return "" if people.holding(Role.AGENT, [value]) else "不是在岗的话务员，请重新选择"


def _files(value: list, case: Case, by: Actor, at: datetime) -> str:
    return strange_files([one for one in value if not is_upload(one)], by, case.id)


def call(value: int, case: Case, *_: Any) -> str:
    return "没有这通电话的记录，请核对通话编号" if named_calls.kept() and value not in named_calls.there([value]) else ""


_ASK: dict[str, Callable[..., str]] = {
    "unit": unit, "units": _units, "place": place, "category": matter, "parts": _parts, "article": article, "people": _people, "agent": _agent, "files": _files,
    "call": call,
}
