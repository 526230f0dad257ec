"""Whose call it is: what rings at a person now, and what a person has answered. Nobody else hears or sees anything of it.

The bell `call` is told to the one person by whoever keeps the event (Offered, NotAnswered, Connected, Ended); `phone` tells the other windows of
a person that the telephone was opened elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.kit import clock
from minsheng.kit.notices import Kind as Bell
from minsheng.telephony.models import Call, CallEvent
from minsheng.telephony.queries import numbers
from minsheng.telephony.rules.events import Kind
from minsheng.telephony.rules.ledger_lines import OURS
from minsheng.telephony.rules.words import Direction

SEATED = frozenset({Role.AGENT, Role.SHIFT_LEADER, Role.CALLBACK_CLERK})  # who has a telephone
REACH = timedelta(hours=12)  # for so long an answered call is its agent's to be registered


# A colleague who asks a colleague, or who rings 110 while a caller waits, is heard within a citizen's call: nothing is registered of that leg alone.
_CITIZENS = Q(direction=Direction.IN.value) | reduce(or_, (Q(linkedid__startswith=prefix) for prefix in OURS))


def seated(by: Actor | None) -> bool:
    return by is not None and bool(by.roles & SEATED)


def of_person(by: Actor) -> QuerySet[Call]:
    """Calls that ring at the person now, or that the person has answered in these hours."""
    said = CallEvent.objects.filter(call=OuterRef("pk"), data__agent=by.id)
    answered = said.filter(kind__in=[Kind.CONNECTED, Kind.JOINED])
    missed = CallEvent.objects.filter(call=OuterRef("call_id"), data__agent=by.id, kind=Kind.NOT_ANSWERED, at__gte=OuterRef("at"))
    rings = said.filter(~Exists(missed), kind=Kind.OFFERED)
    spoke = CallEvent.objects.filter(call=OuterRef("call_id"), kind__in=[Kind.CONNECTED, Kind.JOINED], at__gte=OuterRef("at"))
    now = Q(connected_at=None) | Exists(rings.filter(~Exists(spoke)))  # who was answered elsewhere and passed on rings here as well
    mine = Q(agent_id=by.id) | Exists(answered) | (Q(ended_at=None) & Exists(rings) & now)
    return Call.objects.filter(mine, _CITIZENS, arrived_at__gte=clock.now() - REACH)


def may_hear(by: Actor, ids: list[int]) -> set[int]:
    """Ids alone, and only those that were told to this person."""
    return set(of_person(by).filter(id__in=ids).values_list("id", flat=True)) if seated(by) else set()


def may_hear_of_phone(by: Actor, ids: list[int]) -> set[int]:
    return {by.id} & set(ids) if seated(by) else set()


KINDS = (Bell("call", may_hear, personal=True), Bell("phone", may_hear_of_phone, personal=True))


@dataclass(frozen=True)
class Caller:
    """A call as its agent's page needs it. `number` is for the program: the page shows `masked`."""

    id: int
    key: str
    number: str
    masked: str
    language: str
    over: bool
    party: str = ""  # 110: its own line; the number is theirs, not the citizen's
    desk: int = 0  # of leader_days, where it was passed on to


def caller(by: Actor, call_id: int) -> Caller | None:
    """None: not this person's, nor one of which they have registered a case; or there is none. Two statements at most."""
    if not call_id or not seated(by):
        return None
    return _seen(of_person(by).filter(id=call_id).first() or Call.objects.filter(id=call_id, cases__by_id=by.id).first())


def at_desk(desk_id: int) -> Caller | None:
    """The caller whom somebody at this leader's desk talks with now. One statement."""
    answered = CallEvent.objects.filter(call=OuterRef("pk"), kind=Kind.CONNECTED.value, data__queue=f"q-desk-{desk_id}")
    rows = Call.objects.filter(Exists(answered), ended_at=None, left_at=None, period_desk_id=desk_id, arrived_at__gte=clock.now() - REACH)
    return _seen(rows.order_by("-arrived_at", "-id").first())


def known(call_id: int) -> Caller | None:
    """Of a call that the program itself kept beside what was written down of it, whoever reads that. One statement."""
    return _seen(Call.objects.filter(id=call_id).first())


def now(by: Actor, key: str = "") -> Caller | None:
    """The call that rings or is talked on at this person: that of the key which the telephone was rung with, else the newest that goes on."""
    if not seated(by):
        return None
    rows = of_person(by).order_by(F("arrived_at").desc(), "-id")
    goes_on = not key or asked_by(by, key)  # what a colleague asked about may have become the person's own: it is the citizen's call then
    return _seen(rows.filter(ended_at=None).first() if goes_on else rows.filter(linkedid=key).first())


def asked_by(by: Actor, key: str) -> int:
    """The colleague whose own leg it is that rings or rang at the person; 0: it is a citizen's."""
    rings = CallEvent.objects.filter(call=OuterRef("pk"), data__agent=by.id, kind=Kind.OFFERED.value)
    return Call.objects.filter(~_CITIZENS, Exists(rings), linkedid=key).exclude(agent_id=by.id).values_list("agent_id", flat=True).first() or 0


def _seen(row: Call | None) -> Caller | None:
    if row is None:
        return None
    number = "" if row.party else numbers.whole(row)
    return Caller(row.id, row.linkedid, number, row.party or numbers.masked(row), row.language, row.ended_at is not None, row.party, row.period_desk_id or 0)
