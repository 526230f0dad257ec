"""What the rules may know of a period and of an objection."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Exists, Max, OuterRef, Q

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseAsk
from minsheng.cases.rules import Ask
from minsheng.kit import doc_numbers
from minsheng.month_end.models import Assessment, AssessmentStep, Objection, SheetFigure
from minsheng.month_end.queries import counting, sight
from minsheng.month_end.rules import assessments, objections
from minsheng.month_end.rules.assessments import AssessmentFacts, AssessmentState
from minsheng.month_end.rules.objections import ObjectionFacts, ObjectionState
from minsheng.month_end.rules.sheet import WHOLE
from minsheng.org import queries as org


def units_of(one: Assessment) -> list[int]:
    """Lead units that have figures in the version that stands, in the order of the tree. One statement."""
    rows = SheetFigure.objects.filter(assessment=one.id, version=one.version, measure="received").exclude(unit_id=WHOLE)
    order = {id_: n for n, id_ in enumerate(org.tree().by_id)}
    return sorted(rows.values_list("unit_id", flat=True), key=lambda id_: (order.get(id_, len(order)), id_))


def confirmed(one: Assessment) -> frozenset[int]:
    """Units whose head said that they have checked. One statement."""
    return frozenset(AssessmentStep.objects.filter(subject_id=one.id, step="confirm_sheet").values_list("unit_id", flat=True))


def objecting(one: Assessment) -> dict[int, int]:
    """unit -> how many objections it raised and did not withdraw. One statement."""
    found: dict[int, int] = {}
    for unit in one.objections.exclude(state=ObjectionState.WITHDRAWN).values_list("unit_id", flat=True):
        found[unit] = found.get(unit, 0) + 1
    return found


def unconfirmed(units: Iterable[int], said: frozenset[int]) -> list[int]:
    """Units that did not say they have checked, they or one above them."""
    tree = org.tree()
    return [unit for unit in units if not said & set(tree.path(unit))]


def of_assessment(one: Assessment, at: datetime) -> AssessmentFacts:
    """Two statements while it is checked, one while it is reviewed (more where an objection is on a complaint about the hotline), none otherwise."""
    state, today = AssessmentState(one.state), clocks.local_day(at)
    tree, units, said = org.tree(), list[int](), frozenset[int]()
    if state == AssessmentState.CHECKING:
        units, said = units_of(one), confirmed(one)
    waits, shut, unjudged = _waiting(one) if state == AssessmentState.REVIEW else (0, 0, 0)
    return AssessmentFacts(one.id, state, today, one.until, one.check_until, tuple(one.drafters), one.frozen_by, waits, shut, unjudged,
                           frozenset(id_ for unit in units for id_ in tree.path(unit)), said, len(unconfirmed(units, said)))


def _waiting(one: Assessment) -> tuple[int, int, int]:
    """(objections that nobody ruled on, those of them whose case is restricted or complains of somebody, those that nobody may rule on)."""
    closed = Case.objects.filter(id=OuterRef("case_id")).filter(Q(restricted=True) | Q(complained_line__isnull=False))
    found = list(one.objections.filter(state=ObjectionState.RAISED).annotate(shut=Exists(closed)).values_list("id", "shut"))
    shut = [id_ for id_, is_shut in found if is_shut]
    return len(found), len(shut), len(unjudged(one)) if shut else 0


def unjudged(one: Assessment) -> list[int]:
    """Objections on cases that complain of the hotline itself which no supervisor sees: its own people do not rule on them, and the city has
    named nobody outside (rulings, 30 and 76). A statement, and one for each supervisor where there is such a case."""
    about = Case.objects.filter(id=OuterRef("case_id"), complained_line__overlap=org.tree().centres)
    found = dict(one.objections.filter(Exists(about), state=ObjectionState.RAISED).values_list("id", "case_id"))
    seen: set[int] = set()
    for person in people.holders(Role.SUPERVISOR) if found else ():
        seen |= set(cases.visible(people.actor(person)).filter(id__in=found.values()).values_list("id", flat=True))
    return sorted(id_ for id_, case in found.items() if case not in seen)


def world(one: Assessment, step: str, at: datetime, since: str = "", until: str = "", doc_number: str = "", as_seen: bool = True) -> assessments.World:
    overlaps = ""
    if since and until:
        others = Assessment.objects.exclude(state=AssessmentState.DROPPED).exclude(id=one.id)
        same = others.filter(since__lte=date.fromisoformat(until), until__gte=date.fromisoformat(since)).first()
        overlaps = same.title if same else ""
    ruled = one.objections.aggregate(last=Max("ruled_at"))["last"] if step == "freeze_figures" else None
    return assessments.World(at, clocks.local_day(at), counting.ends(one), one.cutoff, ruled, one.check_until, overlaps, doc_numbers.taken(doc_number, one), as_seen)


# --- objections ---------------------------------------------------------------------------------


def of_objection(one: Objection, at: datetime) -> ObjectionFacts:
    """Its period is on it."""
    tree, period = org.tree(), one.assessment
    return ObjectionFacts(one.id, ObjectionState(one.state), clocks.local_day(at), AssessmentState(period.state), period.check_until, one.want,
                          one.asked_by, tree.path(one.unit_id), tree.line(one.unit_id) if one.unit_id in tree.by_id else frozenset(),
                          tuple(period.drafters))


def objection_world(one: Objection, measure: str, by: Actor) -> objections.World:
    """Three statements."""
    known = sight.assessments(by).filter(id=one.assessment_id).exists()
    listed = known and figure_with(one.assessment, measure, one.case_id, sight.own_units(by)) == one.unit_id
    same = one.assessment.objections.filter(unit_id=one.unit_id, case_id=one.case_id, measure=measure).exclude(state=ObjectionState.WITHDRAWN)
    return objections.World(known, listed, same.exists())


def figure_with(one: Assessment, measure: str, case_id: int, units: Iterable[int]) -> int:
    """The unit, of these, behind whose figure the case lies; 0: none. One statement."""
    rows = SheetFigure.objects.filter(assessment=one.id, version=one.version, measure=measure, unit_id__in=list(units))
    found = rows.filter(top__contains=[case_id]) | rows.filter(bottom__contains=[case_id])
    return found.order_by("unit_id").values_list("unit_id", flat=True).first() or 0


def exclusion_waits(case_id: int) -> bool:
    """Does the case carry a request to be excluded that nobody ruled on?"""
    return CaseAsk.objects.filter(case_id=case_id, ask=Ask.EXCLUSION.value, ruled_at=None).exists()
