"""Reads of call-backs: the clerk's figures, the supervisor's list, the rechecks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from minsheng.accounts.rules import Actor
from minsheng.calendar import rules as time_rules
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.queries import case_page, words
from minsheng.cases.rules import Ask, Outcome, State
from minsheng.followup import rules
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit import clock
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Refused, no


def waiting(by: Actor, after: str = "", size: int = 50) -> Page:
    """The list belongs to the supervisor (rulings, 13)."""
    rows = cases.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None, due_at__isnull=False)
    return keyset(rows.select_related("category", "lead"), ("due_at", "id"), after, size)


def own_count(by: Actor) -> dict:
    """What the clerk has done today, what waits for everybody and when the next one put off is due: three statements."""
    now = clock.now()
    day = now.astimezone(clocks.city_calendar().zone).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = CallbackParty.objects.filter(clerk_id=by.id).aggregate(done=Count("id", filter=Q(done_at__gte=day)))
    put_off = CallbackParty.objects.filter(done_at=None, not_before__gt=now, case__in=cases.visible(by), case__state=State.PENDING_CALLBACK)
    later = put_off.aggregate(later=Count("id"), soonest=Min("not_before"))
    held = cases.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None)
    n = held.aggregate(all=Count("id"), reviewed=Count("id", filter=Q(marks__pending__has_key=Ask.REDO.value)))
    return {**mine, **later, "waiting": n["all"] - n["reviewed"]}


def in_hand(row_id: int, by: Actor) -> CallbackParty:
    """The call that the clerk has taken. Refused("hidden") for any other."""
    row = CallbackParty.objects.select_related("case").filter(id=row_id, claimed_by=by.id, done_at=None, case__in=cases.visible(by)).first()
    if row is None:
        raise Refused(no("hidden", "这个回访不在您手上，请取下一个"))
    return row


def parties(case_id: int, round: int | None = None) -> list[CallbackParty]:
    """Everybody who is called back on a case, the case's own requester first."""
    rows = CallbackParty.objects.filter(case_id=case_id)
    return list((rows if round is None else rows.filter(round=round)).order_by("round", "id"))


def choices(row: CallbackParty) -> list[tuple[str, str, str]]:
    """(outcome, word, what follows) of every call that brought no answers."""
    at, cal = clock.now().astimezone(clocks.city_calendar().zone), clocks.city_calendar()
    return [(o.value, o.label, rules.outcome_says(o, row.tries, at, lambda t: time_rules.for_public(t, cal, clock.now()))) for o in rules.OUTCOME_SAYS]


def offers() -> list[tuple[str, str]]:
    """Times to offer for an appointment: (value of the field, words)."""
    cal = clocks.city_calendar()
    return [(t.strftime("%Y-%m-%dT%H:%M"), time_rules.for_public(t, cal)) for t in rules.offers(clock.now().astimezone(cal.zone))]


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
    view = words.view_of(row.case, cases.facts_of(row.case), by)
    return Drawn(row, [p for p in case_page.words_of(step, row.case, view) if p[1]] if step else [], step.at if step else None)
