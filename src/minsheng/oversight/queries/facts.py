"""What the rules may know of a slip, read: its unit's line, the orders that it is to rest on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from minsheng.accounts import queries as people
from minsheng.accounts.models import Person
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.org import queries as org
from minsheng.oversight.models import Duty, Finding, Instruction, Slip
from minsheng.oversight.queries import ladder as read
from minsheng.oversight.rules import checks, ladder
from minsheng.oversight.rules.facts import SlipFacts
from minsheng.oversight.rules.findings import FindingFacts, FindingState
from minsheng.oversight.rules.ladder import Standing
from minsheng.oversight.rules.states import SlipState

HEADS = 3  # of a unit are told at most so many


def furnish(slips: Iterable[Slip | Instruction | Duty]) -> None:
    """Was any of their cases lawfully erased? One statement."""
    slips = list(slips)
    ids = {case_id for slip in slips for case_id in slip.cases}
    gone = set(Case.objects.filter(id__in=ids, erased=True).values_list("id", flat=True)) if ids else set()
    for slip in slips:
        slip.any_erased = not gone.isdisjoint(slip.cases)


def of_slip(slip: Slip, at: datetime) -> SlipFacts:
    tree, unit = org.tree(), slip.unit_id or 0
    acting = tree.by_id.get(cases.acting_for(unit))
    return SlipFacts(slip.id, SlipState(slip.state), clocks.local_day(at), unit, tree.path(unit), tree.line(unit) if unit in tree.by_id else frozenset(),
                     tuple(slip.drafters), grounds=len(slip.cases) + len(slip.slips),
                     acted_on=acting is not None and acting.kind.handles)


def of_finding(one: Finding) -> FindingFacts:
    tree, unit = org.tree(), one.unit_id or 0
    return FindingFacts(one.id, FindingState(one.state), tree.line(unit) if unit in tree.by_id else frozenset())


def world(at: datetime, **more: Any) -> checks.World:
    cal = clocks.city_calendar()
    handling = frozenset(u.id for u in org.tree().by_id.values() if u.active and u.kind.handles)
    return checks.World(clocks.local_day(at), lambda on: cal.day(on).works, handling, **more)


def named_world(values: dict[str, Any], by: Actor, at: datetime) -> checks.World:
    """For a draft: the rung as it holds today, and the orders that were named, as far as their drafter may see them."""
    today = clocks.local_day(at)
    rung = next((one for one in ladder.in_force(read.rungs(), today) if one.code == values.get("rung")), None)
    found = cases.visible(by).filter(id__in=values.get("cases", ())).order_by("id")
    unit = set(org.tree().subtree(values.get("unit", 0))) if values.get("unit", 0) in org.tree().by_id else set()
    seen = tuple(checks.CaseSeen(case.number, case.lead_id in unit, case.restricted or case.complained_line is not None, _standing(case))
                 for case in found)
    days = rung.count if rung is not None and rung.trigger is ladder.Trigger.LATE else 0
    return world(at, rung=rung, cases=seen, last_due=ladder.late_since(today, days, clocks.city_calendar()) if days else today)


def whom(unit_id: int | None, at: datetime, heads: bool) -> list[tuple[str, str]]:
    """(name, telephone): whoever answers for the unit, and its heads; of one that was merged or closed, those who act for it."""
    unit = cases.acting_for(unit_id)
    duty = next(iter(org.on_duty(unit, at)), None)
    told = {(duty.name, duty.phone)} if duty else {found for found in [people.liaison_phone(unit)] if found}
    if heads and unit:
        told |= {(head.name, head.phone) for head in heads_of(unit)}
    return sorted(told)


def heads_of(unit_id: int) -> list[Person]:
    """Those who have a number."""
    return [head for head in people.holders(Role.UNIT_APPROVER, unit_id) if head.phone][:HEADS]


def named(slip: Slip, by: Actor) -> tuple[int, bool]:
    """(how many of its orders this reader does not see, has any been shut since). One statement."""
    seen = list(cases.visible(by).filter(id__in=slip.cases))
    return len(slip.cases) - len(seen), any(case.restricted or case.complained_line is not None for case in seen)


def _standing(case: Case) -> Standing:
    held = case.state in {State.PENDING_SIGN, State.IN_PROGRESS} and not case.paused and case.stands_since is None and case.handle_due_at is not None
    return Standing(clocks.local_day(case.handle_due_at) if held and case.handle_due_at else None, case.redos, case.returns)
