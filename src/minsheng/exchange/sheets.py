"""CSV and XLSX as streams of rows, in and out, in constant memory. The one place that touches those files."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from minsheng.kit import tables
from minsheng.kit.verdict import Invalid

_BLOCK = 1 << 20
_LOOK = 10  # rows in which the names of the columns are looked for
csv.field_size_limit(16 * 1024 * 1024)
IsHeader = Callable[[Sequence], bool]
_NAMED = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030（GBK）"}
_MARKS = {",": "逗号", "\t": "制表符", ";": "分号", "；": "全角分号"}


@dataclass
class Sheet:
    """`rows` yields (row number as a spreadsheet counts, cells); `done()` is the share of the file that has been read, 0 to 1.

    about  in words, what is being read: encoding and separator, or which of several sheets
    """

    header: list
    rows: Iterator[tuple[int, list]]
    done: Callable[[], float]
    about: str


@contextmanager
def reading(path: Path, is_header: IsHeader, name: str = "") -> Iterator[Sheet]:
    """Open a file by its ending. Invalid says what is wrong with it. `name`: of a sheet."""
    if not path.is_file():
        raise Invalid({"file": f"找不到文件 {path}"})
    kinds = {".csv": _csv, ".txt": _csv, ".tsv": _csv, ".xlsx": _xlsx, ".xlsm": _xlsx}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise Invalid({"file": f"不认识的文件类型“{path.suffix}”，请用 .csv 或 .xlsx（旧的 .xls 请先另存为 .xlsx）"})
    with kind(path, name) as (rows, done, about):
        header, rest = _from_header(rows, is_header, path.name)
        yield Sheet(header, rest, done, about)


def _from_header(rows: Iterator[tuple[int, list]], is_header: IsHeader, name: str) -> tuple[list, Iterator[tuple[int, list]]]:
    """The row that names the columns, and what follows. A title and notes may stand above it."""
    first = list(islice(rows, _LOOK))
    if not first:
        raise Invalid({"file": f"{name} 是空的"})
    place = next((n for n, (_, cells) in enumerate(first) if is_header(cells)), 0)
    return first[place][1], chain(first[place + 1 :], rows)


# --- text ------------------------------------------------------------


def _encoding(path: Path) -> str:
    """UTF-16 by its mark; UTF-8 (with or without one) if the whole file is; else GB18030, which old Chinese systems write."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with open(path, "rb") as file:
        block = file.read(_BLOCK)
        if block[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        try:
            while block:
                decoder.decode(block)
                block = file.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


@contextmanager
def _csv(path: Path, name: str):
    if name:
        raise Invalid({"sheet": "只有 .xlsx 有工作表，CSV 不能用 --sheet"})
    encoding, size = _encoding(path), max(1, path.stat().st_size)
    with open(path, "rb") as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        try:
            first = text.readline()
        except UnicodeDecodeError as wrong:
            raise _unreadable(1, encoding, wrong) from wrong
        told = re.fullmatch(r"sep=(.)\s*", first)  # a line by which spreadsheets tell each other the separator
        separator = told[1] if told else max(_MARKS, key=first.count)
        if not told:
            text.seek(0)
        about = f"{_NAMED[encoding]} 编码，以{_MARKS.get(separator, separator)}分隔"
        yield _readable(csv.reader(text, delimiter=separator), encoding, 1 if told else 0), lambda: min(1.0, raw.tell() / size), about


def _readable(rows: Iterator[list], encoding: str, number: int) -> Iterator[tuple[int, list]]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except (UnicodeError, csv.Error) as wrong:
            raise _unreadable(number + 1, encoding, wrong) from wrong
        number += 1
        if any(cell and not cell.isspace() for cell in row):
            yield number, row


def _unreadable(number: int, encoding: str, wrong: Exception) -> Invalid:
    return Invalid({"file": f"第 {number} 行起无法读取（按 {_NAMED[encoding]}）：{wrong}。请另存为 UTF-8 编码的 CSV 后再导入"})


# --- spreadsheets ------------------------------------------------------------


@contextmanager
def _xlsx(path: Path, name: str):
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as wrong:
        raise Invalid({"file": f"{path.name} 打不开，请用表格软件另存为 .xlsx 后再导入"}) from wrong
    try:
        sheet, about = _choose(book, name)
        total, seen = max(2, sheet.max_row or 2), [1]
        sheet.reset_dimensions()  # some programs write a size that is not the sheet's

        def counted() -> Iterator[tuple[int, list]]:
            fill = _Merged(book, sheet)
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                seen[0] = number
                if any(cell is not None and cell != "" for cell in row):
                    yield number, fill(number, list(row))

        yield counted(), lambda: min(1.0, seen[0] / total), about
    finally:
        book.close()


def _choose(book, name: str) -> tuple[object, str]:
    """(the sheet to read, what to say about it): the one that is named, else the first that is shown and holds anything."""
    shown = [s for s in book.worksheets if s.sheet_state == "visible"]
    if name:
        chosen = next((s for s in book.worksheets if s.title == name), None)
        if chosen is None:
            raise Invalid({"sheet": f"没有工作表“{name}”，有：{'、'.join(s.title for s in book.worksheets)}"})
    else:
        chosen = next((s for s in shown if _holds_anything(s)), None)
        if chosen is None:
            raise Invalid({"file": "各工作表都是空的"})
    others = [s.title for s in book.worksheets if s is not chosen]
    tail = f"；另有 {'、'.join(others)} 没有读（要读请用 --sheet 指定）" if others else ""
    return chosen, f"工作表“{chosen.title}”{tail}"


def _holds_anything(sheet) -> bool:
    return any(cell not in (None, "") for row in islice(sheet.iter_rows(values_only=True), 50) for cell in row)


class _Merged:
    """Cells merged downwards: the value stands in the first of them, and means them all."""

    def __init__(self, book, sheet):
        self.until: dict[tuple[int, int], int] = {}  # (row, column) of the first cell -> last row
        self.running: dict[int, tuple[int, object]] = {}  # column -> (last row, value)
        tail = b""
        with book._archive.open(sheet._worksheet_path) as xml:  # the list of them follows the rows; read-only sheets do not offer it
            while block := xml.read(_BLOCK):
                tail = (tail + block)[-2 * _BLOCK :]
        for column, first, last in re.findall(rb'<mergeCell ref="([A-Z]+)(\d+):[A-Z]+(\d+)"', tail):
            if first != last:
                self.until[(int(first), _column(column.decode()))] = int(last)

    def __call__(self, number: int, row: list) -> list:
        if not self.until:
            return row
        for place, value in enumerate(row):
            if (number, place) in self.until:
                self.running[place] = (self.until[(number, place)], value)
        for place, (last, value) in self.running.items():
            row += [None] * (place + 1 - len(row))
            if number <= last and row[place] in (None, ""):
                row[place] = value
        return row


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


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
        raise Invalid({"out": f"不能写入 {path}：{wrong.strerror or wrong}"}) from wrong
    except tables.TooLong as wrong:
        raise Invalid({"out": "有一格的内容超过表格软件的上限（32767 字），请导出为 .csv"}) from wrong
    finally:
        half.unlink(missing_ok=True)
    return count
