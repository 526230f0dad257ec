"""A desk while calls come in: who sits at it, the call that is being taken, the calls of today and what became of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.actions import drafts
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.queries import marked
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure.shared import ANSWERS
from minsheng.contacts import queries as contacts
from minsheng.kit import clock, sealing
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.notices import Kind
from minsheng.kit.verdict import YES, Refused, Verdict, no
from minsheng.language.rules import mask_phone
from minsheng.leader_days.models import Commitment, Desk, DeskCall
from minsheng.leader_days.queries import facts
from minsheng.leader_days.rules import desk_call as rules
from minsheng.leader_days.rules.desk_call import Word
from minsheng.leader_days.rules.states import PeriodState
from minsheng.telephony.queries import ringing
from minsheng.telephony.queries.ringing import Caller

PURPOSE = "leader_days.desk_call"
MOST = 200  # calls of one desk on one day


class Fate(Labelled):
    """What became of a call at its desk."""

    ANSWERED = "answered", "当场答复"
    PROMISED = "promised", "承诺"
    ORDERED = "ordered", "交办"
    AGENT = "agent", "话务员登记"
    WAITS = "waits", "话务员在办"


@dataclass(frozen=True)
class Line:
    """One call of today; `case` None: the agent beside has it."""

    fate: Fate
    case: Case | None = None
    state: State | None = None


@dataclass(frozen=True)
class DeskPage:
    desk: Desk
    call: DeskCall | None
    typed: Mapping[str, Word]
    leads: bool  # the reader is the leader of the desk
    ends: bool  # may end a call
    lines: list[Line]
    counts: list[tuple[Fate, int]]
    shut: str = ""  # why no call can be taken now
    caller: Caller | None = None  # at the telephone beside; the number is the exchange's, no field
    still: Caller | None = None  # on the line there, though what they told has been registered


def words_of(call: DeskCall) -> dict[str, Word]:
    """All fields of a call. One that cannot be opened says so in its place."""
    try:
        kept = json.loads(sealing.unseal(call.sealed, PURPOSE)) if call.sealed else {}
    except sealing.Unreadable:
        kept = {"narrative": {"text": "（这里的内容无法打开：密钥已更换）", "rev": 1}}
    return rules.read(kept)


def takes_calls(desk: Desk) -> Verdict:
    """On its own day from its beginning, while the period takes calls (`actions.register_call` asks the same of the whole period)."""
    now, at = clock.now(), desk.starts.astimezone(clocks.city_calendar().zone)
    if desk.period.state not in (PeriodState.ANNOUNCED, PeriodState.HELD):
        return no("period", f"{desk.period}没有公告，或已经总结")
    if clocks.local_day(desk.starts) != clocks.local_day(now):
        return no("period", "不在接听日当天")
    return YES if desk.starts <= now else no("period", f"{at:%H:%M} 开始接听")


def today(by: Actor) -> list[Desk]:
    """Desks of today at which the reader may sit. One statement."""
    now = clock.now()
    day = timedelta(days=1)
    found = Desk.objects.select_related("period", "period__scheme", "unit").filter(
        removed_at=None, period__state__in=(PeriodState.ANNOUNCED, PeriodState.HELD), starts__gt=now - day, starts__lt=now + day)
    return [desk for desk in found.order_by("starts", "id")
            if clocks.local_day(desk.starts) == clocks.local_day(now) and rules.may_sit(facts.desk_facts(desk), by)]


def coming(by: Actor, most: int = 5) -> list[Desk]:
    """Desks that lie ahead whose leader the reader is. One statement."""
    found = Desk.objects.select_related("period", "period__scheme", "unit").filter(
        leader_id=by.id, removed_at=None, starts__gt=clock.now(), period__state__in=(PeriodState.DRAFT, PeriodState.ANNOUNCED))
    return list(found.order_by("starts", "id")[:most])


def seat(desk_id: int, by: Actor) -> Desk:
    """Refused("hidden"): none of theirs today."""
    found = next((desk for desk in today(by) if desk.id == desk_id), None)
    if found is None:
        raise Refused(no("hidden", "没有这个接听席，或不是您今天的席位"))
    return found


def page(desk_id: int, by: Actor, fate: str = "") -> DeskPage:
    """`fate`: only those calls of the list. A fixed number of statements."""
    desk = seat(desk_id, by)
    call = DeskCall.objects.filter(desk=desk, ended_at=None).first()
    words, caller = words_of(call) if call else {}, _caller(call)
    lines = _lines(desk, by)
    counts = Counter(line.fate for line in lines)
    shut = takes_calls(desk)
    known = facts.desk_facts(desk)
    return DeskPage(
        desk, call, words, rules.is_leader(known, by), bool(rules.may_end(known, by)),
        [line for line in lines if fate in ("", line.fate)],
        [(one, counts[one]) for one in Fate if counts[one]], shut.reason, caller, None if call or not shut else _still(desk))


def _still(desk: Desk) -> Caller | None:
    found = ringing.at_desk(desk.id)
    return told_before(desk.id, found.id) if found else None


def told_before(desk_id: int, telephone_id: int) -> Caller | None:
    """The call of this id, when it was written down at this desk before; None for any other."""
    return ringing.known(telephone_id) if telephone_id and DeskCall.objects.filter(desk_id=desk_id, telephone_id=telephone_id).exists() else None


def _caller(call: DeskCall | None) -> Caller | None:
    return ringing.known(call.telephone_id) if call and call.telephone_id else None


def number(call: DeskCall, words: Mapping[str, Word]) -> str:
    """Where the requester is reached: what the exchange says, over whatever was typed; of a call that shows no number what was typed."""
    caller = _caller(call)
    return caller.number if caller and caller.number else words["phone"].text.strip()


def rings(desk_id: int, by: Actor, telephone_id: int) -> Caller | None:
    """The call of this id, while it rings at the reader for this desk or they talk; None: it is over, or another's. One statement, none for none."""
    found = ringing.caller(by, telephone_id)
    return found if found is not None and found.desk == desk_id and not found.over else None


