"""What an exchange is asked to do: one protocol for every vendor. People are known by their id, calls by the exchange's own (linkedid).

A refusal is a sentence for who asked. What came of it is not told here: the exchange writes it down, and it is read from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

ALLOWED = ("110", "119", "120", "122", "12315")  # what a call may be passed on to outside the house
_OUTSIDE = re.compile(r"1[3-9]\d{9}|0[1-9]\d{8,10}|[2-8]\d{6,7}")  # a mobile; an area code and its number; a number of this city
_QUEUE = re.compile(r"q-(?:zh|bo|en|desk-[0-9]{1,19})")
_COLLEAGUE = re.compile(r"a[0-9]{1,18}")
_KEY = re.compile(r"[a-z]{2,8}-\d{1,19}(?:-\d{1,9})?")


class Refused(Exception):
    """The exchange does not do it, or must not be asked; the text is for who asked."""


class Unreachable(Refused):
    """No exchange answers: the calls that go on go on, nothing more can be asked of it now."""


@dataclass(frozen=True)
class Line:
    """How a phone signs on as a person: to a browser, `url` is the WebSocket; to a phone on the desk, the host and port."""

    url: str
    uri: str
    user: str
    password: str


@dataclass(frozen=True)
class AgentNow:
    person_id: int
    queues: tuple[str, ...]
    paused: bool
    reason: str
    device: str  # idle, ringing, busy, offline
    calls: int


@dataclass(frozen=True)
class WaitingNow:
    uniqueid: str
    queue: str
    position: int
    wait_s: int


@dataclass(frozen=True)
class Snapshot:
    agents: tuple[AgentNow, ...]
    waiting: tuple[WaitingNow, ...]
    calls: int


@dataclass(frozen=True)
class DeadRing:
    """`anew`: the person's telephone has signed on again since, and never heard of this ringing."""

    channel: str
    person_id: int
    anew: bool


class Gateway(Protocol):
    """Synchronous; each raises Refused with a sentence."""

    name: str  # of the vendor: a screen says when it is the simulator

    def snapshot(self) -> Snapshot: ...

    def absent(self, people: frozenset[int]) -> frozenset[int]:
        """Whose telephone is not there: signed on nowhere, or no longer answering. Who talks is there."""

    def dead_rings(self) -> tuple[DeadRing, ...]:
        """What rings now at a telephone that is not there any more."""

    def end_ring(self, ring: DeadRing) -> None:
        """Its caller goes on to the next. The person is not put away as who let it ring out; without a telephone they leave the queues."""

    def address(self) -> str:
        """Where browsers reach it: ws://… or wss://…; "" when there is nothing to reach."""

    def line(self, person_id: int, *, desk_phone: bool = False) -> Line:
        """A new password each time: who signs on elsewhere ends the sign-on before."""

    def visitor(self) -> Line:
        """A citizen's phone in a browser, for a demo: it reaches the hotline and nothing else."""

    def no_line(self, person_id: int) -> None:
        """The person's phone is none any more."""

    def agent_login(self, person_id: int, queues: tuple[str, ...]) -> None:
        """In exactly these queues."""

    def agent_pause(self, person_id: int, reason: str) -> None: ...

    def agent_unpause(self, person_id: int) -> None: ...

    def agent_logout(self, person_id: int) -> None: ...

    def dial(self, key: str, person_id: int, number: str) -> None:
        """The person's phone rings first, then the number; the whole call has `key` as its id. The caller has looked the number up."""

    def relay(self, key: str, first: str, second: str) -> None:
        """Two numbers outside are put together through the centre, `first` rung first; each sees the centre's number. Looked up by the caller."""

    def transfer(self, person_id: int, target: str, kind: str = "blind") -> None:
        """What this person talks with goes to `target`: a number of the list, `a<id>`, `q-…`."""

    def hangup(self, person_id: int) -> None: ...

    def listen(self, person_id: int, other_id: int, whisper: bool = False) -> None: ...

    def take_over(self, person_id: int, other_id: int) -> None: ...

    def pause_recording(self, person_id: int, paused: bool) -> None: ...

    def stop_recording(self, person_id: int) -> None:
        """For the rest of this call."""

    def flag(self, number: str, flagged: bool) -> None:
        """Calls of this number come to the emergency branch."""

    def desks(self, ids: tuple[int, ...]) -> None:
        """The desks of leaders that have a queue of their own now."""


def number_out(number: str) -> str:
    """As it is dialled. Refuses what no citizen's number can be: short numbers, lines abroad, anything with letters."""
    plain = re.sub(r"[\s()（）-]", "", number)
    plain = re.sub(r"^(?:\+|00)86(?=1[3-9]|[1-9]\d{9})", "", plain)
    if not plain.isascii() or not _OUTSIDE.fullmatch(plain):
        raise Refused("这不是能回拨的号码：应为手机号，或带区号的固定电话")
    return plain


def transfer_target(target: str) -> str:
    if target in ALLOWED or _COLLEAGUE.fullmatch(target) or _QUEUE.fullmatch(target):
        return target
    raise Refused(f"只能转 {'、'.join(ALLOWED)}、同事或队列")


def queue_name(name: str) -> str:
    if not name.isascii() or not _QUEUE.fullmatch(name):
        raise Refused(f"没有 {name} 这个队列")
    return name


def call_key(key: str) -> str:
    if not key.isascii() or not _KEY.fullmatch(key):
        raise Refused("通话编号不对")
    return key


def phone_of(person_id: int) -> str:
    """The name of this person's phone, the same as of the member of a queue."""
    if type(person_id) is not int or person_id <= 0:
        raise Refused("没有这个人")
    return f"a{person_id}"


def caller_number(number: str) -> str:
    """As a line brings it."""
    if not re.fullmatch(r"[0-9A-Za-z+*#.-]{3,30}", number):
        raise Refused("这不是电话号码")
    return number


def pause_reason(reason: str) -> str:
    if len(reason) > 60 or "|" in reason or not reason.isprintable():
        raise Refused("小休的原因里不能有竖线和换行")
    return reason


def now() -> Gateway | None:
    """Today's, by settings.TELEPHONY; None when there is no exchange."""
    from django.conf import settings

    if settings.TELEPHONY == "asterisk":
        from minsheng.telephony.asterisk.gateway import Asterisk

        return Asterisk(settings.DATA)
    if settings.TELEPHONY == "simulator":
        from minsheng.telephony.simulated import Simulated

        return Simulated(settings.DATA)
    return None
