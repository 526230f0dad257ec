"""Phones by SIPp: what a phone does is a list of steps, of which its scenario is made; and the exchange that they ring."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import itertools
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import psutil

from minsheng.telephony.asterisk import layout, life
from minsheng.telephony.asterisk.gateway import Asterisk
from minsheng.telephony.asterisk.prompts import tone
from minsheng.telephony.gateway import Line

HOST = "127.0.0.1"
POLICE, OF_POLICE = "127.0.0.2", "08911100119"  # where 110 rings from, and the number that only it has


class Ports:
    """Each is given to one process of the whole machine, which holds its byte of a file locked until it ends, whatever way: of two that
    try the same port at the same moment both find it free, and the later SIPp leaves with 254."""

    def __init__(self, first: int, end: int, step: int = 1):
        self.step, self.turn = step, random.Random().sample(range(first, end, step), (end - first) // step)
        self.file = open(Path(tempfile.gettempdir()) / f"minsheng-phones-{os.getuid()}-{first}", "wb")  # closing it would give all back

    def give(self) -> int:
        """The first of `step` that are free; it comes again only after all others have."""
        for _ in range(len(self.turn)):
            self.turn.append(first := self.turn.pop(0))
            if self._ours(first) and not any(taken(port) for port in range(first, first + self.step)):
                return first
        raise AssertionError("no free ports")

    def _ours(self, port: int) -> bool:
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        return True


def free_port() -> int:
    """For a phone that is told its port, now or in some minutes: below those that the kernel gives to whoever asks for any (a browser's
    speech, a name server's answer), beside those of speech."""
    return _PORTS.give()


def taken(port: int, host: str = HOST) -> bool:
    """Whether a phone listens there already."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        try:
            tried.bind((host, port))
        except OSError:
            return True
    return False


_PORTS = Ports(24000, 31000)
_MEDIA = Ports(10000, 18000, 8)  # 8: SIPp takes this one and some behind it, for speech and for a picture


def until(seen: Callable[[], object], seconds: float = 60, what: str = ""):
    """The first true answer; an assertion when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := seen()):
        assert time.monotonic() < end, what or f"{seen} not within {seconds} s"
        time.sleep(0.05)
    return answer


