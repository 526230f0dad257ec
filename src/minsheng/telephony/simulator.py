"""A city that calls, without an exchange: seeded arrivals, patience and talk, written as the same text that an exchange writes.

It is used where there is no exchange (`--telephony simulator`) and by tests; screens that run on it say so. A `Day` knows no clock of
its own: it gives lines with their instants, and `write` puts those that are due into the files.
"""

from __future__ import annotations

import heapq
import json
import math
import random
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

QUEUE_LOG, CEL = "var/log/asterisk/queue_log", "var/log/asterisk/cel-custom/calls.csv"
MONITOR = "var/spool/monitor"
ORDERS = "orders.jsonl"
POLICE = "08911100110"
_PREFIXES = ("139", "138", "136", "151", "177", "189")


@dataclass(frozen=True, slots=True)
class Town:
    """What its people are like. Seconds; `agents`: (person, languages)."""

    agents: tuple[tuple[int, tuple[str, ...]], ...]
    per_hour: float = 60.0
    patience: float = 60.0
    talk: float = 120.0
    wrap: float = 15.0
    bo: float = 0.25  # who chooses Tibetan
    presses_1: float = 0.15  # of those who lose patience
    ignores: float = 0.05  # of rings
    survey: float = 0.4
    records: float = 1.0  # share of talks that leave a file
    hidden: float = 0.05
    numbers: int = 500  # how many different callers there are
    pbx: str = "pbx1"
    police: float = 0.0  # share of calls that are 110, which hands somebody over


def recording(town: Town) -> Town:
    """The same town, of whose talks every second one leaves a file."""
    return replace(town, records=0.5)


@dataclass(frozen=True, slots=True, order=True)
class Line:
    at: float
    order: int
    file: str = field(compare=False)
    text: str = field(compare=False)
    sound: tuple[str, float] | None = field(compare=False, default=None)  # a recording that is whole now: path below MONITOR, seconds


@dataclass(slots=True)
class _Call:
    id: str
    number: str
    queue: str
    entered: float
    gives_up: float
    presses: bool
    ringing: int = 0
    over: bool = False


class _Pen:
    """Writes as an exchange does."""

    now: float
    count: int
    lines: list[Line]

    def _write(self, file: str, text: str, sound: tuple[str, float] | None = None) -> None:
        self.count += 1
        self.lines.append(Line(self.now, self.count, file, text, sound))

    def _log(self, call: str, queue: str, event: str, *data: object, agent: str = "NONE") -> None:
        self._write(QUEUE_LOG, "|".join(map(str, (int(self.now), call, queue, agent, event, *data))))

    def _cel(self, event: str, call: _Call, leg: str, channel: str, app: str = "", extra: str = "", context: str = "from-trunk") -> None:
        parts = (event, f"{self.now:.3f}", call.id, leg, call.number, "12345", context, channel, app, extra)
        self._write(CEL, ",".join('"' + part.replace('"', '""') + '"' for part in parts))

    def _ours(self, event: str, key: str, person: int, extra: str = "") -> None:
        """Of a call that the centre makes."""
        parts = (event, f"{self.now:.3f}", key, key, "12345", "", "callback", f"PJSIP/a{person}-0000002a", "", extra)
        self._write(CEL, ",".join('"' + part.replace('"', '""') + '"' for part in parts))


class _Thrown(_Pen):
    """Who calls, and when."""

    town: Town
    dice: random.Random

    def _gap(self) -> float:
        return self.dice.expovariate(self.town.per_hour / 3600)

    def _number(self) -> str:
        who = self.dice.randrange(self.town.numbers)
        return f"{_PREFIXES[who % len(_PREFIXES)]}{10_000_000 + who * 7919 % 90_000_000:08d}"


class _CallsBack(_Thrown):
    """Calls that the centre makes."""

    heap: list[tuple[float, int, str, tuple]]

    def _at(self, seconds: float, what: str, *given) -> None:
        self.count += 1
        heapq.heappush(self.heap, (self.now + seconds, self.count, what, given))

    def dial(self, key: str, person: int) -> None:
        """Three of four are reached."""
        self._ours("CHAN_START", key, person)
        self._at(self.dice.uniform(4, 12), "dialled", key, person, self.dice.random() < 0.75)

    def _dialled(self, key: str, person: int, reached: bool) -> None:
        self._ours("CALLBACK_RESULT", key, person, '{"extra":"' + ("ANSWER" if reached else "NOANSWER") + '"}')
        if reached:
            self._ours("BRIDGE_ENTER", key, person)
        self._at(self.dice.uniform(10, 40) if reached else 1.0, "hung_up", key, person)

    def _hung_up(self, key: str, person: int) -> None:
        self._ours("LINKEDID_END", key, person)


