"""What became of a period, of a year, of all, by counting: cases by `measures`, commitments and views by their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import Count, Q

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.kit import clock
from minsheng.leader_days.models import Period
from minsheng.leader_days.queries import facts, in_person, sight
from minsheng.leader_days.rules.report_figures import OF_CASES, Hotline, Scope
from minsheng.leader_days.rules.states import NOT_HELD, CommitmentState
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.measures.rules import BY_CODE, Row, sets_of

MEASURES = ("received", "answered_online", "dispatched", "completion", "solve", "satisfaction")
EARLIER = 3  # periods before one that stand beside it


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
    """`figures`: a row of `measures` for each of MEASURES, over the cases of the periods and nothing else. `sizes`: of their sets."""

    periods: list[Period]
    asked: Asked
    figures: dict[str, Row]
    commitments: Commitments
    units: int
    views: int
    sizes: dict[str, int] = field(default_factory=dict)
    in_person: dict[str, int] | None = None  # None: not counted

    def as_dict(self) -> dict:
        """For programs: counts as numbers, each rate with what was divided by what."""
        rate = {name: {"n": row.numerator, "of": row.denominator, "share": row.value, "low": row.low, "high": row.high}
                for name, row in self.figures.items() if name in {"completion", "solve", "satisfaction"}}
        return {
            "received": self.figures["received"].value, "answered_on_the_spot": self.figures["answered_online"].value,
            "ordered": self.figures["dispatched"].value, "done": rate["completion"]["n"], "completion": rate["completion"],
            "solved": rate["solve"], "satisfied": rate["satisfaction"],
            "commitments": {name: getattr(self.commitments, name) for name in ("made", "kept", "late", "withdrawn", "open", "overdue", "due")},
            "in_person": self.in_person or {}, "units": self.units, "views": self.views, "cutoff": self.figures["received"].cutoff,
        }

    def scope(self, label: str) -> Scope:
        """Its numbers by the keys of `rules.report_figures`."""
        numbers = {one.key: self.sizes.get(one.set_code, 0) for one in OF_CASES}
        promised = {name: getattr(self.commitments, name) for name in ("made", "kept", "late", "withdrawn", "open", "overdue")} | {"owed": self.commitments.due}
        return Scope(label, numbers | promised | (self.in_person or {}) | {"periods": len(self.periods), "units": self.units, "views": self.views})


def of(periods: Iterable[Period], by: Actor, deeds: bool = True) -> Report:
    """The figures as that reader may count them: a unit's people count their own unit's cases. At most seven statements
    (periods that are furnished already: five; without `deeds` in person one less)."""
    return of_each([list(periods)], by, deeds=deeds)[0]


def of_each(groups: Sequence[list[Period]], by: Actor, cutoff: datetime | None = None, deeds: bool = True) -> list[Report]:
    """The same of several groups of periods, counted together: as many statements as for one."""
    known = {period.id: period for group in groups for period in group}
    facts.furnish([period for period in known.values() if not hasattr(period, "seats")])
    asked = _asked(list(known.values()), cutoff)
    chosen = [BY_CODE[code] for code in MEASURES]
    counted: dict = {}
    if known:
        asked, counted = measures.counted(replace(asked, by="period"), by, sets_of(chosen))
    promised = _commitments(known, by, measures.today())
    done = in_person.cases_of(known, by) if deeds else None
    return [replace(_of_one(group, replace(asked, by=""), chosen, counted, promised), in_person=_deeds(done, group)) for group in groups]


def _deeds(done: dict[str, list[tuple[int, int]]] | None, periods: list[Period]) -> dict[str, int] | None:
    mine = {period.id for period in periods}
    return None if done is None else {step: sum(period in mine for _, period in found) for step, found in done.items()}


def _of_one(periods: list[Period], asked: Asked, chosen: list, counted: dict, promised: dict[int, Commitments]) -> Report:
    ids = [period.id for period in periods]
    sizes = measures.whole({id_: counted.get(id_, {}) for id_ in ids})
    asked = replace(asked, since=_first(periods, asked.until), periods=tuple(sorted(ids)))
    rows = {row.measure: row for row in measures.rows_from(asked, chosen, {None: sizes})} if periods else {}
    made = [promised.get(id_, Commitments()) for id_ in ids]
    total = Commitments(*(sum(getattr(one, name) for one in made) for name in Commitments.__slots__))
    units = {desk.unit_id for period in periods for desk in period.seats if desk.removed_at is None}
    return Report(periods, asked, rows, total, len(units), sum(notice.views for period in periods for notice in period.published), sizes)


def _first(periods: list[Period], until: date) -> date:
    return min([until, *(clocks.local_day(p.starts) for p in periods if p.starts)])


def _asked(periods: list[Period], cutoff: datetime | None = None) -> Asked:
    """From the first day of any of them until today."""
    today = measures.today()
    return Asked(_first(periods, today), today, periods=tuple(sorted(p.id for p in periods)), cutoff=cutoff)


def _commitments(periods: Iterable[int], by: Actor, today: date) -> dict[int, Commitments]:
    """By period. One statement."""
    waits = Q(ended_at__isnull=True)
    ways = {"made": Q(), "open": waits, "overdue": waits & Q(due__lt=today)}
    ways |= {state.value: Q(state=state) for state in (CommitmentState.KEPT, CommitmentState.LATE, CommitmentState.WITHDRAWN)}
    counts = [Count("id", filter=way) if way else Count("id") for way in ways.values()]
    named = {f"n{place}": count for place, count in enumerate(counts)}
    found = sight.counted_commitments(by).filter(period__in=list(periods)).order_by().values("period").annotate(**named)
    return {period: Commitments(**dict(zip(ways, sizes, strict=True))) for period, *sizes in found.values_list("period", *named)}


# --- what a report is about ----------------------------------------------------------------


@dataclass(frozen=True)
class About:
    """`period` alone, else the periods of `year`, else (0) all of them."""

    label: str
    periods: list[Period]
    before: list[tuple[str, list[Period]]] = field(default_factory=list)
    period: int = 0
    year: int = 0


def held(by: Actor) -> list[Period]:
    """All that were announced and the reader may see, the oldest first. One statement."""
    found = sight.periods(by).exclude(state__in=NOT_HELD).filter(starts__lte=clock.now())
    return list(found.select_related("scheme").order_by("starts", "id"))


def about(known: list[Period], period: int = 0, year: int = 0) -> About | None:
    """None: there is nothing of it yet. `known`: as from `held`."""
    if period:
        place = next((n for n, one in enumerate(known) if one.id == period), None)
        if place is None:
            return None
        earlier = [(named(one), [one]) for one in reversed(known[max(0, place - EARLIER) : place])]
        return About(named(known[place]), [known[place]], earlier, period=period)
    mine = [one for one in known if one.scheme.year == year or not year]
    last = [one for one in known if one.scheme.year == year - 1] if year else []
    label = f"{year}年" if year else "历年"
    return About(label, mine, [(f"{year - 1}年", last)] if last else [], year=year) if mine else None


def named(period: Period) -> str:
    return f"{period.scheme.year}年{period}"


def hotline(asked: Asked, by: Actor) -> Hotline:
    """Done and received of the whole hotline in the same days. One statement."""
    row = measures.rows(replace(asked, periods=()), by, ["completion"])[0]
    return Hotline(f"{asked.since:%Y-%m-%d}", f"{asked.until:%Y-%m-%d}", row.numerator or 0, row.denominator or 0)


def flat(found: dict, before: str = "") -> list[tuple[str, object]]:
    """(name, value) of everything in a report, as a table has it."""
    made: list[tuple[str, object]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            made += flat(value, f"{before}{name}.")
        else:
            made.append((before + name, "、".join(map(str, value)) if isinstance(value, list) else value))
    return made
