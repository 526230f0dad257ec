"""The thread of the worker that follows an exchange: reads its files each second, makes what is owed, and plays the exchange where it is simulated."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import IO

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Role
from minsheng.kit import clock
from minsheng.telephony import gateway, simulator
from minsheng.telephony.actions import callbacks, ledger, lost, relays, tail, transfers
from minsheng.telephony.gateway import DeadRing
from minsheng.telephony.queries import link

EVERY = 1.0  # seconds
SETTLES = 10  # how many looks between two settlings of what is owed
_HISTORY = timedelta(hours=4)  # that a simulated exchange has behind it when it is first started
log = logging.getLogger(__name__)


@contextlib.contextmanager
def alone() -> Iterator[bool]:
    """Whether this process is the one that follows: while a version is replaced there are two workers for a moment."""
    place = tail.folder()
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "follow.lock", "a") as file:
        yield _locked(file)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def hear() -> None:
    """Whether the exchange answers: one that stands still writes nothing, and its files say as little of it as when nobody rings."""
    there = gateway.now()
    with contextlib.suppress(gateway.Refused):
        if there is not None:
            link.heard(len(there.snapshot().waiting))


class Clocks:
    """This machine's clock, which is also that of an exchange on it, beside one that nobody sets."""

    def __init__(self) -> None:
        self.apart = self._apart()

    @staticmethod
    def _apart() -> float:
        return clock.machine_now().timestamp() - time.monotonic()

    def jumped(self) -> bool:
        """Whether it was set by minutes since the last question."""
        before, self.apart = self.apart, self._apart()
        return abs(self.apart - before) > tail.JUMP.total_seconds()


def follow(ending: threading.Event) -> None:
    """Until `ending`. The database may go away: what was written meanwhile is read when it is back."""
    while not ending.is_set():
        with alone() as mine:
            if mine:
                _follow(ending)
        ending.wait(EVERY)


def _follow(ending: threading.Event) -> None:
    plays: Callable[[], object] | None = None
    seen: dict[str, tail.Stamp] = {}
    silent: dict[int, datetime] = {}
    ringing: dict[DeadRing, datetime] = {}
    looks, set_by = 0, Clocks()
    while not ending.is_set():
        try:
            close_old_connections()
            if set_by.jumped():
                ledger.clock_jumped(tail.name_of(tail.folder()))
            if settings.TELEPHONY == "simulator":
                plays = plays or _player()
                plays()
            tail.tail(seen=seen)
            link.sign().touch()
            lost.end_dead_rings(ringing)
            if looks % SETTLES == 0:
                hear()
                callbacks.settle()
                transfers.settle()
                relays.settle()
                lost.settle(silent)
                lost.leave_ended()
            looks += 1
        except (DatabaseError, OSError) as wrong:
            log.warning("telephony: %s", type(wrong).__name__)
        except Exception:  # one file or one row that nobody thought of stops nobody's telephone for good
            log.exception("telephony")
        ending.wait(EVERY)
    connections.close_all()


def _player() -> Callable[[], object]:
    """What writes the lines that are due, each time it is called."""
    now, place = clock.machine_now(), tail.folder()
    first = not (place / simulator.QUEUE_LOG).exists()
    staff = people.holders(Role.AGENT)[:8]
    town = simulator.Town(tuple((p.id, ("zh", "bo")) for p in staff), per_hour=18.0 * len(staff), patience=45, talk=75, records=0.0 if first else 0.5, police=0.03)
    day = simulator.Day(town, int(now.timestamp()), now - _HISTORY if first else now)
    if first:
        simulator.write(place, day.until(now.timestamp()))
        day.town = simulator.recording(town)
    orders = simulator.Orders(place)

    def play() -> None:
        for order in orders.new():
            day.dial(order["key"], order["person"])
        simulator.write(place, day.until(clock.machine_now().timestamp()))

    return play
