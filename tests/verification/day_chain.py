"""Whole chains of leader days: what one still lacks from its announcement to the signed report is tried first, by whoever may.

A blind walk spreads over all that is open and never sees the end of a chain; this one takes the next link that is rarest so far.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from minsheng.cases.models import Case
from minsheng.kit.steps import Step
from minsheng.leader_days.models import Desk, Signup
from tests.verification.day_ways import SUBJECTS

if TYPE_CHECKING:
    from tests.verification.day_walk import DayWalk

# In the order of a period: (subject, step).
LINKS = (
    ("schemes", "draft_scheme"), ("schemes", "issue_scheme"), ("periods", "draft_period"), ("periods", "add_desk"), ("periods", "announce"),
    ("periods", "note_notice"), ("signups", "take_signup"), ("signups", "dial"), ("signups", "register_signup"), ("commitments", "commit"),
    ("meetings", "draft_meeting"), ("meetings", "put_on_agenda"), ("meetings", "convene"), ("meetings", "write_minutes"),
    ("meetings", "rule_item"), ("meetings", "sign_minutes"), ("meetings", "carry_out"), ("commitments", "prove"), ("commitments", "conclude_kept"),
    ("commitments", "draft_public"), ("commitments", "sign_public"), ("leads", "propose_lead"), ("leads", "tell_unit"), ("leads", "approve_lead"),
    ("leads", "note_following"), ("leads", "note_published"), ("periods", "hold"), ("reports", "draft_report"), ("reports", "sign_report"),
    ("slips", "take_up_slip"), ("slips", "sign_slip"), ("slips", "issue_slip"), ("slips", "acknowledge_slip"), ("slips", "answer_slip"),
    ("slips", "accept_answer"), ("topics", "propose_topic"), ("topics", "declare_topic"), ("topics", "end_topic"), ("topics", "change_measures"),
)
SOON = ("take_signup", "dial", "register_signup")  # what can be taken for an hour or two only goes before the rest


def later(walk: DayWalk) -> tuple[datetime, bool]:
    """When the next deed is, and whether somebody rings at a desk then. Mostly minutes on; now and then over a limit or to the next desk,
    but past no desk at which somebody who signed up is yet to be rung back, until a few were."""
    at, dice = walk.at, walk.dice
    leap = timedelta(minutes=dice.choices((1, 7, 90, 900, 5000), (50, 25, 8, 3, 1))[0])
    desks = Desk.objects.filter(removed_at=None, period__state__in=("announced", "held")).order_by("starts")
    waited_for = _waited_for(desks, at) if walk.counts["step register_signup", "taken"] < 4 else None
    if waited_for is not None:
        leap = min(leap, max(waited_for.starts + timedelta(minutes=5) - at, timedelta(minutes=1)))
    ahead = waited_for or desks.filter(starts__gt=at).first()
    if ahead is not None and ahead.starts > at and dice.random() < (0.1 if waited_for else 0.04):
        return ahead.starts + timedelta(minutes=5), True
    return at + leap, False


def _waited_for(desks: QuerySet[Desk], at: datetime) -> Desk | None:
    """Where one who was taken waits to be rung back, or may yet be taken for."""
    taken = desks.filter(ends__gt=at, id__in=Signup.objects.filter(state="taken").values("desk_id"))
    return taken.first() or desks.filter(starts__gt=at, period_id__in=Signup.objects.filter(state="waiting").values("period_id")).first()


def unrung(at: datetime) -> bool:
    """Is a desk open at whose period hardly anybody has rung? Without cases a period comes to no end."""
    rung = Case.objects.filter(period_id=OuterRef("period_id")).order_by().values("period_id").annotate(n=Count("id")).values("n")
    open_ones = Desk.objects.filter(removed_at=None, period__state__in=("announced", "held"), starts__lte=at, ends__gt=at)
    return open_ones.annotate(rung=Subquery(rung)).filter(Q(rung=None) | Q(rung__lt=3)).exists()


def lacking(walk: DayWalk) -> list[tuple[str, Step, Any, str]]:
    """(subject, step, row or None where it makes one, who): the three rarest links that can be taken now; alone what will not wait."""
    found: list[tuple[str, Step, Any, str]] = []
    def rank(n: int) -> tuple[bool, int, int]:
        step_name = LINKS[n][1]
        seen = walk.counts[f"step {step_name}", "taken"]
        return step_name not in SOON or seen > 2, seen + walk.failed[step_name] // 2, n

    order = sorted(range(len(LINKS)), key=rank)
    for n in order:
        name, step_name = LINKS[n]
        of = SUBJECTS[name]
        step = of.kind.procedure[step_name]
        if step_name in of.makes:
            found += [(name, step, None, who) for who, by in walk.cast.actors.items() if step.fits(by)][:1]
        else:
            found += _on_a_row(walk, name, step)[:1]
            if found and step_name in SOON and walk.counts[f"step {step_name}", "taken"] <= 2:
                return found[-1:]
        if len(found) >= 3:
            break
    return found


def _on_a_row(walk: DayWalk, name: str, step: Step) -> list[tuple[str, Step, Any, str]]:
    of = SUBJECTS[name]
    for one in of.kind.model.objects.filter(state__in=[state.value for state in step.frm]).order_by("-id")[:6]:
        whos = [who for offered, who in walk._offered(of, one) if offered.name == step.name]
        if whos:
            return [(name, step, one, walk.dice.choice(whos))]
    return []
