"""The pages of month-end: periods, one of them with its progress, objections one after another, the list of corrections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.queries import hung_words
from minsheng.files import step_files
from minsheng.kit import clock
from minsheng.kit.paging import Page, keyset
from minsheng.kit.steps import verdict
from minsheng.kit.subject_page import SubjectPage, history, steps
from minsheng.kit.verdict import Refused, no
from minsheng.month_end.models import Assessment, AssessmentStep, Correction, Objection, ObjectionStep, ObjectionWords, SheetFigure
from minsheng.month_end.queries import facts, sight
from minsheng.month_end.rules import assessments, objections, paper
from minsheng.month_end.rules.assessments import ASSESSMENT, COUNTED, AssessmentFacts, AssessmentState
from minsheng.month_end.rules.objections import OBJECTION, ObjectionState
from minsheng.month_end.rules.sheet import WHOLE, Figure
from minsheng.org import queries as org

_NEXT = {AssessmentState.PLANNED: "draft_figures", AssessmentState.DRAFT: "open_checking", AssessmentState.CHECKING: "begin_review",
         AssessmentState.REVIEW: "freeze_figures", AssessmentState.FROZEN: "sign_sheet", AssessmentState.SIGNED: "publish_sheet"}
_INSIDE = frozenset({"confirm_sheet", "recount_figures", "drop_assessment", "amend_assessment"})  # said to the centre alone


def listed(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    return keyset(sight.assessments(by), ("-id",), after, size)


@dataclass(frozen=True)
class Progress:
    """How far the checking is, unit by unit: `said` in words."""

    units: list[tuple[int, str, str]]
    confirmed: int
    objected: int
    silent: int


def _progress(one: Assessment) -> Progress:
    """Three statements."""
    units, said, objected = facts.units_of(one), facts.confirmed(one), facts.objecting(one)
    waits, lines = set(facts.unconfirmed(units, said)), []
    for unit in units:
        words = [*([f"异议 {objected[unit]} 条"] if unit in objected else []), *(["核对完毕"] if unit not in waits else [])]
        lines.append((unit, org.tree().name(unit), "，".join(words) or "没有回应"))
    return Progress(lines, len(units) - len(waits), len(set(objected) & set(units)), len(waits - set(objected)))


def _gap(one: Assessment) -> tuple[date, date] | None:
    """The days before this period that lie in none: what was received on them is on no sheet. One statement."""
    if one.since is None:
        return None
    others = Assessment.objects.exclude(state=AssessmentState.DROPPED).exclude(id=one.id).filter(until__lt=one.since)
    last, before = others.aggregate(last=Max("until"))["last"], one.since - timedelta(days=1)
    return (last + timedelta(days=1), before) if last is not None and last < before else None


def _next(known: AssessmentFacts) -> tuple[str, str, str] | None:
    """(what is next, who does it, why not yet)."""
    if known.state not in _NEXT:
        return None
    step = ASSESSMENT[_NEXT[known.state]]
    return step.label, step.who.label, verdict(step, known, Actor(-1, "", frozenset({step.who}))).reason


def page(assessment_id: int, by: Actor) -> SubjectPage:
    """Refused: there is none, or it is not the reader's. At most thirteen statements."""
    one = sight.assessments(by).filter(id=assessment_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这个考核期，或您无权查看"))
    known, whole = facts.of_assessment(one, clock.now()), sight.whole(by)
    state = AssessmentState(one.state)
    raised = dict.fromkeys(ObjectionState, 0)
    for found in sight.objections(by).filter(assessment=one.id).values_list("state", flat=True):
        raised[ObjectionState(found)] += 1
    counts = [(label.label, n) for label, n in raised.items() if n]
    more = {"whole": whole, "next": _next(known), "counted": state in COUNTED, "draft": state != AssessmentState.PUBLISHED, "raised": counts,
            "progress": _progress(one) if whole and state in COUNTED else None, "unseen": known.open_objections - raised[ObjectionState.RAISED],
            "unjudged": known.unjudged, "own": not whole and not set(sight.own_units(by)).isdisjoint(facts.units_of(one)), "gap": _gap(one) if whole else None,
            "reviews": state == AssessmentState.REVIEW and by.has(Role.SUPERVISOR)}
    told = history(AssessmentStep, None, one.id, ASSESSMENT, assessments.FIELDS, without=() if whole else _INSIDE)
    return SubjectPage(one, steps(ASSESSMENT, known, by), told, more)


# --- objections ---------------------------------------------------------------------------------


OBJECTION_SAID = ("reason", "ruling")


def objections_in(by: Actor, assessment: int) -> QuerySet[Objection]:
    rows = sight.objections(by).select_related("assessment")
    return rows.filter(assessment=assessment) if assessment else rows


def objections_of(by: Actor, assessment: int = 0, after: str = "", size: int = 50) -> Page:
    """The newest first, of one period or of all. One statement."""
    page = keyset(objections_in(by, assessment), ("-id",), after, size)
    hung_words.covered(page.rows, *OBJECTION_SAID, by=by)
    return page


def objection(objection_id: int, by: Actor) -> SubjectPage:
    """Refused: there is none, or it is not the reader's. At most nine statements."""
    one = sight.objections(by).select_related("assessment").filter(id=objection_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这条异议，或您无权查看"))
    case = cases.visible(by).filter(id=one.case_id).first()
    figure = SheetFigure.objects.filter(assessment=one.assessment_id, version=one.assessment.version, unit_id=one.unit_id,
                                        measure=one.measure).defer("top", "bottom").first()
    known = facts.of_objection(one, clock.now())
    more: dict[str, Any] = {"case": case, "figure": figure, "reviews": known.phase == AssessmentState.REVIEW and by.has(Role.SUPERVISOR),
                            "waits": waiting(one.assessment_id, by), "on_case": case is not None and facts.exclusion_waits(one.case_id)}
    told = history(ObjectionStep, ObjectionWords, one.id, OBJECTION, objections.FIELDS)
    page = SubjectPage(one, steps(OBJECTION, known, by), told, more, step_files.hung(ObjectionStep, one.id))
    return hung_words.covered_page(page, *OBJECTION_SAID, by=by)


def open_file(objection_id: int, file_id: int, by: Actor) -> tuple[Any, Any]:
    """(row, open bytes) of a file on an objection that the reader may see."""
    if not sight.objections(by).filter(id=objection_id).exists():
        raise Refused(no("hidden", "没有这条异议，或您无权查看"))
    return step_files.opened(ObjectionStep, objection_id, file_id)


def waiting(assessment_id: int, by: Actor) -> int:
    return sight.objections(by).filter(assessment=assessment_id, state=ObjectionState.RAISED).count()


def next_to_rule(assessment_id: int, by: Actor, after: int = 0) -> Objection | None:
    """The next objection that waits, the oldest first, from the beginning again when there is none behind. Two statements."""
    rows = sight.objections(by).filter(assessment=assessment_id, state=ObjectionState.RAISED).order_by("id")
    return rows.filter(id__gt=after).first() or rows.first()


def raising(assessment_id: int, measure: str, case_id: int, by: Actor) -> tuple[Assessment, str, str]:
    """(period, unit, number of the case) for the form of an objection. Refused: not in a list of the reader's own."""
    one = sight.assessments(by).filter(id=assessment_id).first()
    unit = facts.figure_with(one, measure, case_id, sight.own_units(by)) if one else 0
    case = cases.visible(by).filter(id=case_id).first() if unit else None
    if one is None or case is None:
        raise Refused(no("hidden", "这件工单不在本单位这一指标的清单里，请从清单进入"))
    return one, org.tree().name(unit), case.number


def may_object(one: Assessment, unit: int, by: Actor) -> str:
    """Why the reader cannot object to a figure of that unit; "": they can."""
    bare = Objection(id=0, state=ObjectionState.NEW.value, assessment=one, unit_id=unit)
    return verdict(OBJECTION["raise_objection"], facts.of_objection(bare, clock.now()), by).reason


# --- corrections --------------------------------------------------------------------------------


def corrections(one: Assessment, by: Actor, after: str = "", size: int = 100) -> Page:
    """In their order; for a unit its own. One statement."""
    return keyset(own_corrections(one, by), ("number",), after, size)


def own_corrections(one: Assessment, by: Actor) -> Any:
    mine = sight.units(by)
    rows = Correction.objects.filter(assessment=one.id)
    return rows if mine is None else rows.filter(unit_id__in=mine)


@dataclass(frozen=True)
class Shown:
    """A correction with the cases that the reader may see, (id, number), and how many others there are."""

    row: Correction
    name: str
    was: str
    now: str
    added: list[tuple[int, str]]
    gone: list[tuple[int, str]]
    unseen: int


def with_cases(rows: list[Correction], by: Actor, name: Callable[[int | None], str]) -> list[Shown]:
    """`name`: of units, as the frozen sheet has them. One statement."""
    wanted = {id_ for row in rows for id_ in (*row.added, *row.gone)}
    seen = dict(cases.visible(by).filter(id__in=wanted).values_list("id", "number"))
    made = []
    for row in rows:
        added, gone = ([(id_, seen[id_]) for id_ in ids if id_ in seen] for ids in (row.added, row.gone))
        of = name(row.unit_id) if row.unit_id != WHOLE else "总体"
        was = _said(row, row.was_numerator, row.was_denominator, row.was_value)
        made.append(Shown(row, of, was, _said(row, row.numerator, row.denominator, row.value), added, gone, len(row.added) + len(row.gone) - len(added) - len(gone)))
    return made


def _said(row: Correction, n: int | None, d: int | None, value: float | None) -> str:
    """What was divided by what; of what is no share of counts, the figure."""
    figure = Figure(row.unit_id, row.measure, n, d, value, None, None, row.stamp)
    return paper.base(figure) or (f"{n:,}" if n is not None else paper.said(figure))
