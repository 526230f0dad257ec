"""What people try at a telephone exchange that stands at a line: to be passed on, to be let out, to write into its files, to keep it busy."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time

import pytest

from minsheng.telephony.asterisk import layout
from tests.telephony.phones import _NEXT, HEAD, Phone, _send, bye, invite, invite_refused, key, until, wait

pytestmark = pytest.mark.pbx
TOLL = "0088213912345678"
IN_CALL = HEAD % {"me": "phone", "shown": "phone"}


def refer(to: str, code: int) -> str:
    text = f"REFER [next_url] SIP/2.0\n{IN_CALL}{_NEXT} REFER\nRefer-To: <sip:{to}@[remote_ip]:[remote_port]>\nReferred-By: <sip:110@[local_ip]>\n"
    return _send(text) + f'<recv response="{code}"/>'


def alone(method: str, to: str, code: int, extra: str = "", body: str = "", kind: str = "") -> str:
    """A request of a stranger, of no call."""
    text = f"{method} sip:{to}@[remote_ip]:[remote_port] SIP/2.0\n{HEAD % {'me': 'x', 'shown': 'x'}}CSeq: 1 {method}\n{extra}"
    return _send(text, body, kind) + f'<recv response="{code}"/>'


def test_a_caller_is_passed_on_by_nobodys_wish_but_an_agents(exchange):
    """By REFER, by the keys that other exchanges know for it, at any moment of the call."""
    keys = "".join(key(digit) for digit in ("#", "*", "*", "2", "*", "3"))
    phones = [exchange.ring([wait(200), refer(to, 603), wait(100), bye()], number=f"1380000006{n}") for n, to in enumerate((TOLL, "110", "a31"))]
    phones.append(exchange.ring([wait(200), keys, key("9"), wait(200), bye()], number="13800000069"))
    assert [phone.wait() for phone in phones] == [0] * len(phones), [phone.messages[-900:] for phone in phones if phone.wait()]
    assert not [row for row in exchange.events() if row[0] == "CHAN_START" and TOLL in "".join(row)] and not exchange.said("TRANSFER_OUT")


def test_a_stranger_who_subscribes_writes_messages_or_publishes_gets_nothing(exchange):
    exchange.gateway.line(30, desk_phone=True)
    asked = [alone("SUBSCRIBE", "a30", 401, "Event: presence\nExpires: 60\n"), alone("SUBSCRIBE", "12345", 401, "Event: dialog\nExpires: 60\n"),
             alone("MESSAGE", "a30", 401, body="hello\n", kind="text/plain"), alone("PUBLISH", "a30", 401, "Event: presence\nExpires: 60\n"),
             alone("REFER", "a30", 401, f"Refer-To: <sip:{TOLL}@x>\n"), alone("NOTIFY", "a30", 401, "Event: check-sync\nSubscription-State: active\n")]
    phones = [Phone(exchange, [steps.replace("[peer_tag_param]", "")], "x") for steps in asked]
    said = [phone.wait() for phone in phones]
    assert said == [0] * len(said), [phone.messages[-700:] for phone, code in zip(phones, said, strict=True) if code]


FIELDS = {"138%0D%0A%22CHAN_START%22,%22{at}.1%22,%22forged-1%22,%22forged-1%22,%2213900000000%22,%22%22,%22%22,%22%22,%22%22,%22%22%0D%0A": "a whole call in the ledger",
          "138%7Cq-zh%7Ca5%7CCONNECT%7C1": "a line of the queue's own", "138%0D%0AAction%3A%20Originate": "a command to the manager",
          "${DB(phones/auth/a30)}": "a variable", "$[1+1]": "a sum", "138%22%2C%22REC_START": "a column of the other ledger", "138;ext=0013912345678": "a parameter",
          "%2E%2E%2F%2E%2E%2Fetc": "a path", "a30": "the name of a phone of ours", "110": "the police"}


def test_whatever_a_caller_gives_as_a_number_stays_in_its_place(exchange):
    for number in FIELDS:
        phone = exchange.ring([wait(300), key("1"), wait(400), bye()], number=number.replace("{at}", str(int(time.time()))))
        phone.wait(1 if "$" in number else 12)  # refused by the line itself: a sign that no address has
    lines = [row for row in exchange.lines() if row[4] == "ENTERQUEUE"]
    assert all(len(row) == 8 for row in lines) and not [row for row in exchange.lines() if row[4] == "CONNECT"]
    rows = exchange.events()
    assert {len(row) for row in rows} == {10} and not exchange.linkedids("13900000000") and not exchange.said("REC_START")
    secret = exchange.gateway.line(30, desk_phone=True).password
    told = exchange.places.cel.read_text(encoding="utf-8") + exchange.places.queue_log.read_text(encoding="utf-8")
    assert secret not in told and "phones/auth" not in told and not any("\r" in cell or "\n" in cell for row in rows for cell in row)


def test_a_name_beside_the_number_is_heard_by_nobody_and_written_nowhere(exchange):
    shown = 'x\\", <b>${SHELL(id)}|110|'
    Phone(exchange, [invite("12345", "13800000071", exchange.trunk, shown=shown.replace('"', "")), wait(300), key("1"), wait(500), bye()], "12345").wait(12)
    told = exchange.places.cel.read_text(encoding="utf-8") + exchange.places.queue_log.read_text(encoding="utf-8")
    assert "SHELL" not in told and "<b>" not in told


OUT = ("110110", "0110", "+86110", "110#", "*72110", "9110", "12345", "00" * 12, "a0", "a31a", "q-zh-1", "600600", "go", "broken", "reset", "agent-back", "h", "i", "t")


def test_more_numbers_that_no_phone_of_ours_may_dial(exchange):
    phones = [exchange.dials(31, number.replace("#", "%23").replace("+", "%2B"), 404) for number in OUT]
    said = [phone.wait() for phone in phones]
    assert said == [0] * len(said), [number for number, code in zip(OUT, said, strict=True) if code]
    assert not exchange.said("TRANSFER_OUT")


def test_what_is_dialled_on_a_line_in_is_a_number_of_the_hotline_or_nothing(exchange):
    called = ("123456", "12345%40evil", "a30", "q-zh", "600", "s", "arrived", "broken", TOLL, "%2B8612345", "callback")
    phones = [Phone(exchange, [invite_refused(number, "13800000072", exchange.trunk, 404)], number) for number in called]
    said = [phone.wait() for phone in phones]
    assert said == [0] * len(said), [number for number, code in zip(called, said, strict=True) if code]


@pytest.mark.parametrize("sdp", ["", "v=0\n", "v=0\no=x 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 99\n", "m=audio\n" * 200])
def test_an_offer_that_nobody_can_speak_costs_no_other_call(exchange, sdp):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        mine = f"127.0.0.1:{line.getsockname()[1]}"
        body = sdp.replace("\n", "\r\n")
        head = (f"INVITE sip:12345@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {mine};branch=z9hG4bK{time.time_ns()}\r\nFrom: <sip:13800000073@x>;tag=1\r\nTo: <sip:12345@x>\r\n"
                f"Call-ID: {time.time_ns()}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@{mine}>\r\nX-Trunk: {exchange.trunk}\r\nMax-Forwards: 70\r\n"
                + ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}")
        line.sendto(head.encode(), ("127.0.0.1", exchange.now.ports["sip"]))
        line.settimeout(5)
        assert line.recv(4000).startswith(b"SIP/2.0 ")
    assert exchange.ring([wait(200), bye()], number="13800000074").wait(15) == 0


@pytest.mark.parametrize("said", [b"\r\n\r\n", b"\0" * 1200, b"INVITE" * 200, b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 999999999\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n",
                                  b"INVITE sip:12345@x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK" + b"a" * 8000 + b"\r\n\r\n"])
def test_noise_at_the_line_does_not_stop_it(exchange, said):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        for _ in range(50):
            line.sendto(said, ("127.0.0.1", exchange.now.ports["sip"]))
    assert exchange.ring([wait(200), bye()], number="13800000075").wait(15) == 0


@pytest.mark.parametrize("path", ["/", "/httpstatus", "/static/index.html", "/ari/channels", "/manager?action=ping", "/rawman", "/amanager", "/phoneprov/x", "/ws/../ari"])
def test_the_door_of_the_browsers_telephones_leads_to_nothing_else(exchange, path):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", exchange.now.ports["web"], timeout=5)) as link:
        link.request("GET", path)
        with link.getresponse() as answer:
            assert answer.status in (400, 403, 404, 426), answer.read()[:300]


def test_who_keeps_the_managers_door_busy_keeps_it_for_seconds(exchange):
    port, held = exchange.now.ports["ami"], []
    try:
        for _ in range(40):
            held.append(socket.create_connection(("127.0.0.1", port), 3))
        assert until(lambda: _snapshot(exchange), 15)
    finally:
        for one in held:
            one.close()


def _snapshot(exchange) -> bool:
    from minsheng.telephony.gateway import Refused

    try:
        exchange.gateway.snapshot()
    except Refused:
        return False
    return True


def test_speech_is_taken_from_where_the_call_is_alone(exchange):
    text = (exchange.places / "etc" / "rtp.conf").read_text(encoding="utf-8")
    assert "strictrtp = yes" in text
    assert layout.drawn(exchange.places)["trunk"] not in exchange.places.cel.read_text(encoding="utf-8")
