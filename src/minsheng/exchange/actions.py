"""Bringing a file in. Batches are transactions of their own: what is acknowledged is in, and a broken import is simply run again."""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from django.db import DatabaseError, transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import clocks, imported
from minsheng.cases.brought import BadRow, Brought, plan
from minsheng.cases.lists import Filters
from minsheng.exchange import mapping, queries, rules, sheets
from minsheng.exchange.lookups import Lookups
from minsheng.exchange.mapping import Map, Reader
from minsheng.exchange.rules import BY_CODE, BadCell
from minsheng.files import actions as files
from minsheng.kit import clock
from minsheng.kit.ids import EPOCH
from minsheng.kit.months import make_months
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import actions as ledger

BATCH = 500
NO_MAP = Map()
_SHOW_EVERY_S = 1.0


@dataclass
class Summary:
    """What an import did. `reasons`: sentence without its particulars -> how many rows."""

    source: str = ""
    read: int = 0
    made: int = 0
    known: int = 0
    bad: int = 0
    seconds: float = 0.0
    reasons: Counter = field(default_factory=Counter)
    unused: tuple[str, ...] = ()
    units: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.read / self.seconds if self.seconds else 0.0


@dataclass
class Report:
    """Bad rows as they are found: to a file when there is one, and counted. Holds no cell of the row but its number."""

    summary: Summary
    out: object = None

    def add(self, number: int, key: str, column: str, sentence: str) -> None:
        self.summary.bad += 1
        name = BY_CODE[column].name if column in BY_CODE else column
        self.summary.reasons[f"{name}：{_plain(sentence)}"] += 1
        if self.out is not None:
            self.out.writerow([number, rules.guard(key), name, rules.guard(sentence)])


def _plain(sentence: str) -> str:
    """A sentence without what stands in quotes and brackets, so that like reasons are counted together."""
    return re.sub(r"“[^”]*”", "“…”", re.sub(r"（[^）]*）", "", re.sub(r"\d{3,}", "…", sentence)))[:80]


Progress = Callable[[Summary, float], None]


def import_file(*, path: Path, by: Actor, map: Map = NO_MAP, source: str = "", dry_run: bool = False, bad: Path | None = None,
                progress: Progress | None = None) -> Summary:
    """Read a file and make its rows imported cases; good rows come in whatever the others are. Safe to repeat and to resume.

    Invalid when the file or its header cannot be read. `dry_run` writes nothing to the database and says the same.
    """
    summary = Summary(source=(source or map.source or path.stem)[:50])
    began = time.monotonic()
    with sheets.reading(path) as sheet, _bad_rows(bad, summary) as report:
        reader = mapping.understand(sheet.header, map)
        summary.unused = reader.unused
        lookups = Lookups(summary.source, by, map.create_categories, map.create_units, dry_run)
        run = _Run(path.parent, by, reader, lookups, report, map.zone or clocks.city_calendar().zone, dry_run)
        shown = began
        try:
            for batch in _batches(sheet.rows):
                run.take(batch)
                summary.seconds = time.monotonic() - began
                if progress and time.monotonic() - shown >= _SHOW_EVERY_S:
                    shown = time.monotonic()
                    progress(summary, sheet.done())
        finally:
            summary.units, summary.categories = lookups.made_units, lookups.made_categories
            if summary.made and not dry_run:
                detail = {"file": path.name, "source": summary.source, "read": summary.read, "made": summary.made, "bad": summary.bad}
                ledger.write(kind="import", by_id=by.id, by_name=by.name, about=f"source:{summary.source}", detail=detail)
    summary.seconds = time.monotonic() - began
    return summary


@contextmanager
def _bad_rows(path: Path | None, summary: Summary) -> Iterator[Report]:
    if path is None:
        yield Report(summary)
        return
    try:
        file = open(path, "w", encoding="utf-8-sig", newline="")
    except OSError as wrong:
        raise Invalid({"bad": f"不能写入未导入行报告 {path}：{wrong.strerror}"}) from wrong
    with file:
        out = csv.writer(file)
        out.writerow(["行号", "外部编号", "列", "原因"])
        yield Report(summary, out)


