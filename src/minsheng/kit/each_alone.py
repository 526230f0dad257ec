"""Many things done by the clock, each by itself: one that breaks is a line in the log, the others have their turn, and then the job has failed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from minsheng.kit import outage

log = logging.getLogger(__name__)
T = TypeVar("T")


class Broken(Exception):
    """Raised when all had their turn: how many did not go through, and the first reason (`__cause__`)."""


def each(items: Iterable[T], do: Callable[[T], Any], what: str) -> int:
    """The sum of what `do` says of each, in a transaction of its own there. Stops at once only where nothing can be done: the database or the disk is away."""
    done, broken = 0, []
    for item in items:
        try:
            done += do(item)
        except Exception as wrong:
            if outage.kind_of(wrong):
                raise
            broken.append(wrong)
            log.error("%s: %s broke with %s, the others go on", what, item, type(wrong).__name__)
    if broken:
        raise Broken(f"{what}: {len(broken)} broke, {done} done") from broken[0]
    return done
