"""What others' call centres have stumbled over, tried here: telephones that forward, an answer that crosses a hang-up, keys pressed again."""

import pytest

from minsheng.telephony.gateway import Refused
from minsheng.telephony.rules.calls import owed_for, what_was
from tests.telephony.phones import _TO_TAG as TAGGED
from tests.telephony.phones import (
    ANSWER,
    ANSWERS,
    HEAD,
    OK,
    RING,
    SDP,
    UNTIL_TOLD,
    WAIT_BYE,
    Exchange,
    Phone,
    _send,
    agent_bye,
    bye,
    key,
    until,
    wait,
)
from tests.telephony.test_gave_up_passed_on import events_of
from tests.telephony.test_left_alone import everybody_hung_up
from tests.telephony.web_phone import WebPhone

pytestmark = [pytest.mark.pbx, pytest.mark.usefixtures("afresh")]
TOLL = "0088213912345678"


@pytest.fixture
def afresh(exchange: Exchange):
    """Who waits from one test would make the next a message, and a telephone that was left would be rung."""
    yield
    for one in exchange.gateway.snapshot().agents:
        exchange.gateway.agent_logout(one.person_id)
    exchange.gateway.ask(everybody_hung_up)
    until(lambda: not exchange.gateway.snapshot().calls)
    for phone in exchange.phones:
        phone.end()


def moved(to: str) -> str:
    """A telephone that somebody has told to forward: it says where to ring instead (302)."""
    said = OK.replace("200 OK", "302 Moved Temporarily").replace("[last_To:]", TAGGED).replace("sip:phone@[local_ip]:[local_port]", f"sip:{to}@[remote_ip]:[remote_port]")
    return '<recv request="INVITE" crlf="true"/>' + _send(said) + '<recv request="ACK"/>'


def ended(exchange: Exchange, call: str):
    until(lambda: [row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] == call])
    return what_was(events_of(exchange, call))


@pytest.mark.parametrize(("n", "to"), [(1, "110"), (2, TOLL), (3, "600")])
def test_an_agents_telephone_that_forwards_sends_no_caller_anywhere(exchange: Exchange, n: int, to: str):
    forwards, answers, number = 150 + n, 160 + n, f"1380000040{n}"
    exchange.sits(forwards, ("q-zh",), [moved(to)])
    first, police = exchange.phones[-1], exchange.outside_answers()
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=number)
    call = exchange.call(number, "ENTERQUEUE")
    until(lambda: "\nACK sip:" in first.messages, what="it was not rung")
    exchange.sits(answers, ("q-zh",))
    until(lambda: [row for row in exchange.of_queue("CONNECT", call) if row[3] == f"a{answers}"], what="the caller went where nobody of ours is")
    exchange.records(call)
    citizen.go_on()
    assert citizen.wait() == 0 and "INVITE" not in police.messages
    was = ended(exchange, call)
    assert (was.result, was.agent_id, was.transferred_to) == ("answered", answers, "") and not exchange.said("TRANSFER_OUT", call)


@pytest.mark.parametrize(("n", "to"), [(1, "12345"), (2, TOLL), (3, "a190")])
def test_whom_we_ring_and_who_forwards_is_not_reached_and_rings_nobody_of_ours(exchange: Exchange, n: int, to: str):
    """To our own number it would be a ring of calls."""
    person, call = 170 + n, f"cb-40{n}-1"
    colleague = exchange.sits(190, ())
    exchange.sits(person, ())
    there = Phone(exchange, [moved(to), WAIT_BYE], "outside", port=exchange.outside)
    exchange.gateway.dial(call, person, f"1380000041{n}")
    said = until(lambda: exchange.said("CALLBACK_RESULT", call))
    assert said[0] in ("BUSY", "CONGESTION", "CHANUNAVAIL", "NOANSWER"), said
    assert there.messages.count("\nINVITE sip:") == 1 and "INVITE" not in colleague.messages
    assert ended(exchange, call).result == "unreached" and not exchange.played(call) and not exchange.said("IVR_LANG_ASK", call)


