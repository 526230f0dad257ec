"""The sheet as its readers find it: all units in their classes for the centre, one's own for a unit, and the list behind every number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.queries import hung_words, lists
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.measures.rules import BY_CODE
from minsheng.month_end.models import Assessment, Objection, SheetFigure
from minsheng.month_end.queries import counting, facts, sight
from minsheng.month_end.rules import sheet
from minsheng.month_end.rules.assessments import FROZEN
from minsheng.month_end.rules.objections import ObjectionState
from minsheng.month_end.rules.sheet import PARTS, WHOLE, Figure
from minsheng.org import queries as org

Figures = dict[tuple[int, str], Figure]


def figures_of(one: Assessment, units: Iterable[int] | None = None) -> Figures:
    """Of the version that stands, without lists; `units`: theirs alone. One statement."""
    rows = SheetFigure.objects.filter(assessment=one.id, version=one.version).defer("top", "bottom")
    rows = rows if units is None else rows.filter(unit_id__in=list(units))
    return {(row.unit_id, row.measure): counting.figure_of(row, lists_too=False) for row in rows}


def names(one: Assessment) -> Callable[[int | None], str]:
    """Of what is frozen the names that units bore at its cut-off, as its signed paper has them, of a draft those of today. At most one
    statement."""
    return org.names_then(one.cutoff if one.state in FROZEN else None)


def classed(units: Iterable[int]) -> list[tuple[str, list[int]]]:
    tree = org.tree()
    return sheet.classes((unit, tree.by_id[unit].kind) for unit in units if unit in tree.by_id)


def noted(one: Assessment) -> Sequence[Objection]:
    """What the review corrected in words, beside a figure. One statement."""
    return list(one.objections.filter(state=ObjectionState.CORRECTED).order_by("unit_id", "id"))


@dataclass(frozen=True)
class Line:
    """A unit on the sheet of all."""

    unit: int
    name: str
    cells: list[Figure | None]
    bands: dict[str, str]


@dataclass(frozen=True)
class Whole:
    one: Assessment
    total: list[Figure | None]
    groups: list[tuple[str, list[Line]]]
    ranked: list[tuple[int, str, Figure]]


def opened(assessment_id: int, by: Actor) -> Assessment:
    """Refused: there is none, it has no figures yet, or it is not the reader's. One statement."""
    found = sight.assessments(by).filter(id=assessment_id).first()
    if found is None or not found.version:
        raise Refused(no("hidden", "没有这张考核表，或您无权查看"))
    return found


def whole(assessment_id: int, by: Actor, rank: str = "") -> Whole:
    """The sheet of all units; `rank`: a measure by which the centre looks at them in order, for its own eyes. At most four statements."""
    one = opened(assessment_id, by)
    if not sight.whole(by):
        raise Refused(no("hidden", "承办单位查看本单位的考核表"))
    if rank and rank not in sheet.GRADED:
        raise Invalid({"rank": "只能按有区间的指标排序"})
    found, name = figures_of(one), names(one)
    groups = [(label, [_line(unit, found, name) for unit in units]) for label, units in classed(facts.units_of(one))]
    ranked = [(place, name(figure.unit), figure) for place, figure in sheet.ranked(found.values(), rank)] if rank else []
    return Whole(one, [found.get((WHOLE, code)) for code in sheet.COLUMNS], groups, ranked)


def _line(unit: int, found: Figures, name: Callable[[int | None], str]) -> Line:
    bands = {code: sheet.band(found[unit, code], found.get((WHOLE, code))) for code in sheet.GRADED if (unit, code) in found}
    return Line(unit, name(unit), [found.get((unit, code)) for code in sheet.COLUMNS], bands)


@dataclass(frozen=True)
class OwnLine:
    """A figure of one unit, with its grade and what was said of it."""

    figure: Figure
    label: str
    band: str
    notes: list[Objection]


@dataclass(frozen=True)
class Own:
    one: Assessment
    unit: int
    name: str
    lines: list[OwnLine]
    others: list[tuple[int, str]]  # other units whose sheets the reader sees here
    objections: list[Objection]


def own(assessment_id: int, by: Actor, unit: int = 0) -> Own:
    """One unit's sheet. Without a unit the reader's own, or the first below it. Refused: it is none of theirs. At most six statements."""
    one = opened(assessment_id, by)
    mine = sight.units(by)
    units = [id_ for id_ in facts.units_of(one) if mine is None or id_ in mine]
    unit = unit or (by.unit if by.unit in units else next(iter(units), 0))
    if unit not in units:
        raise Refused(no("hidden", "没有这个单位的考核表，或您无权查看"))
    found = figures_of(one, (unit, WHOLE))
    raised = hung_words.covered(list(sight.objections(by).filter(assessment=one.id, unit_id=unit).order_by("-id")[:200]), "reason", "ruling", by=by)
    lines = []
    for code, label in sheet.OF_UNITS:
        if (figure := found.get((unit, code))) is not None:
            grade = sheet.band(figure, found.get((WHOLE, code))) if code in sheet.GRADED else ""
            lines.append(OwnLine(figure, label, grade, [row for row in raised if row.measure == code and row.correction]))
    name = names(one)
    return Own(one, unit, name(unit), lines, [(id_, name(id_)) for id_ in units if id_ != unit], raised)


@dataclass(frozen=True)
class Listed:
    one: Assessment
    unit: int
    name: str
    figure: Figure
    label: str
    part: str
    size: int
    page: Page


def behind(assessment_id: int, unit: int, measure: str, part: str, by: Actor, after: str = "", size: int = lists.PAGE) -> Listed:
    """The list behind a kept number, as far as the reader may see its cases. Refused: it is none of theirs. At most five statements."""
    one = opened(assessment_id, by)
    mine = sight.units(by)
    row = SheetFigure.objects.filter(assessment=one.id, version=one.version, unit_id=unit, measure=measure).first()
    if row is None or part not in PARTS or (mine is not None and unit not in mine):
        raise Refused(no("hidden", "没有这张清单，或您无权查看"))
    figure = counting.figure_of(row)
    ids = sheet.part_of(figure, part)
    shown = keyset(lists.shown(cases.visible(by)).filter(id__in=ids), ("-id",), after, size)
    label = BY_CODE[measure].label if measure in BY_CODE else measure
    return Listed(one, unit, names(one)(unit) if unit else "总体", figure, label, part, getattr(figure, part) or 0, shown)
