"""The ways in to slips, and what the clock proposes by the ladder. Nothing here sends: a slip leaves when a person numbers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.kit import clock, engine
from minsheng.kit.each_alone import each
from minsheng.kit.ids import new_id
from minsheng.kit.read_values import id_or_none
from minsheng.messages import actions as messages
from minsheng.org import queries as org
from minsheng.oversight.actions.kinds import SLIPS
from minsheng.oversight.models import Reached, Slip, SlipStep
from minsheng.oversight.queries import ladder as read
from minsheng.oversight.queries.facts import whom
from minsheng.oversight.rules import ladder
from minsheng.oversight.rules.ladder import Measure, Rung, Trigger
from minsheng.oversight.rules.states import SlipState

Given = Mapping[str, Any]
AT_ONCE, MOST = 500, 50  # orders looked at for a rung; orders on one slip
_COUNTS = {Trigger.ORDERS: Measure.ORDER, Trigger.CIRCULARS: Measure.CIRCULAR}


def draft(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> SlipStep:
    """A person's own slip. Refused, Invalid as with every step."""
    at, unit = at or clock.now(), id_or_none(given.get("unit"))
    slip = Slip(id=new_id(at), state=SlipState.NEW.value, unit_id=unit if unit in org.tree().by_id else None, updated_at=at)
    slip.any_erased = False
    return engine.make(SLIPS, slip, "draft_slip", by=by, given=given, at=at, key=key)


@transaction.atomic
def take(*, slip_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> SlipStep:
    """One step of a slip; the unit is told in the same transaction when it is sent to it."""
    row = engine.take(SLIPS, slip_id, step, by=by, given=given, at=at, key=key)
    if step == "issue_slip" and not row.replayed:
        _tell(Slip.objects.get(id=slip_id), at or clock.now())
    return row


def _tell(slip: Slip, at: datetime) -> None:
    """Whoever answers the unit's telephone, and its heads: number and date, no word of it."""
    for name, phone in whom(slip.unit_id, at, heads=True):
        messages.send(channel="work", to=phone, template="slip_issued", about=f"slip:{slip.id}",
                      context={"name": name, "kind": slip.get_kind_display(), "number": slip.doc_number, "due": f"{slip.answer_due:%m月%d日}"})


# --- by the clock ---------------------------------------------------------------------------


def propose(*, at: datetime | None = None) -> int:
    """What has come to a rung that a person must sign: one proposal for a unit and a rung, with its ground. Safe to repeat. How many."""
    at = at or clock.now()
    if not read.in_office(at):
        return 0
    rungs = [rung for rung in ladder.in_force(read.rungs(), clocks.local_day(at)) if not rung.measure.by_clock]
    return each(rungs, lambda rung: _of_units(rung, at) if rung.trigger.of_unit else _of_orders(rung, at), "propose")


def _of_orders(rung: Rung, at: datetime) -> int:
    """What is restricted, or complains of somebody, is on no slip: those who know of it press in person."""
    found = read.due(rung, at).filter(restricted=False, complained_line__isnull=True)
    by_unit: dict[int, list[int]] = defaultdict(list)
    for case_id, unit in found.values_list("id", "lead")[:AT_ONCE]:
        by_unit[unit].append(case_id)
    owed = [(unit, ids[n:n + MOST]) for unit, ids in sorted(by_unit.items()) for n in range(0, len(ids), MOST)]
    return each(owed, lambda one: _propose(one[0], rung, at, one[1]), f"propose {rung.code}")


@transaction.atomic
def _propose(unit: int, rung: Rung, at: datetime, ids: list[int]) -> bool:
    """Looked at again under the locks of the orders: whoever comes second finds them noted."""
    held = list(Case.objects.select_for_update(of=("self",)).filter(id__in=ids).order_by("id"))
    still = set(read.due(rung, at).filter(id__in=ids, lead=unit, restricted=False, complained_line__isnull=True).values_list("id", flat=True))
    held = [case for case in held if case.id in still]
    if not held:
        return False
    slip = new_id(at)
    Reached.objects.bulk_create(Reached(case_id=case.id, unit_id=unit, rung=rung.code, measure=rung.measure.value, round=read.round_of(case), at=at,
                                        slip_id=slip) for case in held)
    _make(slip, unit, rung, at, cases=[case.id for case in held])
    return True


def _make(slip_id: int, unit: int, rung: Rung, at: datetime, **ground: list[int]) -> None:
    slip = Slip(id=slip_id, state=SlipState.NEW.value, unit_id=unit, updated_at=at)
    slip.any_erased = False
    given = {"kind": rung.measure.value, "unit": unit, "rung": rung.code, **ground}
    engine.make(SLIPS, slip, "propose_slip", by=clock_actor("督办阶梯"), given=given, at=at)


def _of_units(rung: Rung, at: datetime) -> int:
    """Slips of a kind that were sent to a unit and have not counted for this rung yet."""
    used: dict[int, set[int]] = defaultdict(set)
    for unit, slips in Slip.objects.filter(rung=rung.code).values_list("unit", "slips"):
        used[unit].update(slips)
    sent = Slip.objects.filter(kind=_COUNTS[rung.trigger].value, issued_at__gte=at - timedelta(days=rung.within)).exclude(state=SlipState.WITHDRAWN)
    counted: dict[int, list[int]] = defaultdict(list)
    for unit, slip_id in sent.order_by("id").values_list("unit", "id"):
        if slip_id not in used[unit]:
            counted[unit].append(slip_id)
    owed = [(unit, ids[:MOST]) for unit, ids in sorted(counted.items()) if len(ids) >= rung.count]
    return each(owed, lambda one: _propose_on_unit(one[0], rung, at, one[1]), f"propose {rung.code}")


@transaction.atomic
def _propose_on_unit(unit: int, rung: Rung, at: datetime, ids: list[int]) -> bool:
    slip = new_id(at)
    _, new = Reached.objects.get_or_create(case_id=0, unit_id=unit, rung=rung.code, round=ids[-1],
                                           defaults={"measure": rung.measure.value, "at": at, "slip_id": slip})
    if new:
        _make(slip, unit, rung, at, slips=ids)
    return new

