"""Who sees what of supervision: the filter of every list and page here."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.models import Case
from minsheng.org import queries as org
from minsheng.oversight.models import Duty, Finding, Inspection, Instruction, Point, Slip
from minsheng.oversight.rules.inspections import InspectionState, PointState
from minsheng.oversight.rules.instructions import DutyState, InstructionState
from minsheng.oversight.rules.states import OUT, SEES_ALL, SEES_OWN_UNIT


def slips(by: Actor) -> QuerySet[Slip]:
    """All for the centre's own; for a unit those that were sent to it or to what lies below it."""
    if by.roles & (SEES_ALL | {Role.CLOCK}):
        return Slip.objects.all()
    return Slip.objects.filter(unit__in=_own(by), state__in=[s.value for s in OUT])


def _own(by: Actor) -> list[int]:
    return org.tree().subtree(by.unit) if by.unit and by.roles & SEES_OWN_UNIT else []


SEES_FINDINGS = frozenset({Role.INSPECTOR, Role.SUPERVISOR})


def findings(by: Actor) -> QuerySet[Finding]:
    """On replies to cases that the reader may see; never for the unit."""
    if Role.CLOCK in by.roles:
        return Finding.objects.all()
    if not by.roles & SEES_FINDINGS:
        return Finding.objects.none()
    return Finding.objects.filter(Exists(cases.visible(by).filter(id=OuterRef("case_id"))))


SEES_INSPECTIONS = frozenset({Role.INSPECTOR, Role.OUTSIDE_GROUP, Role.SUPERVISOR})
SEES_POINTS = SEES_INSPECTIONS | SEES_OWN_UNIT


def inspections(by: Actor) -> QuerySet[Inspection]:
    """All for who arranges and watches them; a member of the outside group sees those approved ones they are in."""
    if by.roles & {Role.INSPECTOR, Role.SUPERVISOR, Role.CLOCK}:
        return Inspection.objects.all()
    if Role.OUTSIDE_GROUP not in by.roles:
        return Inspection.objects.none()
    return Inspection.objects.filter(members__contains=[by.id]).exclude(state=InspectionState.DRAFT)


def points(by: Actor) -> QuerySet[Point]:
    """With their inspection; for a unit those on its own cases, once they were sent. On a case that was shut since, for who sees the case."""
    if Role.CLOCK in by.roles:
        return Point.objects.all()
    mine = Point.objects.filter(inspection__in=inspections(by).values("id"))
    if not by.roles & SEES_INSPECTIONS:
        mine = Point.objects.filter(unit__in=_own(by)).exclude(state__in=[PointState.NOTED, PointState.DROPPED])
    plain = Q(restricted=False, sealed=False, complained_line__isnull=True)
    return mine.filter(Exists(Case.objects.filter(id=OuterRef("case_id")).filter(plain | cases.visible_to(by))))


def instructions(by: Actor) -> QuerySet[Instruction]:
    """All for the centre's own; for a unit what was assigned to it."""
    if by.roles & (SEES_ALL | {Role.CLOCK}):
        return Instruction.objects.all()
    return Instruction.objects.filter(unit__in=_own(by)).exclude(state__in=[InstructionState.REPORTED, InstructionState.INSTRUCTED])


def duties(by: Actor) -> QuerySet[Duty]:
    """All for the centre's own; for a unit its own, but for those of which a lead was passed: that is the organ's to say."""
    if by.roles & (SEES_ALL | {Role.CLOCK}):
        return Duty.objects.all()
    return Duty.objects.filter(unit__in=_own(by)).exclude(state=DutyState.PASSED)
