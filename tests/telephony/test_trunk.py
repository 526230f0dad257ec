"""A carrier's line: we register with its word, take calls from its address alone, speak its codec, and ring out through it with what it plays before the answer."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from tests.telephony.phones import (
    _TO_TAG,
    ANSWER,
    OK,
    SDP,
    UNTIL_TOLD,
    Exchange,
    Phone,
    _send,
    agent_bye,
    bye,
    free_port,
    invite,
    invite_refused,
    key,
    speak,
    until,
    wait,
)

pytestmark = pytest.mark.pbx
CARRIER, STRANGER = "127.0.0.3", "127.0.0.4"
USER, PASSWORD, REALM, NONCE = "089112345", "carriers-password", "carrier", "a1b2c3d4"
ULAW = SDP.replace("RTP/AVP 8", "RTP/AVP 0").replace("rtpmap:8 PCMA", "rtpmap:0 PCMU")
REGISTRAR = [
    '<recv request="REGISTER"/>',
    _send(OK.replace("200 OK", "401 Unauthorized").replace("[last_To:]", _TO_TAG) + f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}", algorithm=MD5\n', retrans=""),
    '<recv request="REGISTER"/>',
    _send(OK.replace("[last_To:]", _TO_TAG).replace("Contact: <sip:phone@[local_ip]:[local_port]>", "[last_Contact:]") + "Expires: 300\n", retrans=""),
]
EARLY = [
    '<recv request="INVITE" crlf="true" rrs="true"/>',
    _send(OK.replace("200 OK", "183 Session Progress").replace("[last_To:]", _TO_TAG), ULAW, "application/sdp", retrans=""),
    speak().replace("8,PCMA", "0,PCMU"), wait(1500),
]


class Door(threading.Thread):
    """The carrier's address: it answers by itself whether it is there, as carriers do; all else goes to the phone behind it and back."""

    def __init__(self, port: int, behind: int):
        super().__init__(daemon=True)
        self.behind, self.asker = (CARRIER, behind), None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((CARRIER, port))

    def run(self) -> None:
        with contextlib.suppress(OSError):  # closed: the end
            while True:
                said, by = self.socket.recvfrom(65535)
                if by != self.behind:
                    self.asker = by
                if said.startswith(b"OPTIONS "):
                    kept = [line for line in said.split(b"\r\n") if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
                    self.socket.sendto(b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: 0", b"", b""]), by)
                elif by != self.behind or self.asker:
                    self.socket.sendto(said, self.behind if by != self.behind else self.asker)


class Line(Exchange):
    def __init__(self, folder: Path):
        super().__init__(folder, outside=free_port())
        self.behind = free_port()
        self.door = Door(self.outside, self.behind)
        self.door.start()
        text = (self.places / "pbx.toml").read_text(encoding="utf-8")
        for before, now in ((f"127.0.0.1:{self.outside}", f"{CARRIER}:{self.outside}"), ("peers = []                   # 运营商", f'peers = ["{CARRIER}"]  # 运营商'),
                            ('username = ""', f'username = "{USER}"'), ('password = ""', f'password = "{PASSWORD}"'), ("registers = false", "registers = true"),
                            ('codecs = ["alaw", "ulaw"]', 'codecs = ["ulaw"]')):
            assert before in text, before
            text = text.replace(before, now, 1)
        (self.places / "pbx.toml").write_text(text, encoding="utf-8")

    def carrier(self, *steps: str) -> Phone:
        """At the address to which our calls go."""
        return Phone(self, list(steps), "carrier", port=self.behind, host=CARRIER)


@pytest.fixture(scope="module")
def line(programs, module_programs):
    folder = Path(tempfile.mkdtemp(prefix="minsheng-pbx-"))
    made = Line(folder)
    try:
        made.start()
        yield made
    finally:
        made.close()
        made.door.socket.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def module_programs(programs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINSHENG_PBX_PROGRAMS", str(programs))
        yield


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_it_registers_with_the_carriers_word_and_is_reached_from_the_carriers_address_alone(line):
    registrar = line.carrier(*REGISTRAR)
    assert registrar.wait(40) == 0, registrar.messages[-2000:]
    said = re.search(r'Authorization: Digest (.*)', registrar.messages)
    given = dict(re.findall(r'(\w+)="([^"]*)"', said.group(1)))
    assert (given["username"], given["realm"]) == (USER, REALM) and PASSWORD not in registrar.messages
    assert given["response"] == md5(f"{md5(f'{USER}:{REALM}:{PASSWORD}')}:{NONCE}:{md5('REGISTER:' + given['uri'])}")
    line.sits(41, ("q-zh",))
    citizen = Phone(line, [invite("12345", "13800000041", "").replace(SDP, ULAW).replace("8,PCMA", "0,PCMU"), wait(300), key("1"), UNTIL_TOLD, bye()], "12345", host=CARRIER)
    line.call("13800000041", "CONNECT")
    citizen.go_on()
    assert citizen.wait() == 0
    answer = citizen.messages.split("SIP/2.0 200 OK", 1)[1]
    assert "PCMU/8000" in answer and "PCMA/8000" not in answer, "the one codec of this line"
    stranger = Phone(line, [invite_refused("12345", "13800000042", "", 401)], "12345", host=STRANGER)
    assert stranger.wait() == 0 and line.linkedids("13800000042") == []


BUSY_HERE = [_send(OK.replace("200 OK", "486 Busy Here").replace("[last_To:]", _TO_TAG)) + '<recv request="ACK"/>']
ANSWERED = [ANSWER.replace(SDP, ULAW).replace("8,PCMA", "0,PCMU"), wait(1000), agent_bye(), wait(100)]


@pytest.mark.parametrize(("n", "ends", "result"), [(1, ANSWERED, "ANSWER"), (2, BUSY_HERE, "BUSY")])
def test_what_the_carrier_plays_before_it_answers_is_heard_and_a_busy_number_is_said(line, n, ends, result):
    carrier, person, call = line.carrier(*EARLY, *ends), 42 + n, f"cb-{n}-1"
    line.sits(person, ())
    line.gateway.dial(call, person, f"1380000005{n}")
    said = until(lambda: line.said("CALLBACK_RESULT", call), 20, "the exchange says nothing of how it ended")
    assert said == [result]
    assert carrier.wait() == 0, carrier.messages[-1500:]
    offer = carrier.messages.split("INVITE sip:", 1)[1].split("SIP/2.0 183", 1)[0]
    assert f"1380000005{n}@" in offer and "PCMU/8000" in offer and "PCMA/8000" not in offer
    assert USER in offer.split("From:", 1)[1].splitlines()[0], "as the carrier knows us"
    (packets,) = until(lambda: line.said("RTP", call))
    assert int(packets.split("/")[2]) > 40, "a second and a half of the carrier's own sound, before any answer"
