"""Callers who are passed on to nobody, and who give up while it rings: nobody is cut off, nobody is put away for it."""

import pytest

from minsheng.telephony.rules.calls import what_was
from minsheng.telephony.rules.ledger_lines import read_cel, read_queue_log
from tests.telephony.phones import BUSY, UNTIL_TOLD, WAIT_BYE, Phone, bye, key, line_of, until, wait
from tests.telephony.web_phone import WebPhone

pytestmark = pytest.mark.pbx


def test_who_is_passed_on_to_nobody_is_the_next_to_be_answered(exchange):
    """A colleague who is busy by then, a 110 that is: the agent has left, and the caller would be cut off."""
    for phone in exchange.phones:
        phone.end()
    gateway = exchange.gateway
    exchange.sits(94, ("q-zh",))
    exchange.sits(95, (), [BUSY])
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000094")
    call = exchange.call("13800000094", "CONNECT")
    waits = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000095")
    exchange.call("13800000095", "ENTERQUEUE")
    Phone(exchange, [BUSY], "outside", port=exchange.outside)
    gateway.agent_pause(94, "wrap_up")  # as their page does
    gateway.take_over(95, 94)
    until(lambda: exchange.said("PASSED_BACK", call), what="the caller is gone")
    exchange.sits(96, ("q-zh",))
    until(lambda: len(exchange.of_queue("CONNECT", call)) == 2, what="not the next of all")
    gateway.agent_pause(96, "wrap_up")
    gateway.transfer(96, "110")
    until(lambda: len(exchange.said("PASSED_BACK", call)) == 2, what="the caller is gone")
    exchange.sits(97, ("q-zh",))
    until(lambda: len(exchange.of_queue("CONNECT", call)) == 3)
    for phone in (citizen, waits):
        phone.go_on()
    assert citizen.wait() == 0 and exchange.said("TRANSFER_RESULT", call) == ["BUSY"]
    until(lambda: [row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] == call])
    was = what_was([event for row in exchange.events() if row[2] == call and (event := read_cel(line_of(row), "pbx-t1"))]
                   + [event for row in exchange.lines() if row[1] == call and (event := read_queue_log("|".join(row), "pbx-t1"))])
    assert (was.result, was.agent_id, was.transferred_to) == ("answered", 94, ""), "it was passed on to nobody"
    for one in (94, 96, 97):
        gateway.agent_logout(one)


def test_a_caller_who_gives_up_while_it_rings_puts_nobody_away_and_the_next_one_rings_there(exchange):
    phone = WebPhone(exchange.gateway.line(98))
    exchange.gateway.agent_login(98, ("q-bo",))
    gives_up = exchange.ring([wait(300), key("2"), UNTIL_TOLD, bye()], number="13800000098")
    lost = phone.rings()
    gives_up.go_on()
    assert gives_up.wait() == 0
    phone.cancelled()
    until(lambda: exchange.of_queue("ABANDON", lost))
    (agent,) = [one for one in exchange.gateway.snapshot().agents if one.person_id == 98]
    assert (agent.paused, agent.queues) == (False, ("q-bo",)) and not exchange.of_queue("RINGNOANSWER", lost)
    again = exchange.ring([wait(300), key("2"), WAIT_BYE], number="13800000099")
    assert phone.rings() == exchange.call("13800000099")
    again.end()
    phone.gone()
    exchange.gateway.agent_logout(98)
