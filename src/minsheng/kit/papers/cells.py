"""Tables of figures: a cell holds counts, not their words, so that a page, a paper and a workbook say the same. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minsheng.kit.papers import Table
from minsheng.kit.percents import NO_DATA, interval, percent


@dataclass(frozen=True, slots=True)
class Cell:
    """kind: text, count (`n`; None: no data), share (`n` of `d`; d 0: no data), span (the interval of that share). door, door_of: where `n`
    and `d` open. least: of a smaller `d` no percentage is worked out."""

    kind: str
    text: str = ""
    n: int | None = None
    d: int | None = None
    door: str = ""
    door_of: str = ""
    least: int = 1

    @property
    def shown(self) -> str:
        """One line: 1,234, 96.8%, 95.1%—98.0%."""
        if self.kind == "text":
            return self.text
        if self.n is None or (self.kind != "count" and not self.d):
            return NO_DATA
        if self.kind == "count":
            return f"{self.n:,}"
        if self.is_small:
            return f"{self.n:,}/{self.d:,}"
        return percent(self.n, self.d or 0) if self.kind == "share" else interval(self.n, self.d or 0)

    @property
    def is_small(self) -> bool:
        return 0 < (self.d or 0) < self.least

    @property
    def base(self) -> str:
        """Of a share: 304/314."""
        return f"{self.n:,}/{self.d:,}" if self.kind == "share" and self.d and not self.is_small else ""

    @property
    def on_paper(self) -> str:
        return f"{self.shown}\n{self.base}" if self.base else self.shown


def words(text: str) -> Cell:
    return Cell("text", text)


def count(n: int | None, door: str = "") -> Cell:
    return Cell("count", n=n, door=door if n else "")


def share(n: int, d: int, door: str = "", door_of: str = "", least: int = 1) -> Cell:
    """What is nothing opens nothing."""
    return Cell("share", n=n, d=d, door=door if n else "", door_of=door_of if d else "", least=least)


def span(n: int, d: int) -> Cell:
    return Cell("span", n=n, d=d)


def blank() -> Cell:
    """A share of which nothing is known."""
    return Cell("share")


@dataclass(frozen=True, slots=True)
class FigureTable:
    """`columns`: (label, kind of its cells); `name`: in addresses and files; `note` stands below."""

    name: str
    title: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def on_paper(self) -> Table:
        return Table(tuple(label for label, _ in self.columns), tuple(tuple(cell.on_paper for cell in row) for row in self.rows))
