"""What only one process of this machine does at a time: it takes much memory."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def one_at_a_time(name: str, wait_s: float, busy: Exception) -> Iterator[None]:
    """A lock that a process which dies leaves behind for nobody, where the serving processes may write. `busy` is raised after `wait_s` seconds."""
    passing = Path(settings.DATA) / "tmp"
    passing.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(passing / f"{name}.lock", "w") as file:
        until = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise busy from None
                time.sleep(0.02)
        yield
