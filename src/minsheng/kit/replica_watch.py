"""How far each copy of the database is, followed beside the requests: one thread asks the primary, one each copy, every second.

A copy is as of the last moment at which the primary had written no more than the copy now has. So no clock of another machine is asked, a
quiet city is not late, and who does not answer gets older by itself. A copy counts only while it is one: of this very database (the
server's own number), still copying, on the primary's line of history. After a fail-over one that follows a dead primary has another line.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS
from django.db.utils import ConnectionHandler

POLL_S = 1.0
AGAIN_S = 5.0  # before one that was gone is tried again
SILENT_S = 3.0  # one that has answered nothing for so long is gone, and who waits for it is let go
PAGE = 8192  # bytes of a page of the write-ahead log; it begins with a head of 24, a segment with one of 40
log = logging.getLogger(__name__)

OF_PRIMARY = """
SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
       (SELECT system_identifier FROM pg_control_system()), pg_is_in_recovery()
"""
OF_REPLICA = """
SELECT pg_is_in_recovery(), coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint,
       greatest(r.min_recovery_end_timeline, c.timeline_id), s.system_identifier,
       extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float
  FROM pg_control_recovery() r, pg_control_checkpoint() c, pg_control_system() s
"""
GONE, OTHER, PROMOTED, OLD_LINE, NOT_YET = "连不上", "不是本数据库的副本", "已不是副本", "还没有跟上换主以后的历史", "还没有跟上"


def whole_lsn(place: int) -> int:
    """Before the head of a page nothing is written that a copy could have."""
    return place - place % PAGE if place % PAGE in (24, 40) else place


def arguments(database: dict[str, Any]) -> dict[str, Any]:
    """Of psycopg.connect, for a database of the settings."""
    given = ConnectionHandler({DEFAULT_DB_ALIAS: database})[DEFAULT_DB_ALIAS].get_connection_params()
    return {key: value for key, value in given.items() if key not in ("cursor_factory", "context", "prepare_threshold")}


class Replica:
    """One copy. `why`: the reason that it is not asked; "" when nothing speaks against it but its age."""

    def __init__(self, number: int, database: dict[str, Any]):
        self.number, self.database = number, database
        self.handler = ConnectionHandler({DEFAULT_DB_ALIAS: database})
        self.reached, self.line, self.heard_at, self.why = 0, 0, 0.0, NOT_YET
        self.last: float | None = None  # by the clocks of both: seconds since the last thing that it was told; for people
        self.links: weakref.WeakSet[psycopg.Connection] = weakref.WeakSet()

    def connection(self) -> Any:
        """Of this thread."""
        return self.handler[DEFAULT_DB_ALIAS]

    def gone(self, why: str) -> None:
        """Nobody asks it until it was heard of again. Who waits for it hears at once that no answer comes."""
        if self.why != GONE:
            log.warning("只读副本 %d 不能用，改由主库答复：%s", self.number, why.strip().partition("\n")[0][:200])
        self.why = GONE
        for link in list(self.links):
            _cut(link)

    def hears(self, row: tuple, system: int) -> None:
        copies, self.reached, self.line, of, self.last = row
        before, self.heard_at = self.why, time.monotonic()
        self.why = OTHER if of != system else "" if copies else PROMOTED
        if before == GONE and not self.why:
            log.warning("只读副本 %d 恢复了", self.number)


def _cut(link: psycopg.Connection) -> None:
    """Its socket is shut, not closed: the thread that waits on it wakes up and closes it."""
    with suppress(OSError, psycopg.Error):
        number = os.dup(link.pgconn.socket)
        with socket.socket(fileno=number) as same:
            same.shutdown(socket.SHUT_RDWR)


class Watch:
    """Of one process. `most`: seconds that a copy may be behind."""

    def __init__(self, databases: list[dict[str, Any]], primary: dict[str, Any], most: float):
        self.replicas = [Replica(n + 1, one) for n, one in enumerate(databases)]
        self.primary, self.most = primary, most
        self.written: deque[tuple[float, int]] = deque(maxlen=int(most / POLL_S) + 60)  # (before it was asked, up to where it had written)
        self.line, self.system = 0, 0
        self.over = threading.Event()
        self.lock = threading.Lock()

    def begin(self) -> None:
        threading.Thread(target=self._follow, args=(self.primary, self._of_primary, lambda why: None), daemon=True, name="primary").start()
        for one in self.replicas:
            threading.Thread(target=self._follow, args=(one.database, self._of(one), one.gone, one), daemon=True, name="replica").start()
        threading.Thread(target=self._silent, daemon=True, name="replicas").start()

    def end(self) -> None:
        self.over.set()
        for one in self.replicas:
            for link in list(one.links):
                _cut(link)

    # --- answers ------------------------------------------------------------

    def choose(self, after: int) -> tuple[Replica | None, float]:
        """A copy that has everything up to `after` and is not too late, and how many seconds it is behind."""
        fit = [(one, lag) for one in self.replicas if one.reached >= after and (lag := self.lag(one)) is not None and lag <= self.most]
        return random.choice(fit) if fit else (None, 0.0)

    def lag(self, one: Replica) -> float | None:
        """Seconds that it is certainly no more than behind; None while that is not known, or it is none of ours."""
        with self.lock:
            if one.why or one.line != self.line:
                return None
            at = next((at for at, place in reversed(self.written) if place <= one.reached), None)
        return None if at is None else time.monotonic() - at

    def told(self) -> list[tuple[int, float | None, str]]:
        """(number, seconds behind, why it is not asked) of each."""
        found = []
        for one in self.replicas:
            lag = self.lag(one)
            found.append((one.number, lag, one.why or self._late(one, lag)))
        return found

    def _late(self, one: Replica, lag: float | None) -> str:
        if lag is None and one.line != self.line:
            return OLD_LINE
        if lag is None:
            return f"{NOT_YET}，最后收到的是 {one.last:.0f} 秒前的" if one.last else NOT_YET
        return f"落后 {lag:.0f} 秒，超过了 {self.most:g} 秒" if lag > self.most else ""

    # --- threads ------------------------------------------------------------

    def _follow(self, database: dict[str, Any], ask: Callable[[psycopg.Connection], None], gone: Callable[[str], None],
                one: Replica | None = None) -> None:
        while not self.over.is_set():
            try:
                with psycopg.connect(**arguments(database), autocommit=True) as link:
                    if one is not None:
                        one.links.add(link)
                    while not self.over.is_set():
                        ask(link)
                        self.over.wait(POLL_S)
            except (psycopg.Error, OSError) as wrong:
                if not self.over.is_set():
                    gone(str(wrong))
            self.over.wait(AGAIN_S if one is not None else POLL_S)

    def _of_primary(self, link: psycopg.Connection) -> None:
        at = time.monotonic()
        row = link.execute(OF_PRIMARY).fetchone()
        assert row is not None
        place, line, system, copies = row
        with self.lock:
            if copies or (int(line, 16), system) != (self.line, self.system):
                self.written.clear()  # another line of history: places of the one before say nothing
            if not copies:
                self.line, self.system = int(line, 16), system
                self.written.append((at, whole_lsn(place)))

    def _of(self, one: Replica) -> Callable[[psycopg.Connection], None]:
        def ask(link: psycopg.Connection) -> None:
            row = link.execute(OF_REPLICA).fetchone()
            assert row is not None
            if self.system:
                with self.lock:
                    one.hears(row, self.system)

        return ask

    def _silent(self) -> None:
        """Who stands still without hanging up is let go: its own thread waits for it like all others."""
        while not self.over.wait(POLL_S / 2):
            for one in self.replicas:
                if one.why != GONE and one.heard_at and time.monotonic() - one.heard_at > SILENT_S + POLL_S:
                    one.gone("几秒没有回话")
