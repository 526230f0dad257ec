"""Ringing back: take the next one, write down what was said, and let what follows follow.

What has been said, and by whom, is read off the case's history (`CaseFacts.parties`); the rows here only put the calls in order.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from minsheng.accounts.models import Person
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions as cases
from minsheng.cases import queries as case_queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseAsk, CaseStep
from minsheng.cases.queries import marked, parties, requesters
from minsheng.cases.rules import Ask, Outcome, Party, Standing, State, masking
from minsheng.cases.rules.callback import NUMBER, follows, half_day_of
from minsheng.contacts import actions as contacts
from minsheng.contacts.actions import Revealed
from minsheng.contacts.models import Contact
from minsheng.followup import rules
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit import clock
from minsheng.kit.batch_sql import write_together
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.verdict import Refused, no

_PLANNED = 50  # cases drawn from their history at once
_TO_RING = (Standing.CALL.value, Standing.NO_NUMBER.value)


def take_next(*, by: Actor, languages: tuple[str, ...] = ("zh",)) -> CallbackParty | None:
    """The clerk's next call: what is in hand already, an appointment that is due, else the earliest limit. Order by the system.

    One clerk has all requesters of a case, for fifteen minutes after the last sign of life; two never get the same (SKIP LOCKED).
    Several small transactions, each safe to repeat: one over all would hold many cases and wait for others who wait for it.
    """
    if Role.CALLBACK_CLERK not in by.roles:
        raise Refused(no("role", "只有回访员可以取下一个回访"))
    now = clock.now()
    _plan(by)
    row = in_hand(by, languages, now).first()
    if row is not None and keep_in_hand(row_id=row.id, by=by):
        return row
    _release(by)
    _settle(by)
    with transaction.atomic():
        row = _free(by, languages, now).first()
        if row is not None:
            _claim(row, by, now)
            cases.hand_to_clerk(case_id=row.case_id, clerk=by)
    return row


def in_hand(by: Actor, languages: tuple[str, ...], now: datetime) -> QuerySet[CallbackParty]:
    """Requesters of the case that the clerk has, who can be rung now."""
    return _ready(now).filter(claimed_by=by.id, claimed_until__gt=now, language__in=languages)


def _free(by: Actor, languages: tuple[str, ...], now: datetime) -> QuerySet[CallbackParty]:
    """Who can be rung now and is in nobody's hand, not even through another requester of the case; whoever has left the house holds nobody.
    First locked, first served."""
    there = Person.objects.filter(is_active=True).values("id")
    elsewhere = CallbackParty.objects.filter(case_id=OuterRef("case_id"), claimed_until__gt=now, claimed_by__in=there).exclude(claimed_by=by.id)
    free = _ready(now).filter(~Exists(elsewhere), case__in=case_queries.visible(by), language__in=languages)
    return free.exclude(case__lead__in=[by.unit]).select_for_update(skip_locked=True, of=("self", "case"))


def _ready(now: datetime) -> QuerySet[CallbackParty]:
    """Rows of the round whose requester belongs to the case and may be rung: not before an appointment, not twice in a half-day."""
    rows = _of_the_round().filter(standing__in=_TO_RING, done_at=None).filter(Q(not_before=None) | Q(not_before__lte=now))
    rows = rows.exclude(tried_parts__contains=[half_day_of(_local(now))])
    rows = rows.filter(Q(standing=Standing.CALL) | ~Exists(_asked(Ask.NO_CALLBACK, "case_id")))
    return rows.select_related("case").order_by("standing", "not_before", "case__due_at", "id")


def _asked(ask: Ask, case: str) -> QuerySet[CaseAsk]:
    return CaseAsk.objects.filter(case_id=OuterRef(case), ask=ask, ruled_at=None)


def _of_the_round() -> QuerySet[CallbackParty]:
    """Rows of cases at call-back whose requester is one of the case's now: merges and their undo count at once."""
    merged = Case.objects.filter(id=OuterRef("party_id"), master_id=OuterRef("case_id"), state=State.MERGED).exclude(marked.left())
    own = Q(party_id=F("case_id")) & ~marked.left("case__")
    return CallbackParty.objects.filter(own | Exists(merged), case__state=State.PENDING_CALLBACK, round=F("case__redos"))


def _claim(row: CallbackParty, by: Actor, now: datetime) -> None:
    """All requesters of the case, which is locked, are this clerk's."""
    row.claimed_by, row.claimed_until = by.id, now + rules.CLAIM
    CallbackParty.objects.filter(case_id=row.case_id, round=row.round, done_at=None).update(claimed_by=by.id, claimed_until=row.claimed_until)


