"""Lines of the book into a Parquet file: by COPY out of PostgreSQL, through DuckDB, cases made nameless on the way (rulings, 90)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
from django.db import connection

from minsheng.archive import engines, places, queries, rules
from minsheng.archive.question import naive

_WORDS = [column for column in rules.BOOK if rules.kind(column) == "VARCHAR"]


def write(path: Path, month: str, above: int, upto: int) -> tuple[int, int, int, dict[str, int]]:
    """(lines, first and last of them, fact -> sum of its signs), as read from the file that was written. One thread: the same
    lines make the same bytes."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new", suffix=".csv") as lines, engines.linked(threads=1) as link:
        _copy_out(lines, month, above, upto)
        link.execute(f"COPY (SELECT {', '.join(nameless(column) for column in rules.BOOK)} FROM {_csv(lines.name)})"
                     f" TO {engines.quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)")
        return _told(link, path)


def _copy_out(lines, month: str, above: int, upto: int) -> None:
    first, after = naive(places.start_of(month)), naive(places.start_of(rules.after(month)))
    columns = ", ".join(f"f.{c} AT TIME ZONE 'UTC'" if c in rules.TIMES else f"f.{c}" for c in rules.BOOK)
    with connection.cursor() as cursor, cursor.copy(
            f"COPY (SELECT {columns} FROM measures_fact f WHERE f.id > {above:d} AND f.id <= {upto:d} AND f.known_at >= '{first}+00'"
            f" AND f.known_at < '{after}+00' ORDER BY f.id) TO STDOUT (FORMAT csv)") as out:
        for data in out:
            lines.write(data)
    lines.flush()


def _csv(name: str) -> str:
    columns = ", ".join(f"'{column}': '{rules.kind(column)}'" for column in rules.BOOK)
    words = ", ".join(f"'{column}'" for column in _WORDS)
    return f"read_csv({engines.quoted(name)}, header=false, delim=',', quote='\"', escape='\"', columns={{{columns}}}, force_not_null=[{words}])"


def nameless(column: str) -> str:
    """A column as it goes into a file: a case by the first digits of its HMAC-SHA256 (`queries.case_key`), all others as they are."""
    if column not in rules.CASES:
        return f'"{column}"'
    key = queries.key().ljust(64, b"\0")
    inner, outer = bytes(b ^ 0x36 for b in key).hex(), bytes(b ^ 0x5C for b in key).hex()
    once = f"unhex(sha256(unhex('{inner}') || encode({column}::VARCHAR)))"
    return f"substring(sha256(unhex('{outer}') || {once}), 1, {queries.KEY_LENGTH}) AS {rules.CASES[column]}"


def _told(link: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, int, int, dict[str, int]]:
    found = link.execute(f"SELECT fact, count(*), min(id), max(id), sum(sign) FROM {engines.parquet([str(path)])} GROUP BY 1 ORDER BY 1").fetchall()
    if not found:
        return 0, 0, 0, {}
    sums = {fact: int(total) for fact, *_, total in found}
    return sum(row[1] for row in found), min(row[2] for row in found), max(row[3] for row in found), sums