class Day(_CallsBack):
    """Lines in the order of time, for ever."""

    def __init__(self, town: Town, seed: int, begin: datetime):
        self.town, self.dice, self.now = town, random.Random(seed), begin.timestamp()
        self.heap: list[tuple[float, int, str, tuple]] = []
        self.lines: list[Line] = []
        self.count = 0
        self.free: dict[int, float] = {}
        self.waiting: list[_Call] = []
        self._log("NONE", "NONE", "QUEUESTART")
        for person, _ in town.agents:
            self._sign_in(person)
        self._at(self._gap(), "arrives")

    def until(self, end: float) -> Iterator[Line]:
        """All lines up to an instant."""
        while self.heap and self.heap[0][0] <= end:
            self.now, _, what, given = heapq.heappop(self.heap)
            getattr(self, "_" + what)(*given)
            yield from self._taken()
        yield from self._taken()

    def _taken(self) -> list[Line]:
        taken, self.lines = self.lines, []
        return taken

    def _sign_in(self, person: int) -> None:
        self.free[person] = self.now
        self._log("MANAGER", "q-zh", "ADDMEMBER", agent=f"a{person}")

    # --- the call ------------------------------------------------------------

    def _arrives(self) -> None:
        self._at(self._gap(), "arrives")
        self.count += 1
        if self.town.police and self.dice.random() < self.town.police:
            self._hands_over()
            return
        number = "anonymous" if self.dice.random() < self.town.hidden else self._number()
        call = _Call(f"{self.town.pbx}-{int(self.now)}.{self.count}", number, "q-bo" if self.dice.random() < self.town.bo else "q-zh", 0.0, 0.0,
                     self.dice.random() < self.town.presses_1)
        self._cel("CHAN_START", call, call.id, f"PJSIP/trunk-{self.count:08x}")
        self._at(self.dice.uniform(4, 9), "chooses", call)

    def _hands_over(self) -> None:
        """110, on the number that only it has: no greeting and no key, and it waits."""
        call = _Call(f"{self.town.pbx}-{int(self.now)}.{self.count}", POLICE, "q-zh", 0.0, 0.0, False)
        self._cel("CHAN_START", call, call.id, f"PJSIP/police-{self.count:08x}", context="from-police")
        self._cel("FROM_PARTY", call, call.id, "PJSIP/police-1", "CELGenUserEvent", '{"extra":"110"}', "police")
        self._waits(call, 10 * self.town.patience)

    def _chooses(self, call: _Call) -> None:
        if self.dice.random() < 0.03:
            self._ends(call)
            return
        self._waits(call, self.town.patience)

    def _waits(self, call: _Call, patience: float) -> None:
        self._cel("IVR_LANG", call, call.id, "PJSIP/trunk-1", "CELGenUserEvent", '{"extra":"' + call.queue[2:] + '"}')
        self._cel("APP_START", call, call.id, "PJSIP/trunk-1", "Queue")
        self._log(call.id, call.queue, "ENTERQUEUE", "", call.number, 1)
        call.entered = self.now
        call.gives_up = self.dice.expovariate(1 / patience)
        self.waiting.append(call)
        self._at(call.gives_up, "gives_up", call)
        self._match()

    def _match(self) -> None:
        """The longest free person who speaks the language gets the longest waiting caller."""
        speaks = dict(self.town.agents)
        for call in [c for c in self.waiting if not c.ringing]:
            able = [p for p in sorted(self.free, key=lambda p: (self.free[p], p)) if call.queue[2:] in speaks[p]]
            if able:
                call.ringing = able[0]
                del self.free[able[0]]
                self._cel("CHAN_START", call, f"{call.id}{able[0] % 97}", f"PJSIP/a{able[0]}-0000002a", context="from-agent")
                ignored = self.dice.random() < self.town.ignores
                self._at(20.0 if ignored else self.dice.uniform(1, 6), "rings_out" if ignored else "answers", call, able[0])

    def _rings_out(self, call: _Call, person: int) -> None:
        self.free[person] = self.now
        if not call.over:
            self._log(call.id, call.queue, "RINGNOANSWER", 20000, agent=f"a{person}")
            call.ringing = 0
        self._match()

    def _gives_up(self, call: _Call) -> None:
        if call.over:
            return
        self._gone(call)
        waited = int(self.now) - int(call.entered)
        if call.presses:
            self._log(call.id, call.queue, "EXITWITHKEY", 1, 1, 1, waited)
            self._log(call.id, call.queue, "CALLBACKREQ", call.number)
        else:
            self._log(call.id, call.queue, "ABANDON", 1, 1, waited)
        self._ends(call)

    def _gone(self, call: _Call) -> None:
        call.over = True
        self.waiting.remove(call)

    def _answers(self, call: _Call, person: int) -> None:
        if call.over:
            self.free[person] = self.now
            self._match()
            return
        self._gone(call)
        leg = f"{call.id}{person % 97}"
        self._log(call.id, call.queue, "CONNECT", int(self.now) - int(call.entered), leg, 3, agent=f"a{person}")
        self._cel("BRIDGE_ENTER", call, call.id, "PJSIP/trunk-1")
        talk = max(8.0, self.dice.lognormvariate(math.log(self.town.talk), 0.6))
        path = ""
        if self.dice.random() < self.town.records:
            path = f"{datetime.fromtimestamp(self.now, UTC) + timedelta(hours=8):%Y/%m/%d}/{call.id}.{leg}.wav"
            self._cel("REC_START", call, leg, f"PJSIP/a{person}-0000002a", "CELGenUserEvent", '{"extra":"' + path + '"}', "agent-pickup")
        self._at(talk, "is_done", call, person, self.now, path)

    def _is_done(self, call: _Call, person: int, since: float, path: str) -> None:
        surveyed = self.dice.random() < self.town.survey
        talked = int(self.now) - int(since)
        self._log(call.id, call.queue, "COMPLETEAGENT" if surveyed else "COMPLETECALLER", int(since) - int(call.entered), talked, 1, agent=f"a{person}")
        self._log("MANAGER", "NONE", "PAUSE", "wrap_up", agent=f"a{person}")
        if path:
            self._write(CEL, "", (path, self.now - since))
        self._at(self.town.wrap * self.dice.uniform(0.5, 1.5), "is_ready", person)
        self._at(self.dice.uniform(2, 6) if surveyed else 0.0, "says" if surveyed else "ends", call)

    def _says(self, call: _Call) -> None:
        score = self.dice.choice("1111122233")
        self._cel("SURVEY", call, call.id, "PJSIP/trunk-1", "CELGenUserEvent", '{"extra":"' + score + '"}', "survey")
        self._ends(call)

    def _is_ready(self, person: int) -> None:
        self._log("MANAGER", "NONE", "UNPAUSE", "", agent=f"a{person}")
        self.free[person] = self.now
        self._match()

    def _ends(self, call: _Call) -> None:
        call.over = True
        self._cel("LINKEDID_END", call, call.id, "PJSIP/trunk-1")


