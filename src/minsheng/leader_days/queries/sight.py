"""Who sees which periods and commitments: the filter of every list, page and figure here."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.models import Case
from minsheng.leader_days.models import Commitment, Desk, Period
from minsheng.leader_days.rules.states import SEES_ALL, SEES_OWN_UNIT
from minsheng.org import queries as org

SEES_LEDGER = SEES_ALL - {Role.ANALYST}  # who reads figures reads no words


def own_units(by: Actor) -> list[int]:
    return org.tree().subtree(by.unit) if by.unit and by.roles & SEES_OWN_UNIT else []


def periods(by: Actor) -> QuerySet[Period]:
    """All for the centre's own; for a unit those with a desk of its own."""
    if by.roles & SEES_ALL or Role.CLOCK in by.roles:
        return Period.objects.all()
    return Period.objects.filter(Exists(Desk.objects.filter(period_id=OuterRef("id"), unit__in=own_units(by), removed_at=None)))


def commitments(by: Actor) -> QuerySet[Commitment]:
    """All for who keeps the ledger; for a unit what it owes and what was promised at its desks. What was promised on a case that is
    restricted, or that complains of somebody, only for those who see the case."""
    rows = Commitment.objects.all()
    if Role.CLOCK in by.roles:
        return rows
    if not by.roles & SEES_LEDGER:
        rows = rows.filter(Q(owner_unit__in=own_units(by)) | Q(desk__unit__in=own_units(by)))
    plain = Q(restricted=False, complained_line__isnull=True)
    return rows.filter(Exists(Case.objects.filter(id=OuterRef("case_id")).filter(plain | cases.visible_to(by))))


def counted_commitments(by: Actor) -> QuerySet[Commitment]:
    """What the reader's figures count: the same, and for who reads figures and no words, what is restricted as well."""
    if by.roles & SEES_ALL and not by.roles & (SEES_LEDGER | {Role.CLOCK}):
        return Commitment.objects.filter(Exists(Case.objects.filter(cases.counted_for(by), id=OuterRef("case_id"))))
    return commitments(by)
