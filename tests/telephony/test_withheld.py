"""A caller whose number the network tells the exchange and nobody else (RFC 3325, `Privacy: id`): through a real exchange and into the record."""

import pytest

from minsheng.telephony.actions import callbacks, tail
from minsheng.telephony.models import Call, Callback
from minsheng.telephony.queries import numbers
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, Exchange, Phone, bye, invite, key, until, wait

pytestmark = [pytest.mark.pbx, pytest.mark.django_db]
AGENT = 91
HIDDEN, SHOWN = "13800000091", "13800000092"


def rings(exchange: Exchange, steps: list[str], number: str, privacy: str = "") -> Phone:
    """The network asserts this number beside a From that says nothing."""
    said = f"X-Trunk: {exchange.trunk}\nP-Asserted-Identity: <sip:+86{number}@ims.invalid;user=phone>\n{privacy}"
    return Phone(exchange, [invite("12345", "anonymous", exchange.trunk).replace(f"X-Trunk: {exchange.trunk}\n", said), *steps], "12345")


def newest(exchange: Exchange, seen: set[str]) -> str:
    (call,) = until(lambda: {row[2] for row in exchange.events() if row[0] == "IVR_LANG"} - seen)
    seen.add(call)
    return call


def test_a_number_that_is_asserted_and_withheld_is_known_to_nobody_here_and_to_110(exchange: Exchange):
    seen: set[str] = set()
    agent = exchange.sits(AGENT, ("q-zh",), [*ANSWERS])
    police = exchange.outside_answers()
    citizen = rings(exchange, [wait(300), key("1"), UNTIL_TOLD, bye()], HIDDEN, "Privacy: id\n")
    call = newest(exchange, seen)
    until(lambda: exchange.of_queue("CONNECT", call))
    assert HIDDEN not in agent.messages and HIDDEN not in exchange.places.queue_log.read_text(encoding="utf-8")
    until(lambda: any(row[0] == "BRIDGE_ENTER" and row[2] == call for row in exchange.events()))
    exchange.gateway.transfer(AGENT, "110")
    until(lambda: "\nACK sip:" in police.messages)
    citizen.go_on()
    assert citizen.wait() == 0 and police.wait() == 0
    offer = police.messages.partition("INVITE sip:110@")[2].partition("SIP/2.0 180")[0]
    assert f"P-Asserted-Identity: <tel:+86{HIDDEN}>" in offer and "Privacy: id" in offer and HIDDEN not in offer.partition("From:")[2].partition("\n")[0]
    exchange.gateway.agent_logout(AGENT)

    gives_up = rings(exchange, [wait(300), key("1"), UNTIL_TOLD, bye()], HIDDEN, "Privacy: id\n")
    lost = newest(exchange, seen)
    until(lambda: exchange.of_queue("ENTERQUEUE", lost))
    gives_up.go_on()
    assert gives_up.wait() == 0
    presses_1 = rings(exchange, [wait(300), key("1"), UNTIL_TOLD, key("1"), UNTIL_TOLD, bye()], HIDDEN, "Privacy: id\n")
    asks = newest(exchange, seen)
    until(lambda: exchange.of_queue("ENTERQUEUE", asks))
    presses_1.go_on()
    exchange.records(asks)
    assert exchange.said("CALLBACK_REQUEST", asks) == [] and "no-number" in exchange.played(asks) and "callback-ok" not in exchange.played(asks)
    presses_1.go_on()
    assert presses_1.wait() == 0
    shows = rings(exchange, [wait(300), key("1"), UNTIL_TOLD, bye()], SHOWN)
    asserted = newest(exchange, seen)
    until(lambda: exchange.of_queue("ENTERQUEUE", asserted))
    shows.go_on()
    assert shows.wait() == 0
    until(lambda: len([row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] in seen]) == 4)

    tail.tail(exchange.places.home)
    known = {row.linkedid: row for row in Call.objects.filter(linkedid__in=seen)}
    assert [(known[one].hidden_number, known[one].number_hash, known[one].number_sealed) for one in (call, lost, asks)] == [(True, None, None)] * 3
    assert (known[call].result, known[call].transferred_to, known[lost].result, known[asks].result) == ("answered", "110", "abandoned", "voicemail")
    assert numbers.whole(known[asserted]) == f"+86{SHOWN}", "what the network asserts and does not withhold is the caller's number"
    callbacks.settle()
    assert {row.call.linkedid for row in Callback.objects.select_related("call")} <= {asserted}
