"""When each step of a request is taken: office hours at a believable pace, never after the demo's now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from minsheng.calendar.rules import WorkCalendar
from minsheng.calendar.spans import add_working

PACES = (1, 0.5, 0.25, 0.1)  # busy days: the same work in less time, still in office hours


def times(received: datetime, gaps: Sequence[tuple[float, bool]], until: datetime, cal: WorkCalendar) -> list[datetime]:
    """A time for each step. gaps: (minutes since the step before, does it run day and night?).

    When even the quickest pace in office hours would end after `until`, people on duty did it: spread by the clock.
    """
    for pace in PACES:
        found = _walk(received, gaps, pace, cal)
        if not found or found[-1] <= until:
            return found
    return _spread(received, gaps, until)


def _walk(at: datetime, gaps: Sequence[tuple[float, bool]], pace: float, cal: WorkCalendar) -> list[datetime]:
    found = []
    for minutes, by_clock in gaps:
        if by_clock:
            at = at + timedelta(minutes=minutes)
        else:
            at = add_working(at, max(30.0, minutes * 60 * pace), cal)
        found.append(at)
    return found


def _spread(received: datetime, gaps: Sequence[tuple[float, bool]], until: datetime) -> list[datetime]:
    total, passed, found = sum(minutes for minutes, _ in gaps), 0.0, []
    for minutes, _ in gaps:
        passed += minutes
        found.append(received + (until - received) * (passed / total))
    return found
