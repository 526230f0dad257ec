"""Whose call it is: what rings at a person now, and what a person has answered. Nobody else hears or sees anything of it.

The bell `call` is told to the one person by whoever keeps the event (Offered, NotAnswered, Connected, Ended); `phone` tells the other windows of
a person that the telephone was opened elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.kit import clock
from minsheng.kit.notices import Kind as Bell
from minsheng.telephony.models import Call, CallEvent
from minsheng.telephony.queries import numbers
from minsheng.telephony.rules.events import Kind

SEATED = frozenset({Role.AGENT, Role.SHIFT_LEADER, Role.CALLBACK_CLERK})  # who has a telephone
REACH = timedelta(hours=12)  # for so long an answered call is its agent's to be registered


def seated(by: Actor | None) -> bool:
    return by is not None and bool(by.roles & SEATED)


def of_person(by: Actor) -> QuerySet[Call]:
    """Calls that ring at the person now, or that the person has answered in these hours."""
    said = CallEvent.objects.filter(call=OuterRef("pk"), data__agent=by.id)
    answered = said.filter(kind=Kind.CONNECTED)
    missed = CallEvent.objects.filter(call=OuterRef("call_id"), data__agent=by.id, kind=Kind.NOT_ANSWERED, at__gte=OuterRef("at"))
    rings = said.filter(~Exists(missed), kind=Kind.OFFERED)
    mine = Q(agent_id=by.id) | Exists(answered) | (Q(ended_at=None, connected_at=None) & Exists(rings))
    return Call.objects.filter(mine, arrived_at__gte=clock.now() - REACH)


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


def caller(by: Actor, call_id: int) -> Caller | None:
    """None: not this person's, or there is none. One statement."""
    return _seen(of_person(by).filter(id=call_id).first()) if call_id and seated(by) else None


def now(by: Actor, key: str = "") -> Caller | None:
    """The call that rings or is talked on at this person: that of the key which the telephone was rung with, else the newest that goes on."""
    if not seated(by):
        return None
    rows = of_person(by).order_by(F("arrived_at").desc(), "-id")
    return _seen(rows.filter(linkedid=key).first() if key else rows.filter(ended_at=None).first())


def _seen(row: Call | None) -> Caller | None:
    if row is None:
        return None
    number = "" if row.party else numbers.whole(row)
    return Caller(row.id, row.linkedid, number, row.party or numbers.masked(row), row.language, row.ended_at is not None, row.party)
