"""Tables that leave, as CSV or XLSX: the one place that writes them, and the one guard against cells that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

MARK = "\ufeff"  # tells spreadsheets that a CSV file is UTF-8
_LONGEST = 32767  # characters that a cell of a spreadsheet can hold
_STARTS = frozenset("=+-@\N{MINUS SIGN}")
_CUTS = frozenset("\t\r\n")
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})
# What a spreadsheet puts where a formula went wrong; read from a text, such a word turns into the error again.
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#BUSY!",
                    "#CONNECT!", "#UNKNOWN!", "#EXTERNAL!", "#PYTHON!", "#GETTING_DATA"})
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,3})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class TooLong(ValueError):
    """A cell is longer than a spreadsheet can hold."""


def runs(text: str) -> bool:
    """Would a spreadsheet take this cell for a formula or for one that failed? What does not show (blanks, apostrophes, marks) may stand before the sign.

    Full-width and other forms of the four signs count; so does a tab or a line's end in the first place, which moves the rest to the next cell.
    """
    if not text or text[0].isalnum():
        return False
    bare = text.lstrip("'")
    if bare[:1] in _CUTS or bare.upper() in ERRORS:
        return True
    for character in text:
        if character != "'" and unicodedata.category(character) not in _UNSEEN:
            return unicodedata.normalize("NFKC", character)[0] in _STARTS
    return False


def whole(text: str) -> str | None:
    """A number in scientific notation as its digits: 1.3900000001E10 holds all of them; None for 1.39E+10, which has lost some.

    Any other text comes back as it is.
    """
    found = _SCIENTIFIC.fullmatch(text)
    if found is None:
        return text
    fraction = found[2] or ""
    return found[1] + fraction if len(fraction) == int(found[3]) else None


def guard(cell: object) -> object:
    """A text that would run gets an apostrophe in front; numbers and everything else stay as they are."""
    return "'" + cell if isinstance(cell, str) and runs(cell) else cell


def unguard(text: str) -> str:
    """What `guard` was given: unguard(guard(text)) == text for every text."""
    return text[1:] if text[:1] == "'" and runs(text[1:]) else text


def csv_line(cells: Iterable[object], end: str = "\r\n") -> str:
    """One guarded line of a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerow([guard(cell) for cell in cells])
    return out.getvalue()


def csv_lines(header: Sequence[str], rows: Iterable[Iterable[object]], mark: str = MARK, end: str = "\r\n") -> Iterator[str]:
    """A whole CSV file, line by line."""
    yield mark + csv_line(header, end)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    for row in rows:
        writer.writerow([guard(cell) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> int:
    """Write the file and return how many rows it has below its header."""
    count = -1
    with open(path, "w", encoding="utf-8", newline="") as file:
        for line in csv_lines(header, rows):
            file.write(line)
            count += 1
    return count


def write_xlsx(path: Path, title: str, header: Sequence[str], rows: Iterable[Iterable[object]]) -> int:
    """As `write_csv`. Every cell is text: nothing is rounded, nothing is an error value or a formula. TooLong: a cell does not fit."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    count = -1
    try:
        for row in chain([header], rows):
            cells = [WriteOnlyCell(sheet, _in_xml(cell)) for cell in row]
            for cell in cells:
                cell.data_type = "n" if cell.value is None else "s"  # "#N/A" is a text here, not an error
            sheet.append(cells)
            count += 1
    finally:
        sheet.close()
    with open(path, "wb") as file:
        book.save(file)
    return count


def workbook() -> Any:
    """An empty book for figures (`kit.papers.sheets`); words go into it by `put_words`."""
    from openpyxl import Workbook

    return Workbook()


def put_words(cell: Any, text: str) -> None:
    """A text and never a formula or an error, whatever it begins with: the type of the cell says so, and the guard when it is typed over."""
    cell.value = _in_xml(text)
    cell.data_type = "n" if cell.value is None else "s"


def _in_xml(cell: object) -> str | None:
    """Characters that XML cannot hold are left out; what looks like an escape of the format is written as what it looks like."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = ILLEGAL_CHARACTERS_RE.sub("", str("" if cell is None else guard(cell)))
    text = _ESCAPE.sub(r"_x005F_x\1_", text)
    if len(text) > _LONGEST:
        raise TooLong(f"a cell of {len(text)} characters")
    return text or None


def unescaped(text: str) -> str:
    """A text as a spreadsheet's file writes it, read: `_x000D_` is a carriage return, `_x005F_x000D_` is the eight characters."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