def write(place: Path, lines: Iterator[Line] | list[Line]) -> int:
    """Adds lines to the files of an exchange's folder, and the recordings that are whole. How many."""
    texts: dict[str, list[str]] = {}
    number = 0
    for line in lines:
        if line.sound is not None:
            sound(place / MONITOR / line.sound[0], line.sound[1], line.order)
        else:
            texts.setdefault(line.file, []).append(line.text + "\n")
            number += 1
    for file, said in texts.items():
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        with open(place / file, "a", encoding="utf-8") as out:
            out.write("".join(said))
    return number


RATE = 8000


def sound(path: Path, seconds: float, seed: int) -> None:
    """Two voices that take turns, as tones: nobody's words."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dice, samples = random.Random(seed), bytearray()
    while len(samples) < 2 * RATE * min(seconds, 600):
        pitch, length = dice.choice((140, 210)), dice.uniform(0.4, 2.5)
        loud = dice.uniform(2000, 9000)
        table = [int(loud * math.sin(2 * math.pi * pitch * n / RATE) * (0.6 + 0.4 * math.sin(2 * math.pi * 4 * n / RATE))) for n in range(RATE // 2)]
        piece = struct.pack(f"<{len(table)}h", *table)
        samples += (piece * (int(2 * length) + 1))[: 2 * int(RATE * length)] + bytes(2 * int(RATE * dice.uniform(0.1, 0.5)))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(samples[: 2 * int(RATE * seconds)]))


class Orders:
    """Orders as they come: those that were given before this one began are past."""

    def __init__(self, place: Path):
        self.file = place / ORDERS
        self.offset = self.file.stat().st_size if self.file.exists() else 0

    def new(self) -> list[dict[str, Any]]:
        if not self.file.exists():
            return []
        with open(self.file, "rb") as source:
            source.seek(self.offset)
            text = source.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]
