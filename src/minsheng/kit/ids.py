"""Time-ordered 64-bit ids: 42 bits of milliseconds since 2000-01-01 UTC, 21 bits of a running number.

The millisecond is of business time (a case of 2015 brought in today lies in its month of 2015), so a table is
partitioned by range of id, a month each, with a single-column key. The running number comes in blocks from one
sequence of the database: two processes never share one.
"""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime

from django.db import connection

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LOW_BITS = 21
BLOCK = 1024  # the sequence's increment, see cases/migrations/0001
TAKES_BLOCK = "SELECT nextval('minsheng_id_block')"
_lock = threading.Lock()
_next = _end = 0


def _running_number() -> int:
    global _next, _end
    with _lock:
        if _next >= _end:
            with connection.cursor() as cursor:
                cursor.execute(TAKES_BLOCK)
                _next = cursor.fetchone()[0]
            _end = _next + BLOCK
        _next += 1
        return (_next - 1) & ((1 << LOW_BITS) - 1)


def _forget() -> None:
    """A process that was forked off takes a block of its own."""
    global _next, _end
    _next = _end = 0


os.register_at_fork(after_in_child=_forget)


def floor_id(at: datetime) -> int:
    """The smallest id of the instant `at`: the border of a range. Beyond what ids reach (2139) the border is their end."""
    return min(int((at - EPOCH).total_seconds() * 1000) << LOW_BITS, 2**63 - 1)


def time_of(id_: int) -> datetime:
    from datetime import timedelta

    return EPOCH + timedelta(milliseconds=id_ >> LOW_BITS)


def new_id(at: datetime, after: int = 0) -> int:
    """A fresh id of the instant `at`, greater than `after` (a step's id is greater than its case's)."""
    made = floor_id(at) | _running_number()
    if made <= after:
        made = ((after >> LOW_BITS) + 1) << LOW_BITS | (made & ((1 << LOW_BITS) - 1))
    return made
