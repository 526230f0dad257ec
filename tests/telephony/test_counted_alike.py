"""A morning of calls of every kind: passed on to 110 and to a leader's desk, given up, a message, a call-back. What the phones of both sides counted
is what queue_log, CEL, the record and the figures say."""

from collections import Counter
from datetime import timedelta

import pytest

from minsheng.kit import clock
from minsheng.telephony.actions import callbacks, tail
from minsheng.telephony.models import Call, Callback
from minsheng.telephony.queries import figures
from tests.telephony.phones import UNTIL_TOLD, WAIT_BYE, Exchange, Phone, agent_bye, bye, key, until, wait

pytestmark = [pytest.mark.pbx, pytest.mark.django_db]
AGENTS, AT_DESK, DESK = (201, 202, 203), 204, 9
STAYS = (wait(300), key("1"), UNTIL_TOLD)


def answered(exchange: Exchange, agent: int, number: str, *passed: str) -> tuple[Phone, str]:
    """By this agent, who is not free again; and passed on."""
    exchange.sits(agent, ("q-zh",))
    citizen = exchange.ring([*STAYS, bye()], number=number)
    call = exchange.call(number, "CONNECT")
    exchange.records(call)
    exchange.gateway.agent_pause(agent, "wrap_up")
    for to in passed:
        exchange.gateway.transfer(agent, to)
    return citizen, call


def told(*phones: Phone) -> None:
    for phone in phones:
        phone.go_on()
    assert [phone.wait() for phone in phones] == [0] * len(phones)


def test_what_the_phones_counted_is_what_the_ledgers_the_record_and_the_figures_say(exchange: Exchange):
    began = clock.machine_now() - timedelta(minutes=1)
    exchange.gateway.desks((DESK,))
    police = exchange.outside_answers()
    stays, _ = answered(exchange, AGENTS[0], "13800000501")
    to_110, passed = answered(exchange, AGENTS[1], "13800000502", "110")
    until(lambda: "\nACK sip:" in police.messages)
    beside = exchange.sits(AT_DESK, (f"q-desk-{DESK}",))
    to_desk, at_desk = answered(exchange, AGENTS[2], "13800000503", f"q-desk-{DESK}")
    until(lambda: len(exchange.of_queue("CONNECT", at_desk)) == 2)
    waits = exchange.ring([*STAYS, bye()], number="13800000504")
    exchange.call("13800000504", "ENTERQUEUE")
    speaks = exchange.ring([*STAYS, bye()], number="13800000505")  # one waits already: a message
    exchange.records(exchange.call("13800000505"), 2.5)
    told(speaks, waits)
    presses = exchange.ring([*STAYS, key("1"), WAIT_BYE], number="13800000506")
    exchange.call("13800000506", "ENTERQUEUE")
    told(presses, stays, to_110, to_desk)
    citizens = [one for one in exchange.phones if one.messages.count("INVITE sip:12345@") and "X-Trunk" in one.messages]
    until(lambda: sum(row[0] == "LINKEDID_END" for row in exchange.events()) == len(citizens) == 6)

    tail.tail(exchange.places.home)
    with clock.fixed(clock.machine_now() + timedelta(minutes=2)):
        assert callbacks.settle() == 3, "who gave up, who pressed 1, who left a message"
        counts = figures.figures(began, clock.now())[0].counts
    results = Counter(Call.objects.filter(direction="in").values_list("result", flat=True))
    assert results == {"answered": 3, "abandoned": 1, "voicemail": 1, "callback": 1}
    wanted = {"arrived": len(citizens), "offered": 6, "answered": 3, "abandoned": 1, "voicemail": 1, "pressed": 1, "transferred": 2, "doubtful": 0, "live": 0, "out": 0}
    assert {name: counts[name] for name in wanted} == wanted
    rung = sum(one.messages.count("\nINVITE sip:a") for one in exchange.phones)
    assert rung == len(exchange.of_queue("CONNECT")) == 4 and beside.messages.count("\nINVITE sip:a") == 1, "each leg that rang was answered"
    assert len(exchange.of_queue("ENTERQUEUE")) == 3 + 1 + 2 and len(exchange.of_queue("ABANDON")) == 1
    assert Call.objects.get(linkedid=passed).transferred_to == "110" and Call.objects.get(linkedid=at_desk).period_desk_id == DESK

    owed = Callback.objects.get(call__linkedid=exchange.linkedids("13800000506")[0])
    police.end()
    there, back = exchange.outside_answers(UNTIL_TOLD, agent_bye(), wait(100)), f"cb-{owed.pk}-1"
    exchange.sits(AT_DESK, ())
    exchange.gateway.dial(back, AT_DESK, "13800000506")
    exchange.records(back)
    there.go_on()
    until(lambda: [row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] == back])
    tail.tail(exchange.places.home)
    made = Call.objects.get(linkedid=back)
    assert (made.direction, made.result, made.agent_id) == ("out", "answered", AT_DESK) and there.messages.count("\nINVITE sip:") == 1
    with clock.fixed(clock.machine_now() + timedelta(minutes=2)):
        after = figures.figures(began, clock.now())[0].counts
    assert after == counts | {"out": 1}, "a call of ours is none of the citizens'"
