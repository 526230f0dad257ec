"""The folder of bytes: DATA/files/aa/bb/sha256, written whole or not at all, on the disk before anybody is told."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from minsheng.kit import clock, whole_files
from minsheng.kit.one_at_a_time import one_at_a_time

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
WAIT_S, LONGEST_S = 60, 120
_TOGETHER = threading.BoundedSemaphore(4)  # of a process's threads: the others answer pages, whatever pictures cost


def path_of(sha256: str) -> Path:
    return settings.DATA / "files" / sha256[:2] / sha256[2:4] / sha256


def keep(sha256: str, content: bytes) -> None:
    """Write the bytes with fsync of file and folder. What lies there already is looked at, and written anew when it was damaged."""
    path = path_of(sha256)
    if is_whole(sha256):
        os.utime(path)  # wanted again: what is swept is what nobody wanted for long
        return
    whole_files.write(path, content, levels=3)


def is_whole(sha256: str) -> bool:
    """Do the bytes under this name have the hash that is their name?"""
    try:
        with open(path_of(sha256), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def forget(sha256: str) -> None:
    path_of(sha256).unlink(missing_ok=True)


def lying(older_than_s: float) -> Iterator[tuple[str, Path]]:
    """(digest, path) of kept bytes, and ("", path) of bytes that were never finished, last touched longer ago than that."""
    limit = clock.machine_now().timestamp() - older_than_s
    for path in (settings.DATA / "files").glob("??/??/*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < limit:
                yield (path.name if re.fullmatch(r"[0-9a-f]{64}", path.name) else ""), path


# --- images ------------------------------------------------------------


class Busy(Exception):
    """Another image is being cleaned and does not come to an end."""


def repainted(content: bytes, mime: str) -> bytes:
    """The image turned upright, without EXIF: no place, no device, no owner. ValueError when it is none.

    One image at a time on this machine, in a process of its own with limits of its own (`repaint.py`). Busy at once where half of the
    threads that answer pages wait for theirs: pictures that cost as much as they may would hold all of them.
    """
    if not _TOGETHER.acquire(blocking=False):
        raise Busy
    try:
        return _in_turn(content, mime)
    finally:
        _TOGETHER.release()


def _in_turn(content: bytes, mime: str) -> bytes:
    with one_at_a_time("image", WAIT_S, Busy()):
        command = [sys.executable, "-I", str(Path(__file__).with_name("repaint.py")), FORMATS[mime]]
        try:
            done = subprocess.run(command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired as wrong:
            raise ValueError("takes too long") from wrong
    if done.returncode or not done.stdout:
        raise ValueError(f"ended with {done.returncode}")
    return done.stdout
