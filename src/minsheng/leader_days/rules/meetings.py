"""Coordination meetings (群众诉求办理协调会) of a period: states, facts, guards, checks and the procedure. Pure.

Cases of the period that are not solved are put on the agenda with a reason; the head of the answering unit convenes and signs. A ruling
fixes person, duty and date; it takes effect when the coordinator carries the signed minutes out, all in one transaction. Who asked for
secrecy is not named; a restricted case has a meeting of its own, before those who may read it (rulings, 103).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import OPEN, State
from minsheng.kit import written_times
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.leader_days.rules.facts import PeriodFacts


class MeetingState(Labelled):
    NEW = "new", "新建"
    PLANNED = "planned", "筹备中"
    CONVENED = "convened", "已召集"
    HELD = "held", "已召开"
    SIGNED = "signed", "已签发"
    CARRIED = "carried", "已落实"
    CANCELLED = "cancelled", "已取消"


_PEOPLE = re.compile(r"[\s、，,；;。]+")
SETTLED = frozenset({MeetingState.CARRIED, MeetingState.CANCELLED})


class Outcome(Labelled):
    """What became of a ruling when the minutes were carried out."""

    DONE = "done", "已落实"
    VOID = "void", "没有落实"


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A case on the agenda."""

    case: int
    ruled: bool = False


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    id: int
    state: MeetingState
    today: date
    period: PeriodFacts
    begins_on: date | None = None  # the day of the period's first desk
    unit: int = 0
    agenda: tuple[ItemFacts, ...] = ()
    writer: int = 0  # of the minutes
    held_on: date | None = None
    ever: int = 0  # cases that were ever put on its agenda
    closed: bool = False  # it is about one restricted case and nothing else


# --- guards -----------------------------------------------------------------------------


@asks("本期已开始接听，尚未总结")
def period_takes_calls(facts: MeetingFacts, by: Actor) -> Verdict:
    return YES if facts.period.takes_calls else no("period", "本期还没有开始接听或已经总结，不能开协调会")


