"""What an archive is: its columns, its manifests and the chain that they make (rulings, 90). Pure.

A manifest names the files that one month (or what came late to the months before) was written to, and the manifest before it by its hash. It is
the last thing written: a file that no manifest names is none.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from minsheng.measures.facts_of_case import Fact

FORM = "minsheng-archive-1"
TIMES = frozenset({"at", "known_at", "met_at", "typed_at", "waived_at", "stands_since", "before_at"})
CASES = {"case_id": "case_key", "part": "part_key"}  # columns of the book -> what stands for them in a file
_WHOLE = frozenset({"id", "n", "lead_id", "category_id", "district_id", "period_id"})
_FLAGS = frozenset({"excluded", "contacted", "return_asked", "return_upheld", "redone", "extended", "reached", "solved"})
BOOK = ("id", "sign", "known_at", "case_id", *Fact._fields)  # in the order in which they are read and written


def kind(column: str) -> str:
    """A column's type in the files, in DuckDB's words; times are UTC without a zone, to the microsecond."""
    if column in TIMES:
        return "TIMESTAMP"
    if column == "sign":
        return "SMALLINT"
    return "BIGINT" if column in _WHOLE or column in CASES else "BOOLEAN" if column in _FLAGS else "VARCHAR"


COLUMNS = tuple(CASES.get(column, column) for column in BOOK)


@dataclass(frozen=True, slots=True)
class File:
    """`sums`: fact -> the sum of its signs."""

    name: str
    month: str
    sha256: str
    bytes: int
    rows: int
    first_id: int
    last_id: int
    sums: dict[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """`closed`: the first month that is not in the archive yet, when this was written. `upto_id`: up to which line of the book the months before
    it are whole. `next_id`: every line before it is in a file. `key`: by which key cases were made nameless, as a digest."""

    n: int
    prev: str
    zone: str
    key: str
    closed: str
    upto_id: int
    next_id: int
    files: tuple[File, ...] = ()
    form: str = FORM

    @property
    def name(self) -> str:
        return name_of(self.n)

    def as_bytes(self) -> bytes:
        return (json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


class Broken(ValueError):
    """A file or a manifest is not what it was written as; the text says which and what to do."""


def name_of(n: int) -> str:
    return f"{n:06d}.json"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(name: str, content: bytes) -> Manifest:
    try:
        given: dict[str, Any] = json.loads(content)
        made = Manifest(**{**given, "files": tuple(File(**one) for one in given["files"])})
        if made.form != FORM or not _fits(made):
            raise ValueError
        return made
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Broken(f"归档清单 {name} 读不出来，内容被改动或损坏。请从备份里放回这份清单") from None


_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_FILE = re.compile(r"[0-9]{4}-[0-9]{2}(-late-[0-9]{6})?\.parquet")


def _fits(made: Manifest) -> bool:
    """A name is one of ours, so that no manifest leads out of its folder."""
    numbers = (made.n, made.upto_id, made.next_id, *(n for f in made.files for n in (f.bytes, f.rows, f.first_id, f.last_id)))
    return (all(isinstance(n, int) and n >= 0 for n in numbers) and bool(_MONTH.fullmatch(made.closed))
            and all(is_file(f.name) and _MONTH.fullmatch(f.month) for f in made.files))


def chain(contents: Sequence[tuple[str, bytes]]) -> list[Manifest]:
    """Manifests in their order, each the next of the one before; Broken names the first that is not."""
    found: list[Manifest] = []
    prev = ""
    for n, (name, content) in enumerate(contents, 1):
        made = read(name, content)
        if name != name_of(n) or made.n != n:
            raise Broken(f"归档清单缺第 {n} 份（{name_of(n)}）。请从备份里放回缺的清单")
        if made.prev != prev:
            raise Broken(f"归档清单 {name} 接不上它前一份：{name_of(n - 1)} 或 {name} 被改动过。请从备份里放回清单")
        found.append(made)
        prev = digest(content)
    return found


def wrong_file(file: File, what: str) -> Broken:
    return Broken(f"归档文件 {file.name}（{file.month}）{what}，不能用它算数。请从备份里放回这个文件；"
                  "没有备份的，删掉整个归档文件夹，重新运行 ./minsheng archive make")


# --- months ------------------------------------------------------------


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def after(month: str) -> str:
    return month_of(first_day(month) + timedelta(days=32))


def months(first: str, limit: str) -> Iterator[str]:
    """From one month up to another, that left out."""
    while first < limit:
        yield first
        first = after(first)


def read_month(written: str) -> str:
    """YYYY-MM as it was typed; ValueError with a sentence."""
    if not _MONTH.fullmatch(written) or not "1900-01" <= written <= "2199-12":
        raise ValueError("应如 2025-01")
    return written


def is_file(name: str) -> bool:
    return bool(_FILE.fullmatch(name))


def file_name(month: str, late: int = 0) -> str:
    return f"{month}-late-{late:06d}.parquet" if late else f"{month}.parquet"


def files_of(manifests: Iterable[Manifest]) -> list[File]:
    return [file for one in manifests for file in one.files]


_SPARK = re.compile(r"spark://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}")


def read_engine(written: str) -> str:
    """duckdb, or the address of a Spark master; ValueError with a sentence."""
    if written != "duckdb" and not _SPARK.fullmatch(written):
        raise ValueError("应为 duckdb 或 spark://主机:端口")
    return written
