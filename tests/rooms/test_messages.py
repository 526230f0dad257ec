"""The outbox against a real HTTP server: signatures, retries, nothing sent twice, no lock held while sending."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from minsheng.accounts.rules import clock_actor
from minsheng.messages import actions
from minsheng.messages.models import Message

KEY = "a-key-of-the-test"
BY = clock_actor("发件")


@pytest.fixture
def gateway(monkeypatch):
    """A server that checks the signature as a gateway does; `.answers` is what it returns next, `.seen` what it took."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            good = hmac.compare_digest(hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest(), self.headers["X-Signature"])
            status = (server.answers.pop(0) if server.answers else 200) if good else 401
            if status == 200:
                server.seen.append(json.loads(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.seen = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("MINSHENG_SMS_URL", f"http://127.0.0.1:{server.server_address[1]}/")
    monkeypatch.setenv("MINSHENG_SMS_KEY", KEY)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _send():
    return actions.send(channel="sms", to="+8613800000000", template="closed", context={"number": "20250102-1"}, about="case:1")


def test_a_message_leaves_once_with_a_signature_that_the_gateway_accepts(db, gateway):
    row = _send()
    assert actions.drain(by=BY) == 1 and actions.drain(by=BY) == 0
    assert [seen["to"] for seen in gateway.seen] == ["+8613800000000"] and gateway.seen[0]["key"] == f"message-{row.id}"
    assert Message.objects.get(id=row.id).state == "sent"


def test_a_wrong_key_is_refused_and_the_message_waits(db, gateway, monkeypatch):
    monkeypatch.setenv("MINSHENG_SMS_KEY", "another")
    row = _send()
    actions.drain(by=BY)
    row.refresh_from_db()
    assert (row.state, row.tries, gateway.seen) == ("queued", 1, []) and "401" in row.error


def test_after_six_failures_a_person_looks_at_it_and_sends_it_again(db, gateway):
    row = _send()
    gateway.answers = [503] * 6
    for _ in range(6):
        Message.objects.update(next_at=row.created_at)
        actions.drain(by=BY)
    row.refresh_from_db()
    assert row.state == "failed"
    actions.retry(message_id=row.id, by=BY)
    actions.drain(by=BY)
    row.refresh_from_db()
    assert row.state == "sent"


def test_without_a_gateway_messages_are_held_and_number_and_text_are_sealed_at_rest(db, monkeypatch):
    monkeypatch.delenv("MINSHENG_SMS_URL", raising=False)
    row = _send()
    actions.drain(by=BY)
    row.refresh_from_db()
    assert row.state == "held" and b"13800000000" not in bytes(row.to_sealed) and "编号".encode() not in bytes(row.text_sealed)


def test_thousands_are_held_at_the_cost_of_one(db, monkeypatch, django_assert_num_queries):
    monkeypatch.delenv("MINSHENG_SMS_URL", raising=False)
    for _ in range(30):
        _send()
    with django_assert_num_queries(3):  # hold, and an empty claim in its savepoint
        assert actions.drain(by=BY) == 30
    assert actions.drain(by=BY) == 0


def test_a_claimed_message_is_not_taken_by_another_worker(db, gateway):
    _send()
    assert len(actions._claim(["sms"], 10)) == 1 and actions._claim(["sms"], 10) == []
