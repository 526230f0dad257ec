"""What the board shows: six figures and the groups behind them in bands, what is late now, what rises, the leader days.

Six statements in all, two when the figures were counted within the last half minute (queries.counted). Part of queries.py by kind.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import yaml
from django.conf import settings
from django.db.models import Count, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import SUBMITTED, State
from minsheng.kit import clock
from minsheng.kit.database import planned_once
from minsheng.kit.ids import floor_id
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Invalid
from minsheng.measures import queries, rules, schemes, set_sql, sets
from minsheng.measures.queries import Asked
from minsheng.measures.rules import BY_CODE, Late, Row
from minsheng.measures.score_rules import Scheme
from minsheng.org import queries as org

SIX = ("direct_answer", "sign_on_time", "response_confirmed", "on_time_completion", "solve", "satisfaction")
BESIDE = {"response_confirmed": ("response_claimed", "response_gap"), "solve": ("reach",), "satisfaction": ("reach",)}
COLUMNS = ("sign_on_time", "response_confirmed", "on_time_completion", "solve", "satisfaction", "composite")
VOLUMES = ("received", "answered_online", "dispatched", "closed")
LATE = {"to_sign": "待签收，已超期", "to_handle": "办理中，已超期", "at_centre": "在热线中心，已超期"}
WEEK = 7
RISES_FROM = 3  # cases in seven days: below this a rise is chance
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with what must be shown beside it."""

    measure: rules.Measure
    row: Row
    beside: tuple[Row, ...] = ()
    unconfirmed: int = 0  # of the numerator: on the unit's word alone
    raw: Row | None = None  # before exclusions, where that is another figure


@dataclass(frozen=True, slots=True)
class Line:
    """One unit, matter, channel or district: how much came, its rates, and where it stands by the measure that bands."""

    key: object
    label: str
    volumes: tuple[Row, ...]
    rates: tuple[Row, ...]
    by: Row
    band: str  # its code

    @property
    def key_text(self) -> str:
        return self.by.key_text


@dataclass(frozen=True)
class Board:
    asked: Asked
    cutoff: datetime
    figures: list[Figure]
    volumes: list[Row]
    today: list[Row]  # empty when the period does not hold today
    lines: list[Line]  # in the order of the tree, of the codes, of the channels
    band_by: rules.Measure
    band_whole: Row
    completion: Row
    leader_days: Row | None
    late: list[Late]
    rising: list[Rise]  # in the seven days up to `seen_on`
    seen_on: date
    age: int = 0  # seconds since it was counted
    scores: tuple[tuple[Scheme, Row], ...] = ()  # the composite by the scheme in force, then by those that are shown beside it

    @property
    def bands(self) -> list[tuple[str, list[Line]]]:
        """Groups by where their interval stands against the whole; inside a band in their usual order: no ranking."""
        found = [(words, [line for line in self.lines if line.band == name]) for name, words in rules.BANDS.items()]
        return [(words, lines) for words, lines in found if lines]


def overview(asked: Asked, by: Actor, band_by: str = "on_time_completion", on_wall: bool = False) -> Board:
    """Everything on the board: figures of the period, the same by group, and what is so now. `on_wall`: for whoever walks by."""
    if band_by not in COLUMNS or band_by == "composite":
        raise Invalid({"band": "只能按有区间的指标分档"})
    asked, given, day = replace(asked, by=asked.by or "unit"), asked.cutoff, queries.today()
    chosen = [BY_CODE[c] for c in dict.fromkeys((*VOLUMES, *SIX, *COLUMNS, "completion", *(b for bs in BESIDE.values() for b in bs)))]
    codes = [*rules.sets_of(chosen, asked.policy), "contact_unconfirmed", *_raw_codes(asked)]
    holds_today = asked.since <= day <= asked.until
    volume_sets = tuple(BY_CODE[v].numerator for v in VOLUMES)
    complaining = tuple(set_sql.complaining(queries.where(asked, by).hidden))
    asked, found = queries.counted(asked, by, codes, (replace(asked, since=day, until=day).window, volume_sets) if holds_today else None, complaining)
    sizes = queries.whole(found)
    whole = {r.measure: r for r in queries.rows_from(replace(asked, by=""), chosen, {None: sizes})}
    raw = {r.measure: r for r in queries.rows_from(replace(asked, by=""), [BY_CODE[c] for c in SIX], {None: _before_exclusions(sizes)})}
    today = {code: sizes.get(f"within:{code}", 0) for code in volume_sets}
    cutoff = asked.cutoff or clock.now()
    seen_on = cutoff.astimezone(clocks.city_calendar().zone).date() if given else day
    return Board(
        asked=asked, cutoff=cutoff, figures=[_figure(code, whole, sizes, raw) for code in SIX], volumes=[whole[v] for v in VOLUMES],
        today=queries.rows_from(replace(asked, by=""), [BY_CODE[v] for v in VOLUMES], {None: today}) if holds_today else [],
        lines=_lines(queries.rows_from(asked, chosen, _counted(found)), whole[band_by]), band_by=BY_CODE[band_by], band_whole=whole[band_by],
        completion=whole["completion"], leader_days=None if on_wall else leader_days(by, asked.until, asked), late=late(by),
        rising=rising(by, seen_on, asked, restricted=not on_wall, complaining=complaining), seen_on=seen_on,
        age=0 if given else int((clock.now() - cutoff).total_seconds()), scores=_scores(asked, by, whole["composite"], sizes),
    )


