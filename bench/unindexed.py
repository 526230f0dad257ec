"""Tables without their indexes and foreign keys while a million rows come in; afterwards they are as they were, made by one sort each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg

_INDEXES = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.oid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1
"""
_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2
"""


@contextmanager
def unindexed(url: str, tables: Sequence[str], told: Callable[[str], None], processes: int) -> Iterator[None]:
    """`url`: of the owner. What belongs to a primary or unique key stays. When the block fails, the tables are left as they are."""
    with psycopg.connect(url, autocommit=True) as link:
        indexes = link.execute(_INDEXES, [list(tables)]).fetchall()
        keys = link.execute(_KEYS, [list(tables)]).fetchall()
        for table, name, _ in keys:
            link.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for _, name, _ in indexes:
            link.execute(f"DROP INDEX {name}")
    yield
    began = time.monotonic()
    told(f"建 {len(indexes)} 个索引、{len(keys)} 个外键")
    by_table: dict[str, list[str]] = {}
    for table, _, made in indexes:  # of one table one after the other: names of its months' indexes are found by what is there
        by_table.setdefault(table, []).append(made)
    _run(url, list(by_table.values()), processes)
    _run(url, [[f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}" for table, name, made in keys]], 1)
    told(f"索引和外键建好，{time.monotonic() - began:.0f} s")


def _run(url: str, groups: list[list[str]], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(lambda statements: _all(url, statements), groups))


def _all(url: str, statements: list[str]) -> None:
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("SET maintenance_work_mem = '512MB'")
        for statement in statements:
            link.execute(statement)