def _release(by: Actor) -> None:
    """The clerk goes on: what was put off is free for whoever is there when its time comes."""
    rows = CallbackParty.objects.filter(claimed_by=by.id)
    for case_id in sorted(set(rows.values_list("case_id", flat=True))):
        with transaction.atomic():
            cases.take_from_clerk(case_id=case_id, clerk=by)
            rows.filter(case_id=case_id).update(claimed_by=None, claimed_until=None)


def _hold(row_id: int, by: Actor) -> CallbackParty | None:
    """The row that the clerk has, its case locked before it, as everywhere."""
    rows = CallbackParty.objects.filter(id=row_id, claimed_by=by.id)
    for case in Case.objects.select_for_update(of=("self",)).filter(id__in=rows.values("case_id")):
        return rows.select_for_update(of=("self",)).filter(case_id=case.id).first()
    return None


def _local(at: datetime) -> datetime:
    return at.astimezone(clocks.city_calendar().zone)


# --- the rows follow the history ------------------------------------------------------------


def _plan(by: Actor) -> None:
    """Rows for whom a case at call-back has come to call back since, and for all that has moved: fifty cases a time, oldest limit first."""
    waiting = case_queries.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None)
    drawn_up = CallbackParty.objects.filter(case_id=OuterRef("pk"), round=OuterRef("redos"), seen_seq=OuterRef("seq"))
    row_of_merged = CallbackParty.objects.filter(party_id=OuterRef("pk"), case_id=OuterRef("master_id"), round=OuterRef("master_round"))
    masters = Case.objects.filter(id=OuterRef("master_id"), state=State.PENDING_CALLBACK, closed_at=None)
    unplanned = Case.objects.filter(state=State.MERGED, master_id__isnull=False).exclude(marked.left()).annotate(master_round=masters.values("redos")[:1])
    unplanned = unplanned.filter(Exists(masters), ~Exists(row_of_merged))
    moved = waiting.filter(~Exists(drawn_up) | Q(id__in=unplanned.values("master_id"))).order_by("due_at", "id")
    plan(list(moved[:_PLANNED]))


@transaction.atomic
def plan(moved: Iterable[Case]) -> None:
    """One row for each requester of these cases, as the history says they stand. A fixed number of statements for all of them.

    A case that somebody has locked is being moved, and is drawn up with the next look.
    """
    ids = {case.id for case in moved}
    free = Case.objects.select_for_update(of=("self",), skip_locked=True).filter(id__in=ids, state=State.PENDING_CALLBACK)
    if held := {case.id: case for case in free.order_by("id")}:
        _keep(_drawn(held, case_queries.beside(held.values()).parties))


def _drawn(held: Mapping[int, Case], asked: Mapping[int, tuple[Party, ...]]) -> list[CallbackParty]:
    """The rows of cases that are locked, as the history says they stand; not saved."""
    known = {(row.case_id, row.party_id): row for row in _ROUNDS(list(held))}
    others = {p.id for case_id, found in asked.items() for p in found if p.id != case_id}
    languages = {case.id: case.language for case in held.values()} | (
        dict(Case.objects.filter(id__in=others).values_list("id", "language")) if others else {})
    rows = []
    for case_id, found in asked.items():
        for party in found:
            row = known.get((case_id, party.id)) or CallbackParty(case=held[case_id], party_id=party.id, round=held[case_id].redos,
                                                                 language="bo" if languages.get(party.id) == "bo" else "zh")
            _draw_up(row, party, held[case_id])
            rows.append(row)
    return rows


_ROUNDS = PreparedRows(CallbackParty.objects.all, "JOIN cases_case ON cases_case.id = followup_callbackparty.case_id "
                       "WHERE cases_case.id = ANY(%s::bigint[]) AND followup_callbackparty.round = cases_case.redos "
                       "ORDER BY followup_callbackparty.id FOR UPDATE OF followup_callbackparty")
_DRAWN = ("standing", "tries", "tried_parts", "outcome", "done_at", "not_before", "seen_seq", "clerk_id", "language")


def _keep(rows: list[CallbackParty]) -> None:
    """New ones and changed ones, in one statement each."""
    new, known = [row for row in rows if row.pk is None], [row for row in rows if row.pk]
    CallbackParty.objects.bulk_create(new, ignore_conflicts=True)
    CallbackParty.objects.bulk_update(known, _DRAWN)


