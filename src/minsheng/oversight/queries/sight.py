"""Who sees which slips and findings: the filter of every list and page here."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.org import queries as org
from minsheng.oversight.models import Finding, Slip
from minsheng.oversight.rules.states import OUT, SEES_ALL, SEES_OWN_UNIT


def slips(by: Actor) -> QuerySet[Slip]:
    """All for the centre's own; for a unit those that were sent to it or to what lies below it."""
    if by.roles & (SEES_ALL | {Role.CLOCK}):
        return Slip.objects.all()
    mine = org.tree().subtree(by.unit) if by.unit and by.roles & SEES_OWN_UNIT else []
    return Slip.objects.filter(unit__in=mine, state__in=[s.value for s in OUT])


SEES_FINDINGS = frozenset({Role.INSPECTOR, Role.SUPERVISOR})


def findings(by: Actor) -> QuerySet[Finding]:
    """On replies to cases that the reader may see; never for the unit."""
    if Role.CLOCK in by.roles:
        return Finding.objects.all()
    if not by.roles & SEES_FINDINGS:
        return Finding.objects.none()
    return Finding.objects.filter(Exists(cases.visible(by).filter(id=OuterRef("case_id"))))
