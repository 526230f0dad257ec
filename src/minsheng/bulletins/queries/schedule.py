"""When bulletins are drafted by the clock: the dated rules, what is owed by them, who may be told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Role
from minsheng.bulletins.models import Bulletin, ScheduleRow
from minsheng.bulletins.rules import spans
from minsheng.bulletins.rules.spans import BY_CLOCK, BulletinKind, Due, Rule
from minsheng.cases.effects import clocks
from minsheng.kit import clock
from minsheng.kit.ids import time_of

TOLD = (Role.ANALYST, Role.SUPERVISOR)  # of these roles are those who hear of a draft
LATE_S = 3600  # drafted so long after its time, a bulletin says so


def rows() -> list[ScheduleRow]:
    """All rules, the newest first. One statement."""
    return list(ScheduleRow.objects.order_by("-since", "-id"))


def rules() -> list[Rule]:
    """In the order in which they were set."""
    return [Rule(BulletinKind(row.kind), row.since, row.at, row.on, tuple(row.told)) for row in ScheduleRow.objects.order_by("id")]


def in_force(day: date) -> dict[BulletinKind, Rule | None]:
    known = rules()
    return {kind: spans.holds(known, kind, day) for kind in BY_CLOCK}


def owed(at: datetime) -> list[Due]:
    """What had to be drafted by then and is not there, whoever drafted it and whatever became of it. Two statements."""
    due = spans.owed(rules(), at, clocks.city_calendar().zone)
    there = set(Bulletin.objects.exclude(kind=BulletinKind.SPECIAL).filter(since__in={one.span.since for one in due}).values_list("kind", "since"))
    return [one for one in due if (one.kind.value, one.span.since) not in there]


def may_be_told() -> list[tuple[int, str]]:
    """(id, name) of the people who may hear of a draft."""
    return sorted({(person.id, person.name) for role in TOLD for person in people.holders(role)}, key=lambda pair: pair[1])


def told(ids: Iterable[int]) -> list[Any]:
    """Those of them who still may be told."""
    wanted = set(ids)
    return list({person.id: person for role in TOLD for person in people.holders(role) if person.id in wanted}.values())


def made_late(one: Bulletin) -> datetime | None:
    """When it was drafted, if that was long after its time; None: in time, or by hand."""
    drafted = time_of(one.id)
    return drafted if one.due_at and (drafted - one.due_at).total_seconds() > LATE_S else None


def today() -> date:
    return clocks.local_day(clock.now())
