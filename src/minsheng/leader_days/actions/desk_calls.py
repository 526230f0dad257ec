"""A call at a desk: begun, written down by several at once, and ended: answered, promised, handed over, or passed to the agent beside.

What is typed is kept as it is typed. It moves nothing: only its end does, by the steps of the case and of the commitment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.actions import drafts
from minsheng.cases.actions.content import Requester
from minsheng.cases.effects import clocks
from minsheng.kit import clock, sealing
from minsheng.kit.ids import new_id
from minsheng.kit.notices import Notice, tell
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.leader_days.actions.doors import commit, register_call
from minsheng.leader_days.models import Commitment, Desk, DeskCall, Period
from minsheng.leader_days.queries import desk_page, facts
from minsheng.leader_days.rules import desk_call as rules
from minsheng.leader_days.rules.desk_call import Word
from minsheng.telephony.actions import desk_queue, links
from minsheng.telephony.queries import ringing

Made = Any
PURPOSE = desk_page.PURPOSE
GONE = timedelta(days=7)
_ENDED = no("ended", "这个来电已经登记或转出，页面就要更新")


@transaction.atomic
def begin(*, desk_id: int, by: Actor, telephone_id: int = 0, again: int = 0) -> DeskCall:
    """The call that is being taken; two who begin at once have one call. Who talks at the desk's telephone then is who it is about;
    `telephone_id`: whom the telephone of `by` rings for, whose answer the exchange has not told of yet; `again`: who was written down at this desk
    and tells another matter in the same talk. Its period is held: nobody sums it up meanwhile."""
    desk, now = _seated(desk_id, by), clock.now()
    desk.period = Period.objects.select_for_update(of=("self",)).get(id=desk.period_id)
    if not (open_now := desk_page.takes_calls(desk)):
        raise Refused(open_now)
    call = DeskCall.objects.filter(desk=desk, ended_at=None).first()
    if call is None:
        call = DeskCall.objects.create(id=new_id(now), desk=desk, key=drafts.new_key(), begun_at=now, updated_at=now)
        _bell(desk, "begun")
    if call.telephone_id is None and (
            caller := desk_page.told_before(desk.id, again) or desk_page.rings(desk.id, by, telephone_id) or _talks(desk.id)):
        call.telephone_id = caller.id
        _keep(call, desk_page.words_of(call), by)
        _bell(desk, "words")
    return call


def _talks(desk_id: int) -> ringing.Caller | None:
    """Who talks at the desk's telephone and has not been written down: the end of the call before is read a moment after the next one begins."""
    found = ringing.at_desk(desk_id)
    return None if found is None or DeskCall.objects.filter(desk_id=desk_id, telephone_id=found.id).exists() else found


@transaction.atomic
def answer_queue(*, desk_id: int, by: Actor, languages: Iterable[str]) -> None:
    """What colleagues pass on to this desk rings at the agent beside. Refused as `begin`, and as `telephony.actions.desk_queue.answer`."""
    _seated(desk_id, by)
    desk_queue.answer(by=by, desk_id=desk_id, languages=languages)
    tell(Notice("desk", desk_id, what="queue"))


@transaction.atomic
def leave_queue(*, desk_id: int, by: Actor) -> bool:
    """Whether they were in a desk's queue. Refused as `telephony.actions.desk_queue.leave`."""
    left = desk_queue.leave(by=by)
    tell(Notice("desk", desk_id, what="queue"))
    return left


def _seated(desk_id: int, by: Actor) -> Desk:
    """The desk, held: one deed at it at a time. Refused: it is not theirs, or takes no calls now."""
    desk = facts.desk(desk_id)
    if not (may := rules.may_sit(facts.desk_facts(desk), by)):
        raise Refused(may)
    if not (open_now := desk_page.takes_calls(desk)):
        raise Refused(open_now)
    return Desk.objects.select_related("period").select_for_update(of=("self",)).get(id=desk_id)


def _bell(desk: Desk, what: str) -> None:
    tell(Notice("desk", desk.id, what=what))


def _held(desk: Desk, call_id: int) -> DeskCall:
    call = DeskCall.objects.filter(id=call_id, desk=desk).first()
    if call is None or call.ended_at:
        raise Refused(_ENDED)
    return call


