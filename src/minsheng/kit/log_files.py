"""Lines of JSON that many processes write into numbered files of one folder: service.000001.jsonl, service.000002.jsonl, …

Nobody renames a file, so there is nothing to race for: a process that finds its file full goes on to the next number, and whoever begins
one forgets the oldest. Each line is one write to the end of the file: lines of many processes do not mix, a process that is killed has
written what it wrote, and one that was replaced goes on beside its successor. A disk that takes nothing costs lines, never a request.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from minsheng.kit import clock

FOLDER = "logs"  # below the data folder
EACH = 8 * 1024 * 1024  # bytes of one file
_FILE = re.compile(r"service\.(\d{6,9})\.jsonl")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def files(folder: Path) -> list[tuple[int, Path]]:
    """(number, file), the oldest first."""
    try:
        found = [(int(fits[1]), Path(entry.path)) for entry in os.scandir(folder) if (fits := _FILE.fullmatch(entry.name))]
    except OSError:
        return []
    return sorted(found)


class LogFiles:
    """At most `keep` files of `each` bytes, and a line of every process more."""

    def __init__(self, folder: Path, keep: int, each: int = EACH):
        self.folder, self.keep, self.each = folder, max(2, keep), each
        self.lost = 0  # lines that the disk did not take
        self._handle: int | None = None
        self._torn = False  # the last write ended in the middle of a line
        self._lock = threading.Lock()

    def write(self, kind: str, at: datetime, **fields: object) -> bool:
        """Whether the disk took it. `at` stands first, so that a reader finds an hour without reading what lies before it."""
        line = _encode({"at": stamp(at), "kind": kind, **fields}).encode(errors="replace") + b"\n"
        with self._lock:
            try:
                whole = b"\n" + line if self._torn else line
                self._torn = os.write(self._current(), whole) < len(whole)
            except OSError:
                self.lost += 1
                return False
            self.lost += self._torn
            return not self._torn

    def _current(self) -> int:
        if self._handle is not None:
            state = os.fstat(self._handle)
            if state.st_size < self.each and state.st_nlink:
                return self._handle
            os.close(self._handle)
            self._handle = None
        there = files(self.folder)
        number = there[-1][0] if there else 1
        if there and there[-1][1].stat().st_size >= self.each:
            number += 1
        path = self.folder / f"service.{number:06}.jsonl"
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        for old, file in there:
            if old <= number - self.keep:
                file.unlink(missing_ok=True)
        return self._handle

    def close(self) -> None:
        with self._lock:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None


def stamp(at: datetime) -> str:
    """In UTC, to the millisecond: in the order of text."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


_open: LogFiles | None = None


def begin(data: Path, megabytes: int) -> LogFiles:
    """This process writes below `data` from now on."""
    global _open
    _open = LogFiles(data / FOLDER, megabytes * 1024 * 1024 // EACH)
    return _open


def end() -> None:
    global _open
    if _open is not None:
        _open.close()
    _open = None


def write(kind: str, at: datetime | None = None, **fields: object) -> None:
    """Nothing where no process began: in a command, in a test."""
    if _open is not None:
        _open.write(kind, at or clock.machine_now(), pid=os.getpid(), **fields)


def lost() -> int:
    return _open.lost if _open is not None else 0


_BEGINS = '{"at":"'


def read(folder: Path, since: str = "", until: str = "~") -> Iterator[dict]:
    """What was written from `since` to `until` (as `stamp` writes), file by file. Half lines, and what is no line of ours, are passed over."""
    for _, path in files(folder):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    found = _line(line, since, until)
                    if found is not None:
                        yield found
        except OSError:  # it was the oldest and is gone
            continue


def _line(line: str, since: str, until: str) -> dict | None:
    line = line[max(0, line.rfind(_BEGINS)):]  # a half line of a full disk, and a whole one of another process behind it
    if not since <= line[len(_BEGINS):len(_BEGINS) + 29] <= until:
        return None
    try:
        found = json.loads(line)
        aware = datetime.fromisoformat(found["at"]).tzinfo is not None
    except (ValueError, TypeError, LookupError):
        return None
    return found if aware and isinstance(found.get("kind"), str) else None
