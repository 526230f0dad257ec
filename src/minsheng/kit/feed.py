"""A feed of rows that are only ever added: who remembers the cursor misses none and gets none twice.

Ids and times say when something happened, not when it could first be read: transactions commit out of order, and history is
brought in with old times. So each row bears the number of the transaction that wrote it (`written_in`), and a reader gets only
what is settled: rows of transactions older than every one that still runs (of this server: a long one delays, it loses nothing).

Numbers go on when a database is put into a new server, whose own begin anew: `minsheng_tx_base()` is added to them, and
`go_on_counting` raises it above every number there is. A cursor names a row that was read, so one of another database, or of
what a restore lost, is refused: nothing is passed over silently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections

from minsheng.kit import partitions
from minsheng.kit.prepared_rows import prepared
from minsheng.kit.verdict import Invalid, Refused, no

COLUMN = "written_in"
MOST = 1000  # rows of a page
_PAGES = (50, 200, MOST)  # how many are read: few, and written out, or the server would not plan for so few rows
NOW = "now"  # the cursor that stands after everything settled
_NEXT = ("minsheng_tx_base() + greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
         " pg_current_xact_id_if_assigned()::text::bigint + 1)")  # no row of this server that can be seen has a number as high
_SETTLED = "minsheng_tx_base() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_CURSOR = re.compile(r"([a-z_]{1,20})-([0-9]{1,18})-([0-9]{1,19})", re.ASCII)
MALFORMED = "应为上一次返回的 next，原样填写；从头读起请留空，只要今后的请填 now"
LOST = "本系统没有这个位置：它来自另一套系统，或者在恢复备份时丢失了。请从头读起（留空），已读过的按 id 略过"
NOT_YET = "数据库恢复后还没有运行 ./minsheng migrate，步骤的先后还排不准，请运行后再读"

BASE = """
CREATE OR REPLACE FUNCTION minsheng_tx_base() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT {base}::bigint';
"""


def numbered(table: str) -> str:
    """SQL: rows of `table` bear the number of the transaction that wrote them. Those that are there get this one's; none is rewritten."""
    return f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {COLUMN} bigint NOT NULL DEFAULT (minsheng_tx_base() + pg_current_xact_id()::text::bigint)"


def index_each_part(table: str, name: str, schema_editor) -> None:
    """The index that a feed is read by, of a table by months, built while others write."""
    partitions.index_each_part(table, name, f"({COLUMN}, id)", schema_editor, COLUMN)


_TABLES = """
SELECT c.oid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE a.attname = %s AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
"""


def go_on_counting(alias: str = "owner") -> None:
    """After a restore: numbers that are given from now on are higher than all there are. Only the owner may; repeatable."""
    with connections[alias].cursor() as cursor:
        if highest := _foreign(cursor):
            cursor.execute(BASE.format(base=highest + 1))


def counts_on(alias: str = "default") -> bool:
    """Are new numbers higher than all there are?"""
    with connections[alias].cursor() as cursor:
        return not _foreign(cursor)


def _foreign(cursor) -> int:
    """The highest number that this server has not given itself; 0: there is none."""
    cursor.execute(_TABLES, [COLUMN])
    tables = [name for (name,) in cursor.fetchall()]
    if not tables:
        return 0
    highest = ", ".join(f"(SELECT max({COLUMN}) FROM {table} WHERE {COLUMN} >= {_NEXT})" for table in tables)
    cursor.execute(f"SELECT coalesce(greatest({highest}), 0)")
    return cursor.fetchone()[0]


def settled() -> int:
    """Every transaction with a lower number is over: who has read what is visible now misses nothing below it."""
    return _ask(f"SELECT {_SETTLED}")[0][0]


@dataclass(frozen=True)
class Page:
    rows: list[tuple]  # values of the feed's columns, oldest first
    cursor: str  # to go on from: the one that was given when there was nothing new
    more: bool  # there may be more to read at once


