"""CSV and XLSX as streams of rows, in and out, in constant memory. Read to the end once before anything is done with them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from minsheng.kit import csv_files, tables, xlsx_files
from minsheng.kit.csv_files import LOOK, BadTable
from minsheng.kit.host import in_words
from minsheng.kit.verdict import Invalid

_IS_BLANK = re.compile(r"[\s\x1a]*").fullmatch  # a text of old systems ends with a mark of its end
Names = Callable[[Sequence], int]  # how many cells of a row are names of columns
_TEXT, _BOOK = (".csv", ".txt", ".tsv"), (".xlsx", ".xlsm")


@dataclass
class Sheet:
    """`rows` yields (row number as a spreadsheet counts, cells); `done()` is the share of the file that has been read, 0 to 1.

    about      in words, what is being read: encoding and separator, or which of several sheets
    separator  of the cells of a text; "" for a spreadsheet
    rows_in_all  about how many, blank ones counted
    cut        the last row, when the file stops without a line's end: it may not be whole
    rounded    columns whose long numbers have all lost the digits after the fifteenth
    """

    header: list
    rows: Iterator[tuple[int, list]]
    done: Callable[[], float]
    about: str
    rows_in_all: int
    separator: str = ""
    cut: int = 0
    rounded: frozenset[int] = frozenset()


class _Long:
    """Numbers of more than fifteen digits by column: a spreadsheet keeps fifteen and writes noughts for the rest."""

    def __init__(self):
        self.found: dict[int, list[int]] = {}

    def __call__(self, cells: list) -> None:
        for place, cell in enumerate(cells):
            if isinstance(cell, str) and is_long(cell):
                count = self.found.setdefault(place, [0, 0])
                count[0] += 1
                count[1] += not cell.strip()[15:].strip("0")

    def rounded(self) -> frozenset[int]:
        return frozenset(place for place, (all_, noughts) in self.found.items() if all_ == noughts)


def is_long(cell: str) -> bool:
    return len(cell) > 15 and cell.strip().isdecimal() and len(cell.strip()) > 15


@contextmanager
def reading(path: Path, names: Names, sheet: str = "") -> Iterator[Sheet]:
    """Open a file by its ending. Invalid says what is wrong with it, and where. `sheet`: the one to read."""
    kind = _csv if path.suffix.lower() in _TEXT else _xlsx if path.suffix.lower() in _BOOK else None
    if kind is None:
        raise Invalid({"file": f"不认识的文件类型“{path.suffix}”，请用 .csv 或 .xlsx（旧的 .xls 请先另存为 .xlsx）"})
    if kind is _csv and sheet:
        raise Invalid({"sheet": "只有 .xlsx 有工作表，CSV 不能用 --sheet"})
    try:
        if not path.is_file():
            raise Invalid({"file": f"找不到文件 {path}" if not path.exists() else f"{path} 不是文件"})
        with kind(path, names, sheet) as opened:
            yield opened
    except BadTable as wrong:
        raise Invalid({"file": str(wrong)}) from wrong
    except (OSError, ValueError) as wrong:
        if isinstance(wrong, OSError) or "null byte" in str(wrong):
            raise Invalid({"file": f"打不开 {path.name}：{in_words(wrong) if isinstance(wrong, OSError) else '文件名无效'}"}) from wrong
        raise


def _opened(rows: Iterator[tuple[int, list]], names: Names, total: int, name: str, about: str, **more) -> Sheet:
    """The row that names the columns, and what follows."""
    first = list(islice(rows, LOOK))
    if not first:
        raise BadTable(f"{name} 是空的")
    header, after = _header([cells for _, cells in first], names)
    seen = [0]

    def counted() -> Iterator[tuple[int, list]]:
        for number, cells in chain(first[after:], rows):
            seen[0] = number
            yield number, cells

    return Sheet(header, counted(), lambda: min(1.0, seen[0] / max(1, total)), about, total, **more)


def _header(first: list[list], names: Names) -> tuple[list, int]:
    """(names of the columns, how many rows they end after). Titles may stand above them; some names may stand one row below the others."""
    place = next((n for n, cells in enumerate(first) if names(cells) >= 2), 0)
    upper, lower = first[place], first[place + 1] if place + 1 < len(first) else []
    width = max(len(upper), len(lower))
    upper, lower = ([*cells, *[""] * (width - len(cells))] for cells in (upper, lower))
    both = [low if low not in (None, "") else up for up, low in zip(upper, lower, strict=True)]
    if names(lower) and names(both) > names(upper):
        return both, place + 2
    return first[place], place + 1


@contextmanager
def _csv(path: Path, names: Names, sheet: str) -> Iterator[Sheet]:
    with open(path, "rb") as file:
        long = _Long()
        table = csv_files.survey(file, lambda cells: names(cells) >= 2, long)
        rows = ((number, cells) for number, cells in csv_files.records(file, table) if any(cell and not _IS_BLANK(cell) for cell in cells))
        yield _opened(rows, names, table.rows, path.name, table.about, separator=table.separator,
                      cut=0 if table.ends else table.rows, rounded=long.rounded())


@contextmanager
def _xlsx(path: Path, names: Names, wanted: str) -> Iterator[Sheet]:
    with xlsx_files.opened(path) as book:
        long = _Long()
        part, seen = _choose(book, wanted, long, names)
        others = [s.name for s in book.sheets if s is not part]
        about = f"工作表“{part.name}”"
        about += f"，其中隐藏着的 {seen.hidden} 行也读" if seen.hidden else ""
        about += f"；另有 {'、'.join(others)} 没有读（要读请用 --sheet 指定）" if others else ""
        yield _opened(book.rows(part, seen), names, seen.last, path.name, about, rounded=long.rounded())


def _choose(book: xlsx_files.Book, wanted: str, look: _Long, names: Names) -> tuple[xlsx_files.Part, xlsx_files.Seen]:
    """The sheet that is named, else the first that is shown and has the columns, else the first that holds anything; read once to its end."""
    if wanted:
        part = next((s for s in book.sheets if s.name == wanted), None)
        if part is None:
            raise Invalid({"sheet": f"没有工作表“{wanted}”，有：{'、'.join(s.name for s in book.sheets)}"})
        return part, book.survey(part, look)
    shown = [part for part in book.sheets if part.shown]
    if len(shown) > 1:  # a page of explanations may stand before the table
        tables = [part for part in shown if any(names(cells) >= 2 for _, cells in islice(book.rows(part, xlsx_files.Seen()), LOOK))]
        shown = tables[:1] or shown
    for part in shown:
        if (seen := book.survey(part, look)).filled:
            return part, seen
    raise BadTable("各工作表都是空的" if any(s.shown for s in book.sheets) else "文件里没有显示着的工作表")


# --- out ------------------------------------------------------------


def write(path: Path, header: list[str], rows: Iterable[list[str]]) -> int:
    """Write rows as they come; the file takes its name only when it is whole."""
    writers = {".csv": tables.write_csv, ".xlsx": lambda *more: tables.write_xlsx(more[0], "工单", *more[1:])}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise Invalid({"out": f"导出文件名须以 .csv 或 .xlsx 结尾：{path.name}"})
    half = path.with_name(f".{path.name}.{os.getpid()}.half")
    try:
        half.touch(mode=0o600)
        count = writer(half, header, rows)
        half.replace(path)
    except OSError as wrong:
        raise Invalid({"out": f"不能写入 {path}：{in_words(wrong)}"}) from wrong
    except tables.TooLong as wrong:
        raise Invalid({"out": "有一格的内容超过表格软件的上限（32767 字），请导出为 .csv"}) from wrong
    finally:
        with suppress(OSError):  # where it could not be begun, it cannot be taken away either
            half.unlink(missing_ok=True)
    return count
