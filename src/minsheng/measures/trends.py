"""A measure step by step beside the period before and the same of the year before; hours of the week, days of the year, districts as squares.

Part of queries.py by kind. A picture takes one statement for each period that it shows, few more where a rate goes by two moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil, sqrt

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.kit.verdict import Invalid
from minsheng.measures import board_cases, queries, rules, series, spans
from minsheng.measures.queries import Asked
from minsheng.measures.rules import BY_CODE, Measure, Row
from minsheng.measures.spans import Span
from minsheng.org import queries as org
from minsheng.org.rules import UnitFacts, UnitKind

DRAWN = {m.code: m.label for m in rules.MEASURES if m.kind in ("rate", "volume")}  # of calls and sums of measures there are no sets by day


@dataclass(frozen=True, slots=True)
class Point:
    """One step of one period; None where it lies ahead, and in all of a period that has nothing on record."""

    span: Span
    row: Row | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Three periods, as many steps each as the longest has: `lines` are (words, period, points)."""

    measure: Measure
    step: str
    lines: list[tuple[str, Span, list[Point]]]


def trend(asked: Asked, by: Actor, code: str, step: str = "") -> Trend:
    if code not in DRAWN:
        raise Invalid({"measure": "走势可选：" + "、".join(DRAWN.values())})
    span = Span(asked.since, asked.until)
    step = step or spans.usual_step(span)
    if len(spans.steps(span, step)) > spans.MOST:
        raise Invalid({"step": f"时段太长，按{spans.STEPS[step]}有 {spans.MOST} 个以上的点，请按更长的步子看"})
    measure = BY_CODE[code]
    beside = (("本期", span), ("上期", spans.before(span)), ("去年同期", spans.year_before(span)))
    return Trend(measure, step, [(words, one, _points(asked, by, measure, one, step)) for words, one in beside])


def _points(asked: Asked, by: Actor, measure: Measure, span: Span, step: str) -> list[Point]:
    found = series.daily(replace(asked, since=span.since, until=span.until), by, rules.sets_of([measure], asked.policy))
    if not any(any(sizes.values()) for sizes in found.values()):
        return [Point(one, None) for one in spans.steps(span, step)]  # nothing was on record then: no zeros are drawn
    today = _last(asked)
    return [Point(one, None if one.since > today else _row(asked, measure, one, found)) for one in spans.steps(span, step)]


def _row(asked: Asked, measure: Measure, span: Span, found: Mapping[date, Mapping[str, int]]) -> Row:
    sizes = queries.whole({day: sizes for day, sizes in found.items() if span.since <= day <= span.until})
    return queries.rows_from(replace(asked, by="", since=span.since, until=span.until), [measure], {None: sizes})[0]


def _last(asked: Asked) -> date:
    """The last day of which anything can be known: today, or that of the cut-off that was given. What is later is not nought."""
    known = asked.cutoff.astimezone(clocks.city_calendar().zone).date() if asked.cutoff and not asked.now else queries.today()
    return min(known, queries.today())


def days(asked: Asked, by: Actor) -> dict[date, int]:
    """How many were accepted on each day of the twelve months up to the period's last day, or up to today."""
    last = min(asked.until, _last(asked))
    first = spans.year_before(Span(last, last)).since + timedelta(days=1)
    found = series.daily(replace(asked, since=first, until=last), by, ["received"])
    return {day: sizes.get("received", 0) for day, sizes in sorted(found.items())}


def lately(asked: Asked, by: Actor, length: int) -> dict[date, dict[str, int]]:
    """What came and what was closed on each of so many days, the last of them the period's, or today."""
    first, last = asked.until - timedelta(days=length - 1), min(asked.until, queries.today())
    return series.daily(replace(asked, by="", key=None, since=first, until=last), by, ["received", "closed"])


@dataclass(frozen=True, slots=True)
class Tile:
    """A district's square: how many were accepted, and of ten thousand residents; None where their number is not known.

    row, column  None: it has no square, as a functional zone, whose residents are counted in the districts around it
    """

    key: int
    name: str
    row: int | None
    column: int | None
    n: int
    per: float | None


def tiles(asked: Asked, by: Actor) -> tuple[list[Tile], int, bool]:
    """(squares in the order of the tree and after them zones with cases, how many cases have no district, does the city's folder say where squares lie)."""
    tree, found = org.tree(), dict[int, int]()
    places = board_cases.districts()
    known = {unit.id for unit in places}
    for row in queries.rows(replace(asked, by="district"), by, ["received"]):
        key = row.key if isinstance(row.key, int) else 0
        place = next((id_ for id_ in reversed(tree.path(key)) if id_ in known), 0) if key else 0
        found[place] = found.get(place, 0) + int(row.value or 0)
    zones = [_tile(unit, (None, None), found[unit.id]) for unit in places if unit.kind is UnitKind.ZONE and unit.id in found]
    places = [unit for unit in places if unit.kind is not UnitKind.ZONE and (unit.active or unit.id in found)]
    said = bool(places) and all(unit.tile for unit in places)
    wide = ceil(sqrt(len(places))) or 1
    squares = [_tile(unit, unit.tile if said and unit.tile else divmod(at, wide), found.get(unit.id, 0)) for at, unit in enumerate(places)]
    return [*squares, *zones], found.get(0, 0), said


def _tile(unit: UnitFacts, at: tuple[int | None, int | None], n: int) -> Tile:
    return Tile(unit.id, unit.place, *at, n, n / unit.residents * 10_000 if unit.residents else None)
