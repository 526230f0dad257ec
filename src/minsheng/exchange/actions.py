"""Bringing a file in, taking one away. Batches are transactions of their own: what is acknowledged is in, and a broken import is run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from django.db import DatabaseError, transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.actions import import_history
from minsheng.cases.actions.import_history import Prepared
from minsheng.cases.effects import clocks
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules.source_row import Brought, is_undated, plan, prints
from minsheng.exchange import checks, import_runs, mapping, queries, reimport_diff, rules, sheets
from minsheng.exchange.elsewhere import Elsewhere
from minsheng.exchange.import_runs import Report, Summary
from minsheng.exchange.lookups import Lookups
from minsheng.exchange.mapping import Map, Reader
from minsheng.exchange.models import ImportRun
from minsheng.exchange.reading_ahead import Batch, Numbered, Read, RowReader, Wrong, reading
from minsheng.exchange.row_reader import IMPORTED, Converter
from minsheng.exchange.rules import BadCell
from minsheng.files import actions as files
from minsheng.files.rules import LIMIT as ATTACHMENT
from minsheng.kit.host import in_words
from minsheng.kit.partitions import make_months
from minsheng.kit.read_values import BadValue, line
from minsheng.kit.verdict import Invalid, Refused
from minsheng.language.rules import mask
from minsheng.ledger import actions as ledger

BATCH = 500
NO_MAP = Map()
_SHOW_EVERY_S = 1.0

Progress = Callable[[Summary, float], None]
Place = tuple[str, str]  # source and key of a row


def import_file(*, path: Path, by: Actor, map: Map = NO_MAP, source: str = "", dry_run: bool = False, bad: Path | None = None, sheet: str = "",
                folder: Path | None = None, progress: Progress | None = None) -> Summary:
    """Read a file and make its rows imported cases; good rows come in whatever the others are. Safe to repeat and to resume.

    Invalid when the file or its header cannot be read. `dry_run` writes nothing to the database and says the same. `folder`: where
    attachments lie (the file's own, if not given). A run that was broken off goes on after its last batch.
    """
    summary = Summary(source=_source(source or map.source or path.stem.removesuffix(".bad")))  # a report's rows are of the file that it is about
    if bad is not None and _same(bad, path):
        raise Invalid({"bad": "未导入行的报告不能写在要导入的文件上，请用 --bad 换一个文件名"})
    with sheets.reading(path, lambda cells: mapping.names(cells, map), sheet) as opened:
        reader = mapping.understand(opened.header, map)
        summary.unused, summary.about = reader.unused, opened.about
        report, lookups = Report(summary, bad, opened.header), Lookups(summary.source, by, map.create_categories, map.create_units, dry_run)
        run = None if dry_run else import_runs.begin(summary, report, import_runs.fingerprint(path, map, summary.source, sheet), path.name, by)
        if run is None:
            report.open()
        taking = _Taking(folder or path.parent, by, reader, lookups, report, run, opened)
        taking.elsewhere.named = bool(source or map.source)
        try:
            _take_all(taking, opened, progress)
        finally:
            report.close()
            summary.units, summary.categories = list(lookups.made[0]), list(lookups.made[1])
            if summary.made and run is not None:
                ledger.write(kind="import", by_id=by.id, by_name=by.name, about=f"source:{summary.source}", detail=_told(path, summary))
    return summary


def _source(name: str) -> str:
    """As it is kept with every case; a file's name may hold bytes that are no letters."""
    try:
        return line(name[:50])
    except BadValue:
        raise Invalid({"source": "来源名称里有无法识别的字符，请用 --source 另起一个"}) from None


def _same(one: Path, other: Path) -> bool:
    try:
        return one.exists() and other.exists() and one.samefile(other)
    except (OSError, ValueError):
        return False


def _told(path: Path, summary: Summary) -> dict:
    return {"file": path.name, "source": summary.source, "read": summary.read, "made": summary.made, "bad": summary.bad}


def _take_all(taking: _Taking, opened: sheets.Sheet, progress: Progress | None) -> None:
    summary = taking.report.summary
    began = shown = time.monotonic()
    with reading(_batches(opened.rows, summary.resumed), taking.rows) as batches:
        for batch, read in batches:
            taking.take(batch, read)
            summary.seconds = time.monotonic() - began
            if progress and time.monotonic() - shown >= _SHOW_EVERY_S:
                shown = time.monotonic()
                progress(summary, opened.done())
    if taking.run is not None:
        import_runs.end(taking.run)
    summary.seconds = time.monotonic() - began


def _batches(rows: Iterable[Numbered], after: int) -> Iterator[Batch]:
    batch: Batch = []
    for row in rows:
        if row[0] <= after:
            continue
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class _Taking:
    """One import under way. Without a `run` it is a trial: nothing is written."""

    def __init__(self, folder: Path, by: Actor, reader: Reader, lookups: Lookups, report: Report, run: ImportRun | None, sheet: sheets.Sheet):
        self.folder, self.by, self.report, self.run = folder, by, report, run
        self.convert = Converter(lookups, reader.map.zone or clocks.city_calendar().zone, reader.map.formats)
        self.rows = RowReader(reader, self.convert, sheet)
        self.own = IMPORTED + queries.own_source()
        self.elsewhere = Elsewhere(report.summary.source, named=True)
        self.months: set[tuple[int, int]] = set()
        self.seen: dict[Place, bytes] = {}  # prints of a trial's rows, which leaves nothing in the database to find doubles by
        self.ready: dict[int, list[files.Prepared]] = {}  # attachments by the identity of their row
        self.prepared: dict[int, Prepared] = {}  # and what was made ready of a row beside

    def take(self, batch: Batch, read: Read) -> None:
        """Write one batch, or say what is wrong with its rows."""
        summary = self.report.summary
        brought: list[Brought] = []
        numbered: list[Numbered] = []
        for (number, row), one in zip(batch, read, strict=True):
            summary.read, summary.now = summary.read + 1, summary.now + 1
            if isinstance(one, Wrong):
                self.report.add(number, one.column, one.sentence, row)
                continue
            brought.append(self._known(one))
            numbered.append((number, row))
        good = self.elsewhere.settled(brought)
        rows = {id(one): row for one, row in zip(good, numbered, strict=True)}  # by the identity of what was read from them
        good = self._with_files(good, rows)
        if self.run is None:
            self._try(good, rows)
            self.report.settle()
        else:
            self._write(self.run, good, rows, batch[-1][0])
        self.ready.clear()
        self.prepared.clear()

    def _known(self, one: Brought | Prepared) -> Brought:
        if isinstance(one, Prepared):
            self.prepared[id(one.row)] = one
        brought, steps = (one.row, one.steps) if isinstance(one, Prepared) else (one, plan(one))
        self._note_months([step.at for step in steps])
        return brought

    def _prepared(self, row: Brought) -> Prepared:
        return self.prepared.get(id(row)) or import_history.prepare(row)

    def _write(self, run: ImportRun, good: list[Brought], rows: dict[int, Numbered], last: int) -> None:
        """One transaction: the batch, and the mark that it is in. What is already reported is on the disk before."""
        summary = self.report.summary
        try:
            with transaction.atomic():
                import_history.take_turns()
                good = self._settled_again(good, rows)
                result = import_history.bring_in(rows=good, by=self.by, own=self.own, attach=self._attach, prepared=self._prepared)
                self._look_again(result, rows)
                summary.made += result.made
                summary.known += result.known
                summary.assumed += result.undated
                self.report.flush()
                import_runs.mark(run, summary, last)
        except BaseException:
            files.drop_unkept(one.sha256 for ready in self.ready.values() for one in ready)
            raise

    def _settled_again(self, good: list[Brought], rows: dict[int, Numbered]) -> list[Brought]:
        """Another import may have come in since; now none can."""
        settled = self.elsewhere.settled(good)
        rows |= {id(new): rows[id(old)] for new, old in zip(settled, good, strict=True)}
        return settled

    def _look_again(self, result: import_history.Result, rows: dict[int, Numbered]) -> None:
        """Rows whose key is here with another digest: the same said in other words is known, the rest is told."""
        for (brought, _), sentence in zip(result.changed, reimport_diff.judge(result.changed, self.convert, self.own), strict=True):
            if sentence:
                number, row = rows[id(brought)]
                self.report.add(number, "external_no", self.elsewhere.told(brought, sentence), row)
            else:
                result.known += 1

    def _try(self, good: list[Brought], rows: dict[int, Numbered]) -> None:
        """What `_write` would say: doubles within the file are met in memory, because a trial leaves none in the database."""
        summary = self.report.summary
        fresh, result = import_history.sort_out(good, self.own)
        twice = [row for row, case_id in result.changed if not case_id]
        result.changed = [(row, case_id) for row, case_id in result.changed if case_id]
        for row in (*fresh, *twice):
            new = prints(row)
            before = self.seen.setdefault((row.source, row.key), new)
            if before is new:
                result.made += 1
                summary.assumed += is_undated(row)
            elif sentence := reimport_diff.in_trial(row, before):
                number, cells = rows[id(row)]
                self.report.add(number, "external_no", sentence, cells)
            else:
                result.known += 1
        self._look_again(result, rows)
        summary.made += result.made
        summary.known += result.known

    # --- files and months

    def _with_files(self, good: list[Brought], rows: dict[int, Numbered]) -> list[Brought]:
        """The rows whose attachments are there and may be kept; the others are told. Of a row that is in already nobody asks for them."""
        wanted = [row for row in good if row.files]
        there = import_history.known(((row.source, row.key) for row in wanted), self.own) if wanted else {}
        refused: set[int] = set()
        for row in wanted:
            if (row.source, row.key) in there or (row.source, row.key) in self.seen:
                continue
            try:
                self.ready[id(row)] = [self._look_at(name) for name in row.files]
            except BadCell as wrong:
                refused.add(id(row))
                self.report.add(rows[id(row)][0], wrong.column, str(wrong), rows[id(row)][1])
        return [row for row in good if id(row) not in refused]

    def _look_at(self, name: str) -> files.Prepared:
        """One attachment, looked at and cleaned. Its bytes wait on the disk for the batch: five hundred rows do not fit in memory."""
        try:
            path = checks.inside(self.folder, name)
            if path.stat().st_size > ATTACHMENT:
                raise BadCell("files", f"附件“{name[:60]}”为 {path.stat().st_size / 1048576:.1f} MB，超过 20 MB，请压缩或拆分")
            prepared = files.prepare(content=path.read_bytes(), name=path.name)
        except Invalid as wrong:
            raise BadCell("files", f"附件“{name[:60]}”：{wrong.errors['file']}") from wrong
        except (OSError, ValueError) as wrong:
            raise BadCell("files", f"附件“{name[:60]}”打不开：{in_words(wrong) if isinstance(wrong, OSError) else '文件名无效'}") from wrong
        return files.lay_down(prepared=prepared) if self.run is not None else replace(prepared, content=b"")

    def _attach(self, row: Brought) -> tuple[int, ...]:
        return tuple(files.keep(prepared=one, by=self.by).id for one in self.ready.get(id(row), ()))

    def _note_months(self, times: list[datetime]) -> None:
        """The months that a batch needs exist before it is written; one that can not be made leaves its rows in the default month."""
        for at in times:
            utc = at.astimezone(UTC)
            month = (utc.year, utc.month)
            if month in self.months or self.run is None:
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
    ledger.write(kind="export", by_id=by.id if by else 0, by_name=by.name if by else "命令行", about="cases", reason=mask(reason),
                 detail={"rows": count, "full": full})
    return count
