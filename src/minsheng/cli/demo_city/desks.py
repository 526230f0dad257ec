"""What lies on desks beside cases: calls without a case, a flag to approve, messages that could not leave."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from minsheng.accounts.actions import COMMAND_LINE
from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases.models import CallNote
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people import Cast
from minsheng.contacts import actions as contacts
from minsheng.contacts.rules import ContactKind, Grade
from minsheng.kit import clock
from minsheng.ledger import actions as ledger
from minsheng.messages import actions as messages

_NOTE = {"silent": "silent", "wrong_number": "wrong", "harassing": "harassing", "hung_up": "dropped"}
_EARLIER = timedelta(minutes=3)


def knowledge() -> None:
    pass


@transaction.atomic
def finish(mark: str) -> None:
    """The last section and, in the same transaction, the mark that all is in."""
    cast = Cast()
    with clock.fixed(folder.NOW - _EARLIER):
        _calls(cast)
        _flag(cast)
        messages.drain(by=clock_actor("发送任务"), limit=10_000)
        ledger.write(kind="import", by_id=COMMAND_LINE.id, by_name=COMMAND_LINE.name, about=mark, reason="演示城市装载完成")


def _calls(cast: Cast) -> None:
    for n, call in enumerate(folder.calls_without_case()):
        agent = cast.pick(Role.AGENT, n)
        CallNote.objects.create(at=folder.local(call["received"]), channel="phone", kind=_NOTE[call["kind"]], agent_id=agent.id,
                                agent_name=agent.name, note=call["note"])


def _flag(cast: Cast) -> None:
    """Proposed by the agent of the abusive call; a second person has yet to approve it (rulings, 27)."""
    by = cast.pick(Role.AGENT, 0)
    contact = contacts.remember(name="", phone="13000000735", kind=ContactKind.PERSON, by=by)
    contacts.propose_flag(phone_hash=contact.phone_hash, grade=Grade.WARN, by=by,
                          ground="元月二日9时35分酒后反复辱骂话务员，劝导两次无效后结束通话")
