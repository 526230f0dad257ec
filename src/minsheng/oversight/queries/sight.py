"""Who sees which slips: the filter of every list and page here."""

from __future__ import annotations

from django.db.models import QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.org import queries as org
from minsheng.oversight.models import Slip
from minsheng.oversight.rules.states import OUT, SEES_ALL, SEES_OWN_UNIT


def slips(by: Actor) -> QuerySet[Slip]:
    """All for the centre's own; for a unit those that were sent to it or to what lies below it."""
    if by.roles & (SEES_ALL | {Role.CLOCK}):
        return Slip.objects.all()
    mine = org.tree().subtree(by.unit) if by.unit and by.roles & SEES_OWN_UNIT else []
    return Slip.objects.filter(unit__in=mine, state__in=[s.value for s in OUT])
