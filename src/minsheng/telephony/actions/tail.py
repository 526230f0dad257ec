"""Reading an exchange's files: what was read and how far are kept in one transaction, so a reader that dies loses and doubles nothing.

A rotated file is known by its inode and read to its end; one that was cut short or written anew on the same inode begins at its beginning.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from minsheng.kit import clock, sealing
from minsheng.telephony.actions import ledger
from minsheng.telephony.models import LedgerOffset, UnreadLine
from minsheng.telephony.queries.numbers import LINE
from minsheng.telephony.rules import ledger_lines
from minsheng.telephony.rules.events import Event
from minsheng.telephony.rules.ledger_lines import Unread

FILES = {"var/log/asterisk/queue_log": ledger_lines.QUEUE_LOG, "var/log/asterisk/cel-custom/calls.csv": ledger_lines.CEL}
PIECE = 512 * 1024  # bytes of one transaction
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


def tail(place: Path | None = None, pbx: str = "", piece: int = PIECE) -> int:
    """How many lines were read of all files of an exchange, to their ends."""
    place = place or folder()
    pbx = pbx or name_of(place)
    return sum(_file(pbx, place, file, reader, piece) for file, reader in FILES.items())


def _file(pbx: str, place: Path, file: str, reader: str, piece: int) -> int:
    base, read = place / file, 0
    for path, closing in [*_rotated(pbx, file, base), (base, False)]:
        while (lines := _piece(pbx, path, file, reader, piece, closing)) is not None:
            read += lines
    return read


def _rotated(pbx: str, file: str, base: Path) -> Iterator[tuple[Path, bool]]:
    """Files that were read before and are the current one no more, where they still lie beside it."""
    now = _inode(base)
    open_ = [row for row in LedgerOffset.objects.filter(pbx=pbx, file=file, closed=False) if row.inode != now]
    if not open_:
        return
    beside = {inode: path for path in sorted(base.parent.glob(base.name + "*")) if (inode := _inode(path)) and path != base}
    for row in open_:
        if row.inode in beside:
            yield beside[row.inode], True
        LedgerOffset.objects.filter(pk=row.pk).update(closed=True)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _piece(pbx: str, path: Path, file: str, reader: str, piece: int, rotated: bool) -> int | None:
    """One transaction: how many lines; None when there is no whole line more."""
    try:
        with open(path, "rb") as source, transaction.atomic():
            row = _offset(pbx, file, source)
            if row is None:
                return None
            source.seek(row.offset)
            text = source.read(piece)
            lines, whole = ledger_lines.whole_lines(text)
            if not whole and len(text) < piece:
                return None
            if not whole:  # longer than any line: given up, it ends somewhere further on
                lines, whole = [(0, text)], len(text)
            events, unread = _read(lines, reader, pbx)
            ledger.keep(pbx, events)
            _keep_unread(row, unread)
            status = os.fstat(source.fileno())
            at_end = row.offset + whole == status.st_size and not rotated
            _move(row, whole, len(lines), events, status.st_mtime if at_end else None)
            return len(lines)
    except FileNotFoundError:
        return None


def _offset(pbx: str, file: str, source) -> LedgerOffset | None:
    """The row of this very content, locked; a new one for what was never read. None: not even one line is there."""
    status, first = os.fstat(source.fileno()), source.readline(_HEAD)
    if not first.endswith(b"\n") and len(first) < _HEAD:
        return None
    head = hashlib.sha256(first).digest()
    known = list(LedgerOffset.objects.select_for_update().filter(pbx=pbx, file=file, inode=status.st_ino).order_by("id"))
    row = next((r for r in known if bytes(r.head) == head), None)
    if row is not None and status.st_size < row.offset:  # cut short, and begun again with the same line
        row.offset = 0
    for other in known:
        if other is not row and not other.closed:
            LedgerOffset.objects.filter(pk=other.pk).update(closed=True)
    return row or LedgerOffset.objects.create(pbx=pbx, file=file, inode=status.st_ino, head=head)


def _read(lines: list[tuple[int, bytes]], reader: str, pbx: str) -> tuple[list[Event], list[tuple[int, str, str]]]:
    """(events, [(where, line, why it cannot be read)])."""
    events, unread, ahead = [], [], clock.offset()
    for at, raw in lines:
        line = raw.decode("utf-8", errors="replace")
        try:
            event = ledger_lines.READERS[reader](line, pbx) if line.strip() else None
        except Unread as wrong:
            unread.append((at, line[:500], str(wrong)))
            continue
        if event is not None:
            events.append(replace(event, at=event.at + ahead))
    return events, unread


def _keep_unread(row: LedgerOffset, unread: list[tuple[int, str, str]]) -> None:
    UnreadLine.objects.bulk_create([
        UnreadLine(pbx=row.pbx, file=row.file, inode=row.inode, offset=row.offset + at, text_sealed=sealing.seal(line, LINE), reason=why, at=clock.now())
        for at, line, why in unread], ignore_conflicts=True)


def _move(row: LedgerOffset, whole: int, lines: int, events: list[Event], written: float | None) -> None:
    """What was written last bears the exchange's time; the file system knows ours."""
    row.offset, row.lines, row.read_at = row.offset + whole, row.lines + lines, clock.now()
    if events:
        row.last_at = max(event.at for event in events)
        if written is not None:
            row.skew_s = _skew(row.last_at - clock.offset(), datetime.fromtimestamp(written, UTC))
    row.save()


def _skew(last: datetime, written: datetime) -> int:
    """Seconds that the exchange's clock is ahead of (behind: negative) this machine's; below a minute it says nothing."""
    off = last - written
    return round(off.total_seconds()) if abs(off) > timedelta(minutes=1) else 0
