"""The folders of sound: what the exchange is writing (DATA/pbx/var/spool/monitor), what is kept (DATA/recordings/YYYY/MM/DD).

Beside the usual files: the disk is neither a rule nor an action.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

SPOOL, MARK = ("pbx", "var", "spool", "monitor"), "var/spool/monitor/"
LARGEST = 512 * 1024 * 1024  # bytes: nine hours of speech; what is larger is no call
CHUNK = 64 * 1024


def source(path: str) -> Path | None:
    """Where the exchange wrote it; None: that is no place of its recordings."""
    root = settings.DATA.joinpath(*SPOOL).resolve()
    place = (root / path.partition(MARK)[2] if MARK in path else root / path).resolve()
    return place if place != root and place.is_relative_to(root) else None


def archive(path: str) -> Path:
    """A kept file by its path below the folder of recordings."""
    return Path(settings.DATA) / "recordings" / path


def digest(place: Path) -> bytes:
    with open(place, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def remove(place: Path | None) -> None:
    if place is not None:
        with contextlib.suppress(FileNotFoundError):
            place.unlink()


def part(path: str, first: int, last: int) -> Iterator[bytes]:
    """Bytes `first` to `last`, both included."""
    with open(archive(path), "rb") as file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (found := file.read(min(CHUNK, left))):
            left -= len(found)
            yield found
