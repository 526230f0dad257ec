"""The exchange's files are written and read anew while people talk and wait: a leader's desk is opened, a technician reloads."""

import time

import pytest

from tests.telephony.phones import ANSWERS, WAIT_BYE, Exchange, agent_bye, bye, key, until, wait

pytestmark = pytest.mark.pbx
TALKS, NEXT = 71, 72


def written_anew(exchange: Exchange) -> None:
    """The same text, as from the templates at a start: what was not written since is not read again."""
    for file in (exchange.places / "etc").iterdir():
        file.write_bytes(file.read_bytes())


def test_a_talk_and_who_waits_outlast_queues_that_are_read_anew(exchange: Exchange):
    exchange.sits(TALKS, ("q-zh",), [*ANSWERS, wait(9000), agent_bye(), wait(100)])
    talks = exchange.ring([wait(300), key("1"), wait(11000), key("5"), WAIT_BYE], number="13800000071")
    (first,) = until(lambda: exchange.linkedids("13800000071"))
    until(lambda: exchange.of_queue("CONNECT", first))
    waits = exchange.ring([wait(300), key("1"), wait(14000), bye()], number="13800000072")
    (second,) = until(lambda: exchange.linkedids("13800000072"))
    until(lambda: exchange.of_queue("ENTERQUEUE", second))
    written_anew(exchange)
    exchange.gateway.desks((1, 2))
    for module in ("app_queue.so", "pbx_config.so", "res_pjsip.so"):
        exchange.gateway.ask(lambda link, module=module: link.send("Reload", Module=module))
    time.sleep(1)
    stand = {agent.person_id: agent.queues for agent in exchange.gateway.snapshot().agents}
    assert stand == {TALKS: ("q-zh",)} and len(exchange.gateway.snapshot().waiting) == 1, "who sat and who waited still does"
    exchange.gateway.desks((1,))
    exchange.sits(NEXT, ("q-zh",), [*ANSWERS])
    until(lambda: exchange.of_queue("CONNECT", second), 10, "who waited was forgotten")
    assert talks.wait() == 0, "the talk went on, and the citizen was asked how it was"
    assert exchange.said("SURVEY", first) == ["5"] and waits.wait() == 0
    assert [row[3] for row in exchange.of_queue("COMPLETEAGENT", first)] == [f"a{TALKS}"]
    assert [row[3] for row in exchange.of_queue("COMPLETECALLER", second)] == [f"a{NEXT}"]
    assert not exchange.of_queue("ABANDON") and len(exchange.of_queue("ENTERQUEUE")) == 2
