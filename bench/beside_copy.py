"""Raw COPY of a filled city's own rows into empty tables of the same columns, by all cores: what the filler is measured against."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

_COLUMN = {"cases_case": "id", "cases_casestep": "case_id", "contacts_contact": ""}  # by which a table's rows are found; else case_id, where it has one
PIECE = 1 << 20


def copied(url: str, tables: Sequence[str], cases: int, cpu_ms: Callable[[], float]) -> dict:
    """Rows of the `cases` newest cases, written out and read in again. `url`: of the owner. The tables it makes are gone afterwards."""
    with psycopg.connect(url, autocommit=True) as link, tempfile.TemporaryDirectory(prefix="minsheng-copy-") as folder:
        link.execute("DROP SCHEMA IF EXISTS bench_copy CASCADE")
        link.execute("CREATE SCHEMA bench_copy")
        first, = link.execute("SELECT min(id) FROM (SELECT id FROM cases_case ORDER BY id DESC LIMIT %s) newest", [cases]).fetchone()
        files = [(table, Path(folder) / table) for table in tables if _out(link, table, first, Path(folder) / table)]
        rows = sum(link.execute(f"SELECT count(*) FROM {table} WHERE {_by(table)} >= {first}").fetchone()[0] for table, _ in files)
        size = sum(file.stat().st_size for _, file in files)
        began, before = time.monotonic(), cpu_ms()
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            list(threads.map(lambda one: _in(url, *one), sorted(files, key=lambda one: -one[1].stat().st_size)))
        seconds, spent = time.monotonic() - began, cpu_ms() - before
        link.execute("DROP SCHEMA bench_copy CASCADE")
    return {"cases": cases, "rows": rows, "megabytes": round(size / 1e6, 1), "seconds": round(seconds, 2), "cases_per_second": round(cases / seconds),
            "cpu_ms_a_case": round(spent / cases, 3)}


def _by(table: str) -> str:
    return _COLUMN.get(table, "case_id")


def _out(link: psycopg.Connection, table: str, first: int, file: Path) -> bool:
    if not _by(table):
        return False
    link.execute(f"CREATE TABLE bench_copy.{table} (LIKE public.{table} INCLUDING DEFAULTS)")
    with link.cursor() as cursor, open(file, "wb") as out, cursor.copy(f"COPY (SELECT * FROM {table} WHERE {_by(table)} >= {first}) TO STDOUT") as copy:
        for piece in copy:
            out.write(piece)
    return True


def _in(url: str, table: str, file: Path) -> None:
    with psycopg.connect(url) as link, link.cursor() as cursor, open(file, "rb") as rows, cursor.copy(f"COPY bench_copy.{table} FROM STDIN") as copy:
        while piece := rows.read(PIECE):
            copy.write(piece)
