"""Pure: is a row whole, and is a name a file of the folder? Asked before the cells of the row are read."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from minsheng.exchange.mapping import Reader
from minsheng.exchange.rules import BadCell
from minsheng.exchange.sheets import Sheet, is_long
from minsheng.kit.read_times import moment
from minsheng.kit.read_values import BadValue


def whole_row(number: int, row: Sequence[object], reader: Reader, sheet: Sheet) -> None:
    """BadCell for a row with more cells than the header names, for a last row that breaks off, and for one that has swallowed others."""
    width = len(reader.header)
    if any(cell != "" for cell in row[width:]):
        more = "内容里有逗号或换行的请加引号" if sheet.separator else "没有列名的列里有内容，请补上列名，或删去这些格"
        raise BadCell("", f"这一行有 {len(row)} 列，表头只有 {width} 列；{more}")
    if number == sheet.cut and len(row) < width:
        raise BadCell("", f"最后一行只有 {len(row)} 列，表头有 {width} 列，文件到这里断了；请重新取得完整的文件")
    if sheet.separator:
        for place, cell in enumerate(row):
            if isinstance(cell, str) and "\n" in cell and (line := _row_inside(cell, reader, sheet)):
                raise BadCell(_column(reader, place), f"这一格里夹着别的行（“{line[:30]}”），前面多半有一个引号没有配对，请检查引号")


def _row_inside(cell: str, reader: Reader, sheet: Sheet) -> str:
    """A line of the cell that is a row itself: as many cells as the header, and a time where the header has its times."""
    times = [position for position, column in reader.places if column == "received_at"]
    for line in cell.split("\n")[1:] if times else ():
        parts = next(csv.reader([line], delimiter=sheet.separator), [])
        if len(parts) == len(reader.header) and all(_is_time(parts[position]) for position in times):
            return line
    return ""


def _is_time(text: str) -> bool:
    try:
        moment(text.strip().strip('"'), UTC)
    except BadValue:
        return False
    return True


def _column(reader: Reader, place: int) -> str:
    return next((column for position, column in reader.places if position == place), "")


def is_rounded(row: Sequence[object], reader: Reader, sheet: Sheet) -> bool:
    """Does the row's number stand in a column whose long numbers have all lost their last digits?"""
    for position, column in reader.places:
        cell = row[position] if position < len(row) else ""
        if column == "external_no" and cell != "":
            return position in sheet.rounded and isinstance(cell, str) and is_long(cell)
    return False


def inside(folder: Path, name: str) -> Path:
    """The file of that name within the folder, however its maker wrote slashes and marks on letters (Windows, macOS).

    BadCell when there is none, or when the name leads out of the folder.
    """
    slashed = name.replace("\\", "/")
    for written in dict.fromkeys((name, slashed, *(unicodedata.normalize(form, slashed) for form in ("NFC", "NFD")))):
        path = (folder / written).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            return path
    raise BadCell("files", f"找不到附件“{name[:60]}”（应在 {folder.name} 文件夹内）")
