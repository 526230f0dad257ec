"""Keeping and erasing bytes. `by` is anybody with `.id` and `.name`."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from django.db import DatabaseError, transaction

from minsheng.files import keeping, rules
from minsheng.files.models import StoredFile
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.verdict import Invalid

ORPHAN_S = 3600.0  # seconds after which bytes without a row are nobody's
_BATCH = 500


class By(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """Bytes that were looked at and cleaned, ready to be kept."""

    content: bytes  # empty: laid down already
    mime: str
    sha256: str
    name: str
    size: int


def store(*, content: bytes, name: str, by: By, kind: str = "attachment") -> StoredFile:
    """`prepare` and `keep` at once, where no transaction is open yet."""
    return keep(prepared=prepare(content=content, name=name), by=by, kind=kind)


def prepare(*, content: bytes, name: str) -> Prepared:
    """Look at the bytes and clean them, outside any transaction: an image takes its time. Invalid({"file": …}) says what to do instead.

    Images lose their EXIF data (the place where a photo was taken, the owner of the phone).
    """
    wrong = rules.problem(content)
    if wrong:
        raise Invalid({"file": wrong})
    mime = rules.sniff(content) or ""
    if mime in rules.IMAGES:
        try:
            content = keeping.repainted(content, mime)
        except ValueError as broken:
            raise Invalid({"file": rules.BROKEN}) from broken
        except keeping.Busy as busy:
            raise Invalid({"file": rules.BUSY}) from busy
    return Prepared(content, mime, hashlib.sha256(content).hexdigest(), rules.kept_name(name, mime), len(content))


@transaction.atomic
def lay_down(*, prepared: Prepared) -> Prepared:
    """The bytes go to the disk ahead of their row and out of memory: for many at once. Without a row in a day they are swept."""
    _lock(prepared.sha256)
    keeping.keep(prepared.sha256, prepared.content)
    return replace(prepared, content=b"")


@transaction.atomic
def keep(*, prepared: Prepared, by: By, kind: str = "attachment") -> StoredFile:
    """The bytes, then the row: what is acknowledged is on the disk."""
    _lock(prepared.sha256)
    if prepared.content:
        keeping.keep(prepared.sha256, prepared.content)
    return StoredFile.objects.create(sha256=prepared.sha256, size=prepared.size, mime=prepared.mime, name=prepared.name, kind=kind,
                                     by_id=by.id, by_name=by.name, created_at=clock.now())


def sweep() -> int:
    """Bytes that no row speaks of: a transaction was undone, or a process died, after they were written. How many went. Repeatable.

    Whoever is storing the same bytes right now holds their lock until the row is kept.
    """
    gone, batch = 0, []
    for sha256, path in keeping.lying(ORPHAN_S):
        if sha256:
            batch.append(sha256)
        else:
            path.unlink(missing_ok=True)
            gone += 1
        if len(batch) == _BATCH:
            gone += _sweep(batch)
            batch = []
    return gone + _sweep(batch)


def _sweep(hashes: list[str]) -> int:
    spoken_of = set(StoredFile.objects.filter(sha256__in=hashes, erased_at=None).values_list("sha256", flat=True))
    alone = [sha256 for sha256 in hashes if sha256 not in spoken_of]
    for sha256 in alone:
        _forget(sha256)
    return len(alone)


def drop_unkept(hashes: Iterable[str]) -> None:
    """After a transaction that was undone: bytes that no row speaks of go. Bytes that another upload holds stay."""
    for sha256 in set(hashes):
        with contextlib.suppress(DatabaseError):  # the database may be what failed; what stays behind is swept later
            _forget(sha256)


@transaction.atomic
def erase(*, file: StoredFile, by: By) -> StoredFile:
    """Delete the bytes unless another upload still holds the same; the row stays, without the name. Safe to repeat."""
    _lock(file.sha256)
    file.erased_at, file.name = file.erased_at or clock.now(), "已依法删除"
    file.save(update_fields=["erased_at", "name"])
    sha256 = file.sha256
    if not StoredFile.objects.filter(sha256=sha256, erased_at=None).exclude(pk=file.pk).exists():
        transaction.on_commit(lambda: _forget(sha256))
    return file


@transaction.atomic
def _forget(sha256: str) -> None:
    _lock(sha256)
    if not StoredFile.objects.filter(sha256=sha256, erased_at=None).exists():
        keeping.forget(sha256)


def _lock(sha256: str) -> None:
    """Storing and erasing the same bytes wait for each other."""
    in_turn(f"files:{sha256}")
