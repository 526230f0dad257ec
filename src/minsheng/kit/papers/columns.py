"""How wide the columns of a table on paper are, and how large its type: a figure is never broken, words take what is left. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LINE = 442.0  # points between the margins
_PADDING = 11.0  # of a column
_SIZES = (12.0, 10.5, 9.0, 7.5)
_MANY = 5  # columns; of a wider table the type is smaller from the start
_PIECE = re.compile(r"[!-~]+|[^\s!-~]")
_BREAKS = 24  # letters and signs: what is longer has no place of its own to break, as an address of the web, and breaks where the line ends
_FEW, _LONG = 3.0, 16.0  # characters: words are not narrower, and ask for no more unless they are many


class Columns(NamedTuple):
    """In points."""

    widths: list[float]
    size: float


def of(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    columns = [(head, [row[place] for row in rows]) for place, head in enumerate(heads)]
    least = [_least(head, cells) for head, cells in columns]
    asked = [max(low, _wanted(_widest(map(_width, "\n".join((head, *cells)).split("\n"))))) for low, (head, cells) in zip(least, columns, strict=True)]
    sizes = _SIZES if len(heads) <= _MANY else _SIZES[1:]
    size = next((size for size in sizes if sum(least) <= _room(size, len(heads))), sizes[-1])
    return Columns([round(width * size + _PADDING, 1) for width in _shared(least, asked, _room(size, len(heads)))], size)


def _wanted(width: float) -> float:
    """Of words that are as wide on one line: those of many lines want more, so that no cell is a column of its own down the page."""
    return min(width, max(_LONG, 1.4 * width**0.5))


def _room(size: float, columns: int) -> float:
    return (LINE - columns * _PADDING) / size


def _shared(least: Sequence[float], asked: Sequence[float], room: float) -> list[float]:
    """Between the least and what is asked; what is over goes to all alike, what lacks is taken from all."""
    low, high = sum(least), sum(asked)
    if low >= room:
        return [one * room / low for one in least]
    if high <= room:
        return [one * room / high for one in asked]
    return [one + (more - one) * (room - low) / (high - low) for one, more in zip(least, asked, strict=True)]


def _least(head: str, cells: Sequence[str]) -> float:
    """No figure broken, no words of one character a line."""
    return max(_widest(_width(piece[:_BREAKS]) for text in cells for piece in _PIECE.findall(text)), min(_FEW, _widest(map(_width, (head, *cells)))))


def _widest(widths: Iterable[float]) -> float:
    return max(widths, default=0.0)


def _width(text: str) -> float:
    """In characters of Chinese; a digit is a little more than half a one."""
    return sum(0.58 if "!" <= c <= "~" else 0.3 if c == " " else 1.0 for c in text)
