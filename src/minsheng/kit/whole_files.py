"""A file is written whole or not at all, and lies on the disk before anybody is told: it is there after a power cut."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def write(path: Path, content: bytes, levels: int = 1) -> None:
    """Mode 0600. OSError as the disk says it; nothing stays then but folders.

    levels  how many folders above may be new, and are put on the disk, too
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    for folder in list(path.parents)[:levels]:
        _sync(folder)


def put(path: Path, content: bytes) -> None:
    """Into a file that somebody named: a link is followed, no folder is made, what is no file (a pipe, a device) takes it as it comes."""
    try:
        if path.exists() and not path.is_file():
            _pour(path, content)
        elif path.parent.is_dir():
            write(path.resolve(), content)
        else:
            wrong = errno.ENOTDIR if path.parent.exists() else errno.ENOENT
            raise OSError(wrong, os.strerror(wrong), str(path.parent))
    except OSError as wrong:  # of the file that was named, not of the one that was to take its place
        raise OSError(wrong.errno, wrong.strerror, str(path)) from wrong


def _pour(path: Path, content: bytes) -> None:
    """OSError (ENXIO) for a pipe that nobody reads, which would be waited for without end."""
    handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
