"""A shift leader at a colleague's call: hears it, speaks to the colleague alone, takes it over, sends it into another queue. Each is in the ledger."""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.notices import Notice, tell
from minsheng.kit.verdict import Refused, no
from minsheng.ledger import actions as acts
from minsheng.telephony.actions import exchange
from minsheng.telephony.gateway import Gateway
from minsheng.telephony.models import AgentState
from minsheng.telephony.rules.words import Presence

DEEDS = {"listen": "旁听", "whisper": "耳语", "take_over": "接管", "queue": "转队列"}

_TAKEN = ("take_over", "queue")


@transaction.atomic
def do(*, by: Actor, other: int, deed: str, queue: str = "") -> str:
    """What was done, in a word. Refused for who leads no shift, and for whom does not talk now."""
    if Role.SHIFT_LEADER not in by.roles:
        raise Refused(no("role", "只有值班长可以旁听、耳语、接管和转队列"))
    if deed not in DEEDS or other == by.id:
        raise Refused(no("deed", "请选择一位正在通话的同事"))
    if not AgentState.objects.filter(person_id=other, until=None, state=Presence.TALKING).exists():
        raise Refused(no("talking", "这位同事现在没有通话"))
    if deed == "queue" and not queue:
        raise Refused(no("queue", "请先选择转到哪个队列"))
    acts.write(kind="listen", by_id=by.id, by_name=by.name, about=f"person:{other}", reason=DEEDS[deed])
    nobody = exchange.ask(lambda there: _ask(there, by.id, other, deed, queue))  # refused, it was not done and is not in the ledger
    if deed in _TAKEN and (call := AgentState.objects.filter(person_id=other, until=None).values_list("call_id", flat=True).first()):
        tell(Notice("call", call, to=other, what=deed))  # their telephone says why the talk is over
    return DEEDS[deed] + ("（这个队列现在没有人就绪）" if nobody else "")


def _ask(there: Gateway, leader: int, other: int, deed: str, queue: str) -> bool:
    """Whether the caller now stands in a queue that nobody answers."""
    if deed == "take_over":
        there.take_over(leader, other)
    elif deed == "queue":
        there.transfer(other, queue)
        return not any(queue in one.queues and not one.paused and one.device != "offline" and one.person_id != other for one in there.snapshot().agents)
    else:
        there.listen(leader, other, deed == "whisper")
    return False