def _draw_up(row: CallbackParty, party: Party, case: Case) -> None:
    now, before = clock.now(), row.standing if row.pk else ""
    row.standing, row.tries, row.tried_parts, row.outcome = party.standing.value, party.tries, list(party.half_days), party.outcome
    row.done_at = (row.done_at or now) if party.standing.is_done else None
    row.seen_seq = case.seq
    if before != row.standing:
        row.not_before = case.updated_at + rules.ANSWERS_BY_PAGE if party.standing == Standing.NO_NUMBER and not party.course else None


def _settle(by: Actor) -> None:
    """Cases whose last open requester has left, answered by the page or was excused: they end, or go to the review, without a call."""
    rows = _of_the_round().filter(case_id=OuterRef("pk"))
    waiting = case_queries.visible(by).filter(state=State.PENDING_CALLBACK, closed_at=None)
    ended = waiting.filter(~Exists(_asked(Ask.REDO, "pk")), Exists(rows.filter(done_at__isnull=False)), ~Exists(rows.filter(done_at=None))).exclude(lead__in=[by.unit])
    for case_id in list(ended.order_by("due_at", "id").values_list("id", flat=True)[:5]):
        with transaction.atomic():
            if Case.objects.select_for_update(of=("self",), skip_locked=True).filter(id=case_id, state=State.PENDING_CALLBACK).first():
                cases.hand_to_clerk(case_id=case_id, clerk=by)
                _follow(_CASE(case_id)[0], by, "")


# --- writing down ------------------------------------------------------------


@transaction.atomic
def record(*, case_id: int, party_id: int, by: Actor, given: Mapping, key: str = "") -> str:
    """Write down one call, and let follow what follows: returns "", "close", "close_unreached" or "ask_redo"."""
    _, case = _write_down(case_id, by, {**given, "party": party_id}, key)
    return _follow(case, by, str(given.get("verbatim") or ""))


@transaction.atomic
def write_down(*, case_id: int, by: Actor, given: Mapping, key: str = "") -> CaseStep:
    """One call and nothing after it, from whichever page or system: the door's rules, the order of calls, the draw of second calls."""
    return _write_down(case_id, by, given, key)[0]


def _write_down(case_id: int, by: Actor, given: Mapping, key: str) -> tuple[CaseStep, Case]:
    """The step, and the case as it left it, locked."""
    step = cases.take_step(case_id=case_id, step="record_callback", by=by, given=given, key=key)
    case = _CASE(case_id)[0]
    if step.replayed:
        return step, case
    asked = parties.of([case])[case_id]
    rows, party = _drawn({case_id: case}, {case_id: asked}), next(p for p in asked if p.id == step.given["party"])
    row = next(row for row in rows if row.party_id == party.id)
    row.clerk_id, row.not_before = by.id, _again(row, step.given)
    if step.given["outcome"] == Outcome.HANDED_OVER:
        row.language = "bo"
    if rows == [row]:  # its case is locked: nobody else draws it up
        write_together([] if row.pk else [row], [row] if row.pk else [])
    else:
        _keep(rows)
    _draw(party, step, by)
    return step, case


_CASE = PreparedRows(Case.objects.all, "WHERE id = %s")


def _again(row: CallbackParty, given: Mapping) -> datetime | None:
    if row.done_at or row.standing != Standing.CALL:
        return None
    agreed = given.get("appointment")
    return rules.again_at(given["outcome"], _local(clock.now()), datetime.fromisoformat(agreed) if agreed else None)


def _draw(party: Party, step: CaseStep, by: Actor) -> None:
    """A random second call checks what was written down, however the call ended."""
    given_by_desk = any(word.step == NUMBER for word in party.course)
    if rules.drawn(step.given["outcome"], secrets.randbelow(10_000) / 10_000, given_by_desk):
        contact = Case.objects.filter(id=party.id).values_list("contact_id", flat=True).first()
        Recheck.objects.create(case_id=step.case_id, party_id=party.id, step_id=step.id, contact_id=contact, clerk_id=by.id, clerk_name=by.name,
                               drawn_at=clock.now())


def _follow(case: Case, by: Actor, verbatim: str) -> str:
    facts = case_queries.facts_of(case)
    if Ask.REDO in facts.requests.pending or not facts.state.is_open:  # the same form came twice
        return "ask_redo" if Ask.REDO in facts.requests.pending else _ended_by(case)
    step = follows(facts.callback.parties)
    if step:
        given = {"reason": verbatim or "回访反映未解决或不满意"} if step == "ask_redo" else {}
        cases.take_step(case_id=case.id, step=step, by=by, given=given)
    return step