@dataclass(frozen=True)
class Typed:
    """The field as it now is, and whether what was typed stands in it."""

    word: Word
    stands: bool


@transaction.atomic
def type_words(*, desk_id: int, call_id: int, by: Actor, name: str, text: str, rev: int, tab: str = "", settles: int = 0) -> Typed:
    """What one of them has typed into a field, over the text that they saw as `rev`."""
    if name not in rules.NAMES:
        raise Invalid({name[:40]: "没有这一栏"})
    label, longest = rules.NAMES[name]
    if len(text) > longest:
        raise Invalid({name: f"{label}最多 {longest} 字，多出的还在您的页面上，请先删减"})
    desk = _seated(desk_id, by)
    call = _held(desk, call_id)
    words = desk_page.words_of(call)
    words[name], stands = rules.typed(words[name], text, rev, by.id, by.name, tab[:20], settles)
    _keep(call, words, by)
    _bell(desk, "words")
    return Typed(words[name], stands)


def _keep(call: DeskCall, words: Mapping[str, Word], by: Actor) -> None:
    call.sealed = sealing.seal(json.dumps({name: word.written() for name, word in words.items()}, ensure_ascii=False), PURPOSE)
    call.updated_at = clock.now()
    if by.roles & rules.AGENTS:
        call.agent_id, call.agent_name = by.id, by.name
    call.save(update_fields=["sealed", "updated_at", "agent_id", "agent_name", "telephone_id"])


# --- the end of the call ------------------------------------------------------------


def _ends(deed: Callable[..., Made]) -> Callable[..., Made]:
    """A deed that ends the call: all of it or nothing. A press that comes twice finds it ended."""

    @transaction.atomic
    def end(*, desk_id: int, call_id: int, by: Actor, given: Mapping[str, Any] | None = None) -> Made:
        desk = _seated(desk_id, by)
        if not (may := rules.may_end(facts.desk_facts(desk), by)):
            raise Refused(may)
        call = _held(desk, call_id)
        made = deed(desk, call, desk_page.words_of(call), by, dict(given or {}))
        call.ended_at, call.sealed = clock.now(), b""
        call.save(update_fields=["ended_at", "sealed", "passed"])
        _bell(desk, "ended")
        return made

    return end


def _asked(words: Mapping[str, Word], said: str = "") -> str:
    """Refused while a text beside a field waits; Invalid without what the caller said, or without what the leader said."""
    if waiting := rules.clashing(words):
        raise Refused(no("beside", f"“{'、'.join(waiting)}”有两个人同时写的内容还没有处理，先点“都留下”或选一段"))
    lacks = {"narrative": "请先记下来电人说的事"} if not words["narrative"].text.strip() else {}
    if said and not words["words"].text.strip():
        lacks["words"] = said
    if lacks:
        raise Invalid(lacks)
    return words["words"].text.strip()


def _register(desk: Desk, call: DeskCall, words: Mapping[str, Word], by: Actor, then: str, given: dict) -> Made:
    agent = Actor(call.agent_id, call.agent_name, rules.AGENTS) if call.agent_id else None
    text = {name: word.text.strip() for name, word in words.items()}
    made = register_call(
        desk_id=desk.id, by=by, kind="help", narrative=text["narrative"], place=text["place"], category=text["category"], agent=agent,
        requester=Requester(text["name"], desk_page.number(call, words)), call_id=call.telephone_id, key=("seat", call.key), then=then, given=given)
    if call.telephone_id:
        links.link(call_id=call.telephone_id, case_id=made.case.id, by=by)
    return made


@_ends
def answer(desk: Desk, call: DeskCall, words: Mapping[str, Word], by: Actor, given: dict) -> Made:
    """当场答复: the words that were spoken are the answer; the hotline calls back all the same (rulings, 10)."""
    said = _asked(words, "请写下当场答复的话")
    if rules.is_leader(facts.desk_facts(desk), by):
        return _register(desk, call, words, by, "answer_in_person", {"answer": said})
    return _register(desk, call, words, by, "answer", {"answer": said, "no_article": "接听领导当场答复"})


