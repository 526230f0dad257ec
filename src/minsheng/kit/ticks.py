"""When periodic jobs are due, by a clock that may be set: `ByTheClock` in place of procrastinate's own, which counts tick by tick.

It remembers the last tick and defers every one since. Set back by an hour, the clock says for an hour that nothing is due: no duty telephone
rings, no message leaves. Set forward (a machine that slept, a clock without battery that began in 1970), each tick of five seconds in between
is written into the database first. Every job of ours may be repeated and makes up for what was missed, so the latest tick is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from procrastinate import periodic


class ByTheClock(periodic.PeriodicDeferrer):
    def get_timestamps(self, periodic_task: periodic.PeriodicTask, since: int | None, until: float) -> Iterable[int]:
        """The latest tick before `until`, unless it is the one that was deferred last."""
        if since is None:
            return super().get_timestamps(periodic_task, None, until)
        periodic_task.croniter.set_current(start_time=until)
        last = round(periodic_task.croniter.get_prev(ret_type=float))
        return [last] if last > since or since > until else []


@contextmanager
def by_the_clock() -> Iterator[None]:
    """Workers that begin meanwhile defer so: procrastinate names no other place for it."""
    before, periodic.PeriodicDeferrer = periodic.PeriodicDeferrer, ByTheClock  # type: ignore[misc]
    try:
        yield
    finally:
        periodic.PeriodicDeferrer = before  # type: ignore[misc]
