"""Who was answered, is passed on and gives up while it rings there: nobody there spoke with them, and somebody rings them back."""

import pytest

from minsheng.telephony.rules.calls import alone_since, legs, owed_for, what_was
from minsheng.telephony.rules.ledger_lines import read_cel, read_queue_log
from tests.telephony.phones import ANSWER, RING, UNTIL_TOLD, Phone, bye, key, line_of, until, wait

pytestmark = pytest.mark.pbx
RINGS = [RING, '<recv request="CANCEL"/>', wait(300)]
WAYS = ["110", "a87", "q-bo", "q-bo and 1", "110, which answers"]


def events_of(exchange, call):
    return ([event for row in exchange.events() if row[2] == call and (event := read_cel(line_of(row), "pbx-t1"))]
            + [event for row in exchange.lines() if row[1] == call and (event := read_queue_log("|".join(row), "pbx-t1"))])


@pytest.mark.parametrize("way", WAYS)
def test_nobody_there_has_answered(exchange, way):
    gateway, place, answers = exchange.gateway, WAYS.index(way), way.endswith("answers")
    person, number, target = 80 + place, f"1380000020{place}", way.split(" ")[0].strip(",")
    exchange.sits(person, ("q-zh",))
    steps = [key("1"), '<recv request="BYE"/>'] if way.endswith("1") else [bye()]
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, *steps], number=number)
    call = exchange.call(number, "CONNECT")
    gateway.agent_pause(person, "wrap_up")
    if target == "110":
        there = Phone(exchange, [RING, ANSWER, '<recv request="BYE"/>'] if answers else RINGS, "outside", port=exchange.outside)
        gateway.transfer(person, "110")
        until(lambda: ("\nACK sip:" if answers else "180 Ringing") in there.messages)
    elif target == "a87":
        there = exchange.sits(87, (), RINGS)
        gateway.take_over(87, person)
        until(lambda: "180 Ringing" in there.messages)
    else:
        gateway.transfer(person, target)
        until(lambda: len(exchange.of_queue("ENTERQUEUE", call)) == 2)
    until(lambda: any(row[0] == "BLINDTRANSFER" and row[2] == call for row in exchange.events()))
    until(lambda: (alone_since(events_of(exchange, call)) is None) is answers, what="whether somebody speaks with them")
    now = what_was(events_of(exchange, call))
    assert (now.result, now.ended_at) == ("live", None) and now.left_at is not None, "the agent is done, the caller is not"
    citizen.go_on()
    until(lambda: [row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] == call])
    was = what_was(events_of(exchange, call))
    assert (was.result, was.agent_id, was.transferred_to) == (("answered", person, "110") if answers else ("in_transfer", person, ""))
    assert was.connected_at is not None and len(legs(events_of(exchange, call))) == 1, "what was said is heard"
    assert (owed_for(was.result, True, False, True) is None) is answers
    if target == "110":
        assert exchange.said("TRANSFER_RESULT", call) == ["ANSWER" if answers else "CANCEL"]
    for phone in exchange.phones[-3:]:
        phone.end()
    gateway.agent_logout(person)