@_ends
def hand_over(desk: Desk, call: DeskCall, words: Mapping[str, Word], by: Actor, given: dict) -> Made:
    """交办: it goes to dispatch as every case does, with what the leader ordered."""
    said = _asked(words)
    if rules.is_leader(facts.desk_facts(desk), by):
        return _register(desk, call, words, by, "hand_over_in_person", {"order": said} if said else {})
    return _register(desk, call, words, by, "submit", {"reason": f"接听领导交办：{said}"} if said else {})


@_ends
def promise(desk: Desk, call: DeskCall, words: Mapping[str, Word], by: Actor, given: dict) -> Commitment:
    """承诺: the case is handed over, and what was promised stands in the ledger. Neither without the other."""
    said = _asked(words, "请写下承诺做什么")
    if not rules.is_leader(facts.desk_facts(desk), by):
        raise Refused(no("role", "承诺由接听领导本人点；联络员可在本期页面代为登记"))
    made = _register(desk, call, words, by, "hand_over_in_person", {"order": said})
    asked = {name: given[name] for name in ("owner_unit", "owner", "due") if given.get(name)}
    row = commit(by=by, step="commit", given={"period": desk.period_id, "case": made.case.id, "desk": desk.id, "what": said, **asked})
    one = Commitment.objects.get(id=row.subject_id)
    one.case = made.case
    return one


@_ends
def pass_on(desk: Desk, call: DeskCall, words: Mapping[str, Word], by: Actor, given: dict) -> str:
    """转旁边话务员: all that was typed becomes a draft of the agent who sits there, or of whoever takes it from the shift's tray."""
    call.passed = True
    owner = by.id if by.roles & rules.AGENTS else call.agent_id
    drafts.lay(owner=owner or drafts.TRAY, of=by.name, key=call.key, values=_as_draft(call, words))
    return call.key


@_ends
def drop(desk: Desk, call: DeskCall, words: Mapping[str, Word], by: Actor, given: dict) -> None:
    """Nobody spoke. What holds words is ended by one of the others."""
    if any(words[name].text.strip() or words[name].beside for name in ("narrative", "words")):
        raise Refused(no("words", "已经记了内容，请答复、交办或转话务员"))


def _as_draft(call: DeskCall, words: Mapping[str, Word]) -> dict[str, str]:
    """As the agent's form has it. What stands beside a field, and what the leader said, goes into the words."""
    values = {name: words[name].text for name in ("phone", "name", "place", "category")}
    said = [words["narrative"].text, *(one.text for one in words["narrative"].beside)]
    said += [f"（领导的话）{text}" for text in (words["words"].text, *(one.text for one in words["words"].beside)) if text.strip()]
    return values | {"narrative": "\n".join(text for text in said if text.strip()), "kind": "help", "desk": str(call.desk_id),
                     "call": str(call.telephone_id or "")}


# --- by the clock ------------------------------------------------------------


@transaction.atomic
def lay_over(*, at: datetime) -> int:
    """What nobody ended on its day goes to the shift's tray; rows of calls that have ended go after a week. How many were laid there."""
    left = [call for call in DeskCall.objects.select_for_update(of=("self",)).select_related("desk").filter(ended_at=None)
            if clocks.local_day(call.desk.starts) < clocks.local_day(at)]
    for call in left:
        drafts.lay(owner=drafts.TRAY, of=f"{call.desk.leader_name}的接听席", key=call.key, values=_as_draft(call, desk_page.words_of(call)))
        DeskCall.objects.filter(id=call.id).update(ended_at=at, sealed=b"", passed=True)
    DeskCall.objects.filter(ended_at__lt=at - GONE).delete()
    return len(left)


def reseal(*, by: Actor) -> int:
    """After a key was added: calls that are being taken under the newest key. How many changed."""
    old = [call for call in DeskCall.objects.exclude(sealed=b"") if bytes(call.sealed)[0] != sealing.sealing_key()]
    for call in old:
        DeskCall.objects.filter(id=call.id, updated_at=call.updated_at).update(sealed=sealing.reseal(call.sealed, PURPOSE))
    return len(old)
