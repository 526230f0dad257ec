"""What leaves by the clock: reminders and urging, each once for an order, a rung and a round."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks, notifications
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.kit.each_alone import each
from minsheng.messages import actions as messages
from minsheng.messages.models import Message
from minsheng.oversight.models import Reached
from minsheng.oversight.queries import ladder as read
from minsheng.oversight.queries.facts import heads_of
from minsheng.oversight.rules import ladder
from minsheng.oversight.rules.ladder import Measure, Rung

AT_ONCE = 500


def remind(*, at: datetime | None = None) -> int:
    """Orders that have come to a rung which leaves by the clock: the unit is told, in office hours; of urgent ones day and night.

    The gravest rung first: what an order has passed is noted without being told. Safe to repeat. Returns how many orders were noted.
    """
    at = at or clock.now()
    rungs = [rung for rung in ladder.in_force(read.rungs(), clocks.local_day(at)) if rung.measure.by_clock]
    waiting: list[tuple[int, Rung]] = []
    for rung in reversed(rungs):
        found = read.due(rung, at)
        if not read.in_office(at):
            found = found.filter(urgent=True)
        waiting += [(case_id, rung) for case_id in found.values_list("id", flat=True)[:AT_ONCE]]
    return each(waiting, lambda one: _remind(one[0], one[1], rungs, at), "remind")


@transaction.atomic
def _remind(case_id: int, rung: Rung, rungs: list[Rung], at: datetime) -> bool:
    """Message and note are kept together, under the order's lock: whoever was killed before leaves neither, whoever comes second finds both."""
    case = Case.objects.select_for_update(of=("self",)).get(id=case_id)
    if not read.stands_on(case, rung, at):
        return False
    rows = _messages(case, rung, at)
    for row in rows:
        row.save(force_insert=True)
    turn = read.round_of(case)
    common = {"case_id": case.id, "unit_id": case.lead_id, "round": turn, "at": at}
    Reached.objects.create(rung=rung.code, measure=rung.measure.value, told=len(rows), **common)
    known = set(Reached.objects.filter(case_id=case.id, unit=case.lead_id, round=turn).values_list("rung", flat=True))
    Reached.objects.bulk_create(Reached(rung=one.code, measure=one.measure.value, passed=True, **common)
                                for one in ladder.below(rung, rungs) if one.code not in known)
    return True


def _messages(case: Case, rung: Rung, at: datetime) -> list[Message]:
    """To whoever answers the unit's telephone; where the rung says so, to its heads too. The number of the order and no word of it."""
    due = case.handle_due_at.astimezone(clocks.city_calendar().zone) if case.handle_due_at else at
    template = "ladder_remind" if rung.measure is Measure.REMIND else "ladder_urge"
    context = {"due": f"{due:%m月%d日 %H:%M}"}
    rows = notifications.to_unit(case, template, at, **context)
    if rung.copy and case.lead_id:
        heads = heads_of(cases.acting_for(case.lead_id))
        rows += [messages.written(channel="work", to=head.phone, template=template, about=f"case:{case.id}",
                                  context={"number": case.number, "name": head.name, **context}) for head in heads]
    return rows
