"""Who sees what of month-end: the filter of every list and page here."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.models import Case
from minsheng.month_end.models import Assessment, Objection
from minsheng.month_end.rules.assessments import OUT, SEES_ALL, SEES_OWN
from minsheng.org import queries as org


def whole(by: Actor) -> bool:
    """Does the reader see the figures of every unit?"""
    return bool(by.roles & (SEES_ALL | {Role.CLOCK}))


def own_units(by: Actor) -> list[int]:
    """Of somebody of a unit: it and what lies below it."""
    return org.tree().subtree(by.unit) if by.unit and by.roles & SEES_OWN else []


def units(by: Actor) -> list[int] | None:
    """Whose sheets the reader sees; None: everybody's."""
    return None if whole(by) else own_units(by)


def assessments(by: Actor) -> QuerySet[Assessment]:
    """All for the centre's own; for a unit those that were given out to be checked."""
    if whole(by):
        return Assessment.objects.all()
    return Assessment.objects.filter(state__in=[s.value for s in OUT]) if own_units(by) else Assessment.objects.none()


def objections(by: Actor) -> QuerySet[Objection]:
    """All for the centre's own, for a unit its own. What is about a case that is restricted, or complains of somebody, only for those who
    see the case."""
    rows = Objection.objects.all()
    if Role.CLOCK in by.roles:
        return rows
    if not whole(by):
        rows = rows.filter(unit_id__in=own_units(by))
    plain = Q(restricted=False, complained_line__isnull=True)
    return rows.filter(Exists(Case.objects.filter(id=OuterRef("case_id")).filter(plain | cases.visible_to(by))))