def _ended_by(case: Case) -> str:
    """The step that ended its call-back; "" where that was none of ours."""
    last = CaseStep.objects.filter(case_id=case.id, id__gte=case.id, step__in=("close", "close_unreached")).order_by("-seq").values_list("step", flat=True)
    return next(iter(last[:1]), "")


@transaction.atomic
def put_back(*, row_id: int, by: Actor) -> None:
    """The clerk cannot ring this one now (shift ends): the case is free for another. How often is seen on the supervisor's list."""
    row = _hold(row_id, by)
    if row is None or row.done_at:
        return
    rows = CallbackParty.objects.filter(case_id=row.case_id, claimed_by=by.id, done_at=None)
    rows.update(claimed_by=None, claimed_until=None, put_backs=F("put_backs") + 1)
    cases.take_from_clerk(case_id=row.case_id, clerk=by)


@transaction.atomic
def keep_in_hand(*, row_id: int, by: Actor) -> bool:
    """A sign of life from the clerk's page: the call goes on. False: another clerk has it now."""
    row = _hold(row_id, by)
    if row is None or row.done_at:
        return False
    _claim(row, by, clock.now())
    return True


@transaction.atomic
def ask_no_callback(*, row_id: int, by: Actor, given: Mapping) -> None:
    """Nobody can be called: a person rules on the ground (rulings, 33)."""
    row = CallbackParty.objects.get(id=row_id)
    cases.take_step(case_id=row.case_id, step="ask_no_callback", by=by, given=given)
    plan([Case.objects.get(id=row.case_id)])


@transaction.atomic
def wait_for_page(*, row_id: int, by: Actor) -> None:
    """Who left no number may still answer on the page: the row comes back when the call-back falls due, or in a day."""
    row = CallbackParty.objects.select_for_update(of=("self",)).select_related("case").get(id=row_id, claimed_by=by.id)
    now = clock.now()
    due = row.case.due_at
    row.not_before = due if due and due > now + rules.ANSWERS_BY_PAGE else now + rules.ANSWERS_BY_PAGE
    row.save(update_fields=["not_before"])


# --- the second call ------------------------------------------------------------


def number_for_recheck(*, recheck_id: int, by: Actor) -> Revealed:
    """The inspector's one right to a number: of a requester whose second call was drawn and is still to be made. The ledger keeps it."""
    with transaction.atomic():
        row = _recheck(recheck_id, by)
    rung = row.contact_id or Case.objects.filter(id=row.party_id).values_list("contact_id", flat=True).first()
    contact = Contact.objects.filter(id=rung, erased_at=None).first() if rung else None
    if contact is None or contact.phone_hash is None:
        raise Refused(no("anonymous", "诉求人没有可拨打的号码"))
    return contacts.keep_reveal(contact=contact, by=by, about=f"case:{row.party_id}", reason="回访复核抽中，再次致电", in_hand=True, recheck=row.id)


def _recheck(recheck_id: int, by: Actor) -> Recheck:
    """The draw, locked; Refused for whoever may not check it."""
    row = Recheck.objects.select_for_update().filter(id=recheck_id, done_at=None, case__in=case_queries.visible(by)).first()
    if row is None:
        raise Refused(no("hidden", "没有这个复核，或已完成"))
    if row.clerk_id == by.id or Role.QUALITY not in by.roles:
        raise Refused(no("role", "复核须由质检员进行，且不得复核自己的回访"))
    return row


@transaction.atomic
def record_recheck(*, recheck_id: int, agrees: bool, note: str, by: Actor) -> Recheck:
    """The second call: does the requester say what the clerk wrote?"""
    row = _recheck(recheck_id, by)
    if not agrees and len(note.strip()) < 4:
        raise Refused(no("note", "不一致的，请写明差异", "note"))
    row.agrees, row.note, row.done_at, row.by_id, row.by_name = agrees, _masked(row, note), clock.now(), by.id, by.name
    row.save()
    return row


def _masked(row: Recheck, note: str) -> str:
    """The note stays when the case's words are erased, so it names nobody."""
    case = Case.objects.select_related("contact").get(id=row.party_id)
    return masking.note(note.strip(), requesters.known_of([case])[case.id], 500)
