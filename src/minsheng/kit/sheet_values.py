"""What a cell of a spreadsheet holds beside words: a number, a day of the book's calendar, or something that nobody can read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell whose value nobody knows; `why` reads on behind the name of its column."""

    shown: str
    why: str

    def __str__(self) -> str:
        return self.shown


class Number(str):
    """A number as its digits. In a column of times it is a day of the book's calendar, which `moment` gives. `hours`: shown as a time of day."""

    first: datetime
    hours = False

    def moment(self) -> datetime:
        return day(float(self), self.first)


_DAYS = frozenset(map(str, (*range(14, 18), 22, *range(27, 37), *range(50, 59))))
_HOURS = frozenset(map(str, (*range(18, 22), 45, 46, 47)))


def form(number: str, code: str | None) -> str:
    """How a number is shown: "date", "time", "%", "000" for one filled up with noughts, "" for any other. `code` None: a form of the format's own."""
    if code is None:
        return "date" if number in _DAYS else "time" if number in _HOURS else "%" if number in ("9", "10") else ""
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', "", code, flags=re.I).split(";")[0].strip().lower()
    if re.fullmatch("0{2,20}", bare):
        return bare
    if "general" in bare:
        return ""
    return "date" if re.search("[yd]", bare) else "time" if re.search("[hs]", bare) else "%" if bare.endswith("%") else ""


def day(serial: float, first: datetime) -> datetime:
    """A day of a spreadsheet's calendar, which knows a 29 February 1900. ValueError outside of it."""
    if not 0 <= serial < 2_958_466:
        raise ValueError("no day")
    return first + timedelta(days=int(serial), milliseconds=round(serial % 1 * 86_400_000))


def holds(cell: object) -> bool:
    """Is there anything in the cell that somebody sees?"""
    return cell != "" and not (isinstance(cell, str) and cell.isspace())
