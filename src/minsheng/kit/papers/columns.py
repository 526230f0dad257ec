"""How wide the columns of a table on paper are, and how large its type: a figure is never broken, words take what is left, so that no row is
taller than it must be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LINE = 442.0  # points between the margins
_PADDING = 11.0  # of a column
_SIZES = (12.0, 10.5, 9.0, 7.5)
_MANY = 5  # columns; of a wider table the type is smaller from the start
_PIECE = re.compile(r"\d+月\d+日|第?\d+[年期]|[!-~]+|[^\s!-~]")  # a day stays whole, its year may stand above it
_APART = re.compile(r"\d(?=[^\s!-~])|[^\s!-~](?=\d)")
_BREAKS = 24  # letters and signs: what is longer has no place of its own to break, as an address of the web, and breaks where the line ends
_FEW = 3.0  # characters: words are not narrower
_TALL = 3  # the power to which the lines of a cell count: the tallest cells of a row decide how tall it is


class Columns(NamedTuple):
    """In points."""

    widths: list[float]
    size: float


def of(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    columns = [(head, [row[place] for row in rows]) for place, head in enumerate(heads)]
    least = [_least(head, cells) for head, cells in columns]
    lines = [[_width(line) for line in "\n".join((head, *cells)).split("\n")] for head, cells in columns]
    whole = [max(low, *long) for low, long in zip(least, lines, strict=True)]
    sizes = _SIZES if len(heads) <= _MANY else _SIZES[1:]
    size = next((size for size in sizes if sum(least) <= _room(size, len(heads))), sizes[-1])
    shared = _shared(least, whole, [_asks(long) for long in lines], _room(size, len(heads)))
    return Columns([round(width * size + _PADDING, 1) for width in shared], size)


def _asks(lines: Iterable[float]) -> float:
    """The share of a column in the line, that makes the sum of (length / width) ** _TALL over all columns least."""
    return sum(line**_TALL for line in lines) ** (1 / (_TALL + 1)) or 1.0


def _room(size: float, columns: int) -> float:
    return (LINE - columns * _PADDING) / size


def _shared(least: Sequence[float], whole: Sequence[float], asked: Sequence[float], room: float) -> list[float]:
    """By what they ask for, none below the least nor wider than its longest text; what is over goes to all alike, what lacks is taken from all."""
    if sum(least) >= room:
        return [one * room / sum(least) for one in least]
    if sum(whole) <= room:
        return [one * room / sum(whole) for one in whole]

    def at(part: float) -> list[float]:
        return [min(max(low, part * share), most) for low, share, most in zip(least, asked, whole, strict=True)]

    low, high = 0.0, max(most / share for most, share in zip(whole, asked, strict=True))
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if sum(at(middle)) > room else (middle, high)
    return at(low)


def _least(head: str, cells: Sequence[str]) -> float:
    """No figure broken, no words of one character a line."""
    return max(_widest(_width(piece[:_BREAKS]) for text in cells for piece in _PIECE.findall(text)), min(_FEW, _widest(map(_width, (head, *cells)))))


def _widest(widths: Iterable[float]) -> float:
    return max(widths, default=0.0)


def _width(text: str) -> float:
    """In characters of Chinese; a digit is a little more than half a one, and writing programs set figures a little apart from words."""
    return 0.25 * len(_APART.findall(text)) + sum(0.58 if "!" <= c <= "~" else 0.3 if c == " " else 1.0 for c in text)
