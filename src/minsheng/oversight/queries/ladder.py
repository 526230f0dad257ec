"""The ladder as it holds, the orders that have come to a rung of it, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.calendar.rules import is_office_time
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock, read_values
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.org import queries as org
from minsheng.oversight.models import LadderRung, Reached, Urged
from minsheng.oversight.rules import ladder
from minsheng.oversight.rules.ladder import Measure, Rung, Trigger

NEWS = timedelta(days=60)  # what is late for longer stands on the lists: a city that begins today does not urge its whole past
_ROUND = F("dispatches") * 10_000 + F("redos") * 100 + F("extensions")


def round_of(case: Case) -> int:
    return case.dispatches * 10_000 + case.redos * 100 + case.extensions


def rungs() -> list[Rung]:
    """All rows, of all days. One statement."""
    return [Rung(row.code, row.name, Measure(row.measure), Trigger(row.trigger), row.count, row.within, row.copy, row.basis, row.since, row.until)
            for row in LadderRung.objects.order_by("since", "id")]


def due(rung: Rung, at: datetime) -> QuerySet[Case]:
    """Orders in the hands of a unit that have come to this rung in their round and were not noted, those due first."""
    found = Case.objects.filter(closed_at=None, state__in=_HELD, lead__isnull=False, stands_since=None).filter(_come_to(rung, at))
    noted = Reached.objects.filter(case_id=OuterRef("id"), unit=OuterRef("lead"), rung=rung.code, round=OuterRef("round"))
    return found.annotate(round=_ROUND).filter(~Exists(noted)).order_by("due_at", "id")


_HELD = [State.PENDING_SIGN.value, State.IN_PROGRESS.value]


def _come_to(rung: Rung, at: datetime) -> Q:
    if rung.trigger is Trigger.YELLOW:
        return Q(due_code="handle", paused=False, yellow_at__lte=at, red_at__gt=at)
    if rung.trigger is Trigger.RED:
        return Q(due_code="handle", paused=False, red_at__lte=at, due_at__gt=at)
    if rung.trigger is Trigger.LATE:
        return Q(paused=False, handle_due_at__lt=late_before(rung, at), handle_due_at__gt=at - NEWS - timedelta(days=rung.count))
    return Q(**{f"{rung.trigger.value}__gte": rung.count})


def late_before(rung: Rung, at: datetime) -> datetime:
    """Orders due before this moment are late enough."""
    cal = clocks.city_calendar()
    return datetime.combine(ladder.late_since(clocks.local_day(at), rung.count, cal) + timedelta(days=1), time(), cal.zone)


def stands_on(case: Case, rung: Rung, at: datetime) -> bool:
    """The same of one order that is held, asked again."""
    return due(rung, at).filter(id=case.id).exists()


def in_office(at: datetime) -> bool:
    return is_office_time(at, clocks.city_calendar())


def urged(kind: str, subject_id: int) -> list[tuple[str, Urged]]:
    """(name of the rung, when and how many were told) of what the clock urged on a slip or a point, the newest first. Two statements,
    one when nothing was."""
    rows = list(Urged.objects.filter(kind=kind, subject_id=subject_id, passed=False).order_by("-id")[:20])
    names = {rung.code: rung.name for rung in rungs()} if rows else {}
    return [(names.get(row.rung, row.rung), row) for row in rows]


# --- pages ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RungLine:
    rung: Rung
    holds: bool
    reached: int  # this month, by orders that the reader may see


def seen(by: Actor) -> QuerySet[Reached]:
    """Of orders that the reader may see; of a unit as a whole to who reads slips anyway."""
    mine = Q(case_id=0) | Exists(cases.visible(by).filter(id=OuterRef("case_id")))
    return Reached.objects.filter(mine)


def page(by: Actor) -> list[RungLine]:
    """The ladder, what holds today and what is to come or has been, each with how often it was reached this month. Two statements."""
    rows, today = rungs(), clocks.local_day(clock.now())
    held = ladder.in_force(rows, today)
    begins = datetime.combine(today.replace(day=1), time(), clocks.city_calendar().zone)
    counts = dict(seen(by).filter(at__gte=begins, passed=False).values_list("rung").annotate(n=Count("id")).order_by())
    return [RungLine(one, True, counts.get(one.code, 0)) for one in held] + [RungLine(one, False, 0) for one in rows if one not in held]


@dataclass(frozen=True, slots=True)
class Filters:
    rung: str = ""
    unit: int = 0
    month: bool = False
    untold: bool = False


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("rung", read_values.line, 40, label="阶梯", default=""), form.read("unit", read_values.record_id, label="单位", default=0),
                    form.read("month", read_values.flag, default=False), form.read("untold", read_values.flag, default=False))
    form.done()
    return found


def reached(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """What was reached, the newest first, each with the number of its order. Two statements."""
    rows = seen(by).filter(passed=False)
    if filters.rung:
        rows = rows.filter(rung=filters.rung)
    if filters.unit:
        rows = rows.filter(unit__in=org.tree().subtree(filters.unit))
    if filters.month:
        zone = clocks.city_calendar().zone
        rows = rows.filter(at__gte=datetime.combine(clocks.local_day(clock.now()).replace(day=1), time(), zone))
    if filters.untold:
        rows = rows.filter(told=0, slip_id=None)
    found = keyset(rows, ("-id",), after, size)
    numbers: dict[Any, str] = dict(Case.objects.filter(id__in=[row.case_id for row in found.rows]).values_list("id", "number"))
    for row in found.rows:
        row.case_number = numbers.get(row.case_id, "")
    return found
