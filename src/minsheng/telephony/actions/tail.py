"""Reading an exchange's files: what was read and how far are kept in one transaction, so a reader that dies loses and doubles nothing.

A rotated file is known by its beginning and read to its end, also packed; one that was cut short or written anew on the same inode begins at its
beginning.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.db import transaction

from minsheng.kit import clock, sealing
from minsheng.telephony.actions import call_rows, ledger
from minsheng.telephony.models import LedgerOffset, UnreadLine
from minsheng.telephony.queries.numbers import LINE
from minsheng.telephony.rules import ledger_lines
from minsheng.telephony.rules.events import Event
from minsheng.telephony.rules.ledger_lines import Unread

FILES = ledger_lines.FILES
OLD = timedelta(hours=2)
JUMP = timedelta(seconds=90)  # a clock that is off by so much more than at the last look was set
PIECE = 512 * 1024  # bytes of one transaction
_BEFORE = b"\0\xef\xbb\xbf"  # what a power failure leaves where nothing was written yet, and an editor at the beginning
_STEP = 4096  # bytes read at once: what comes before a break is kept
_HEAD = 200  # bytes by which a file is known
_SYSTEM = re.compile(r"^\s*systemname\s*=>?\s*([A-Za-z0-9_-]{1,40})\s*$", re.M)


def folder() -> Path:
    return settings.DATA / "pbx"


def name_of(place: Path) -> str:
    """The exchange's own name, by which its calls are numbered."""
    try:
        found = _SYSTEM.search((place / "etc" / "asterisk.conf").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return found[1] if found else "pbx1"


Stamp = tuple[int, int, int]  # of a file: its inode, size, and when it was written
Source = tuple[Path, str, str]  # where it lies, its name, its reader


def tail(place: Path | None = None, pbx: str = "", piece: int = PIECE, seen: dict[str, Stamp] | None = None) -> int:
    """How many lines were read of all files of an exchange, to their ends. `seen`: what the caller keeps between two looks; a file that
    has not changed since costs one look at the disk."""
    place, seen = place or folder(), {} if seen is None else seen
    pbx = pbx or name_of(place)
    stamps = {file: _stamp(place / file) for file in FILES}  # before it is read: what is written meanwhile is read at the next look
    shut = {file: wrong for file in FILES if (wrong := _shut(place / file))}
    changed = [(place / file, file, FILES[file]) for file, stamp in stamps.items() if file not in shut and (stamp is None or seen.get(file) != stamp)]
    begun = list(LedgerOffset.objects.filter(pbx=pbx, closed=False)) if changed else []
    read = sum(_through(pbx, [(path, file, reader)], piece, True) for base, file, reader in changed
               for path in _rotated(pbx, file, base, [row for row in begun if row.file == file]))
    read += _through(pbx, changed, piece, False)
    seen.update({file: stamp for file, stamp in stamps.items() if stamp is not None and file not in shut})
    for wrong in shut.values():  # said when the other one has been read
        raise wrong
    return read


def _shut(path: Path) -> OSError | None:
    """Why a file that is there cannot be opened."""
    try:
        with open(path, "rb"):
            return None
    except FileNotFoundError:
        return None
    except OSError as wrong:
        return wrong


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _through(pbx: str, sources: list[Source], piece: int, rotated: bool) -> int:
    """To their ends, piece by piece."""
    read, more = 0, bool(sources)
    while more:
        lines, more = _pieces(pbx, sources, piece, rotated)
        read += lines
    return read


def _rotated(pbx: str, file: str, base: Path, begun: list[LedgerOffset]) -> Iterator[Path]:
    """Files beside it, the oldest first, that were begun and are the current one no more, and those that came and went unseen: moved, copied
    away, packed, as often as it was done meanwhile. A file is known by its beginning."""
    now, head = _inode(base), _head(base)
    gone = [row for row in begun if row.inode != now or (head and bytes(row.head) != head)]
    if not gone:
        return
    heads, known = {bytes(row.head) for row in gone}, {bytes(one) for one in LedgerOffset.objects.filter(pbx=pbx, file=file).values_list("head", flat=True)}
    since = min(row.read_at or clock.now() for row in gone) - clock.offset()
    for path in sorted(base.parent.glob(base.name + "*"), key=_written):
        found = _head(path) if path != base else b""
        if found and (found in heads or (found not in known and _written(path) > since.timestamp())):
            yield path
    LedgerOffset.objects.filter(pk__in=[row.pk for row in gone]).update(closed=True)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else open(path, "rb")


def _head(path: Path) -> bytes:
    """By what a file is known; b"" for one that has no line yet, or cannot be read."""
    try:
        with _open(path) as source:
            return _digest_of(source.readline(_HEAD))
    except (OSError, EOFError, zlib.error):
        return b""


def _digest_of(first: bytes) -> bytes:
    return hashlib.sha256(first).digest() if first.endswith(b"\n") or len(first) == _HEAD else b""


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class _Part:
    """What is read of one file at once."""

    row: LedgerOffset
    lines: int
    whole: int  # bytes of whole lines
    events: list[Event]
    unread: list[tuple[int, str, str]]
    more: bool
    written: float | None  # when the last of it was, where it is the end of the file
    last: datetime | None  # the same by the exchange's clock


def _pieces(pbx: str, sources: list[Source], piece: int, rotated: bool) -> tuple[int, bool]:
    """One transaction for a piece of each file: a call that both speak of is written once. How many lines, and whether there may be more."""
    with ExitStack() as opened, transaction.atomic():
        there = []
        for path, file, reader in sources:
            with suppress(FileNotFoundError):
                there.append((file, reader, opened.enter_context(_open(path))))
        known = [] if rotated else _known(pbx, [source for *_, source in there])
        parts = [_part(pbx, file, reader, source, piece, known if not rotated else None) for file, reader, source in there]
        found = [part for part in parts if part is not None]
        if any(_was_set(part) for part in found):
            ledger.clock_jumped(pbx)
        ahead = max((_off(part) for part in found), key=abs, default=0)
        ledger.keep(pbx, [event for part in found for event in part.events], timedelta(seconds=ahead))
        for part in found:
            _keep_unread(part.row, part.unread)
        _move(found)
        return sum(part.lines for part in found), any(part.more for part in found)


def _known(pbx: str, sources: list[BinaryIO]) -> list[LedgerOffset]:
    """The rows of these files, and of what lay on their inodes before, locked."""
    inodes = [os.fstat(source.fileno()).st_ino for source in sources]
    return list(LedgerOffset.objects.select_for_update().filter(pbx=pbx, inode__in=inodes).order_by("id"))


def _part(pbx: str, file: str, reader: str, source: BinaryIO, piece: int, known: list[LedgerOffset] | None) -> _Part | None:
    """None: there is no whole line more. `known`: of the file that grows; None: of one that was moved away."""
    rotated = known is None
    row = _of_rotated(pbx, file, source) if known is None else _offset(pbx, file, source, known)
    if row is None:
        return None
    text, breaks_off = _text(source, row.offset, piece)
    lines, whole = ledger_lines.whole_lines(text)
    if not whole and text and rotated and not breaks_off:  # it was cut off, and grows no more
        lines, whole = [(0, text)], len(text)
    if not whole and (breaks_off or len(text) < piece):
        return None
    if not whole:  # longer than any line: given up, it ends somewhere further on
        lines, whole = [(0, text)], len(text)
    events, unread = _read(lines, reader, pbx)
    status = os.fstat(source.fileno())
    at_end = row.offset + whole == status.st_size and not rotated
    return _Part(row, len(lines), whole, events, unread, len(text) == piece, status.st_mtime if at_end else None, _said_last(lines, reader))


def _text(source: BinaryIO, offset: int, piece: int) -> tuple[bytes, bool]:
    """What stands there from `offset` on, and whether it breaks off: a packed file that is being written still, or was cut by a full disk."""
    found = bytearray()
    try:
        source.seek(offset)
        while len(found) < piece and (some := source.read(min(_STEP, piece - len(found)))):
            found += some
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return bytes(found), True
    return bytes(found), False


def _said_last(lines: list[tuple[int, bytes]], reader: str) -> datetime | None:
    """Of interest or not: music that begins anew while somebody waits is the newest that there is."""
    return next((at for _, raw in reversed(lines) if (at := ledger_lines.when(reader, raw.decode("utf-8", errors="replace")))), None)


def _offset(pbx: str, file: str, source: BinaryIO, all_known: list[LedgerOffset]) -> LedgerOffset | None:
    """The row of this very content; a new one for what was never read. None: not even one line is there."""
    status, head = os.fstat(source.fileno()), _digest_of(source.readline(_HEAD))
    if not head:
        return None
    known = [row for row in all_known if row.file == file and row.inode == status.st_ino]
    row = next((r for r in known if bytes(r.head) == head), None)
    if row is not None and status.st_size < row.offset:  # cut short, and begun again with the same line
        row.offset = 0
    for other in known:
        if other is not row and not other.closed:
            LedgerOffset.objects.filter(pk=other.pk).update(closed=True)
    return row or LedgerOffset.objects.create(pbx=pbx, file=file, inode=status.st_ino, head=head)


def _of_rotated(pbx: str, file: str, source: BinaryIO) -> LedgerOffset | None:
    """The same for a file that grows no more: wherever it was moved to, it goes on where it was left."""
    inode, head = os.fstat(source.fileno()).st_ino, _digest_of(source.readline(_HEAD))
    if not head:
        return None
    row = LedgerOffset.objects.select_for_update().filter(pbx=pbx, file=file, head=head).order_by("-offset").first()
    return row or LedgerOffset.objects.create(pbx=pbx, file=file, inode=inode, head=head)


def _read(lines: list[tuple[int, bytes]], reader: str, pbx: str) -> tuple[list[Event], list[tuple[int, str, str]]]:
    """(events, [(where, line, why it cannot be read)])."""
    events, unread, ahead = [], [], clock.offset()
    for at, raw in lines:
        line = raw.lstrip(_BEFORE).decode("utf-8", errors="replace")
        if len(raw.lstrip(b"\0")) < len(raw):
            unread.append((at, "", "断电留下的空字节，之后的照读"))
        try:
            event = ledger_lines.READERS[reader](line, pbx) if line.strip() else None
        except Unread as wrong:
            unread.append((at, line[:500], str(wrong)))
            continue
        if event is not None:
            events.append(replace(event, at=event.at + ahead))
    return events, unread


def _keep_unread(row: LedgerOffset, unread: list[tuple[int, str, str]]) -> None:
    if unread:
        UnreadLine.objects.bulk_create([
            UnreadLine(pbx=row.pbx, file=row.file, inode=row.inode, offset=row.offset + at, text_sealed=sealing.seal(line, LINE), reason=why, at=clock.now())
            for at, line, why in unread], ignore_conflicts=True)


def _move(parts: list[_Part]) -> None:
    """What was written last bears the exchange's time; the file system knows ours."""
    for part in parts:
        row = part.row
        row.offset, row.lines, row.read_at = row.offset + part.whole, row.lines + part.lines, clock.now()
        if part.events:
            row.last_at = max(event.at for event in part.events)
        row.skew_s = _off(part)
    call_rows.put_offsets([part.row for part in parts])


def _off(part: _Part) -> int:
    """Seconds that the exchange's clock is ahead of ours, by what it wrote just now."""
    if part.last is None or part.written is None:
        return part.row.skew_s
    return _skew(part.last, datetime.fromtimestamp(part.written, UTC))


def _was_set(part: _Part) -> bool:
    """Whether the exchange's clock was set since the last look. What is off by hours is an old file that came back."""
    off, before = _off(part), part.row.skew_s
    return part.row.read_at is not None and abs(off - before) > JUMP.total_seconds() and max(abs(off), abs(before)) < OLD.total_seconds()


def _skew(last: datetime, written: datetime) -> int:
    """Seconds that the exchange's clock is ahead of (behind: negative) this machine's; below a minute it says nothing."""
    off = last - written
    return round(off.total_seconds()) if abs(off) > timedelta(minutes=1) else 0
