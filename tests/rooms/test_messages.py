"""The outbox against a real HTTP server: signatures, retries, nothing sent twice, no lock held while sending."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import socketserver
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from minsheng.accounts.rules import Actor, Role, clock_actor
from minsheng.cases.rules import State
from minsheng.kit.verdict import Refused
from minsheng.messages import actions, adapters, queries
from minsheng.messages.models import Message

KEY = "a-key-of-the-test"
BY = clock_actor("发件")
ADMIN = Actor(7, "系统管理员甲", frozenset({Role.SYSTEM_ADMIN}))


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
            if status in {301, 302, 303}:
                self.send_header("Location", "/login")
            self.end_headers()

        def do_GET(self):
            self.send_response(200)  # the page behind a detour: not the gateway's word
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
    actions.retry(message_id=row.id, by=ADMIN)
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
    with django_assert_num_queries(2):  # hold; claims that nobody came back for
        assert actions.drain(by=BY) == 30
    assert actions.drain(by=BY) == 0


def test_a_claimed_message_is_not_taken_by_another_worker(db, gateway):
    _send()
    assert actions._claim(["sms"]) is not None and actions._claim(["sms"]) is None


@pytest.mark.parametrize("status", [301, 302, 303, 400, 429, 500])
def test_only_the_gateways_own_yes_counts_as_sent(db, gateway, status):
    gateway.answers = [status]
    row = _send()
    actions.drain(by=BY)
    row.refresh_from_db()
    assert (row.state, row.tries, gateway.seen) == ("queued", 1, []) and str(status) in row.error


def test_a_gateway_without_a_key_is_sent_nothing(db, gateway, monkeypatch):
    monkeypatch.delenv("MINSHENG_SMS_KEY")
    row = _send()
    actions.drain(by=BY)
    row.refresh_from_db()
    assert row.state == "queued" and "MINSHENG_SMS_KEY" in row.error and gateway.seen == []


def test_what_went_out_is_not_sent_again_and_what_was_erased_never(db, gateway):
    row = _send()
    actions.drain(by=BY)
    with pytest.raises(Refused):
        actions.retry(message_id=row.id, by=ADMIN)
    waiting = _send()
    assert actions.forget(about="case:1", by=BY) == 2
    assert actions.drain(by=BY) == 0 and len(gateway.seen) == 1
    with pytest.raises(Refused):
        actions.retry(message_id=waiting.id, by=ADMIN)
    assert [(text, message.to_hint) for message, text in queries.about("case:1")] == [("", "")] * 2


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_sends(gateway):
    from django.db import connection

    rows = [_send() for _ in range(12)]

    def work():
        while actions.drain(by=BY, limit=3):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(seen["key"] for seen in gateway.seen) == sorted(f"message-{row.id}" for row in rows)
    assert set(Message.objects.values_list("state", "tries")) == {("sent", 1)}


def test_a_transaction_that_fails_takes_its_message_with_it(db):
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        _send()
        raise RuntimeError("the deed failed")
    assert not Message.objects.exists()


class Mailbox(socketserver.StreamRequestHandler):
    """The receiving side of SMTP (RFC 5321) as far as a sender sees it; refuses receivers that begin with "nobody"."""

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 mail.example ESMTP")
        envelope: dict = {"to": []}
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            if verb.upper() in {"EHLO", "HELO"}:
                self.say("250-mail.example")
                self.say("250 8BITMIME")
            elif verb.upper() == "MAIL":
                envelope["from"] = rest
                self.say("250 ok")
            elif verb.upper() == "RCPT":
                refused = "<nobody" in rest
                envelope["to"] += [] if refused else [rest]
                self.say("550 no such mailbox" if refused else "250 ok")
            elif verb.upper() == "DATA":
                self.say("354 go on")
                body = []
                while (part := self.rfile.readline()) != b".\r\n":
                    body.append(part[1:] if part.startswith(b"..") else part)
                self.server.seen.append({**envelope, "mail": message_from_bytes(b"".join(body), policy=policy.default)})
                self.say("250 kept")
            else:
                self.say("221 bye" if verb.upper() == "QUIT" else "250 ok")


@pytest.fixture
def mailbox(monkeypatch):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.daemon_threads, server.seen = True, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("MINSHENG_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("MINSHENG_SMTP_PORT", str(server.server_address[1]))
    monkeypatch.setenv("MINSHENG_SMTP_FROM", "12345@city.example")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_mail_goes_out_by_smtp_with_its_words_and_one_id_for_every_repeat(db, mailbox):
    row = actions.send(channel="mail", to="a@example.org", template="closed", context={"number": "20250102-1"}, about="case:2")
    actions.drain(by=BY)
    [kept] = mailbox.seen
    assert "<a@example.org>" in kept["to"][0] and "<12345@city.example>" in kept["from"]
    assert "您的诉求20250102-1已办结" in kept["mail"].get_content() and kept["mail"]["Message-ID"] == f"<message-{row.id}@127.0.0.1>"
    assert kept["mail"]["Subject"].startswith("12345") and Message.objects.get(id=row.id).state == "sent"


def test_a_mailbox_that_refuses_and_a_server_that_is_gone_leave_the_mail_waiting(db, mailbox, monkeypatch):
    refused = actions.send(channel="mail", to="nobody@example.org", template="closed", context={"number": "1"})
    actions.drain(by=BY)
    monkeypatch.setenv("MINSHENG_SMTP_PORT", "1")
    lost = actions.send(channel="mail", to="a@example.org", template="closed", context={"number": "1"})
    actions.drain(by=BY)
    for row in (refused, lost):
        row.refresh_from_db()
        assert (row.state, row.tries) == ("queued", 1) and "邮件发送失败" in row.error
    assert mailbox.seen == [] and isinstance(adapters.of("mail"), adapters.Smtp) and adapters.of("work") is None


def test_the_requester_is_told_by_whom_and_until_when_on_the_citys_clock(cast):
    case = cast.at_state(State.IN_PROGRESS)
    told = [text for _, text in queries.about(f"case:{case.id}")]
    assert any("查询码" in text and case.number in text for text in told)
    assert any("市水务局" in text and "最迟1月9日 周四 18:00前答复" in text for text in told), told


def test_of_a_restricted_matter_no_message_speaks(cast):
    case = cast.create()
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人，值班长书面说明", readers=[cast.people["dispatcher"].id, cast.people["water"].id],
              until="2025-03-01T18:00+08:00")
    before = len(queries.about(f"case:{case.id}"))
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    assert len(queries.about(f"case:{case.id}")) == before


def test_what_waits_when_a_matter_is_restricted_is_not_sent_any_more(cast, gateway):
    case = cast.at_state(State.IN_PROGRESS)
    waiting = Message.objects.filter(about=f"case:{case.id}", channel="sms", state="queued")
    assert waiting.count() >= 2
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人，值班长书面说明", readers=[cast.people["dispatcher"].id, cast.people["water"].id],
              until="2025-03-01T18:00+08:00")
    assert not waiting.exists()
    actions.drain(by=BY)
    assert case.number not in "".join(seen["text"] for seen in gateway.seen)


def test_what_was_said_of_a_dispatch_that_was_undone_is_not_sent_when_the_gateway_comes(cast, gateway, monkeypatch):
    url = os.environ["MINSHENG_SMS_URL"]
    monkeypatch.delenv("MINSHENG_SMS_URL")
    case = cast.at_state(State.PENDING_SIGN)
    actions.drain(by=BY)
    told = Message.objects.filter(about=f"case:{case.id}", template="dispatched")
    assert [row.state for row in told] == ["held"]
    cast.take(case, "undispatch", "dispatcher")
    monkeypatch.setenv("MINSHENG_SMS_URL", url)
    assert actions.retry_all(channel="sms", state="held", by=ADMIN) == 1, "number and code at acceptance"
    actions.drain(by=BY)
    assert [row.state for row in told.all()] == ["stopped"] and "市水务局" not in "".join(seen["text"] for seen in gateway.seen)
    with pytest.raises(Refused):
        actions.retry(message_id=told[0].id, by=ADMIN)


class Pager:
    """A whole way out of its own, as another party's platform would be: it keeps what it was given."""

    repeatable = True

    def __init__(self):
        self.seen: list[dict] = []

    def send(self, *, to: str, text: str, key: str) -> None:
        self.seen.append({"to": to, "text": text, "key": key})


def test_a_new_way_out_is_one_row(db, monkeypatch):
    pager = Pager()
    monkeypatch.setitem(adapters.WAYS, "pager", adapters.Way("pager", "寻呼", lambda: pager, lambda: (True, "127.0.0.1", ""), hint=lambda to: "寻呼机"))
    row = actions.send(channel="pager", to="8812", template="closed", context={"number": "20250102-1"}, about="case:9")
    assert (row.to_hint, row.way) == ("寻呼机", "寻呼") and actions.drain(by=BY) == 1 and Message.objects.get(id=row.id).state == "sent"
    assert [(seen["to"], seen["key"]) for seen in pager.seen] == [("8812", f"message-{row.id}")] and "20250102-1" in pager.seen[0]["text"]
    assert [c.label for c in adapters.channels()] == ["短信", "工作消息（值班呼叫）", "邮件", "寻呼"]
    monkeypatch.delitem(adapters.WAYS, "pager")
    assert Message.objects.get(id=row.id).way == "pager" and adapters.of("pager") is None, "a way that is gone is still named in the outbox"
