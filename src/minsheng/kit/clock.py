"""The business clock: the one place that asks what time it is (rulings, 5).

`--now` and tests may set it; sessions, one-time codes and job scheduling use machine time and not this.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset: timedelta | None = None
_frozen: datetime | None = None


def _from_environment() -> timedelta:
    """MINSHENG_NOW=ISO sets the clock at process start; MINSHENG_CLOCK_OFFSET_S keeps all processes of a demo in step."""
    seconds = os.environ.get("MINSHENG_CLOCK_OFFSET_S")
    return timedelta(seconds=float(seconds)) if seconds else timedelta(0)


def now() -> datetime:
    """The business time, aware, in UTC."""
    return _frozen if _frozen is not None else machine_now() + offset()


def offset() -> timedelta:
    """What business time is ahead of the machine's, the same at every question: for times that another machine wrote down."""
    global _offset
    if _offset is None:
        _offset = _from_environment()
    return _offset


def machine_now() -> datetime:
    """The machine's own time, aware, in UTC."""
    return datetime.now(UTC)


@contextmanager
def fixed(at: datetime):
    """Hold the business clock at `at` (aware). For tests, imports and the demo city."""
    global _frozen
    before, _frozen = _frozen, at.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
