"""How far an import is: a mark in the database, moved in the transaction of each batch, and the report of rows that are not in."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from minsheng.accounts.rules import Actor
from minsheng.exchange.models import ImportRun
from minsheng.exchange.rules import BY_CODE
from minsheng.kit import clock, tables
from minsheng.kit.host import in_words
from minsheng.kit.verdict import Invalid

HEAD = ("行号", "列", "原因")  # before the cells of the row as it came, so that the report, corrected, can be imported itself


@dataclass
class Summary:
    """What an import did. `reasons`: sentence without its particulars -> how many rows; `resumed`: the row after which it went on."""

    source: str = ""
    about: str = ""
    read: int = 0
    made: int = 0
    known: int = 0
    bad: int = 0
    assumed: int = 0
    resumed: int = 0
    seconds: float = 0.0
    now: int = 0  # rows read by this run alone
    reasons: Counter = field(default_factory=Counter)
    unused: tuple[str, ...] = ()
    units: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.now / self.seconds if self.seconds else 0.0

    def counts(self) -> dict:
        return {name: getattr(self, name) for name in ("read", "made", "known", "bad", "assumed")} | {"reasons": dict(self.reasons)}


def _lines(path: Path, keep_to: int) -> list[list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = [line for line in list(csv.reader(file))[1:] if line and line[0].isdecimal() and int(line[0]) <= keep_to]
    return [[tables.unguard(cell) for cell in line] for line in lines]


class Report:
    """Rows that are not in: counted, and kept in a file of their own with the reason and the row as it came."""

    def __init__(self, summary: Summary, path: Path | None, header: Sequence[object]):
        self.summary, self.path, self.header = summary, path, header
        self.file: TextIO | None = None
        self.waiting: list[tuple[int, str]] = []  # (row, its line) of the batch under way

    def open(self, keep_to: int = 0) -> None:
        """Anew, or, for an import that goes on, with the lines of the rows before the mark."""
        if self.path is None:
            return
        kept = _lines(self.path, keep_to) if keep_to else []
        try:
            file = self.file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="")
        except OSError as wrong:
            raise Invalid({"bad": f"不能写入未导入行报告 {self.path}：{in_words(wrong)}"}) from wrong
        file.write(tables.MARK)
        for cells in ([*HEAD, *(str(h or "") for h in self.header)], *kept):
            file.write(tables.csv_line(cells))

    def add(self, number: int, column: str, sentence: str, row: Sequence[object]) -> None:
        self.summary.bad += 1
        name = BY_CODE[column].name if column in BY_CODE else column
        self.summary.reasons[f"{name}：{_plain(sentence)}"] += 1
        if self.file is not None:
            self.waiting.append((number, tables.csv_line([number, name, sentence, *(str(cell) if cell is not None else "" for cell in row)])))

    def settle(self) -> None:
        """A batch is through: its lines in the order of its rows, whatever was found out first."""
        if self.file is not None:
            self.file.writelines(line for _, line in sorted(self.waiting, key=lambda one: one[0]))
        self.waiting.clear()

    def flush(self) -> None:
        """On the disk before the batch is acknowledged."""
        self.settle()
        if self.file is not None:
            self.file.flush()
            os.fsync(self.file.fileno())

    def close(self) -> None:
        self.settle()
        if self.file is not None:
            self.file.close()


def _plain(sentence: str) -> str:
    """A sentence without what stands in quotes and brackets, so that like reasons are counted together."""
    return re.sub(r"“[^”]*”", "“…”", re.sub(r"（[^）]*）", "", re.sub(r"\d{3,}", "…", sentence)))[:80]


def fingerprint(path: Path, *also: object) -> str:
    """Of a file's bytes and of how it is read: the same file with another map is another import."""
    found = hashlib.sha256(repr(also).encode())
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def begin(summary: Summary, report: Report, print_: str, name: str, by: Actor) -> ImportRun:
    """The run of this file that was broken off, its counts taken over, else a new one (not saved before its first batch)."""
    now = clock.now()
    last = ImportRun.objects.filter(fingerprint=print_).order_by("-id").first()
    if last is None or last.ended_at or not (report.path is None or report.path.exists() or not last.counts.get("bad")):
        report.open()
        return ImportRun(fingerprint=print_, source=summary.source, file=name[:200], by_id=by.id, by_name=by.name, started_at=now, updated_at=now)
    for key, value in last.counts.items():
        setattr(summary, key, Counter(value) if key == "reasons" else value)
    summary.resumed = last.row
    report.open(keep_to=last.row)
    return last


def mark(run: ImportRun, summary: Summary, row: int) -> None:
    """This batch is in. Called in its transaction."""
    run.row, run.counts, run.updated_at = row, summary.counts(), clock.now()
    run.save()


def end(run: ImportRun) -> None:
    run.ended_at = run.updated_at = clock.now()
    run.save()
