"""Callers whom the exchange has nobody for: a desk that was closed, a message of no second, a disk that keeps none, a key that means nothing."""

import itertools

import pytest

from minsheng.telephony.asterisk.link import forgiving
from minsheng.telephony.gateway import Refused
from minsheng.telephony.rules.calls import legs, what_was
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, agent_bye, bye, key, until, wait
from tests.telephony.test_gave_up_passed_on import events_of
from tests.telephony.web_phone import WebPhone

pytestmark = pytest.mark.pbx
WAITING = itertools.count(50)
WAIT_BYE = '<recv request="BYE"/>'


def over(exchange, call):
    until(lambda: [row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] == call])
    return what_was(events_of(exchange, call))


@pytest.mark.parametrize("closed", ["while they wait", "before they come"])
def test_a_desk_that_is_closed_sends_who_waits_there_to_the_next_of_all(exchange, closed):
    gateway, number = exchange.gateway, "13800000301" if closed.startswith("while") else "13800000302"
    person = int(number[-2:])
    exchange.sits(person, ("q-zh",))
    gateway.desks((7,) if closed.startswith("while") else ())
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=number)
    call = exchange.call(number, "CONNECT")
    gateway.agent_pause(person, "wrap_up")
    gateway.transfer(person, "q-desk-7")
    if closed.startswith("while"):
        until(lambda: [row[2] for row in exchange.of_queue("ENTERQUEUE", call)] == ["q-zh", "q-desk-7"])
        gateway.desks((8,))
    until(lambda: exchange.of_queue("ENTERQUEUE", call)[-1][2] == "q-zh" and exchange.said("PASSED_BACK", call), what="they wait where nobody sits")
    exchange.sits(person + 10, ("q-zh",))
    until(lambda: len(exchange.of_queue("CONNECT", call)) == 2)
    citizen.go_on()
    was = over(exchange, call)
    assert (was.result, was.agent_id, was.transferred_to) == ("answered", person, "")
    for one in (person, person + 10):
        gateway.agent_logout(one)


def test_a_desk_that_is_closed_while_it_rings_there_sends_the_caller_on_and_one_where_they_talk_goes_on(exchange):
    gateway, person, number = exchange.gateway, 341, "13800000341"
    beside = WebPhone(gateway.line(342))
    exchange.sits(person, ("q-zh",))
    gateway.desks((7,))
    gateway.agent_login(342, ("q-desk-7",))
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=number)
    call = exchange.call(number, "CONNECT")
    gateway.agent_pause(person, "wrap_up")
    gateway.transfer(person, "q-desk-7")
    assert beside.rings() == call
    gateway.desks((8,))
    beside.cancelled()
    until(lambda: exchange.said("PASSED_BACK", call), what="they are gone, or wait where nobody sits")
    gateway.agent_login(342, ())
    exchange.sits(343, ("q-desk-8",))
    exchange.sits(344, ("q-zh",))
    until(lambda: len(exchange.of_queue("CONNECT", call)) == 2)
    gateway.agent_pause(344, "wrap_up")
    gateway.transfer(344, "q-desk-8")
    until(lambda: len(exchange.of_queue("CONNECT", call)) == 3)
    gateway.agent_logout(343)
    gateway.desks(())
    until(lambda: len(exchange.said("REC_START", call)) == 3)
    citizen.go_on()
    was = over(exchange, call)
    assert citizen.wait() == 0 and (was.result, was.agent_id, was.period_desk_id) == ("answered", person, 8)
    assert [row[3] for row in exchange.of_queue("CONNECT", call)] == [f"a{one}" for one in (person, 344, 343)] and len(exchange.said("PASSED_BACK", call)) == 1
    beside.gone()
    for one in (person, 342, 344):
        gateway.agent_logout(one)


async def everybody_hung_up(link):
    for row in await link.rows("CoreShowChannels"):
        await forgiving(link.send("Hangup", Channel=row["Channel"], Cause="16"))


