"""Reads of call-backs: the clerk's figures, the supervisor's list, the rechecks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Max, Min, Q, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.calendar import rules as time_rules
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.queries import case_page, lists, marked, words
from minsheng.cases.queries import parties as parties_of
from minsheng.cases.rules import Ask, Standing, State
from minsheng.cases.rules.callback import half_day_of
from minsheng.followup import rules
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit import clock
from minsheng.kit.database import planned_once
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Refused, no


@planned_once()
def waiting(by: Actor, after: str = "", size: int = 50) -> Page:
    """The list belongs to the supervisor (rulings, 13). `reviewed` of a row: it waits for the redo review, and nobody rings before."""
    rows = cases.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None, due_at__isnull=False)
    rows = rows.annotate(reviewed=ExpressionWrapper(marked.waits_for(Ask.REDO), output_field=BooleanField()))
    return keyset(lists.shown(rows), ("due_at", "id"), after, size)


@planned_once()
def own_count(by: Actor) -> dict:
    """What the clerk has done today, what waits for everybody and when the next one put off is due: three statements."""
    now = clock.now()
    day = now.astimezone(clocks.city_calendar().zone).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = CallbackParty.objects.filter(clerk_id=by.id, done_at__gte=day).aggregate(done=Count("id"))
    put_off = CallbackParty.objects.filter(done_at=None, not_before__gt=now, case__state=State.PENDING_CALLBACK)
    later = cases.with_visible(put_off, by).aggregate(later=Count("id"), soonest=Min("not_before"))
    held = cases.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None)
    n = held.aggregate(all=Count("id"), reviewed=Count("id", filter=marked.waits_for(Ask.REDO)))
    return {**mine, **later, "waiting": n["all"] - n["reviewed"], "reviewed": n["reviewed"]}


@planned_once()
def in_hand(row_id: int, by: Actor) -> CallbackParty:
    """The call that the system handed to this clerk in this round. Refused("hidden") for any other.

    It may have ended meanwhile, or lie with a colleague after a quarter of an hour without a sign of life: the door decides then.
    """
    row = CallbackParty.objects.select_related("case").filter(id=row_id, round=F("case__redos"), case__in=cases.visible(by)).first()
    if row is None or by.id not in cases.handed_to(row.case):
        raise Refused(no("hidden", "这个回访不在您手上，请取下一个"))
    return row


def to_ring(row_id: int, by: Actor) -> CallbackParty:
    """The same, of whom is still to be rung: whose case went from the order meanwhile, or who was called back, is shown to nobody any more."""
    row = in_hand(row_id, by)
    party = next((p for p in cases.facts_of(row.case).callback.parties if p.id == row.party_id), None)
    if row.case.state != State.PENDING_CALLBACK or party is None or party.standing.is_done:
        raise Refused(no("gone", "这位诉求人已完成回访，或不在本单内了（撤销了并单、撤回了诉求），请取下一个"))
    return row


def parties(case_id: int, round: int | None = None) -> list[CallbackParty]:
    """Everybody who is called back on a case, the case's own requester first."""
    rows = CallbackParty.objects.filter(case_id=case_id)
    return list((rows if round is None else rows.filter(round=round)).order_by("round", "id"))


@dataclass(frozen=True)
class Wanted:
    """A requester whose number was wrong: the case at call-back, the case they came with, since when."""

    case: Case
    party: int
    at: datetime | None


@planned_once()
def numbers_wanted(by: Actor, size: int = 20) -> list[Wanted]:
    """Whose number the desk is asked for, the earliest limit first. One statement."""
    rows = CallbackParty.objects.filter(standing=Standing.NUMBER, done_at=None, round=F("case__redos"), case__state=State.PENDING_CALLBACK,
                                        case__in=cases.visible(by))
    return [Wanted(row.case, row.party_id, row.case.due_at) for row in rows.select_related("case").order_by("case__due_at", "id")[:size]]


@dataclass(frozen=True)
class Course:
    """How the call-back of a case goes, in words for the supervisor; `put_backs`: how often a clerk laid it down again."""

    words: str
    put_backs: int


