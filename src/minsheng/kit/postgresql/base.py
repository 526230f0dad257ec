"""Django's PostgreSQL backend, with prepared statements where they are asked for and a cheaper look at a kept connection.

Prepared: Django writes every value into the text of its statement, so the server parses and plans each one anew. For the few
statements that run hundreds of times a second `connection.prepared()` gives a cursor whose statements are planned once per
connection (docs/decisions/intake.md). MINSHENG_PREPARE=0 (or MINSHENG_POOLER=1) turns that off, for a pooler that cannot keep them.

Kept connections: Django asks SELECT 1 at the first statement of each request. Here the socket is looked at: a server that went
away has closed it. After ten quiet seconds, and after any error, the server is asked as before.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache

from django.db.backends.postgresql import base, operations
from django.db.backends.postgresql.base import ServerBindingCursor
from psycopg import DataError, OperationalError, RawCursor
from psycopg.postgres import types
from psycopg.pq import Format

from minsheng.kit.tally import counted

_EDGES = (datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC))  # from here every zone of the world can be reached


@lru_cache
def _bounded(loader: type) -> type:
    """A time that Python cannot hold, or not show in every zone, reads as the nearest that it can: a damaged row ends no list.

    Nothing the program reads lies there (kit.read_times); `doctor` names such rows. As the server writes times for us, Python reads
    them itself: a list has three hundred, and what stands behind takes ten times as long for each.
    """

    class Bounded(loader):
        def load(self, data):
            try:
                found = datetime.fromisoformat(str(data, "ascii"))
                if found.tzinfo is self.timezone and 1 < found.year < 9999:
                    return found
            except ValueError:
                pass
            return self._load_slowly(data)

        def _load_slowly(self, data):
            try:
                found = super().load(data)
            except DataError:
                text = bytes(data)
                return _EDGES[0 if text.endswith(b"BC") or text.startswith(b"-") else 1].replace(tzinfo=self.timezone)
            return found if 1 < found.year < 9999 else min(max(found, _EDGES[0]), _EDGES[1])

    return Bounded


ONLY_ASKED_FOR = 2**31 - 1  # psycopg prepares by itself what ran this often: nothing
QUIET_S = 10.0
SILENT_S, LEAVE_S = 1.5, 10.0  # one of several servers that takes longer to answer is not asked again so soon
_silent_until: dict[tuple[str, str], float] = {}


class PreparedCursor(ServerBindingCursor):
    def execute(self, query, params=None):
        return super().execute(query, params, prepare=True)


class RawPreparedCursor(base.CursorMixin, RawCursor):
    """The same for texts with PostgreSQL's own `$1`: one of thousands of characters is not read for `%s` at every use."""

    def execute(self, query, params=None):
        return super().execute(query, params, prepare=True)


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor, sql, params):
        """For the log of statements: of a prepared one the text without its values."""
        return sql if "$1" in sql else super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    _well_at = 0.0  # when this connection was last known to answer, by the monotonic clock

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.execute_wrappers = [counted]

    def get_connection_params(self) -> dict:
        params = super().get_connection_params()
        kept = os.environ.get("MINSHENG_PREPARE", "0" if os.environ.get("MINSHENG_POOLER") == "1" else "1") != "0"
        params["prepare_threshold"] = ONLY_ASKED_FOR if kept else None
        if kept:  # what is prepared is planned at its first use, not at its first six, and never otherwise afterwards
            params["options"] = f"{params.get('options', '')} -c plan_cache_mode=force_generic_plan".strip()
        return params

    def get_new_connection(self, conn_params):
        self._well_at = time.monotonic()
        made = self._of_several(conn_params) if "," in str(conn_params.get("host", "")) else super().get_new_connection(conn_params)
        made.adapters.register_loader("timestamptz", _bounded(made.adapters.get_loader(types["timestamptz"].oid, Format.TEXT)))
        return made

    def _of_several(self, params: dict):
        """The first that takes us. One that did not even answer is left alone for a while, as long as there are others: libpq would wait for it
        at each new connection, and after a fail-over that is what takes longest."""
        hosts = str(params["host"]).split(",")
        ports = str(params.get("port") or "").split(",")
        places = list(zip(hosts, ports if len(ports) == len(hosts) else ports[:1] * len(hosts), strict=True))
        now = time.monotonic()
        wrong: Exception | None = None
        for place in [one for one in places if _silent_until.get(one, 0.0) < now] or places:
            began = time.monotonic()
            try:
                return super().get_new_connection({**params, "host": place[0], "port": place[1] or None})
            except OperationalError as no:
                wrong = no
                if time.monotonic() - began > SILENT_S:
                    _silent_until[place] = time.monotonic() + LEAVE_S
        raise wrong  # type: ignore[misc]

    def prepared(self, raw: bool = False):
        """A cursor whose statements are prepared. Their texts must be few: each is kept for the connection's life.
        `raw`: with `$1` where others have `%s`."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor((RawPreparedCursor if raw else PreparedCursor)(self.connection))  # type: ignore[attr-defined, call-arg]

    @contextmanager
    def planned_once(self) -> Iterator[None]:
        """What the ORM asks inside is prepared too. For statements of pages whose texts are few: over a year and a half of months
        the planning costs many times what the reading does."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        link, before = self.connection, self.connection.cursor_factory
        link.cursor_factory = PreparedCursor
        try:
            yield
        finally:
            link.cursor_factory = before

    def is_usable(self) -> bool:
        """Since the last look the connection was used without an error; if that was just now, an open and silent socket is enough."""
        now = time.monotonic()
        usable = self._just_used(now) or super().is_usable()
        self._well_at = now if usable else 0.0
        return usable

    def _just_used(self, now: float) -> bool:
        if self.connection is None or self.connection.closed or self.errors_occurred or now - self._well_at > QUIET_S:
            return False
        socket = select.poll()
        socket.register(self.connection.pgconn.socket, select.POLLIN)
        return not socket.poll(0)
