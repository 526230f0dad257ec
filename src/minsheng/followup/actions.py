"""Ringing back: take the next one, write down what was said, and let what follows follow."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions as cases
from minsheng.cases import queries as case_queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import requesters
from minsheng.cases.rules import Outcome, State, masking
from minsheng.contacts import actions as contacts
from minsheng.contacts.actions import Revealed
from minsheng.followup import rules
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit import clock
from minsheng.kit.verdict import Refused, no
from minsheng.ledger import actions as ledger


@transaction.atomic
def take_next(*, by: Actor, languages: tuple[str, ...] = ("zh",)) -> CallbackParty | None:
    """The clerk's next call: what is in hand already, an appointment that is due, else the earliest limit. Order by the system.

    Claimed for fifteen minutes; two clerks never get the same one (SKIP LOCKED).
    """
    if Role.CALLBACK_CLERK not in by.roles:
        raise Refused(no("role", "只有回访员可以取下一个回访"))
    now = clock.now()
    in_hand = CallbackParty.objects.filter(claimed_by=by.id, claimed_until__gt=now, done_at=None, case__state=State.PENDING_CALLBACK,
                                            case__in=case_queries.visible(by))
    if row := in_hand.select_related("case").first():
        return row
    _plan(by)
    free = CallbackParty.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        case__in=case_queries.visible(by), done_at=None, case__state=State.PENDING_CALLBACK, language__in=languages)
    free = free.filter(_ready(now)).select_related("case").order_by("not_before", "case__due_at", "id")
    row = free.exclude(tried_parts__contains=[rules.part_of_day(_local(now))]).first()
    if row is None:
        return None
    row.claimed_by, row.claimed_until = by.id, now + rules.CLAIM
    row.save(update_fields=["claimed_by", "claimed_until"])
    cases.hand_to_clerk(case_id=row.case_id, clerk=by)
    return row


def _ready(now: datetime) -> Q:
    return (Q(claimed_until=None) | Q(claimed_until__lte=now)) & (Q(not_before=None) | Q(not_before__lte=now))


def _local(at: datetime) -> datetime:
    return at.astimezone(clocks.city_calendar().zone)


def _plan(by: Actor) -> None:
    """Rows for cases that came to call-back since: at most fifty a time, oldest limit first."""
    planned = CallbackParty.objects.filter(case_id=OuterRef("pk"), round=OuterRef("redos"))
    waiting = case_queries.visible(by).filter(~Exists(planned), state=State.PENDING_CALLBACK, closed_at=None).order_by("due_at", "id")
    plan(list(waiting[:50]))


def plan(cases: Sequence[Case]) -> None:
    """One row for each case's own requester and one for each merged one. Two statements for all of them."""
    rounds = {case.id: case for case in cases}
    merged = Case.objects.filter(master_id__in=rounds, state=State.MERGED).only("id", "master_id", "language") if rounds else ()
    parties = [(case, case) for case in cases] + [(rounds[party.master_id], party) for party in merged]
    CallbackParty.objects.bulk_create(
        [CallbackParty(case=case, party_id=party.id, round=case.redos, language=party.language if party.language == "bo" else "zh")
         for case, party in parties],
        ignore_conflicts=True)


@transaction.atomic
def record(*, case_id: int, party_id: int, by: Actor, given: Mapping) -> str:
    """Write down one call. Returns what followed: "", "close", "close_unreached" or "ask_redo".

    A random draw keeps 3 % of a clerk's answered calls for a second call by quality.
    """
    case = Case.objects.select_for_update().get(id=case_id)
    plan([case])
    row = CallbackParty.objects.select_for_update().filter(case_id=case_id, party_id=party_id, round=case.redos).first()
    if row is None:
        raise Refused(no("hidden", "没有这个回访对象，请取下一个"))
    if row.done_at:
        raise Refused(no("done", "这位诉求人已完成回访"))
    if row.claimed_by and row.claimed_by != by.id and row.claimed_until > clock.now():
        raise Refused(no("claimed", "这个回访正由他人进行，请取下一个"))
    cases.take_step(case_id=case_id, step="record_callback", by=by, given={**given, "party": party_id})
    _note(row, given, by)
    if row.outcome == Outcome.ANSWERED and secrets.randbelow(10_000) < rules.RECHECK_SHARE * 10_000:
        Recheck.objects.create(case_id=case_id, party_id=party_id, clerk_id=by.id, clerk_name=by.name, drawn_at=clock.now())
    return _follow(case, by, str(given.get("verbatim") or ""))


def _note(row: CallbackParty, given: Mapping, by: Actor) -> None:
    now = _local(clock.now())
    row.outcome, row.clerk_id, row.claimed_by, row.claimed_until = given["outcome"], by.id, None, None
    if row.outcome in {Outcome.NOT_REACHED, Outcome.RELATIVE}:
        row.tries += 1
        row.tried_parts = [*row.tried_parts, rules.part_of_day(now)]
    if row.outcome == Outcome.HANDED_OVER:
        row.language = "bo"
    party = rules.Party(row.outcome, row.tries)
    if rules.is_done(party):
        row.done_at = now
    else:
        appointment = given.get("appointment")
        agreed = datetime.fromisoformat(appointment) if isinstance(appointment, str) and appointment else appointment or None
        row.not_before = rules.again_at(row.outcome, now, agreed)
    row.save()


def _follow(case: Case, by: Actor, verbatim: str) -> str:
    rows = list(CallbackParty.objects.filter(case=case, round=case.redos))
    known = {c.id: c for c in Case.objects.filter(id__in=[r.party_id for r in rows])}
    parties = [rules.Party(r.outcome, r.tries, known[r.party_id].solved, known[r.party_id].satisfaction) for r in rows]
    step = rules.follows(parties)
    if step:
        given = {"reason": verbatim or "回访反映未解决或不满意"} if step == "ask_redo" else {}
        cases.take_step(case_id=case.id, step=step, by=by, given=given)
    return step


@transaction.atomic
def put_back(*, row_id: int, by: Actor) -> None:
    """The clerk cannot ring this one now (shift ends): it is free for another."""
    mine = CallbackParty.objects.filter(id=row_id, claimed_by=by.id, done_at=None)
    for row in mine:
        cases.hand_to_clerk(case_id=row.case_id, clerk=None)
    mine.update(claimed_by=None, claimed_until=None)


@transaction.atomic
def number_for_recheck(*, recheck_id: int, by: Actor) -> Revealed:
    """The inspector's one right to a number: of a requester whose second call was drawn and is still to be made. The ledger keeps it."""
    row = _recheck(recheck_id, by)
    party = Case.objects.select_related("contact").get(id=row.party_id)
    if party.contact is None or party.contact.erased_at:
        raise Refused(no("anonymous", "诉求人没有可拨打的号码"))
    ledger.write(kind="reveal", by_id=by.id, by_name=by.name, about=f"case:{party.id}", reason="回访复核抽中，再次致电",
                 detail={"contact": party.contact.pk, "recheck": row.id})
    return contacts.read_for_duty(contact=party.contact)


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