def _scores(asked: Asked, by: Actor, composite: Row, sizes: dict) -> tuple[tuple[Scheme, Row], ...]:
    beside = zip(schemes.others(asked.until), queries.beside(replace(asked, by=""), by, {None: sizes}), strict=True)
    return ((schemes.on(asked.until), composite), *beside)


def _counted(found: dict) -> dict:
    """Groups without what was counted for today alone, and before exclusions."""
    return {key: {c: n for c, n in sizes.items() if not c.startswith(("within:", sets.RAW))} for key, sizes in found.items()}


def _raw_codes(asked: Asked) -> list[str]:
    """The sets of the six once more, before exclusions; none where that is what is asked for."""
    return [] if asked.raw else [sets.RAW + c for c in rules.sets_of([BY_CODE[c] for c in SIX], asked.policy) if sets.SETS[c].kept]


def _before_exclusions(sizes: dict) -> dict:
    return sizes | {sets.plain(code): n for code, n in sizes.items() if code.startswith(sets.RAW)}


def _figure(code: str, whole: dict[str, Row], sizes: dict, raw: dict[str, Row]) -> Figure:
    unconfirmed = sizes.get("contact_unconfirmed", 0) if code == "response_confirmed" else 0
    other = raw[code] if (raw[code].numerator, raw[code].denominator) != (whole[code].numerator, whole[code].denominator) else None
    return Figure(BY_CODE[code], whole[code], tuple(whole[b] for b in BESIDE.get(code, ())), unconfirmed, other)


def _lines(rows: list[Row], whole: Row) -> list[Line]:
    groups: dict[object, dict[str, Row]] = {}
    for row in rows:
        groups.setdefault(row.key, {})[row.measure] = row
    lines = []
    for key, of in groups.items():
        one = of[whole.measure]
        lines.append(Line(key, one.group, tuple(of[v] for v in VOLUMES), tuple(of[c] for c in COLUMNS), one, rules.band(one, whole)))
    return lines


def _overdue(by: Actor) -> QuerySet[Case]:
    states = tuple(s.value for s in sorted(SUBMITTED))
    return lists.narrowed(cases.visible_open(by), Filters(state=states, overdue=True))


@planned_once()
def late(by: Actor) -> list[Late]:
    """What is past its limit now, most first; the centre's desks last."""
    found: dict[int, Late] = {}
    for lead, state, n in _overdue(by).values_list("lead", "state").annotate(n=Count("id")):
        column = {State.PENDING_SIGN: "to_sign", State.IN_PROGRESS: "to_handle"}.get(State(state), "at_centre")
        unit = (lead or 0) if column != "at_centre" else 0
        row = found.get(unit) or Late(unit, org.tree().name(unit) or "热线中心")
        found[unit] = replace(row, **{column: getattr(row, column) + n})
    return sorted(found.values(), key=lambda r: (r.unit == 0, -r.total, r.unit))


