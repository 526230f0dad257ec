"""The one writer of the archive: a month at a time, each whole or not there.

A batch is one manifest: first what came late to the months that are in the archive, then each further month. Its files are written under
other names, put on the disk and renamed; then the ledger says so; the manifest comes last. Whatever dies in between, the archive is
what its manifests say, and the next making begins where they end. Twice the same gives the same bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from django.db import connection

from minsheng.accounts.rules import Actor
from minsheng.archive import asking, engines, parquet, places, queries, rules
from minsheng.archive.places import Archive
from minsheng.archive.rules import File, Manifest
from minsheng.cases.effects import clocks
from minsheng.kit import whole_files
from minsheng.kit.host import FULL, Problem, in_words
from minsheng.kit.verdict import Refused, no
from minsheng.ledger import actions as ledger
from minsheng.ledger.rules import Kind
from minsheng.measures import following
from minsheng.measures import queries as measures
from minsheng.measures import rules as of_measures

Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of these months, of the book above one and up to another. `begin`: before it no line is outside the archive but of what came late."""

    months: tuple[str, ...]
    above: int
    upto: int
    begin: int
    closed: str
    late: bool


def make(*, by: Actor, upto: str = "", progress: Progress = str) -> list[Manifest]:
    """What is not in the archive yet of the months that are over (`upto`: of those up to this one); the manifests that were written.

    Problem where the archive is not what it was written as, is being made by somebody else, or its disk takes nothing.
    """
    following.bring_up_to_date(10**9)
    with _alone() as folder:
        archive = places.opened()
        _sweep(archive)
        made = []
        for batch in _batches(archive, upto):
            manifest = _write(folder, archive, batch, by)
            archive = Archive(folder, (*archive.manifests, manifest))
            made.append(manifest)
            progress("、".join(file.name for file in manifest.files))
        return made


@contextlib.contextmanager
def _alone() -> Iterator[Path]:
    folder = places.folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(folder / ".lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
    except BlockingIOError:
        raise Problem("正在归档，请等它做完再运行") from None
    except (OSError, duckdb.Error) as wrong:
        raise Problem(f"归档没有做完：{_why(wrong)}。已经归档的月份都在，没有留下半个月；改正后再运行同一条命令") from wrong


def _why(wrong: OSError | duckdb.Error) -> str:
    if isinstance(wrong, OSError):
        return in_words(wrong)
    said = engines.first_line(wrong)
    return next((words for number, words in FULL.items() if os.strerror(number) in said), said)


def _sweep(archive: Archive) -> None:
    """What a making that was broken off has left: no manifest names it. What others have laid there stays."""
    for name in places.strays(archive):
        if name.startswith(".new") or rules.is_file(name):
            (archive.folder / name).unlink()


def _batches(archive: Archive, upto: str) -> Iterator[Batch]:
    this = rules.month_of(measures.today())
    if upto and upto >= this:
        raise Problem(f"{upto} 还没有过完，最多归档到上个月")
    last = archive.last
    limit = max(rules.after(upto) if upto else this, last.closed if last else "")
    top = _one("SELECT coalesce(max(id), 0) FROM measures_fact")
    if last and (late := _months("id > %s AND id <= %s AND known_at < %s", [last.upto_id, top, places.start_of(last.closed)])):
        yield Batch(late, last.upto_id, top, last.next_id, last.closed, True)
    since, begin = places.start_of(last.closed) if last else None, last.next_id if last else 0
    new = _months("id >= %s AND id <= %s AND known_at < %s" + (" AND known_at >= %s" if since else ""),
                  [begin, top, places.start_of(limit), *([since] if since else [])])
    for month in new:
        yield Batch((month,), begin - 1, top, begin, rules.after(month), False)


def _months(condition: str, values: list) -> tuple[str, ...]:
    zone = clocks.city_calendar().zone.key
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT to_char(known_at AT TIME ZONE %s, 'YYYY-MM') FROM measures_fact WHERE {condition} ORDER BY 1", [zone, *values])
        return tuple(month for (month,) in cursor.fetchall())


def _one(sql: str, values: tuple = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def _write(folder: Path, archive: Archive, batch: Batch, by: Actor) -> Manifest:
    n = len(archive.manifests) + 1
    files = tuple(_file(folder, month, batch, n) for month in batch.months)
    next_id = _one("SELECT coalesce(min(id), %s) FROM measures_fact WHERE id >= %s AND id <= %s AND known_at >= %s",
                   (batch.upto + 1, batch.begin, batch.upto, places.start_of(batch.closed)))
    last = archive.last
    prev = rules.digest(last.as_bytes()) if last else ""
    made = Manifest(n, prev, clocks.city_calendar().zone.key, queries.key_name(), batch.closed, batch.upto, next_id, files)
    content = made.as_bytes()
    ledger.write(kind=Kind.ARCHIVE, by_id=by.id, by_name=by.name, about=f"archive:{n}", detail={
        "manifest": rules.digest(content), "months": list(batch.months), "rows": sum(f.rows for f in files)})
    whole_files.write(folder / made.name, content)
    return made


def _file(folder: Path, month: str, batch: Batch, n: int) -> File:
    """Written, read again, on the disk, and renamed."""
    name = rules.file_name(month, n if batch.late else 0)
    half = folder / f".new-{name}"
    try:
        rows, first, last, sums = parquet.write(half, month, batch.above, batch.upto)
        half.chmod(0o600)
        with open(half, "rb") as file:
            os.fsync(file.fileno())
        half.rename(folder / name)
    finally:
        half.unlink(missing_ok=True)
    path = folder / name
    return File(name, month, places.digest_of(path), path.stat().st_size, rows, first, last, sums)


def ask(*, by: Actor, sql: str, skip: int = 0, most: int = asking.PAGE) -> asking.Answer:
    """The answer to a reader's own question, which the ledger keeps whether it is answered or not (rulings, 91). Refused with a sentence."""
    if not (may := of_measures.may_read(by)):
        raise Refused(may)
    if not (said := asking.readable(sql)):
        raise Refused(no("sql", "请写一个 SELECT"))
    ledger.write(kind=Kind.ARCHIVE_ASKED, by_id=by.id, by_name=by.name, about="archive", reason=asking.for_the_ledger(said),
                 detail={"sha256": rules.digest(said.encode()), "skip": skip})
    return asking.ask(said, by, skip, most)
