"""Reads of call-backs: the clerk's figures, the supervisor's list, the rechecks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from minsheng.accounts.rules import Actor
from minsheng.cases import page
from minsheng.cases import queries as cases
from minsheng.cases import rules as case_rules
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules import Outcome, State
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


@dataclass(frozen=True)
class Drawn:
    """A second call to make: what the clerk wrote down of the first, as the inspector may see it."""

    recheck: Recheck
    said: list
    at: datetime | None

    @property
    def case(self) -> Case:
        return self.recheck.case


def rechecks(by: Actor, size: int = 20) -> list[Drawn]:
    """Second calls that wait, the oldest draw first, with the clerk's record of each. Two statements."""
    rows = list(Recheck.objects.filter(done_at=None, case__in=cases.visible(by)).exclude(clerk_id=by.id).select_related("case", "case__lead")
                .order_by("id")[:size])
    steps = CaseStep.objects.filter(case_id__in=[r.case_id for r in rows], step="record_callback").select_related("text").order_by("id")
    last = {(s.case_id, s.given.get("party")): s for s in steps if s.given.get("outcome") == Outcome.ANSWERED}
    return [_drawn(r, last.get((r.case_id, r.party_id)), by) for r in rows]


def _drawn(row: Recheck, step: CaseStep | None, by: Actor) -> Drawn:
    full = bool(case_rules.sees_personal(cases.facts_of(row.case), by))
    return Drawn(row, [p for p in page.words_of(step, full) if p[1]] if step else [], step.at if step else None)
