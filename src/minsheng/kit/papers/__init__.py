"""Papers that leave the house: a title, headings, paragraphs, tables, who signs and when; as PDF or DOCX in GB/T 9704 layout. Pure.

`making` makes them, in a process of its own; `maker` is that process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.kit.papers import columns
from minsheng.kit.written_times import day as in_words

DRAFT, NOTHING = "草稿", "无"


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 (一、) or 2 （（一））."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Para:
    """`flush`: it begins at the margin, as the line that names who gets the paper."""

    text: str
    flush: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One without rows says so in its only row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Para | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """`number`: as the office gave it; `mark`: across every page, for what nobody signed."""

    title: str
    blocks: tuple[Block, ...]
    issuer: str = ""
    day: date | None = None
    number: str = ""
    signed_by: str = ""
    mark: str = ""

    def as_data(self) -> dict[str, Any]:
        """For the process that makes it, and for an office's own template."""
        return {"title": self.title, "number": self.number, "signed_by": self.signed_by, "issuer": self.issuer, "mark": self.mark,
                "day": in_words(self.day), "blocks": [_block(one) for one in _numbered(self.blocks)]}



_NUMERALS = "一二三四五六七八九十"


def _numbered(blocks: Iterable[Block]) -> Iterable[Block]:
    """Headings with their numbers: 一、 and （一）."""
    first = second = 0
    for one in blocks:
        if isinstance(one, Heading):
            first, second = (first + 1, 0) if one.level == 1 else (first, second + 1)
            yield Heading(f"{_numeral(first)}、{one.text}" if one.level == 1 else f"（{_numeral(second)}）{one.text}", one.level)
        else:
            yield one


def _numeral(n: int) -> str:
    tens, ones = divmod(n, 10)
    return (_NUMERALS[tens - 1] if tens > 1 else "") + ("十" if tens else "") + (_NUMERALS[ones - 1] if ones else "")


def _block(one: Block) -> dict[str, Any]:
    empty: dict[str, Any] = {"kind": "", "text": "", "level": 0, "columns": [], "rows": [], "widths": [], "size": 0}
    if isinstance(one, Heading):
        return empty | {"kind": "heading", "text": one.text, "level": one.level}
    if isinstance(one, Para):
        return empty | {"kind": "para", "text": one.text, "level": int(one.flush)}
    rows = one.rows or ((NOTHING, *[""] * (len(one.columns) - 1)),)
    laid = columns.of(one.columns, rows)
    return empty | {"kind": "table", "columns": list(one.columns), "rows": [list(row) for row in rows], "widths": laid.widths, "size": laid.size}


def paragraphs(text: str) -> Iterable[Para]:
    """A paragraph for every line that says something."""
    return (Para(line.strip()) for line in text.splitlines() if line.strip())