def test_an_answer_that_crosses_the_callers_hang_up_is_no_talk_and_leaves_the_agent_free(exchange: Exchange):
    phone = WebPhone(exchange.gateway.line(181))
    exchange.gateway.agent_login(181, ("q-bo",))
    gives_up = exchange.ring([wait(300), key("2"), UNTIL_TOLD, bye()], number="13800000421")
    call = phone.rings()
    gives_up.go_on()
    assert gives_up.wait() == 0
    phone.crossed()
    was = ended(exchange, call)
    assert (was.result, was.agent_id) == ("abandoned", None) and owed_for(was.result, False, False, True) is not None
    again = exchange.ring([wait(300), key("2"), UNTIL_TOLD, bye()], number="13800000422")
    assert phone.rings() == exchange.call("13800000422"), "the next one rings there"
    again.end()
    phone.gone()


def test_who_presses_1_again_and_again_is_owed_one_call(exchange: Exchange):
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, key("1"), key("1"), key("1"), WAIT_BYE], number="13800000431")
    call = exchange.call("13800000431", "ENTERQUEUE")
    citizen.go_on()
    assert citizen.wait() == 0
    assert ended(exchange, call).result == "callback"
    assert exchange.said("CALLBACK_REQUEST", call) == ["13800000431"] and len(exchange.of_queue("CALLBACKREQ", call)) == 1


def test_who_logs_out_while_it_rings_may_still_answer_it_and_is_rung_no_more(exchange: Exchange):
    agent = exchange.sits(182, ("q-zh",), [RING, wait(2000), ANSWER])
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000441")
    call = exchange.call("13800000441", "ENTERQUEUE")
    until(lambda: "180 Ringing" in agent.messages)
    exchange.gateway.agent_logout(182)
    until(lambda: exchange.of_queue("CONNECT", call), what="it was answered, and the caller waits on")
    exchange.records(call)
    citizen.go_on()
    assert citizen.wait() == 0
    was = ended(exchange, call)
    assert (was.result, was.agent_id) == ("answered", 182)
    assert 182 not in {one.person_id for one in exchange.gateway.snapshot().agents}
    with pytest.raises(Refused):
        exchange.gateway.hangup(182)


def offers(sequence: int, way: str) -> str:
    """In the call, another direction of speech: `inactive` is a caller who takes a second call meanwhile."""
    head = (HEAD % {"me": "phone", "shown": "phone"}).replace("To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]", "[last_To:]")
    asks = _send(f"INVITE [next_url] SIP/2.0\n{head}CSeq: {sequence} INVITE\n", f"{SDP}a={way}\n", "application/sdp")
    return (asks + '<recv response="100" optional="true"/><recv response="200" rtd="true"/>'
            + _send(f"ACK [next_url] SIP/2.0\n{head}CSeq: {sequence} ACK\n", retrans=""))


def test_a_caller_who_takes_a_second_call_meanwhile_comes_back_to_the_same_talk(exchange: Exchange):
    agent = exchange.sits(183, ("q-zh",), [*ANSWERS, UNTIL_TOLD, agent_bye()])
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, offers(50, "inactive"), UNTIL_TOLD, offers(51, "sendrecv"), UNTIL_TOLD, WAIT_BYE], number="13800000461")
    call = exchange.call("13800000461", "CONNECT")
    exchange.records(call)
    for way, answer in (("inactive", "inactive"), ("sendrecv", "sendrecv")):
        before = len(citizen.messages)
        citizen.go_on()
        until(lambda before=before, answer=answer: any(f"a={answer}" in one for one in citizen.messages[before:].split("\nUDP message ") if one.startswith("received")),
              what=f"not {way}")
    exchange.records(call, 1.5)
    citizen.go_on()
    agent.go_on()
    exchange.asked(call)
    assert citizen.wait() == 0
    was = ended(exchange, call)
    assert (was.result, was.agent_id) == ("answered", 183) and len(exchange.of_queue("CONNECT", call)) == 1 and not exchange.said("AGENT_LOST", call)
