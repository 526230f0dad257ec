"""CSV and XLSX as streams of rows, in and out, in constant memory. The one place that touches those files."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from minsheng.exchange.rules import guard
from minsheng.kit.verdict import Invalid

_SNIFF = 4 * 1024 * 1024
csv.field_size_limit(16 * 1024 * 1024)


@dataclass
class Sheet:
    """`rows` yields (row number as a spreadsheet counts, cells); `done()` is the share of the file that has been read, 0 to 1."""

    header: list
    rows: Iterator[tuple[int, list]]
    done: Callable[[], float]


@contextmanager
def reading(path: Path) -> Iterator[Sheet]:
    """Open a file by its ending. Invalid says what is wrong with it."""
    if not path.is_file():
        raise Invalid({"file": f"找不到文件 {path}"})
    kinds = {".csv": _csv, ".txt": _csv, ".tsv": _csv, ".xlsx": _xlsx, ".xlsm": _xlsx}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise Invalid({"file": f"不认识的文件类型“{path.suffix}”，请用 .csv 或 .xlsx（旧的 .xls 请先另存为 .xlsx）"})
    with kind(path) as sheet:
        yield sheet


def _encoding(path: Path) -> str:
    """UTF-8 (with or without mark), else GB18030, which old Chinese systems and spreadsheets write."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with open(path, "rb") as file:
        try:
            decoder.decode(file.read(_SNIFF))
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


@contextmanager
def _csv(path: Path) -> Iterator[Sheet]:
    encoding, size = _encoding(path), max(1, path.stat().st_size)
    with open(path, "rb") as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        first = text.readline()
        text.seek(0)
        delimiter = max(",\t;", key=first.count)
        rows = csv.reader(text, delimiter=delimiter)
        header = next(rows, None)
        if not header:
            raise Invalid({"file": f"{path.name} 是空的"})
        yield Sheet(header, _readable(rows, encoding), lambda: min(1.0, raw.tell() / size))


def _readable(rows: Iterator[list], encoding: str) -> Iterator[tuple[int, list]]:
    number = 1
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except (UnicodeDecodeError, csv.Error) as wrong:
            raise Invalid({"file": f"第 {number + 1} 行起无法读取（按 {encoding}）：{wrong}。请另存为 UTF-8 编码的 CSV 后再导入"}) from wrong
        number += 1
        if any(cell.strip() for cell in row):
            yield number, row


@contextmanager
def _xlsx(path: Path) -> Iterator[Sheet]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as wrong:
        raise Invalid({"file": f"{path.name} 打不开，请用表格软件另存为 .xlsx 后再导入"}) from wrong
    try:
        sheet = book.worksheets[0]
        rows = enumerate(sheet.iter_rows(values_only=True), 1)
        header = next(rows, None)
        if header is None:
            raise Invalid({"file": f"{path.name} 的第一张表是空的"})
        seen, total = [1], max(2, sheet.max_row or 2)

        def counted() -> Iterator[tuple[int, list]]:
            for number, row in rows:
                seen[0] = number
                if any(cell not in (None, "") for cell in row):
                    yield number, list(row)

        yield Sheet(list(header[1]), counted(), lambda: min(1.0, seen[0] / total))
    finally:
        book.close()


def write(path: Path, header: list[str], rows: Iterable[list[str]]) -> int:
    """Write rows as they come; the file takes its name only when it is whole. Cells that would run as formulas are guarded."""
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise Invalid({"out": f"导出文件名须以 .csv 或 .xlsx 结尾：{path.name}"})
    half = path.with_name(f".{path.name}.{os.getpid()}.half")
    try:
        half.touch(mode=0o600)
        count = writer(half, header, ([guard(cell) for cell in row] for row in rows))
        half.replace(path)
    except OSError as wrong:
        raise Invalid({"out": f"不能写入 {path}：{wrong.strerror or wrong}"}) from wrong
    finally:
        half.unlink(missing_ok=True)
    return count


def _write_csv(path: Path, header: list[str], rows: Iterable[list[str]]) -> int:
    count = 0
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(header)
        for row in rows:
            out.writerow(row)
            count += 1
    return count


def _write_xlsx(path: Path, header: list[str], rows: Iterable[list[str]]) -> int:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("工单")
    sheet.append(header)
    count = 0
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell)[:32767] for cell in row])
        count += 1
    with open(path, "wb") as file:
        book.save(file)
    return count
