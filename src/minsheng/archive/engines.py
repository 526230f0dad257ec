"""What counts over the files: DuckDB in this process, or Spark elsewhere (`spark.py`). Both are given the same text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import duckdb

from minsheng.archive.places import Archive
from minsheng.archive.question import TABLE
from minsheng.kit import host
from minsheng.kit.host import Problem


class Engine(Protocol):
    def rows(self, sql: str) -> list[tuple]:
        """The answer; Problem when there is none, whatever the reason."""


class Duck:
    def __init__(self, link: duckdb.DuckDBPyConnection):
        self.link = link

    def rows(self, sql: str) -> list[tuple]:
        try:
            return self.link.execute(sql).fetchall()
        except duckdb.Error as wrong:
            raise Problem(f"归档没有算完：{first_line(wrong)}") from wrong


@contextmanager
def on(archive: Archive, engine: str = "duckdb") -> Iterator[Engine]:
    """An engine that has the archive's files as one table. `engine`: duckdb, or the address of a Spark master."""
    if engine.startswith("spark://"):
        from minsheng.archive import spark

        with spark.cluster(engine, archive) as found:
            yield found
        return
    with linked() as link:
        link.execute(f"CREATE VIEW {TABLE} AS SELECT * FROM {parquet(archive.paths)}")
        yield Duck(link)


@contextmanager
def linked(threads: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB in memory, with a quarter of the machine's at most, fetching nothing from anywhere."""
    link = duckdb.connect()
    try:
        link.execute(f"SET memory_limit='{max(256, host.memory_bytes() // 4 >> 20)}MB'")
        link.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false; SET python_enable_replacements=false; SET temp_directory=''")
        link.execute("SET preserve_insertion_order=true; SET enable_progress_bar=false; SET TimeZone='UTC'")
        if threads:
            link.execute(f"SET threads={threads}")
        yield link
    finally:
        link.close()


def parquet(paths: list[str]) -> str:
    """The files as a table, in DuckDB's words."""
    return f"read_parquet([{', '.join(quoted(path) for path in paths)}], union_by_name=true)"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def first_line(wrong: Exception) -> str:
    return str(wrong).strip().partition("\n")[0][:300]