@asks("召集单位的接听领导")
def heads_the_unit(facts: MeetingFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit == facts.unit else no("not_own", "协调会由接听单位的主要负责人召集和签发")


@asks("议题不空")
def has_agenda(facts: MeetingFacts, by: Actor) -> Verdict:
    return YES if facts.agenda else no("no_agenda", "还没有议题，先从本期未解决的工单中选")


@asks("至少有一项裁定")
def has_ruling(facts: MeetingFacts, by: Actor) -> Verdict:
    return YES if any(item.ruled for item in facts.agenda) else no("no_ruling", "还没有裁定，先逐件写明牵头单位、责任人、责任和日期")


@asks("不是纪要的记录人")
def not_the_writer(facts: MeetingFacts, by: Actor) -> Verdict:
    return no("own", "纪要不能由记录人签发") if facts.writer == by.id else YES


# --- checks -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeetingWorld:
    """What the fields may be held against. `case`: why this case cannot stand on the agenda, "" when it can."""

    works: Any  # (day) -> is it a working day of the city?
    handling: frozenset[int] = frozenset()  # units in use that handle
    desk_units: frozenset[int] = frozenset()  # of the period
    case: str = ""
    restricted: bool = False  # the case that is put on the agenda
    head_reads: bool = False  # is a leader of the convening unit among its readers?
    readers: Mapping[str, str] | None = None  # of a closed meeting: their names, each with itself
    named: Mapping[str, str] | None = None  # field -> what in its words says who asks


def why_not(case_state: State, *, of_period: bool, solved: bool | None, complains: bool, answered: bool = False) -> str:
    """Why a case cannot be on the agenda; "" when it can. answered: on the spot, and not rung back yet."""
    if not of_period:
        return "没有这个本期的工单，或您无权查看，请核对编号"
    if complains:
        return "反映单位的工单不上协调会"
    if answered:
        return "这件已当场答复，正在回访；回访未解决的再上协调会"
    unsolved = (case_state in OPEN and case_state is not State.DRAFT) or (case_state is State.CLOSED and solved is False)
    return "" if unsolved else f"这件现为“{case_state.label}”，协调会只研究未解决的"


def check(step: str, values: Mapping[str, Any], facts: MeetingFacts, world: MeetingWorld) -> dict[str, str]:
    asked = _CHECKS.get(step)
    return dict(world.named or {}) | _before_readers(values, facts, world) | (asked(values, facts, world) if asked else {})


def _before_readers(values: Mapping[str, Any], facts: MeetingFacts, world: MeetingWorld) -> dict[str, str]:
    """Who sits in a closed meeting is one of those who may read its case."""
    if not facts.closed:
        return {}
    known, found = set(world.readers or ()), {}
    for name in ("attends", "attended"):
        strangers = [who for who in _PEOPLE.split(values.get(name, "")) if who and who not in known]
        if strangers:
            found[name] = f"限制知悉的只在知悉人员面前研究。请只写姓名，用“、”隔开：{'、'.join(sorted(known))}"
    return found


def _planned(values: Mapping[str, Any], facts: MeetingFacts, world: MeetingWorld) -> dict[str, str]:
    found = {}
    if "unit" in values and values["unit"] not in world.desk_units:
        found["unit"] = "召集单位须有本期的接听席"
    on = _day(values, "meets_on")
    if on and facts.begins_on and on < facts.begins_on:
        found["meets_on"] = f"会期不能早于接听日 {written_times.day(facts.begins_on)}"
    return found


def _put(values: Mapping[str, Any], facts: MeetingFacts, world: MeetingWorld) -> dict[str, str]:
    if world.case:
        return {"case": world.case}
    if _on_agenda(values, facts):
        return {"case": "这件已在议题中"}
    if facts.closed or (world.restricted and facts.ever):
        return {"case": "限制知悉的单独开会，只研究这一件，请另筹备一次协调会"}
    if world.restricted and not world.head_reads:
        return {"case": "召集单位的接听领导不是这件的知悉人员，先由值班长指定"}
    return {}


def _taken_off(values: Mapping[str, Any], facts: MeetingFacts, world: MeetingWorld) -> dict[str, str]:
    return {} if _on_agenda(values, facts) else {"case": "议题里没有这件，请刷新页面"}


def _minutes(values: Mapping[str, Any], facts: MeetingFacts, world: MeetingWorld) -> dict[str, str]:
    on = _day(values, "held_on")
    if on is None or (facts.begins_on or on) <= on <= facts.today:
        return {}
    return {"held_on": f"召开日期须在 {written_times.day(facts.begins_on)} 至今天之间"}


def _ruling(values: Mapping[str, Any], facts: MeetingFacts, world: MeetingWorld) -> dict[str, str]:
    found = _taken_off(values, facts, world)
    if "lead" in values and values["lead"] not in world.handling:
        found["lead"] = "请选择在用的承办单位"
    if set(values.get("co_units", ())) - world.handling:
        found["co_units"] = "协办单位须为在用的承办单位"
    elif values.get("lead") in values.get("co_units", ()):
        found["co_units"] = "牵头单位不能同时是协办单位"
    due = _day(values, "due")
    if due and facts.held_on and due < facts.held_on:
        found["due"] = f"日期不能早于开会当天 {written_times.day(facts.held_on)}"
    elif due and not world.works(due):
        found["due"] = f"{written_times.day(due)} 不是工作日，请改为工作日"
    return found


_CHECKS = {"draft_meeting": _planned, "amend_meeting": _planned, "put_on_agenda": _put, "take_off_agenda": _taken_off,
           "write_minutes": _minutes, "rule_item": _ruling}


def _day(values: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(values[name]) if name in values else None


def _on_agenda(values: Mapping[str, Any], facts: MeetingFacts) -> bool:
    return values.get("case") in {item.case for item in facts.agenda}


# --- the procedure ----------------------------------------------------------------------

M = MeetingState


def _in(*states: MeetingState) -> frozenset[MeetingState]:
    return frozenset(states)


MEETING = Procedure([
    Step("draft_meeting", "筹备协调会", _in(M.NEW), M.PLANNED, R.COORDINATOR, (period_takes_calls,), ("period", "unit", "meets_on", "venue")),
    Step("amend_meeting", "改会期", _in(M.PLANNED, M.CONVENED), None, R.COORDINATOR, (), ("meets_on", "venue"), rests_on=("amend_meeting",)),
    Step("put_on_agenda", "列入议题", _in(M.PLANNED, M.CONVENED), None, R.COORDINATOR, (), ("case", "reason")),
    Step("take_off_agenda", "撤下议题", _in(M.PLANNED, M.CONVENED), None, R.COORDINATOR, (has_agenda,), ("case", "reason")),
    Step("convene", "召集", _in(M.PLANNED), M.CONVENED, R.LEADER, (heads_the_unit, has_agenda), ("attends",), rests_on=("amend_meeting", "put_on_agenda", "take_off_agenda")),
    Step("write_minutes", "记纪要", _in(M.CONVENED, M.HELD), M.HELD, R.COORDINATOR, (has_agenda,), ("held_on", "attended", "minutes"), rests_on=("write_minutes",)),
    Step("rule_item", "定人定责定时", _in(M.HELD), None, R.COORDINATOR, (), ("case", "lead", "co_units?", "owner", "duty", "due")),
    Step("sign_minutes", "签发纪要", _in(M.HELD), M.SIGNED, R.LEADER, (heads_the_unit, has_ruling, not_the_writer), rests_on=("write_minutes", "rule_item")),
    Step("carry_out", "落实裁定", _in(M.SIGNED), M.CARRIED, R.COORDINATOR, (period_takes_calls,)),
    Step("cancel_meeting", "取消协调会", _in(M.PLANNED, M.CONVENED), M.CANCELLED, R.COORDINATOR, (), ("reason",)),
])
