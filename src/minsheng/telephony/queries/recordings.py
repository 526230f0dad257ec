"""The calls of a case with what was recorded of them, as the reader may know it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.queries import get
from minsheng.kit import clock
from minsheng.telephony import keeping
from minsheng.telephony.actions.transcripts import words
from minsheng.telephony.models import Call, Recording
from minsheng.telephony.queries import numbers
from minsheng.telephony.recogniser import Segment
from minsheng.telephony.rules import recordings as rules
from minsheng.telephony.rules.words import RecordingState

READERS = rules.HEARS_ALL | {Role.AGENT, Role.CALLBACK_CLERK}
_HALF = 20  # of the wave's height
_LATE, _LATELY = timedelta(hours=1), timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One recording. `hears`: this reader may ask to hear it; `words`: filled for who was let hear it."""

    row: Recording
    hears: bool
    words: tuple[Segment, ...] = ()

    @property
    def wave(self) -> str:
        """The path of an SVG of 240 by 40."""
        return " ".join(f"M{n} {_HALF - high}v{2 * high}" for n, peak in enumerate(bytes(self.row.peaks)) for high in [max(1, peak * _HALF // 255)])

    @property
    def plays(self) -> bool:
        return self.row.state in (RecordingState.KEPT.value, RecordingState.REPAIRED.value)

    @property
    def transcript_state(self) -> str:
        return self.row.transcript.get_state_display() if hasattr(self.row, "transcript") else ""

    @property
    def transcript_note(self) -> str:
        return self.row.transcript.note if hasattr(self.row, "transcript") else ""


@dataclass(frozen=True)
class CallLine:
    call: Call
    number: str  # masked
    recordings: tuple[Line, ...]


def of_case(case_id: int, by: Actor, opened: int = 0) -> list[CallLine]:
    """Calls that were about the case, the newest first. Refused("hidden") for who may not see it. Three statements; one more for a case
    with readers or tasks.

    opened  the recording that the reader was let hear: with its words
    """
    get(case_id, by)
    calls = Call.objects.filter(cases__case_id=case_id).prefetch_related("recordings__transcript").order_by("-arrived_at", "-id")
    return [CallLine(call, numbers.masked(call), of_call(call, by, opened)) for call in calls]


def of_call(call: Call, by: Actor, opened: int = 0) -> tuple[Line, ...]:
    """Of a call whose cases the reader may see."""
    hears = bool(rules.may_hear(by, call.agent_id, True))
    rows = sorted(call.recordings.all(), key=lambda row: row.began_at)
    return tuple(Line(row, hears, words(row.transcript) if hears and row.pk == opened and hasattr(row, "transcript") else ()) for row in rows)


def told(whole: bool) -> list[tuple[bool, str]]:
    """For doctor: recordings that wait too long, that never came, and, when `whole`, that are not as they were kept."""
    now = clock.now()
    waiting = Recording.objects.filter(state=RecordingState.OPEN.value, call__ended_at__lt=now - _LATE).count()
    missing = Recording.objects.filter(state=RecordingState.MISSING.value, began_at__gt=now - _LATELY).count()
    found = [(False, f"{waiting} 段录音在通话结束一小时后仍未归档：请看磁盘空间，和话务平台录音目录的权限")] if waiting else []
    found += [(False, f"近七天有 {missing} 段录音话务平台没有留下文件：请看话务平台的日志和磁盘")] if missing else []
    if whole:
        found += [(False, f"录音 {id_} 的文件{wrong}：{path}") for id_, path, sha256 in _kept() if (wrong := _wrong(path, sha256))]
    return found


def _kept() -> Iterator[tuple[int, str, bytes]]:
    """(id, path, digest) of those that are kept."""
    rows = Recording.objects.exclude(path="").exclude(sha256=None).values_list("id", "path", "sha256")
    return ((id_, path, bytes(sha256 or b"")) for id_, path, sha256 in rows.iterator())


def kept_contents() -> dict[str, tuple[str, str]]:
    """Where every kept recording lies below the data folder -> (its digest, what to call it)."""
    return {f"recordings/{path}": (sha256.hex(), f"录音 {id_}") for id_, path, sha256 in _kept()}


def _wrong(path: str, sha256: bytes) -> str:
    try:
        return "" if keeping.digest(keeping.archive(path)) == sha256 else "与归档时不同"
    except OSError:
        return "不在了"
