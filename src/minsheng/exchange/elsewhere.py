"""Rows that another file has brought in before: a file that was given a new name, or that nobody named a source for, makes no order twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from minsheng.cases.actions import import_history
from minsheng.cases.rules.source_row import Brought, digest
from minsheng.exchange.row_reader import IMPORTED


class Elsewhere:
    """Under which source a row's key is here already.

    named  somebody has said what the source is; else it is the file's name, which says little: then one key is one order, whatever file it stood in
    """

    def __init__(self, source: str, named: bool):
        self.source, self.named, self.moved = IMPORTED + source, named, set[int]()

    def settled(self, rows: Sequence[Brought]) -> list[Brought]:
        """The same rows, each under the source that has it: what says the same is known then, what differs is told. Three statements for all."""
        own = {row.key for row in rows if row.source == self.source}
        others = [name for name in import_history.sources(IMPORTED) if name != self.source] if own else []
        found = import_history.under(others, own) if others else {}
        here = {key for _, key in import_history.known((self.source, key) for key in found)} if found else set()
        return [self._settled(row, found[row.key]) if row.source == self.source and row.key in found.keys() - here else row for row in rows]

    def _settled(self, row: Brought, found: list[tuple[str, bytes]]) -> Brought:
        says = digest(row)
        source = next((source for source, before in found if before == says), "" if self.named else found[-1][0])
        if not source:
            return row
        moved = replace(row, source=source)
        self.moved.add(id(moved))
        return moved

    def told(self, row: Brought, sentence: str) -> str:
        """Why a row that differs from another source's is not in, and what to do where it is another order after all."""
        if id(row) not in self.moved:
            return sentence
        return f"{sentence}（由来源“{row.source.removeprefix(IMPORTED)}”带进；确是另一个系统的另一件，请用 --source 写明来源名称）"
