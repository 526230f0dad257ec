"""What lies in a recording's file, how long it is kept, who may hear it. Pure.

A WAV that was being written when the exchange died says nothing, or too much, of its length: what was spoken is all there behind the header.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from datetime import date, timedelta
from sys import byteorder

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.verdict import YES, Verdict, no

COLUMNS = 240  # of the wave that a page draws
KEPT_DAYS = 365  # MINSHENG_RECORDING_DAYS
HEARS_ALL = frozenset({Role.SHIFT_LEADER, Role.QUALITY, Role.SUPERVISOR})
SHORTEST_REASON = 4
A_STORM = 60  # calls at once: from then on recordings are filed later
CALM_FOR = timedelta(minutes=1)  # without so many at once, before the filing goes on: a storm comes in waves
LOOKS = 6  # in that time
WAITS_IN_A_STORM = timedelta(minutes=30)  # and no later than this
_PCM = 1
_LOUDEST = 32768
_EVERY = 16


@dataclass(frozen=True, slots=True)
class Sound:
    """`pcm`: 16 bits, signed, little end first. `repaired`: its header was wrong about its length."""

    rate: int
    channels: int
    pcm: bytes
    repaired: bool = False

    @property
    def seconds(self) -> float:
        return len(self.pcm) / (2 * self.channels * self.rate)


def read_wav(content: bytes) -> Sound | str:
    """The sound, or why it cannot be played."""
    if content[:4] not in (b"RIFF", b"RF64") or content[8:12] != b"WAVE":
        return "不是录音文件"
    at, form = 12, None
    while at + 8 <= len(content):
        name, size = content[at:at + 4], struct.unpack_from("<I", content, at + 4)[0]
        if name == b"fmt " and at + 24 <= len(content):
            form = struct.unpack_from("<HHIIHH", content, at + 8)
        elif name == b"data":
            return _sound(form, content[at + 8:], size)
        at += 8 + size + size % 2
    return "没有录到声音"


def _sound(form: tuple[int, ...] | None, data: bytes, said: int) -> Sound | str:
    if form is None or form[0] != _PCM or form[5] != 16 or form[1] not in (1, 2) or not 4000 <= form[2] <= 48000:
        return "编码不认识，按原样保存"
    frame = 2 * form[1]
    whole = said if 0 < said <= len(data) else len(data)
    pcm = data[:whole - whole % frame]
    return Sound(form[2], form[1], pcm, repaired=whole != said) if pcm else "没有录到声音"


def wav(sound: Sound) -> bytes:
    """The same with a right header."""
    rate, channels, size = sound.rate, sound.channels, len(sound.pcm)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, _PCM, channels, rate, rate * channels * 2, channels * 2, 16, b"data", size)
    return head + sound.pcm


def peaks(sound: Sound, columns: int = COLUMNS) -> bytes:
    """How loud it is in each of so many equal parts, 0-255; every sixteenth value is looked at."""
    values = array("h", sound.pcm)[::_EVERY]
    if byteorder == "big":
        values.byteswap()
    parts = min(columns, len(values))
    cuts = [n * len(values) // parts for n in range(parts + 1)]
    loudest = [max(max(part), -min(part)) for part in (values[a:b] for a, b in zip(cuts, cuts[1:], strict=False))]
    return bytes(min(255, each * 255 // (_LOUDEST - 1)) for each in loudest)


def kept_until(began: date, days: int = KEPT_DAYS) -> date:
    return began + timedelta(days=days)


def may_hear(by: Actor, agent_id: int | None, sees_cases: bool) -> Verdict:
    """Of a call: shift leader, quality inspector and supervisor, and who spoke in it. Nobody who may not see a case that it was about;
    so nobody of a unit that is complained of."""
    if not sees_cases or not (by.roles & HEARS_ALL or (agent_id and agent_id == by.id)):
        return no("hidden", "没有这段录音，或您无权收听")
    return YES


def reason_given(reason: str) -> Verdict:
    return YES if len(reason.strip()) >= SHORTEST_REASON else no("reason", f"请写明收听的理由，至少 {SHORTEST_REASON} 个字", "reason")