def _batches(rows: Iterable[tuple[int, list]]) -> Iterator[list[tuple[int, list]]]:
    batch: list[tuple[int, list]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class _Run:
    """One import under way."""

    def __init__(self, folder: Path, by: Actor, reader: Reader, lookups: Lookups, report: Report, zone: tzinfo, dry: bool):
        self.folder, self.by, self.reader, self.lookups, self.report, self.zone, self.dry = folder, by, reader, lookups, report, zone, dry
        self.months: set[tuple[int, int]] = set()
        self.seen: dict[tuple[str, str], bytes] = {}  # of a dry run, which leaves nothing in the database to find doubles by

    def take(self, batch: list[tuple[int, list]]) -> None:
        """Read, check and write one batch."""
        summary, good, attached = self.report.summary, [], {}
        numbers: dict[tuple[str, str], int] = {}
        for number, row in batch:
            summary.read += 1
            cells: dict[str, object] = {}
            try:
                cells, filled = self._cells(row)
                brought = self._convert(cells, filled, rules.digest({str(n): mapping.tidy(c) for n, c in enumerate(row)}))
                times = [step.at for step in plan(brought)]
                self._known_time(times)
                if cells.get("files"):
                    attached[(brought.source, brought.key)] = self._paths(str(cells["files"]))
            except (BadCell, BadRow) as wrong:
                self.report.add(number, str(cells.get("external_no", "")), wrong.column, str(wrong))
                continue
            self._note_months(times)
            good.append(brought)
            numbers[(brought.source, brought.key)] = number
        self._write(good, attached, numbers)

    def _cells(self, row: list) -> tuple[dict[str, object], tuple[str, ...]]:
        if any(mapping.tidy(cell) != "" for cell in row[len(self.reader.header):]):
            raise BadCell("", f"这一行有 {len(row)} 列，表头只有 {len(self.reader.header)} 列；内容里有逗号或换行的请加引号")
        return self.reader.cells(row)

    def _write(self, good: list[Brought], attached: dict, numbers: dict) -> None:
        summary = self.report.summary
        if self.dry:
            result = self._tried(good)
        else:
            with transaction.atomic():
                fresh, before = imported.sort_out(good)
                result = imported.bring_in(rows=[self._with_files(r, attached) for r in fresh], by=self.by)
                result.known, result.changed = result.known + before.known, before.changed
        summary.made += result.made
        summary.known += result.known
        for source, key in result.changed:
            self.report.add(numbers[(source, key)], key, "external_no", result.changed[(source, key)])

    def _tried(self, good: list[Brought]) -> imported.Result:
        """What `bring_in` would say: doubles of earlier batches are met in memory, because a dry run leaves none in the database."""
        fresh, result = imported.sort_out(good)
        for row in fresh:
            before = self.seen.get((row.source, row.key))
            if before is None:
                self.seen[(row.source, row.key)] = row.digest
                result.made += 1
            elif before == row.digest:
                result.known += 1
            else:
                result.changed[(row.source, row.key)] = imported.CHANGED
        return result

    # --- from cells to a row of history

    def _convert(self, cells: dict[str, object], filled: tuple[str, ...], digest: bytes) -> Brought:
        look, text = self.lookups, self._text
        source = text(cells, "source") or look.source
        solved, satisfaction = self._word(cells, "solved"), self._word(cells, "satisfaction") or ""
        reached = self._word(cells, "reached")
        if reached is None and (solved is not None or satisfaction):
            reached = True
        received = self._time(cells, "received_at")
        narrative = text(cells, "narrative") or text(cells, "title")
        if received is None or not narrative:
            column = "received_at" if received is None else "narrative"
            raise BadCell(column, f"没有{BY_CODE[column].name}")
        times = {c: self._time(cells, c) for c in rules.TIMES if c != "received_at"}
        return Brought(
            source=f"import:{source}", key=text(cells, "external_no") or f"row:{digest.hex()[:40]}", digest=digest, received_at=received,
            narrative=narrative, title=text(cells, "title"), kind=self._word(cells, "type") or "other",
            channel=self._word(cells, "channel") or "other_system", category=look.category(str(cells["category"])) if "category" in cells else None,
            place=text(cells, "place"), requester=text(cells, "requester"), requester_kind=self._word(cells, "requester_kind") or "person",
            phone=text(cells, "phone"), unit=look.unit(str(cells["unit"])) if "unit" in cells else None, reply=text(cells, "reply"),
            state=self._word(cells, "state") or "", co_units=look.co_units(str(cells.get("co_units", ""))), reached=reached, solved=solved,
            satisfaction=satisfaction, assumed=filled, **times)

    def _text(self, cells: dict[str, object], column: str) -> str:
        return rules.read_text(BY_CODE[column], str(cells[column])) if column in cells else ""

    def _word(self, cells: dict[str, object], column: str):
        return rules.read_word(BY_CODE[column], str(cells[column])) if column in cells else None

    def _time(self, cells: dict[str, object], column: str) -> datetime | None:
        return rules.read_time(column, cells[column], self.zone, self.reader.map.formats) if column in cells else None

    def _known_time(self, times: list[datetime]) -> None:
        """What happened lies between 2000, where our ids begin, and now."""
        if min(times) < EPOCH + timedelta(days=1):
            raise BadCell("received_at", f"时间（{min(times):%Y-%m-%d}）早于 2000 年")
        if max(times) > clock.now() + timedelta(minutes=5):
            raise BadCell("received_at", f"时间（{max(times):%Y-%m-%d %H:%M}）晚于现在")

    # --- files and months

    def _paths(self, names: str) -> list[Path]:
        found = []
        for name in rules.split_list(names):
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
                raise BadCell("files", f"找不到附件“{name}”（应在导入文件所在的文件夹内）")
            found.append(path)
        return found

    def _with_files(self, row: Brought, attached: dict) -> Brought:
        paths = attached.get((row.source, row.key))
        if not paths:
            return row
        return replace(row, files=tuple(files.store(content=p.read_bytes(), name=p.name, by=self.by).id for p in paths))

    def _note_months(self, times: list[datetime]) -> None:
        """The months that a batch needs exist before it is written; one that can not be made leaves its rows in the default month."""
        for at in times:
            month = (at.astimezone(UTC).year, at.astimezone(UTC).month)
            if month in self.months or self.dry:
                continue
            self.months.add(month)
            first = datetime(*month, 1, tzinfo=UTC)
            try:
                with transaction.atomic():
                    make_months(first, first)
            except DatabaseError:
                continue


@transaction.atomic
def export_file(*, path: Path, filters: Filters, by: Actor | None, full: bool = False, reason: str = "") -> int:
    """Write the cases within `filters`; returns how many. Masked unless `full`, which takes a person with the right and a reason.

    The ledger keeps who took what away, also of a masked file.
    """
    if full and not (answer := rules.may_export_full(by, reason)):
        raise Refused(answer)
    header = [c.name for c in rules.EXPORTED]
    count = sheets.write(path, header, queries.exported(filters, by, full))
    ledger.write(kind="export", by_id=by.id if by else 0, by_name=by.name if by else "命令行", about="cases", reason=reason,
                 detail={"rows": count, "full": full})
    return count
