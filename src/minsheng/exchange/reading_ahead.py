"""Batches of a file with their rows read and made ready: of a long file in another process, while this one writes the batches before.

Reading cells and masking words is half of what a row costs, and asks nobody: the other half waits for the database.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from minsheng.cases.actions import import_history
from minsheng.cases.actions.import_history import Prepared
from minsheng.cases.rules.source_row import BadRow, Brought
from minsheng.exchange import checks, mapping
from minsheng.exchange.import_runs import HEAD
from minsheng.exchange.lookups import Made, NewName
from minsheng.exchange.mapping import Reader
from minsheng.exchange.row_reader import Converter, times_of
from minsheng.exchange.rules import BadCell
from minsheng.exchange.sheets import Sheet
from minsheng.kit.forks import ahead
from minsheng.kit.verdict import Invalid

BATCHES_AHEAD = 3
LONG = 2000  # rows: below it another process costs more than it saves

Numbered = tuple[int, list]  # number of a row, its cells
Batch = list[Numbered]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a row cannot be brought in."""

    column: str
    sentence: str


class RowReader:
    """Cells of one file into rows of history."""

    def __init__(self, reader: Reader, convert: Converter, sheet: Sheet):
        self.reader, self.convert, self.sheet = reader, convert, sheet

    def one(self, number: int, cells: list) -> Brought | Wrong:
        """A row, checked against itself."""
        tidied = [mapping.tidy(cell) for cell in cells]
        try:
            checks.whole_row(number, tidied, self.reader, self.sheet)
            found, filled = self.reader.cells(tidied)
            own = tidied[len(HEAD):] if self.sheet.header[:len(HEAD)] == list(HEAD) else tidied  # a report's row is that of the file it is about
            brought = self.convert.brought(found, filled, own, checks.is_rounded(tidied, self.reader, self.sheet))
            times_of(brought)
        except (BadCell, BadRow) as wrong:
            return Wrong(wrong.column, str(wrong))
        return brought

    def beside(self, sent: tuple[Batch, Made]) -> list[Prepared | Wrong | None]:
        """The rows of a batch, made ready in a process that writes nothing. None: a new name stands in the row, whoever writes has to read it."""
        batch, made = sent
        self.convert.lookups.reads_only = True
        self.convert.lookups.learn(made)
        return [self._ready(*row) for row in batch]

    def _ready(self, number: int, cells: list) -> Prepared | Wrong | None:
        try:
            one = self.one(number, cells)
        except NewName:
            return None
        return one if isinstance(one, Wrong) else import_history.prepare(one)


Read = Iterable[Brought | Prepared | Wrong]


@contextmanager
def reading(batches: Iterable[Batch], rows: RowReader) -> Iterator[Iterator[tuple[Batch, Read]]]:
    """Each batch with its rows, as they are taken. Invalid when the process that reads is gone: what was taken before is in.

    This process reads where the file is short, a transaction is open (another would not see it), or there is one core.
    """
    if rows.sheet.rows_in_all < LONG or connection.in_atomic_block or (os.cpu_count() or 1) < 2:
        yield ((batch, (rows.one(*row) for row in batch)) for batch in batches)
        return
    made = rows.convert.lookups.made
    try:
        with ahead(rows.beside, ((batch, (dict(made[0]), dict(made[1]))) for batch in batches), BATCHES_AHEAD) as read:
            yield ((batch, _whole(batch, found, rows)) for (batch, _), found in read)
    except BrokenProcessPool as gone:
        raise Invalid({"file": "读取文件的进程被系统中止（多半是内存不够）。已导入的行都在；再运行一次同样的命令，会接着导入"}) from gone


def _whole(batch: Batch, found: list[Prepared | Wrong | None], rows: RowReader) -> Iterator[Brought | Prepared | Wrong]:
    return (rows.one(*row) if one is None else one for row, one in zip(batch, found, strict=True))