class Feed:
    """The rows of one table (with a key `id`; `numbered`, and indexed by both), given as tuples of `columns`.

    name  stands in its cursors: name-number-id
    """

    def __init__(self, name: str, table: str, columns: Sequence[str]):
        quoted = connection.ops.quote_name
        self.name, said, rows = name, ", ".join(map(quoted, columns)), quoted(table)
        self._since = (f"SELECT {COLUMN}, id, {said} FROM {rows} WHERE ({COLUMN}, id) > (%s, %s) AND {COLUMN} < {_SETTLED}"
                       f" ORDER BY {COLUMN}, id LIMIT ")
        self._written = f"SELECT {said} FROM {rows} WHERE {COLUMN} >= %s AND id >= %s ORDER BY {COLUMN} DESC, id DESC LIMIT %s"
        self._beyond = (f"SELECT {COLUMN}, id, {said} FROM {rows} WHERE ({COLUMN}, id) > (%s, %s) AND NOT id = ANY(%s)"
                        f" ORDER BY {COLUMN}, id LIMIT ")
        self._last = f"SELECT {COLUMN}, id FROM {rows} WHERE {COLUMN} < {_SETTLED} ORDER BY {COLUMN} DESC, id DESC LIMIT 1"
        self._known = (f"SELECT EXISTS (SELECT 1 FROM {rows} WHERE id = %s AND {COLUMN} = %s),"
                       f" EXISTS (SELECT 1 FROM {rows} WHERE {COLUMN} >= {_NEXT})")

    def since(self, cursor: str = "", size: int = MOST) -> Page:
        """What came after `cursor`; "" is the beginning, "now" the end. Invalid: no cursor; Refused: one that is lost."""
        size, after = min(size, MOST), (0, 0) if cursor in ("", NOW) else self._read(cursor)
        self._refuse_lost(*after)
        if cursor == NOW:
            last = _ask(self._last)
            return Page([], self._cursor(*last[0]) if last else "", False)
        rows = _ask(self._since + str(next(n for n in _PAGES if n >= size)), *after)[:size]
        return Page([row[2:] for row in rows], self._cursor(*rows[-1][:2]) if rows else cursor, len(rows) == size)

    def written_since(self, number: int, most: int, from_id: int = 0) -> list[tuple]:
        """What is visible now of the transactions from `number` (once `settled()`) on, settled or not, the newest first: a row comes
        again until its transaction is older than the number. `from_id`: of rows with older ids nothing is wanted."""
        with connection.cursor() as cursor:  # with its values, so that months before `from_id` are not looked at
            cursor.execute(self._written, [number, from_id, most])
            return cursor.fetchall()

    def beyond(self, number: int, id_: int, but: Sequence[int], size: int = MOST) -> list[tuple]:
        """(number, id, columns…) of what is visible after that place, settled or not, without the rows `but`: the oldest transactions
        first. What a place may move to is `settled()`, asked before: rows of later numbers may still come in between."""
        return _ask(self._beyond + str(next(n for n in _PAGES if n >= min(size, MOST))), number, id_, list(but))

    def _cursor(self, number: int, id_: int) -> str:
        return f"{self.name}-{number}-{id_}"

    def _read(self, cursor: str) -> tuple[int, int]:
        found = _CURSOR.fullmatch(cursor)
        if found is None or found[1] != self.name or int(found[3]) >= 2**63:
            raise Invalid({"since": MALFORMED})
        return int(found[2]), int(found[3])

    def _refuse_lost(self, number: int, id_: int) -> None:
        here, foreign = _ask(self._known, id_, number)[0]
        if foreign:
            raise Refused(no("restored", NOT_YET, "since"))
        if id_ and not here:
            raise Refused(no("cursor_lost", LOST, "since"))


def _ask(text: str, *values: Any) -> list[tuple]:
    """Planned once a connection: with a hundred months the plan costs more than what it reads."""
    with prepared() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()
