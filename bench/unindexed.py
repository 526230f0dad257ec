"""Tables without their indexes and foreign keys while millions of rows come in; afterwards they are as they were, made by one sort each.

What was taken away stands in the schema `bench` until it is back, so whoever was killed in between goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg

_KEPT = "CREATE TABLE IF NOT EXISTS bench.taken (n serial PRIMARY KEY, of_table text, makes text UNIQUE)"
_INDEXES = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.oid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1
"""
_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2
"""


def take(url: str, tables: Sequence[str]) -> None:
    """Away with what is not part of a primary or unique key. `url`: of the owner."""
    with psycopg.connect(url) as link:
        link.execute(_KEPT)
        keys = link.execute(_KEYS, [list(tables)]).fetchall()
        indexes = link.execute(_INDEXES, [list(tables)]).fetchall()
        for table, name, _ in keys:
            link.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for _, name, _ in indexes:
            link.execute(f"DROP INDEX {name}")
        kept = [(table, made) for table, _, made in indexes] + [(table, f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}") for table, name, made in keys]
        for table, makes in kept:
            link.execute("INSERT INTO bench.taken (of_table, makes) VALUES (%s, %s)", [table, makes])


def give_back(url: str, told: Callable[[str], None], processes: int) -> None:
    """Indexes first, a table by itself on each core; then the foreign keys, which find them."""
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True) as link:
        rows = link.execute("SELECT n, of_table, makes FROM bench.taken ORDER BY n").fetchall()
    keys = [row for row in rows if row[2].startswith("ALTER")]
    by_table: dict[str, list[tuple]] = {}
    for row in rows:
        if row not in keys:  # of one table one after the other: names of its months' indexes are found by what is there
            by_table.setdefault(row[1], []).append(row)
    told(f"建 {len(rows) - len(keys)} 个索引、{len(keys)} 个外键")
    with ThreadPoolExecutor(processes) as threads:
        list(threads.map(lambda made: _make(url, made), by_table.values()))
    _make(url, keys)
    told(f"索引和外键建好，{time.monotonic() - began:.0f} s")


def _make(url: str, rows: list[tuple]) -> None:
    """Each with the note that it is back."""
    with psycopg.connect(url) as link:
        for n, _, makes in rows:
            link.execute("SET LOCAL maintenance_work_mem = '512MB'")
            link.execute(makes)
            link.execute("DELETE FROM bench.taken WHERE n = %s", [n])
            link.commit()