class Exchange:
    def __init__(self, folder: Path, outside: int, ring_s: int = 20):
        self.folder, self.outside = folder, outside
        self.places = layout.of(folder)
        self.places.home.mkdir(parents=True, mode=0o700)
        text = layout.FIRST.format(name="pbx-t1").replace("overload = 30", "overload = 1").replace("live = false", "live = true").replace("127.0.0.1:5090", f"127.0.0.1:{outside}")
        text = text.replace("\nnumbers = []", f'\nnumbers = ["{OF_POLICE}"]').replace("peers = []                   # 110", f'peers = ["{POLICE}"]  # 110')
        (self.places / "pbx.toml").write_text(text.replace("ring_s = 20", f"ring_s = {ring_s}"), encoding="utf-8")
        self.gateway = Asterisk(folder)
        self.phones: list[Phone] = []
        self.signed: dict[int, Line] = {}

    def start(self) -> None:
        self.now = life.start(self.places, lambda text: None)
        self.trunk = layout.drawn(self.places)["trunk"]

    def close(self) -> None:
        for phone in self.phones:
            phone.end()
        if not life.stop(self.places) and hasattr(self, "now") and self.now.alive:  # its folder is gone already
            os.kill(self.now.pid, signal.SIGKILL)

    def ring(self, steps: list[str], number: str = "13800000001", called: str = "12345", trunk: str | None = None) -> Phone:
        """A citizen's phone rings us: `steps` after the answer."""
        start = [invite(called, number, self.trunk if trunk is None else trunk)]
        return Phone(self, [*start, *steps], called)

    def police(self, steps: list[str], number: str = "08911100110") -> Phone:
        """110 rings us on the number that only it has, from its own line."""
        return Phone(self, [invite(OF_POLICE, number, ""), *steps], OF_POLICE, host=POLICE)

    def rush(self, calls: int, a_second: int, steps: list[str]) -> Phone:
        """So many citizens, each with a number of their own."""
        rows = "".join(f"139{n:08}\n" for n in range(calls))
        return Phone(self, [invite("12345", "[field0]", self.trunk), *steps], "12345", many=("-m", str(calls), "-r", str(a_second), "-l", str(calls)), rows=rows)

    def sits(self, person: int, queues: tuple[str, ...] = ("q-zh",), steps: list[str] | None = None) -> Phone:
        """A person's phone on the desk signs on, the person into these queues; `steps`: from when it rings."""
        line, port = self.gateway.line(person, desk_phone=True), free_port()
        signs_on = Phone(self, [register(line.user)], line.user, port=port, password=line.password)
        assert signs_on.wait() == 0, f"could not register: {signs_on.words}"
        phone = Phone(self, [*(steps or ANSWERS), WAIT_BYE], line.user, port=port)
        until(lambda: self._idle(line.user), what="the exchange takes its time to know that a telephone is there, or free again")
        self.gateway.agent_login(person, queues)
        return phone

    def _idle(self, user: str) -> bool:
        return self.gateway.ask(lambda link: link.send("Getvar", Variable=f"DEVICE_STATE(PJSIP/{user})"))["Value"] == "NOT_INUSE"

    def outside_answers(self, *steps: str) -> Phone:
        """Whoever is rung through the trunk: 110, a citizen."""
        return Phone(self, [*ANSWERS, *steps, WAIT_BYE], "outside", port=self.outside)

    def dials(self, person: int, number: str, code: int, *steps: str) -> Phone:
        """The person's phone dials by itself."""
        if person not in self.signed:
            self.signed[person] = self.gateway.line(person, desk_phone=True)
        line = self.signed[person]
        return Phone(self, [dialled(line.user, number, code), *steps], line.user, password=line.password)

    def lines(self) -> list[list[str]]:
        """queue_log."""
        text = self.places.queue_log.read_text(encoding="utf-8") if self.places.queue_log.exists() else ""
        return [line.split("|") for line in text.splitlines()]

    def events(self) -> list[list[str]]:
        """CEL: eventtype, eventtime, linkedid, uniqueid, callerid, exten, context, channame, appname, eventextra."""
        if not self.places.cel.exists():
            return []
        with open(self.places.cel, encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def said(self, kind: str, linkedid: str = "") -> list[str]:
        """What stands behind our own events of this name."""
        return [json.loads(row[9])["extra"] if row[9].startswith("{") else row[9] for row in self.events()
                if row[0] == kind and (not linkedid or row[2] == linkedid)]

    def of_queue(self, event: str, linkedid: str = "") -> list[list[str]]:
        return [row for row in self.lines() if row[4] == event and (not linkedid or row[1] == linkedid)]

    def linkedids(self, number: str) -> list[str]:
        return sorted({row[2] for row in self.events() if row[0] == "CHAN_START" and row[4] == number})

    def call(self, number: str, event: str = "") -> str:
        """The one call of this number, when it is there and its queue has written this of it."""
        (found,) = until(lambda: self.linkedids(number), what=f"{number} did not ring")
        until(lambda: not event or self.of_queue(event, found), what=f"{number}: no {event}")
        return found

    def played(self, call: str) -> list[str]:
        """What was said to anybody in this call."""
        return [json.loads(row[9])["sound"].rpartition("/")[2] for row in self.events() if row[0] == "STREAM_BEGIN" and row[2] == call and '"sound"' in row[9]]

    def asked(self, call: str) -> None:
        """Until the citizen hears the survey: a key that is pressed before is pressed in the talk."""
        until(lambda: "survey" in self.played(call), what="no survey")

    def records(self, call: str, seconds: float = 0.5) -> Path:
        """The file of the call's one recording, or of its message, when so much is in it."""
        (kept,) = until(lambda: self.said("REC_START", call) or self.said("VOICEMAIL_START", call), what="not recorded")
        file = self.places.monitor / kept.split("var/spool/monitor/")[1]
        until(lambda: file.exists() and file.stat().st_size > 16_000 * seconds, what="nothing is heard on it")
        return file

    def recorded(self, call: str) -> Path:
        """The same when it is whole: its length stands in its head once the exchange has closed it."""
        file = self.records(call, 0)
        until(lambda: not any(one.path.endswith(file.name) for one in psutil.Process(self.now.pid).open_files()), what="still being written")
        return file

    def remembers(self, queue: str, *people: int) -> None:
        """Until who sits in a queue is on the exchange's disk: it goes there once a second."""
        (database,) = (one.path for one in psutil.Process(self.now.pid).open_files() if one.path.endswith("astdb.sqlite3"))

        def known() -> bool:
            with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as link:
                rows = link.execute("SELECT value FROM astdb WHERE key = ?", (f"/Queue/PersistentMembers/{queue}",)).fetchall()
            return bool(rows) and all(f"PJSIP/a{one};" in rows[0][0] for one in people)

        until(known, what="not on its disk")


def line_of(row: list[str]) -> str:
    """A row of CEL as it stands in the file."""
    return ",".join(f'"{part.replace(chr(34), chr(34) * 2)}"' for part in row)


class Phone:
    """One SIPp: a scenario of steps, once; or `many` times, each with a row of its own. Made, it hears what comes to it, or has done all already."""

    def __init__(self, exchange: Exchange, steps: list[str], user: str, port: int = 0, password: str = "",
                 many: tuple[str, ...] = ("-m", "1"), rows: str = "", host: str = HOST):
        if port:  # its last phone may be about to end
            until(lambda: not taken(port, host), what=f"a phone still listens at {host}:{port}")
        port = port or free_port()
        self.at, self.before = (host, port), "".join(steps).partition(UNTIL_TOLD)[0].count("INFO [next_url]")
        folder = exchange.folder / f"phone-{len(exchange.phones)}"
        folder.mkdir()
        self.folder, self.exchange, self.told = folder, exchange, 0
        (folder / "speech.wav").write_bytes(raw_alaw())
        (folder / "steps.xml").write_text(scenario(steps), encoding="utf-8", errors="surrogateescape")
        command = ["sipp", f"{HOST}:{exchange.now.ports['sip']}", "-sf", "steps.xml", "-s", user, "-i", host, "-mi", host, "-p", str(port),
                   *many, "-nostdin", "-nd", "-trace_err", "-trace_msg", "-message_file", "messages.log", "-error_file", "errors.log",
                   "-timeout", "300", "-mp", str(_MEDIA.give())]
        if rows:
            (folder / "rows.csv").write_text(f"SEQUENTIAL\n{rows}", encoding="utf-8")
            command += ["-inf", "rows.csv"]
        command += ["-au", user, "-ap", password] if password else []
        with open(folder / "said.log", "wb") as said:
            self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        exchange.phones.append(self)
        until(lambda: self.process.poll() is not None or self.hears(), what="it never listened")
        self._could_go_on()

    def _could_go_on(self) -> None:
        """0 and 1 are the steps' own, a signal is ours; all else says that it could not start, or not go on."""
        assert (code := self.process.poll()) is None or code < 2, f"SIPp left with {code}: {self.words}"

    @property
    def words(self) -> str:
        """What SIPp itself says is wrong."""
        return "\n".join(file.read_text(encoding="utf-8", errors="replace")[-1500:] for name in ("said.log", "errors.log") if (file := self.folder / name).exists())

    def hears(self) -> bool:
        """Whether it can be rung by now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return any(link.laddr.port == self.at[1] for link in psutil.Process(self.process.pid).net_connections("udp"))
        return False

    def go_on(self) -> None:
        """Past `UNTIL_TOLD`, in each of its calls. A test waits for what it needs of the exchange before, and for no time."""
        until(lambda: len(set(re.findall(r"^SIP/2\.0 200[^\0]*?^CSeq: (\d+) INFO", self.messages, re.M))) >= self.before, what="its key was not taken")
        calls, self.told = dict.fromkeys(re.findall(r"^Call-ID: (\S+)", self.messages, re.M)), self.told + 1  # the same words again would be taken for a repetition
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as told:
            for call in calls:
                told.sendto(f"MESSAGE sip:phone@{self.at[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST};branch=z9hG4bKtold{self.told}\r\n{self._ends(call)}Call-ID: {call}\r\n"
                            f"CSeq: {900 + self.told} MESSAGE\r\nContent-Length: 0\r\n\r\n".encode(), self.at)

    def _ends(self, call: str) -> str:
        """From and To of this call, as the phone knows them: its next key takes them from here."""
        got = next(one for one in self.messages.split("\nUDP message ") if one.startswith("received") and f"Call-ID: {call}" in one and re.search("^To: .*;tag=", one, re.M))
        return "".join(f"{found[0]}\r\n" for name in ("From", "To") if (found := re.search(rf"^{name}: [^\r\n]*", got, re.M)))

    def wait(self, seconds: float = 60) -> int:
        """0: all went as the steps say."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end()
            return -1
        self._could_go_on()
        return self.process.returncode

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def messages(self) -> str:
        file = self.folder / "messages.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def raw_alaw() -> bytes:
    return tone(700, 1.0)


# -- steps ----------------------------------------------------------------------------------------------------------------------------

SDP = """v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""
HEAD = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "%(shown)s" <sip:%(me)s@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Contact: <sip:%(me)s@[local_ip]:[local_port]>
Max-Forwards: 70
"""
_NEXT = "CSeq: @next"  # numbered by where a step stands, not by when it was written: of two, the exchange refuses a lower one


def _send(text: str, body: str = "", kind: str = "", retrans: str = ' retrans="500"') -> str:
    tail = f"Content-Type: {kind}\nContent-Length: [len]\n\n{body}" if body else "Content-Length: 0\n\n"
    return f"<send{retrans}><![CDATA[\n{text}{tail}\n]]></send>"


def _answered(code: int = 200) -> str:
    return f'<recv response="{code}" rtd="true"/>'


def speak(name: str = "speech.wav") -> str:
    return f'<nop><action><exec rtp_stream={quoteattr(f"{name},-1,8,PCMA/8000")}/></action></nop>'


def invite(called: str, number: str, trunk: str, shown: str = "") -> str:
    head = HEAD % {"me": number, "shown": shown or number}
    said = _send(f"INVITE sip:{called}@[remote_ip]:[remote_port] SIP/2.0\n{head}CSeq: 1 INVITE\nX-Trunk: {trunk}\n", SDP, "application/sdp")
    ack = _send(f"ACK sip:{called}@[remote_ip]:[remote_port] SIP/2.0\n{head}CSeq: 1 ACK\n", retrans="")
    return said + '<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="183" optional="true"/>' + (
        '<recv response="200" rtd="true" rrs="true"/>') + ack + speak()


def invite_refused(called: str, number: str, trunk: str, code: int) -> str:
    head = HEAD % {"me": number, "shown": number}
    said = _send(f"INVITE sip:{called}@[remote_ip]:[remote_port] SIP/2.0\n{head}CSeq: 1 INVITE\nX-Trunk: {trunk}\n", SDP, "application/sdp")
    ack = _send(f"ACK sip:{called}@[remote_ip]:[remote_port] SIP/2.0\n{head}CSeq: 1 ACK\n", retrans="")
    return said + f'<recv response="100" optional="true"/><recv response="{code}"/>' + ack


def dialled(user: str, number: str, code: int) -> str:
    """A phone that is signed on dials: asked for its password, then answered with `code`."""
    head = HEAD % {"me": user, "shown": user}
    anew = head.replace("[peer_tag_param]", "")

    def asks(sequence: int, word: str = "") -> str:
        return _send(f"INVITE sip:{number}@[remote_ip]:[remote_port] SIP/2.0\n{anew}CSeq: {sequence} INVITE\n{word}", SDP, "application/sdp")

    def ack(sequence: int) -> str:
        return _send(f"ACK sip:{number}@[remote_ip]:[remote_port] SIP/2.0\n{head}CSeq: {sequence} ACK\n", retrans="")

    rings = "".join(f'<recv response="{one}" optional="true"/>' for one in (100, 180, 183))
    return (asks(1) + '<recv response="100" optional="true"/><recv response="401" auth="true"/>' + ack(1)
            + asks(2, "[authentication]\n") + rings + f'<recv response="{code}" rrs="true"/>' + ack(2))


def register_refused(user: str, code: int = 401) -> str:
    return register(user).replace('<recv response="200" rtd="true"/>', f'<recv response="{code}"/>')


def register(user: str) -> str:
    head = HEAD.replace("%(shown)s", user) % {"me": user}
    first = _send(f"REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n{head}CSeq: 1 REGISTER\nExpires: 600\n")
    again = _send(f"REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n{head}CSeq: 2 REGISTER\n[authentication]\nExpires: 600\n")
    return first + '<recv response="401" auth="true"/>' + again + _answered()


UNTIL_TOLD = '<recv request="MESSAGE"/>'  # by `go_on`


def wait(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>'


def key(digit: str) -> str:
    head = HEAD % {"me": "phone", "shown": "phone"}
    text = f"INFO [next_url] SIP/2.0\n{head}{_NEXT} INFO\n"
    return _send(text.replace("To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]", "[last_To:]"),
                 f"Signal={digit}\nDuration=160\n", "application/dtmf-relay") + _answered()


def bye() -> str:
    return _send(f"BYE [next_url] SIP/2.0\n{HEAD % {'me': 'phone', 'shown': 'phone'}}{_NEXT} BYE\n") + _answered()


OK = "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:phone@[local_ip]:[local_port]>\n"
WAIT_BYE = '<recv request="BYE"/>' + _send(OK, retrans="")
_TO_TAG = "[last_To:];tag=[pid]a[call_number]"
RING = '<recv request="INVITE" crlf="true" rrs="true"/>' + _send(OK.replace("200 OK", "180 Ringing").replace("[last_To:]", _TO_TAG), retrans="")
ANSWER = _send(OK.replace("[last_To:]", _TO_TAG), SDP, "application/sdp") + '<recv request="ACK"/>' + speak()
ANSWERS = [RING, ANSWER]
BUSY = '<recv request="INVITE" crlf="true"/>' + _send(OK.replace("200 OK", "486 Busy Here").replace("[last_To:]", _TO_TAG)) + '<recv request="ACK"/>'


def agent_bye() -> str:
    """By who was rung: To and From are the other way round."""
    text = ("BYE [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
            "From: <sip:[service]@[local_ip]:[local_port]>;tag=[pid]a[call_number]\nTo: [$them]\nCall-ID: [call_id]\nMax-Forwards: 70\n")
    return _send(f"{text}{_NEXT} BYE\n") + _answered()


def scenario(steps: list[str]) -> str:
    numbers = itertools.count(10)
    body = re.sub(_NEXT, lambda found: f"CSeq: {next(numbers)}", "\n".join(steps))
    if "[$them]" in body:  # who rang, kept from the INVITE
        body = re.sub(r'<recv request="INVITE"([^>]*)/>', r'<recv request="INVITE"\1><action><ereg regexp=".*" search_in="hdr" header="From:" '
                      r'assign_to="them"/></action></recv>', body, count=1)
    return f'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="phone">\n{body}\n</scenario>\n'
