"""The figures of a period, counted by `measures`, with the cases behind each: what a version keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from minsheng.accounts.rules import clock_actor
from minsheng.cases.queries import lists
from minsheng.measures import following
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.measures.rules import BY_CODE, Row
from minsheng.month_end.models import Assessment, Correction, SheetFigure
from minsheng.month_end.rules import sheet
from minsheng.month_end.rules.sheet import OF_UNITS, OF_WHOLE, WHOLE, Figure
from minsheng.org import queries as org

BY = clock_actor("出数")  # counts all, whoever may see it
Place = tuple[int, str]
PAGES = 100  # of steps that are read before a sheet is drawn


def asked(one: Assessment, cutoff: datetime) -> Asked:
    if one.since is None or one.until is None:
        raise ValueError("a period without days")
    return Asked(one.since, one.until, cutoff=cutoff)


def ends(one: Assessment) -> datetime | None:
    """The first moment after it."""
    return lists.day_start(one.until + timedelta(days=1)) if one.until else None


def unread() -> datetime | None:
    """Since when steps may lie that no figure counts yet; None: all are counted. Whoever draws a sheet waits for more of them than a reader."""
    return following.bring_up_to_date(PAGES)


def figures(one: Assessment, cutoff: datetime) -> dict[Place, Figure]:
    """Of the whole and of every lead unit that had anything, without their lists."""
    about = asked(one, cutoff)
    rows = [(WHOLE, row) for row in measures.rows(about, BY, [code for code, _ in OF_WHOLE])]
    known = org.tree().by_id
    of_units = measures.rows(replace(about, by="unit"), BY, [code for code, _ in OF_UNITS])
    rows += [(row.key, row) for row in of_units if isinstance(row.key, int) and row.key in known]
    return {(unit, row.measure): _figure(unit, row) for unit, row in rows}


def _figure(unit: int, row: Row) -> Figure:
    value = None if row.value is None else float(row.value)  # as the column keeps it
    return Figure(unit, row.measure, row.numerator, row.denominator, value, row.low, row.high, row.version)


def with_lists(one: Assessment, cutoff: datetime, found: Iterable[Figure]) -> list[Figure]:
    """The same figures with the cases behind them: each set is read once, for the whole and for all units together; an empty one not at all."""
    found, about = list(found), asked(one, cutoff)
    read: dict[tuple[bool, str], dict[int | None, list[int]]] = {}

    def behind(figure: Figure, part: str) -> tuple[int, ...]:
        if not getattr(figure, part) or BY_CODE[figure.measure].kind not in {"rate", "volume"}:
            return ()
        whole = figure.unit == WHOLE
        place = whole, measures.set_of(figure.measure, part)
        if place not in read:
            read[place] = ({WHOLE: measures.ids_behind(figure.measure, part, about, BY)} if whole
                           else measures.ids_by_group(figure.measure, part, replace(about, by="unit"), BY))
        return tuple(read[place].get(figure.unit, ()))

    return [replace(figure, top=behind(figure, "numerator"), bottom=behind(figure, "denominator")) for figure in found]


# --- what is kept ---------------------------------------------------------------------------


def figure_of(row: SheetFigure, lists_too: bool = True) -> Figure:
    top, bottom = (tuple(row.top), tuple(row.bottom)) if lists_too else ((), ())
    return Figure(row.unit_id, row.measure, row.numerator, row.denominator, row.value, row.low, row.high, row.stamp, top, bottom)


def kept(one: Assessment, version: int = 0) -> list[Figure]:
    """A version of its figures whole, with their lists."""
    rows = SheetFigure.objects.filter(assessment=one.id, version=version or one.version)
    return [figure_of(row) for row in rows.iterator(500)]


def stated(one: Assessment) -> dict[Place, Figure]:
    """Each figure as it was stated last: frozen, or as the last correction says. Without lists. Two statements."""
    rows = SheetFigure.objects.filter(assessment=one.id, version=one.version).defer("top", "bottom")
    found = {(row.unit_id, row.measure): figure_of(row, lists_too=False) for row in rows}
    for row in Correction.objects.filter(assessment=one.id).order_by("number").defer("added", "gone"):
        found[row.unit_id, row.measure] = Figure(row.unit_id, row.measure, row.numerator, row.denominator, row.value, None, None, row.stamp)
    return found


def frozen(one: Assessment, places: Iterable[Place]) -> dict[Place, Figure]:
    """Those of the version that stands, with their lists. One statement."""
    wanted = set(places)
    rows = SheetFigure.objects.filter(assessment=one.id, version=one.version, unit_id__in={unit for unit, _ in wanted},
                                      measure__in={measure for _, measure in wanted})
    return {(row.unit_id, row.measure): figure_of(row) for row in rows if (row.unit_id, row.measure) in wanted}


def differs(one: Assessment, at: datetime) -> list[sheet.Change]:
    """What is known otherwise at that moment than it was stated last, with the cases that made the difference."""
    found = sheet.changed(stated(one), figures(one, at))
    was = frozen(one, [after.place for _, after in found])
    now = {figure.place: figure for figure in with_lists(one, at, [after for _, after in found])}
    return [sheet.change(before, now[after.place], was.get(after.place)) for before, after in found]
