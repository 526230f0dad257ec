"""A person at the telephone: where they stand by their own choice, and the one window in which their telephone is open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.notices import Notice, tell
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.ledger import actions as acts
from minsheng.ledger.rules import Kind
from minsheng.telephony.actions import desk_queue, exchange, presence
from minsheng.telephony.models import AgentState
from minsheng.telephony.queries.ringing import seated
from minsheng.telephony.rules.words import PauseReason, Presence

CHOSEN = frozenset({Presence.READY, Presence.PAUSED, Presence.WRAP_UP, Presence.OUT})  # by the person; the others come from the exchange
RECORDING = {"pause": "暂停录音", "resume": "继续录音", "stop": "停止录音"}
NOBODYS = "话机给话务员、回访员和值班长使用"
_SEAT = re.compile(r"w[0-9a-f]{12}", re.ASCII)
_NEVER_CHOSEN = frozenset({PauseReason.UNANSWERED})  # of the exchange: rang and was not taken


def reasons() -> list[tuple[str, str]]:
    """Why a person may be away, as buttons."""
    return [(one.value, one.label) for one in PauseReason if one not in _NEVER_CHOSEN]


@transaction.atomic
def stand(*, by: Actor, state: str, reason: str = "", languages: Iterable[str] = ("zh",)) -> str:
    """The person's own choice, with the exchange: it rings whom it has as ready, in the queues of the person's languages. The same once more
    changes nothing. Refused without a telephone, or when the exchange does not answer; Invalid for what cannot be chosen. Why away, in a word."""
    if not seated(by):
        raise Refused(no("role", NOBODYS))
    chosen = next((one for one in CHOSEN if one == state), None)
    if chosen is None:
        raise Invalid({"state": "请选择：" + "、".join(sorted(one.label for one in CHOSEN))})
    if chosen is Presence.PAUSED and reason not in dict(reasons()):
        raise Invalid({"reason": "请选择小休的原因：" + "、".join(label for _, label in reasons())})
    why = reason if chosen is Presence.PAUSED else ""
    was_lost = AgentState.objects.filter(person_id=by.id, until=None, state=Presence.LOST.value).exists()
    presence.change(person_id=by.id, state=chosen, reason=why)
    if chosen is Presence.OUT:
        desk_queue.sign_out(by.id)
    elif was_lost:
        desk_queue.draw_for(by.id)
    queues = desk_queue.queues_of(by.id, languages) if Role.AGENT in by.roles else ()
    exchange.stands(by.id, chosen, why, queues)  # also said once more: it may have been started anew
    return PauseReason(why).label if why else ""


def leave(*, by: Actor) -> bool:
    """Who has logged out everywhere, or everywhere else, is at no telephone any more: it would ring where the log-in has ended, and whoever sits
    there next could answer. Whether there was one."""
    there = seated(by) and AgentState.objects.filter(person_id=by.id, until=None).exclude(state=Presence.OUT.value).exists()
    if there:
        stand(by=by, state=Presence.OUT.value)
    return there


@transaction.atomic
def record(*, by: Actor, deed: str) -> str:
    """The person's own call is not recorded for a while, or no more: a card number is read out, or what is spoken of may not be kept. In the ledger,
    unless the exchange refuses. What was done, in a word."""
    if not seated(by):
        raise Refused(no("role", NOBODYS))
    if deed not in RECORDING:
        raise Invalid({"deed": "请选择：" + "、".join(RECORDING.values())})
    call = AgentState.objects.filter(person_id=by.id, until=None, state=Presence.TALKING).values_list("call_id", flat=True).first()
    if call is None:
        raise Refused(no("talking", "您现在没有通话"))
    acts.write(kind=Kind.RECORDING, by_id=by.id, by_name=by.name, about=f"call:{call}", reason=RECORDING[deed])
    exchange.ask(lambda there: there.stop_recording(by.id) if deed == "stop" else there.pause_recording(by.id, deed == "pause"))
    return RECORDING[deed]


def open_line(*, by: Actor, seat: str) -> dict[str, Any]:
    """The telephone is opened in the window `seat`: this person's others hear of it and stop. What the window registers with."""
    if not seated(by):
        raise Refused(no("role", NOBODYS))
    if not _SEAT.fullmatch(seat):
        raise Invalid({"seat": "请关掉这个窗口，再按一次“签入”"})
    given = exchange.line(by.id)
    tell(Notice("phone", by.id, to=by.id, what=seat))
    return given