@planned_once()
def late_cases(by: Actor, unit: int, where: str, after: str = "", size: int = lists.PAGE, since: date | None = None) -> Page:
    """The overdue cases of one line of that table, the oldest limit first; `since`: those that fell due on that day or later."""
    rows = _overdue(by)
    if since:
        rows = rows.filter(due_at__gte=lists.day_start(since))
    column = {"to_sign": State.PENDING_SIGN, "to_handle": State.IN_PROGRESS}
    if where in column:
        rows = rows.filter(state=column[where].value)
    elif where == "with_unit":
        rows = rows.filter(state__in=[s.value for s in column.values()])
    elif where == "at_centre":
        rows = rows.exclude(state__in=[s.value for s in column.values()])
    if unit:
        rows = rows.filter(lead=unit)
    return keyset(rows, ("due_at", "id"), after, size, read=lists.shown)


@dataclass(frozen=True, slots=True)
class Rise:
    category: int
    name: str
    now: int
    before: int


def rising(by: Actor, day: date, known: Asked | None = None, size: int = 8, restricted: bool = True,
           complaining: tuple[int, ...] | None = None) -> list[Rise]:
    """Matters of which more came in these seven days (`day` the last) than in the seven before, as known when `known` was; the largest rise
    first. Without the restricted ones for a wall: the name of their matter may be what betrays them."""
    both = Asked(day - timedelta(days=2 * WEEK - 1), day, by="category")
    both = queries.brought_up(replace(both, cutoff=known.cutoff, now=known.now) if known else both)
    where = set_sql.found_out(replace(queries.where(both, by), complaining=complaining))
    if not restricted:
        where = set_sql.without(where, _restricted(both))
    weeks = (replace(both, since=day - timedelta(days=WEEK - 1)), replace(both, until=day - timedelta(days=WEEK)))
    counted = set_sql.counts([week.window for week in weeks], ["received"], where)
    this, before = ({key: n["received"] for key, n in groups.items()} for groups in counted)
    names = queries.labels("category")
    risen = [Rise(c, names.get(c, ""), n, before.get(c, 0)) for c, n in this.items() if c and n >= RISES_FROM and n > before.get(c, 0)]
    return sorted(risen, key=lambda r: (r.before - r.now, r.category))[:size]


def _restricted(asked: Asked) -> list[int]:
    """Those of the period that are restricted now: few."""
    span = asked.window
    return list(Case.objects.filter(id__gte=floor_id(span.start), restricted=True, received_at__gte=span.start, received_at__lt=span.end)
                .values_list("id", flat=True))


def ever(until: date) -> date:
    """The first day that can be asked for together with `until`: all leader days there were."""
    return min(until, max(FIRST_DAY, until - queries.LONGEST))


def leader_days(by: Actor, until: date, known: Asked | None = None) -> Row | None:
    """Done ÷ received of all leader days (rulings, 20): its own base, shown beside the hotline's and never compared. None: there were none."""
    asked = Asked(ever(until), until, leader_days=True)
    if known:
        asked = replace(asked, cutoff=known.cutoff, now=known.now)
    row = queries.rows(asked, by, ["completion"])[0]
    return row if row.denominator else None


WALL = "wall"  # the scope of a wall's key, and the only one that it may have
MAKES_WALLS = frozenset({Role.SUPERVISOR, Role.ANALYST})
WALL_DAYS = 30


def wall_reader(maker: Actor) -> Actor | None:
    """Whom a wall screen reads as, by the key that `maker` made: the centre's figures as any analyst there counts them, nobody's own cases.
    None: the key is for something else, or its maker may make none any more (rulings, 85)."""
    if maker.scopes != {WALL} or not maker.roles & MAKES_WALLS:
        return None
    tree = org.tree()
    centre = next(iter(tree.centres), 0)
    return Actor(0, "大屏", frozenset({Role.ANALYST}), centre, tree.path(centre) if centre else ())


def wall_asked() -> Asked:
    """The last thirty days: on the first of a month a wall is not empty."""
    day = queries.today()
    return Asked(day - timedelta(days=WALL_DAYS - 1), day)


@functools.cache
def published(by: Actor) -> tuple[dict, ...]:
    """Figures that the press printed about the demo city's pattern, with what we think of them (rulings, 20). Demo only; never counted
    with; for who compares figures, not on a leader's page."""
    file = settings.ROOT / "demo" / "city.yaml"
    if not settings.DEMO or Role.ANALYST not in by.roles or not file.exists():
        return ()
    return tuple(yaml.safe_load(file.read_text(encoding="utf-8")).get("published", ()))
