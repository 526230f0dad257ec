"""Reads of call-backs: the clerk's figures, the supervisor's list, the rechecks."""

from __future__ import annotations

from django.db.models import Count, Q

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.rules import State
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Refused, no


def waiting(by: Actor, after: str = "", size: int = 50) -> Page:
    """The list belongs to the supervisor (rulings, 13)."""
    rows = cases.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None, due_at__isnull=False)
    return keyset(rows.select_related("category", "lead"), ("due_at", "id"), after, size)


def own_count(by: Actor) -> dict[str, int]:
    """What the clerk has done and what waits for everybody: one statement each."""
    done = CallbackParty.objects.filter(clerk_id=by.id).aggregate(done=Count("id", filter=Q(done_at__isnull=False)), tried=Count("id"))
    return {**done, "waiting": cases.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None).count()}


def in_hand(row_id: int, by: Actor) -> CallbackParty:
    """The call that the clerk has taken. Refused("hidden") for any other."""
    row = CallbackParty.objects.select_related("case").filter(id=row_id, claimed_by=by.id, done_at=None).first()
    if row is None:
        raise Refused(no("hidden", "这个回访不在您手上，请取下一个"))
    return row


def parties(case_id: int) -> list[CallbackParty]:
    return list(CallbackParty.objects.filter(case_id=case_id).order_by("round", "id"))


def rechecks(by: Actor) -> list[Recheck]:
    return list(Recheck.objects.filter(done_at=None, case__in=cases.visible(by)).select_related("case").order_by("id")[:100])