def begins(desk_id: int, by: Actor, telephone_id: int) -> int:
    """The same as an id, until the desk has begun it; else 0."""
    found = rings(desk_id, by, telephone_id)
    return found.id if found and not DeskCall.objects.filter(desk_id=desk_id, telephone_id=found.id).exists() else 0


def on_line(desk_id: int, by: Actor) -> tuple[Caller | None, str]:
    """Of the call that is being taken at a desk: the exchange's caller, and the number that was typed."""
    call = DeskCall.objects.filter(desk=seat(desk_id, by), ended_at=None).first()
    return (_caller(call), words_of(call)["phone"].text.strip()) if call else (None, "")


def _lines(desk: Desk, by: Actor) -> list[Line]:
    """The newest first, those that wait at the agent's before all. Four statements."""
    found = list(cases.visible(by).filter(marked.at_desk(desk.id), period_id=desk.period_id).order_by("-id")[:MOST])
    ids = [case.id for case in found]
    promised = set(Commitment.objects.filter(desk=desk, case_id__in=ids).values_list("case_id", flat=True))
    steps = dict(CaseStep.objects.filter(case_id__in=ids, seq__lte=3, step__in=(*ANSWERS, "hand_over_in_person")).values_list("case_id", "step"))
    passed = DeskCall.objects.filter(desk=desk, passed=True).values_list("key", flat=True)
    waiting = [Line(Fate.WAITS) for _ in range(drafts.lying(list(passed)))]
    return waiting + [Line(_fate(case.id, promised, steps), case, State(case.state)) for case in found]


def _fate(case_id: int, promised: set[int], steps: Mapping[int, str]) -> Fate:
    if case_id in promised:
        return Fate.PROMISED
    step = steps.get(case_id, "")
    return Fate.ANSWERED if step in ANSWERS else Fate.ORDERED if step else Fate.AGENT


def told(desk_id: int, by: Actor) -> dict:
    """For a page that is open: the call and its fields as they are now, the number masked where the reader may not see it."""
    desk = seat(desk_id, by)
    call = DeskCall.objects.filter(desk=desk, ended_at=None).first()
    fields = {name: shown(name, word, by) for name, word in (words_of(call) if call else {}).items()}
    return {"call": str(call.id) if call else "", "telephone": str(call.telephone_id or "") if call else "", "fields": fields}


def shown(name: str, word: Word, by: Actor) -> dict:
    """A field as this reader may see it."""
    hides = name == "phone" and not by.roles & rules.AGENTS
    beside = [] if hides else [{"by": str(one.by), "mine": one.by == by.id, "name": one.name, "text": one.text} for one in word.beside]
    text = masked(word.text) if hides else word.text
    return {"text": text, "rev": word.rev, "by_name": word.name, "mine": word.by == by.id, "masked": hides, "beside": beside}


def masked(phone: str) -> str:
    return mask_phone(contacts.canonical(phone)) or "*" * len(phone.strip())


def _may(by: Actor, ids: list[int]) -> set[int]:
    return {desk.id for desk in today(by)} & set(ids) if by.roles & (rules.SITS | {Role.LEADER}) else set()


KIND = Kind("desk", _may)


def named(ids: Iterable[int]) -> list[tuple[str, str]]:
    """(queue, whose desk) of these desks, the earliest first. One statement, none for none."""
    ids = list(ids)
    found = Desk.objects.select_related("unit").filter(id__in=ids).order_by("starts", "id") if ids else ()
    return [(f"q-desk-{desk.id}", f"接听席：{desk.unit.short or desk.unit.name} {desk.leader_name}") for desk in found]


def with_queue() -> frozenset[int]:
    """Desks that may have a queue now: those of today that take calls. One statement."""
    now, day = clock.now(), timedelta(days=1)
    found = Desk.objects.select_related("period", "period__scheme").filter(removed_at=None, starts__gt=now - day, starts__lt=now + day)
    return frozenset(desk.id for desk in found if takes_calls(desk))
