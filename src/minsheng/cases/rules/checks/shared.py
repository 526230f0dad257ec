"""What a check may look at, and the checks that steps of several parts put."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.calendar.rules import for_public
from minsheng.cases.rules import CaseFacts
from minsheng.cases.rules.fields import FIELDS, Field
from minsheng.kit import written_times
from minsheng.kit.steps import Step, asks
from minsheng.org.rules import Tree


@dataclass(frozen=True, slots=True)
class Rung:
    """A call that a step names, as it is on record.

    out        we rang
    spoke      somebody answered
    over       it has ended
    about      it is filed with the case, or was with the number of one of its requesters
    elsewhere  it is filed with other cases alone
    """

    at: datetime
    out: bool
    spoke: bool
    over: bool
    about: bool
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What a check may look at beside the case: the tree of units, the time, who gives, the case named as master, and since when
    this round of handling runs (None: it was never dispatched)."""

    tree: Tree
    now: datetime
    by: Actor
    due_at: datetime | None = None
    master: CaseFacts | None = None
    round_since: datetime | None = None
    known: frozenset[str] = frozenset()  # what the requester left: name, phone
    people: Mapping[int, int] = field(default_factory=dict)  # of persons who are named: to which unit they belong
    has_number: bool = False  # does the record hold a number of the requester?
    call: Rung | None = None  # that is named; None also where no calls are kept


Given = Mapping[str, Any]  # what a step was given, read
Check = Callable[[CaseFacts, Given, World], dict[str, str]]


def unit_can_take(field: str) -> Check:
    """The unit exists, is in use, and is not of the line of the unit complained of (rulings, 30)."""

    @asks("单位在用，且不属被反映单位一系")
    def check(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
        for id_ in _listed(given.get(field)):
            unit = world.tree.by_id.get(id_)
            if unit is None or not unit.active:
                return {field: "单位不存在或已停用，请重新选择"}
            if unit.id in case.complaint.line:
                return {field: f"“{unit.name}”属于被反映单位（含其前身、后继和下级），请派给上一级或热线裁定组"}
        return {}

    return check


NOT_OF_CASE = "这通电话不是和本单诉求人的，请选和本单诉求人的那一通"
MOST_READERS = 5  # of one unit: a restricted order is for a few persons, not for an office


def readers_of(*fields: str) -> Check:
    """Readers that are named for a unit belong to it, and are few (rulings, 31). No `fields`: the actor's own unit."""

    @asks("知悉人员属承办单位，且人数很少")
    def check(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
        named = given.get("readers")
        if not named:
            return {}
        if fields and not case.restriction.on:
            return {"readers": "本单没有限制知悉，不需要指定知悉人员"}
        units = [u for name in fields for u in _listed(given.get(name))] or [world.by.unit]
        if any(world.people.get(p) not in units for p in named):
            return {"readers": "知悉人员须是承办单位本单位的在岗人员；要下级科室办的，给科室派任务"}
        return {"readers": f"知悉人员最多 {MOST_READERS} 人，限制知悉的事越少人知道越好"} if len(set(named)) > MOST_READERS else {}

    return check


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def lawful_time(field: Field, given: Given, world: World) -> str:
    """When a time that was given is lawful; "" when it is. What is to come lies ahead, not farther than its field says; what has
    happened lies between the dispatch to that lead, or the redo, and now (rulings, 29). Forms name minutes: the minute of the dispatch counts."""
    at = datetime.fromisoformat(given[field.name])
    if field.ahead is None:
        since = world.round_since and world.round_since.replace(second=0, microsecond=0)
        if at > world.now:
            return "时间不能晚于现在"
        return f"时间不能早于派给本单位的时间（{for_public(since)}）" if since and at < since else ""
    if at <= world.now:
        return "时间应晚于现在"
    return f"时间不能晚于 {written_times.day(world.now + field.ahead)}" if at > world.now + field.ahead else ""


def check(step: Step, case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """All errors of what was given, by field; the first check of a field wins."""
    times = (FIELDS[name] for name in given if FIELDS[name].kind == "datetime")
    errors = {f.name: sentence for f in times if (sentence := lawful_time(f, given, world))}
    for rule in step.checks:
        for name, sentence in rule(case, given, world).items():
            errors.setdefault(name, sentence)
    return errors
