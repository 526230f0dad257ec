"""The exchange's files are written and read anew while people talk and wait: a leader's desk is opened, a technician reloads."""

import os
import signal
import time

import pytest

from minsheng.telephony.gateway import Refused
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, WAIT_BYE, Exchange, agent_bye, bye, key, until, wait

pytestmark = pytest.mark.pbx
TALKS, NEXT, NEW = 71, 72, 73


def written_anew(exchange: Exchange) -> None:
    """The same text, as from the templates at a start: what was not written since is not read again."""
    for file in (exchange.places / "etc").iterdir():
        file.write_bytes(file.read_bytes())


def test_a_talk_and_who_waits_outlast_queues_that_are_read_anew(exchange: Exchange):
    agent = exchange.sits(TALKS, ("q-zh",), [*ANSWERS, UNTIL_TOLD, agent_bye(), wait(100)])
    talks = exchange.ring([wait(300), key("1"), UNTIL_TOLD, key("3"), WAIT_BYE], number="13800000071")
    first = exchange.call("13800000071", "CONNECT")
    waits = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000072")
    second = exchange.call("13800000072", "ENTERQUEUE")
    written_anew(exchange)
    exchange.gateway.desks((1, 2))
    for module in ("app_queue.so", "pbx_config.so", "res_pjsip.so"):
        exchange.gateway.ask(lambda link, module=module: link.send("Reload", Module=module))
    time.sleep(1)
    stand = {agent.person_id: agent.queues for agent in exchange.gateway.snapshot().agents}
    assert stand == {TALKS: ("q-zh",)} and len(exchange.gateway.snapshot().waiting) == 1, "who sat and who waited still does"
    exchange.gateway.desks((1,))
    exchange.sits(NEXT, ("q-zh",), [*ANSWERS])
    until(lambda: exchange.of_queue("CONNECT", second), what="who waited was forgotten")
    agent.go_on()
    exchange.asked(first)
    for phone in (talks, waits):
        phone.go_on()
    assert talks.wait() == 0, "the talk went on, and the citizen was asked how it was"
    assert exchange.said("SURVEY", first) == ["3"] and waits.wait() == 0
    assert [row[3] for row in exchange.of_queue("COMPLETEAGENT", first)] == [f"a{TALKS}"]
    assert [row[3] for row in until(lambda: exchange.of_queue("COMPLETECALLER", second))] == [f"a{NEXT}"]
    assert not exchange.of_queue("ABANDON") and len(exchange.of_queue("ENTERQUEUE")) == 2


def test_an_exchange_that_did_not_answer_is_told_of_a_new_telephone_and_a_desk_when_it_is_asked_again(exchange: Exchange):
    os.kill(exchange.now.pid, signal.SIGSTOP)
    try:
        for asked in (lambda: exchange.gateway.line(NEW, desk_phone=True), lambda: exchange.gateway.desks((3,))):
            with pytest.raises(Refused):
                asked()
    finally:
        os.kill(exchange.now.pid, signal.SIGCONT)
    exchange.gateway.desks((3,))
    exchange.sits(NEW, ("q-desk-3",))
    assert {agent.person_id: agent.queues for agent in exchange.gateway.snapshot().agents}[NEW] == ("q-desk-3",)