@pytest.fixture
def crowded(exchange):
    """One waits already: the next is asked for a message."""
    number = f"138000003{next(WAITING)}"
    first = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=number)
    exchange.call(number, "ENTERQUEUE")
    yield first
    first.go_on()
    assert first.wait() == 0
    exchange.gateway.ask(everybody_hung_up)
    until(lambda: not exchange.gateway.snapshot().calls, what="a call of one test is none of the next")


def asked_for_a_message(exchange, number, *then):
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, *then], number=number)
    (call,) = until(lambda: exchange.linkedids(number))
    until(lambda: exchange.said("VOICEMAIL_START", call))
    return citizen, call


def test_who_hangs_up_at_the_tone_has_left_no_message_and_who_speaks_has(exchange, crowded):
    citizen, call = asked_for_a_message(exchange, "13800000304", bye())
    citizen.go_on()
    was = over(exchange, call)
    assert (was.result, was.queued_at is not None) == ("abandoned", True), "rung back, and counted as one who gave up"
    citizen, call = asked_for_a_message(exchange, "13800000305", bye())
    exchange.records(call, 2.5)
    citizen.go_on()
    assert over(exchange, call).result == "voicemail"
    assert [leg.leg.endswith(".message") for leg in legs(events_of(exchange, call))] == [True]


@pytest.mark.parametrize("number", ["13800000306", "anonymous"])
def test_a_message_that_no_disk_keeps_is_promised_to_nobody(exchange, crowded, number):
    folder, before = exchange.places.monitor, exchange.places.monitor.stat().st_mode
    full = [one for one in folder.rglob("*") if one.is_dir()] + [folder]
    for one in full:
        one.chmod(0o500)
    try:
        before_it = {row[2] for row in exchange.events()}
        exchange.ring([wait(300), key("1"), WAIT_BYE], number=number)
        (call,) = until(lambda: {row[2] for row in exchange.events() if row[0] == "VOICEMAIL_LOST"} - before_it, what="it says that it has it")
        if number == "anonymous":
            until(lambda: exchange.of_queue("ENTERQUEUE", call), what="neither a person nor a call back")
        else:
            until(lambda: "callback-ok" in exchange.played(call))
            assert over(exchange, call).result == "callback"
        assert "message-ok" not in exchange.played(call)
    finally:
        for one in full:
            one.chmod(before)


def test_a_key_that_was_not_offered_is_no_answer_and_the_first_that_was_is_it(exchange):
    exchange.sits(24, ("q-zh",), [*ANSWERS, UNTIL_TOLD, agent_bye()])
    agent = exchange.phones[-1]
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, key("9"), UNTIL_TOLD, key("2"), key("3"), WAIT_BYE], number="13800000307")
    call = exchange.call("13800000307", "CONNECT")
    agent.go_on()
    exchange.asked(call)
    citizen.go_on()
    until(lambda: exchange.played(call).count("survey") == 2, what="not asked again")
    citizen.go_on()
    was = over(exchange, call)
    assert (was.survey, was.result, exchange.said("SURVEY", call)) == (2, "answered", ["2"])
    exchange.gateway.agent_logout(24)


def test_who_rings_us_at_this_moment_is_not_rung_and_can_be_when_they_have_gone(exchange):
    """Their call is in no ledger yet that anybody has read."""
    exchange.sits(25, ())
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000309")
    exchange.call("13800000309")
    with pytest.raises(Refused, match="正在打进来"):
        exchange.gateway.dial("cb-9-1", 25, "138 0000 0309")
    exchange.call("13800000309", "ENTERQUEUE")
    citizen.go_on()
    assert citizen.wait() == 0
    until(lambda: not exchange.gateway.snapshot().calls)
    answers = exchange.outside_answers()
    exchange.gateway.dial("cb-9-2", 25, "13800000309")
    until(lambda: "\nACK sip:" in answers.messages)
    exchange.gateway.ask(everybody_hung_up)
    assert not exchange.linkedids("cb-9-1") and answers.wait() == 0
