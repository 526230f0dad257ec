"""What became of a period, by counting: its cases by `measures`, its commitments and views by their rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from minsheng.accounts.rules import Actor
from minsheng.leader_days.models import Period
from minsheng.leader_days.queries import facts, sight
from minsheng.leader_days.rules.states import CommitmentState
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.measures.rules import Row

MEASURES = ("received", "answered_online", "dispatched", "completion", "solve", "satisfaction")


@dataclass(frozen=True, slots=True)
class Commitments:
    """Of all: kept, late, withdrawn, and those that have no end yet, of which some are past their date."""

    made: int = 0
    kept: int = 0
    late: int = 0
    withdrawn: int = 0
    open: int = 0
    overdue: int = 0

    @property
    def due(self) -> int:
        """Whose date has come and which were not withdrawn: what `kept` is a share of."""
        return self.kept + self.late + self.overdue


@dataclass(frozen=True)
class Report:
    """`figures`: a row of `measures` for each of MEASURES, over the cases of the periods and nothing else."""

    periods: list[Period]
    asked: Asked
    figures: dict[str, Row]
    commitments: Commitments
    units: int
    views: int

    def as_dict(self) -> dict:
        """For programs: counts as numbers, each rate with what was divided by what."""
        rate = {name: {"n": row.numerator, "of": row.denominator, "share": row.value, "low": row.low, "high": row.high}
                for name, row in self.figures.items() if name in {"completion", "solve", "satisfaction"}}
        return {
            "received": self.figures["received"].value, "answered_on_the_spot": self.figures["answered_online"].value,
            "ordered": self.figures["dispatched"].value, "done": rate["completion"]["n"], "completion": rate["completion"],
            "solved": rate["solve"], "satisfied": rate["satisfaction"],
            "commitments": {name: getattr(self.commitments, name) for name in ("made", "kept", "late", "withdrawn", "open", "overdue", "due")},
            "units": self.units, "views": self.views, "cutoff": self.figures["received"].cutoff,
        }


def of(periods: Iterable[Period], by: Actor) -> Report:
    """The figures as that reader may count them: a unit's people count their own unit's cases. At most six statements
    (periods that are furnished already: four)."""
    periods = list(periods)
    facts.furnish([period for period in periods if not hasattr(period, "seats")])
    asked = _asked(periods)
    rows = {row.measure: row for row in measures.rows(asked, by, MEASURES)} if periods else {}
    units = {desk.unit_id for period in periods for desk in period.seats if desk.removed_at is None}
    views = sum(notice.views for period in periods for notice in period.published)
    return Report(periods, asked, rows, _commitments(periods, by, measures.today()), len(units), views)


def _asked(periods: list[Period]) -> Asked:
    """From the first day of any of them until today."""
    today = measures.today()
    first = min((facts.local_day(p.starts) for p in periods if p.starts), default=today)
    return Asked(min(first, today), today, periods=tuple(sorted(p.id for p in periods)))


def _commitments(periods: list[Period], by: Actor, today: date) -> Commitments:
    ended = {state.value: Count("id", filter=Q(state=state)) for state in (CommitmentState.KEPT, CommitmentState.LATE, CommitmentState.WITHDRAWN)}
    waits = Q(ended_at__isnull=True)
    found = sight.commitments(by).filter(period__in=periods).aggregate(
        made=Count("id"), open=Count("id", filter=waits), overdue=Count("id", filter=waits & Q(due__lt=today)), **ended)
    return Commitments(**found)


def flat(found: dict, before: str = "") -> list[tuple[str, object]]:
    """(name, value) of everything in a report, as a table has it."""
    made: list[tuple[str, object]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            made += flat(value, f"{before}{name}.")
        else:
            made.append((before + name, "、".join(map(str, value)) if isinstance(value, list) else value))
    return made