def courses(case_ids: list[int]) -> dict[int, Course]:
    """Of several cases: one statement. Cases that nobody was handed yet are not in it."""
    rows = CallbackParty.objects.filter(case_id__in=case_ids, round=F("case__redos")).order_by()
    found: dict[int, list[tuple[str, int, int]]] = {}
    for case_id, standing, n, most in rows.values_list("case_id", "standing").annotate(n=Count("id"), most=Max("put_backs")):
        found.setdefault(case_id, []).append((Standing(standing).label, n, most))
    return {case_id: Course("，".join(f"{label} {n} 位" if n > 1 or len(rows) > 1 else label for label, n, _ in rows), max(m for *_, m in rows))
            for case_id, rows in found.items()}


def torn(database: str = "default") -> Iterator[str]:
    """No two clerks have one case in hand. One statement."""
    alive = CallbackParty.objects.using(database).filter(claimed_until__gt=clock.now(), done_at=None)
    rows = alive.values_list("case__number").annotate(n=Count("claimed_by", distinct=True)).filter(n__gt=1).order_by("case__number")
    yield from (f"{number} 同时在 {n} 位回访员手上" for number, n in rows[:20])


def astray(database: str = "default") -> Iterator[str]:
    """Rows that are drawn up to the last step and say of a requester what the history does not. A fixed number of statements."""
    rows = list(CallbackParty.objects.using(database).filter(case__state=State.PENDING_CALLBACK, round=F("case__redos"), seen_seq=F("case__seq"))
                .select_related("case").order_by("case_id")[:2000])
    ids = sorted({row.case_id for row in rows})
    known = {(case_id, p.id): p.standing for case_id, found in (parties_of.read(ids, database) if ids else {}).items() for p in found}
    for row in rows:
        said = known.get((row.case_id, row.party_id))
        if said is not None and said != row.standing:
            yield f"{row.case.number} 的回访名单写“{Standing(row.standing).label}”，历史是“{said.label}”"


def choices(row: CallbackParty) -> list[tuple[str, str, str]]:
    """(outcome, word, what follows) of every call that brought no answers."""
    at, cal = clock.now().astimezone(clocks.city_calendar().zone), clocks.city_calendar()
    tries = row.tries + (half_day_of(at) not in row.tried_parts)
    return [(o.value, o.label, rules.outcome_says(o, tries, at, lambda t: time_rules.for_public(t, cal, clock.now()))) for o in rules.OUTCOME_SAYS]


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


@planned_once()
def rechecks(by: Actor, size: int = 20) -> list[Drawn]:
    """Second calls that wait, the oldest draw first, with the clerk's record of each. Two statements."""
    rows = list(cases.with_visible(Recheck.objects.filter(done_at=None).exclude(clerk_id=by.id), by).select_related("case__lead").order_by("id")[:size])
    ids = [r.case_id for r in rows]
    steps = CaseStep.objects.filter(case_id__in=ids, id__gte=min(ids, default=0), step="record_callback").select_related("text").order_by("id")
    by_id = {s.id: s for s in steps}
    last = {(s.case_id, s.given.get("party")): s for s in by_id.values()}  # of draws that do not name their step
    return [_drawn(r, by_id.get(r.step_id or 0) or last.get((r.case_id, r.party_id)), by) for r in rows]


@dataclass(frozen=True)
class Checked:
    """Of one clerk: how many second calls were made, and in how many the requester said something else."""

    clerk: str
    done: int
    differ: int

    @property
    def agree(self) -> int:
        return self.done - self.differ


def _made(by: Actor, since: datetime) -> QuerySet[Recheck]:
    """Nobody reads what was found of their own calls here."""
    return Recheck.objects.filter(done_at__gte=since, case__in=cases.visible(by)).exclude(clerk_id=by.id)


def second_calls(by: Actor, since: datetime) -> list[Checked]:
    """By clerk, by name; one statement."""
    rows = _made(by, since).values("clerk_id").annotate(clerk=Max("clerk_name"), done=Count("id"), differ=Count("id", filter=Q(agrees=False)))
    return [Checked(clerk, done, differ) for clerk, done, differ in rows.order_by("clerk", "clerk_id").values_list("clerk", "done", "differ")]


def differing(by: Actor, since: datetime, after: str = "", size: int = 50) -> Page:
    """Second calls in which the requester said something else, the newest first; one statement."""
    return keyset(_made(by, since).filter(agrees=False).select_related("case", "case__lead"), ("-id",), after, size)


def _drawn(row: Recheck, step: CaseStep | None, by: Actor) -> Drawn:
    view = words.view_of(row.case, cases.facts_of(row.case), by)
    return Drawn(row, [p for p in case_page.words_of(step, row.case, view) if p[1]] if step else [], step.at if step else None)
