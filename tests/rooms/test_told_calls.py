"""Another program is told of calls: signed, in order, each event until it was taken; against a real HTTP server that checks what it gets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cast import NOW
from tests.telephony.consumer import listening

from minsheng.kit import clock
from minsheng.telephony import teller
from minsheng.telephony.actions import ledger, told
from minsheng.telephony.models import Call
from minsheng.telephony.rules import cti
from minsheng.telephony.rules.ledger_lines import read_queue_log

SECRET = "s" * 40
T0 = int((NOW - timedelta(minutes=2)).timestamp())


@pytest.fixture(autouse=True)
def _time(db):
    with clock.fixed(NOW):
        yield


@pytest.fixture
def consumer():
    with listening(SECRET) as made:
        yield made


def by(consumer, secret: str = SECRET) -> teller.Teller:
    return teller.Teller(consumer.url, secret)


def happens(*events: str, call: str = "pbx1-1.1", after: int = 0) -> None:
    lines = {"rings": f"{T0 + after}|{call}|q-zh|NONE|ENTERQUEUE||13900000001|1", "answered": f"{T0 + after + 5}|{call}|q-zh|a17|CONNECT|5|x|1",
             "over": f"{T0 + after + 60}|{call}|q-zh|a17|COMPLETECALLER|5|55|1", "gone": f"{T0 + after + 9}|{call}|q-zh|NONE|ABANDON|1|1|9"}
    ledger.keep("pbx1", [read_queue_log(lines[event], "pbx1") for event in events])


def events(consumer) -> list[tuple[str, str]]:
    return [(one["callId"], one["event"]) for one in consumer.taken]


def test_a_call_is_told_as_it_goes_on_signed_and_each_event_once(consumer):
    happens("rings")
    assert told.tell_some(by(consumer).send) and told.tell_some(by(consumer).send) and events(consumer) == [("pbx1-1.1", "newCall")]
    happens("answered")
    assert told.tell_some(by(consumer).send)
    happens("over")
    assert told.tell_some(by(consumer).send) and told.tell_some(by(consumer).send)
    assert events(consumer) == [("pbx1-1.1", one) for one in ("newCall", "answer", "hangup")] and consumer.asked == 3
    assert consumer.taken[1] == {"event": "answer", "callId": "pbx1-1.1", "direction": "in", "from": "+8613900000001", "to": "12345", "queue": "q-zh", "user": "a17"}
    assert consumer.taken[2]["cause"] == "normalClearing"


def test_what_was_not_taken_is_said_again_in_order_and_nothing_is_said_before_it(consumer):
    happens("rings", "answered", "over")
    happens("rings", "gone", call="pbx1-1.2", after=1)
    for answer in (500, 302, 429):
        consumer.answers = [answer]
        assert not told.tell_some(by(consumer).send) and consumer.taken == []
    assert told.tell_some(by(consumer).send)
    assert events(consumer) == [*(("pbx1-1.1", one) for one in ("newCall", "answer", "hangup")), ("pbx1-1.2", "newCall"), ("pbx1-1.2", "hangup")]
    assert consumer.taken[-1]["cause"] == "cancel" and "user" not in consumer.taken[-1]


def test_the_wrong_word_tells_nothing_a_refused_message_holds_up_nothing_and_nobody_there_is_no_loss(consumer):
    happens("rings", "gone")
    assert not told.tell_some(by(consumer, "x" * 40).send) and consumer.taken == []
    assert not told.tell_some(teller.Teller("http://127.0.0.1:9/calls", SECRET).send)
    consumer.answers = [422]
    assert told.tell_some(by(consumer).send) and events(consumer) == [("pbx1-1.1", "hangup")]
    assert Call.objects.get().told == cti.NEW_CALL | cti.HANGUP


def test_what_is_old_is_not_said_any_more_and_what_came_by_messages_is_not_sent_back(consumer):
    happens("rings", "gone", after=-1200)
    ledger.keep("cti-5", cti.events_of({"event": "newCall", "callId": "c.1", "from": "13900000001"}, "cti-5", NOW))
    assert told.tell_some(by(consumer).send) and consumer.asked == 0
    assert Call.objects.get(pbx="pbx1").told == cti.NEW_CALL | cti.HANGUP


@pytest.mark.parametrize(("url", "secret", "says"), [
    ("http://10.0.0.5/calls", SECRET, "不是 https"), ("ftp://x", SECRET, "不是网址"), ("https://[", SECRET, "不是网址"), ("https://x.example/c", "short", "至少 32"),
    ("https://x.example/c", SECRET, ""), ("http://127.0.0.1:8/c", SECRET, "")])
def test_numbers_go_out_enciphered_and_signed_or_not_at_all(monkeypatch, url, secret, says):
    monkeypatch.setenv("MINSHENG_CTI_URL", url)
    monkeypatch.setenv("MINSHENG_CTI_OUT_SECRET", secret)
    assert says in teller.wrong(url, secret) and (teller.of_environment() is None) is bool(says)
    assert [text for _, text in teller.told()] == ([teller.wrong(url, secret)] if says else [])
    monkeypatch.delenv("MINSHENG_CTI_URL")
    assert teller.of_environment() is None and teller.told() == []
