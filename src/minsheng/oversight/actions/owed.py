"""What a unit owes of supervision and is late with, the answer to a slip, the correction of a point: urged by the clock as orders are.

The rungs of the ladder that urge say when and whom; each once for a day that was set, whatever restarts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.messages import actions as messages
from minsheng.oversight.models import Point, Slip, Urged
from minsheng.oversight.queries import ladder as read
from minsheng.oversight.queries.facts import whom
from minsheng.oversight.rules import ladder
from minsheng.oversight.rules.inspections import InspectionState, PointState
from minsheng.oversight.rules.ladder import Measure, Rung, Trigger
from minsheng.oversight.rules.states import OWED

AT_ONCE = 500


def urge(*, at: datetime | None = None) -> int:
    """In office hours. How many were urged. Safe to repeat."""
    at = at or clock.now()
    rungs = [rung for rung in ladder.in_force(read.rungs(), clocks.local_day(at)) if rung.measure is Measure.URGE and rung.trigger is Trigger.LATE]
    if not rungs or not read.in_office(at):
        return 0
    return sum(_urge_of(kind, late, rungs, at) for kind, late in (("slip", _slips(at)), ("point", _points(at))))


def _late(at: datetime) -> dict[str, date]:
    """What is late for longer than the ladder's news stands on the lists alone."""
    today = clocks.local_day(at)
    return {"lt": today, "gt": today - read.NEWS}


def _slips(at: datetime) -> Any:
    span = {f"answer_due__{name}": on for name, on in _late(at).items()}
    return Slip.objects.filter(state__in=[state.value for state in OWED], **span)


def _points(at: datetime) -> Any:
    """On a case that was shut since, nobody of the unit can open it: nobody is urged."""
    span = {f"due__{name}": on for name, on in _late(at).items()}
    found = Point.objects.filter(state=PointState.SENT.value, inspection__state=InspectionState.OPEN.value, **span)
    plain = Case.objects.filter(id=OuterRef("case_id"), restricted=False, sealed=False, complained_line__isnull=True)
    return found.filter(Exists(plain))


def _urge_of(kind: str, late: Any, rungs: list[Rung], at: datetime) -> int:
    owed = [(one, _due(one), _reached(_due(one), rungs, at)) for one in late.order_by("id")[:AT_ONCE]]
    known = set(Urged.objects.filter(kind=kind, subject_id__in=[one.id for one, _, _ in owed]).values_list("subject_id", "rung", "due"))
    waits = [(one.id, reached) for one, due, reached in owed if reached and (one.id, reached[-1].code, due) not in known]
    return sum(_urge(kind, late, id_, reached, at) for id_, reached in waits)


def _due(one: Any) -> date:
    found: date = getattr(one, "answer_due", None) or one.due
    return found


def _reached(due: date, rungs: Iterable[Rung], at: datetime) -> list[Rung]:
    """The rungs that it has come to, the gravest last."""
    cal, today = clocks.city_calendar(), clocks.local_day(at)
    return sorted((rung for rung in rungs if due <= ladder.late_since(today, rung.count, cal)), key=lambda rung: rung.count)


@transaction.atomic
def _urge(kind: str, late: Any, id_: int, reached: list[Rung], at: datetime) -> bool:
    """Message and note are kept together, under the subject's lock: whoever was killed before leaves neither, whoever comes second finds both."""
    one = late.select_for_update(of=("self",)).filter(id=id_).first()
    if one is None:
        return False
    due, last = _due(one), reached[-1]
    known = set(Urged.objects.filter(kind=kind, subject_id=id_, due=due).values_list("rung", flat=True))
    if last.code in known:
        return False
    told = whom(one.unit_id, at, last.copy)
    for name, phone in told:
        messages.send(channel="work", to=phone, template=f"{kind}_urged", about=f"{kind}:{id_}", context={"name": name, "due": f"{due:%m月%d日}", **_named(one)})
    Urged.objects.bulk_create(Urged(kind=kind, subject_id=id_, rung=rung.code, due=due, at=at, told=len(told) if rung is last else 0, passed=rung is not last)
                              for rung in reached if rung.code not in known)
    return True


def _named(one: Any) -> dict[str, str]:
    """Numbers and titles of an office, no word of anybody's."""
    return {"kind": one.get_kind_display(), "number": one.doc_number} if isinstance(one, Slip) else {"title": one.inspection.title}
