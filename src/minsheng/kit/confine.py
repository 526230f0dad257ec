"""Shuts a process out of files that its system user may otherwise open (Landlock, Linux 5.13 and later). For it and its children, for ever.

Landlock only grants, so reading is granted for everything but what lies on the way to the hidden: the folders above it can no longer be
listed. Writing is granted for the places that are named. Connecting to a socket below a hidden folder stays possible.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_NO_NEW_PRIVILEGES = 38
_BENEATH = 1
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # version of the kernel's interface -> how many rights it knows; later ones: 16
_READ = 0b1000000000001101  # execute, read a file, list a folder, ioctl
_OF_A_FILE = 0b1100000000000111  # execute, write, read, truncate, ioctl


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _call(number: int, *arguments) -> int:
    """The system call's answer, -1 when it failed."""
    return ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)


def version() -> int:
    """Of the kernel's interface; 0 where there is none."""
    return max(0, _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))) if sys.platform == "linux" else 0


def confine(*, hidden: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Whether it was done. Call it before threads are started: each has its own."""
    known = version()
    if not known:
        return False
    rights = (1 << _RIGHTS.get(known, 16)) - 1
    handled = ctypes.c_uint64(rights)
    rules = _call(_CREATE, ctypes.byref(handled), ctypes.c_size_t(8), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for path in _beside(Path("/"), {path.resolve() for path in hidden}):
            _grant(rules, path, rights & _READ)
        for path in writable:
            _grant(rules, path, rights)
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return _call(_RESTRICT, rules, ctypes.c_uint32(0)) == 0
    finally:
        os.close(rules)


def _beside(folder: Path, hidden: set[Path]) -> Iterator[Path]:
    """Everything next to the way from `folder` to what is hidden."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            path = Path(entry.path)
            if path in hidden or entry.is_symlink():  # what a link leads to is granted where it really lies, or not at all
                continue
            if any(path in one.parents for one in hidden):
                yield from _beside(path, hidden)
            else:
                yield path


def _grant(rules: int, path: Path, rights: int) -> None:
    """What cannot be opened now (a dangling link, a name that has just gone) is not granted."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = _Beneath(rights if os.path.isdir(handle) else rights & _OF_A_FILE, handle)
            _call(_ADD, rules, ctypes.c_uint32(_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
        finally:
            os.close(handle)
