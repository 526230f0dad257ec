"""A browser that dies or is loaded anew while it rings: the exchange would ring on at nobody, for as long as it rings anybody."""

import pytest

from minsheng.telephony.asterisk.link import forgiving
from minsheng.telephony.gateway import DeadRing
from tests.telephony.phones import WAIT_BYE, Exchange, key, until, wait
from tests.telephony.web_phone import WebPhone

pytestmark = pytest.mark.pbx
DIES, NEXT = 61, 62


@pytest.fixture
def rung(exchange: Exchange):
    """A citizen rings, and it rings at this telephone."""
    phone = WebPhone(exchange.gateway.line(DIES))
    exchange.gateway.agent_login(DIES, ("q-zh",))
    citizen = exchange.ring([wait(300), key("1"), WAIT_BYE])
    yield phone, phone.rings()
    for person in (DIES, NEXT):
        exchange.gateway.agent_logout(person)
    exchange.gateway.ask(hung_up)
    citizen.end()
    until(lambda: not exchange.gateway.snapshot().calls, 10, "a call of one test is none of the next")


async def channels(link):
    return await link.rows("CoreShowChannels")


async def hung_up(link) -> None:
    """Everybody: who is only switched off waits on."""
    for row in await link.rows("CoreShowChannels"):
        await forgiving(link.send("Hangup", Channel=row["Channel"], Cause="16"))


def test_what_rings_is_not_dead(exchange, rung):
    phone, _ = rung
    until(lambda: any(row["Channel"].startswith(f"PJSIP/a{DIES}-") and row["ChannelStateDesc"] == "Ringing" for row in exchange.gateway.ask(channels)))
    assert exchange.gateway.dead_rings() == ()
    phone.gone()


def test_who_died_is_left_for_the_next_and_is_not_put_away_as_one_who_let_it_ring_out(exchange, rung):
    phone, call = rung
    colleague = WebPhone(exchange.gateway.line(NEXT))
    phone.gone()
    (ring,) = until(exchange.gateway.dead_rings, 30, "its connection is closed, and it counts as there")
    assert (ring.person_id, ring.anew) == (DIES, False)
    exchange.gateway.agent_login(NEXT, ("q-zh",))
    exchange.gateway.end_ring(ring)
    assert colleague.rings() == call
    assert [one.person_id for one in exchange.gateway.snapshot().agents] == [NEXT]
    assert not [row for row in exchange.lines() if row[3] == f"a{DIES}" and row[4] in ("PAUSE", "PAUSEALL")], "its time was not up: who lets it ring out is put away"
    colleague.gone()


def test_a_window_that_was_loaded_anew_is_rung_again_by_the_same_caller(exchange, rung):
    phone, call = rung
    phone.gone()
    again = WebPhone(exchange.gateway.line(DIES))
    rings = until(exchange.gateway.dead_rings, 30, "the new window never heard of it")
    assert [(one.person_id, one.anew) for one in rings] == [(DIES, True)]
    exchange.gateway.end_ring(rings[0])
    assert again.rings() == call
    (agent,) = exchange.gateway.snapshot().agents
    assert (agent.queues, agent.paused) == (("q-zh",), False)
    assert exchange.gateway.dead_rings() == ()
    again.gone()


def test_a_cable_that_is_pulled_is_seen_before_anybody_is_sent_there(exchange):
    """Nobody closes a connection then: it stands, and answers nothing."""
    phone = WebPhone(exchange.gateway.line(DIES))
    phone.asked()
    until(lambda: not exchange.gateway.absent(frozenset({DIES})))
    until(lambda: exchange.gateway.absent(frozenset({DIES})), 60, "it counts as there until its registration runs out, after three minutes")
    phone.gone()


def test_who_is_away_and_is_asked_by_a_colleague_stays_away(exchange):
    """A leg that rings at somebody who is away comes from a colleague."""
    phone, asks = WebPhone(exchange.gateway.line(DIES)), exchange.dials(63, f"a{DIES}", 200)
    exchange.gateway.agent_login(DIES, ("q-zh",))
    exchange.gateway.agent_pause(DIES, "meal")
    phone.rings()
    phone.gone()
    again = WebPhone(exchange.gateway.line(DIES))
    (ring,) = until(exchange.gateway.dead_rings, 30)
    before = len(exchange.lines())
    exchange.gateway.end_ring(ring)
    assert exchange.gateway.dead_rings() == ()
    (agent,) = [one for one in exchange.gateway.snapshot().agents if one.person_id == DIES]
    assert (agent.paused, agent.reason) == (True, "meal") and not [row for row in exchange.lines()[before:] if row[3] == f"a{DIES}"]
    exchange.gateway.agent_logout(DIES)
    asks.end()
    again.gone()


def test_what_has_ended_by_itself_meanwhile_is_no_fault(exchange):
    exchange.gateway.end_ring(DeadRing("PJSIP/a61-0000ffff", DIES, False))
