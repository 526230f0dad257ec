"""A workbook of figures: a cover, a sheet for every table; counts are numbers, shares and their intervals formulas. Words stay words."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

from minsheng.kit.intervals import Z95, wilson
from minsheng.kit.papers.cells import Cell, FigureTable
from minsheng.kit.percents import FORM, FORM_OF_LITTLE, form
from minsheng.kit.tables import put_words
from minsheng.kit.tables import workbook as new_book

_COUNT = "#,##0"
_TITLE_ROW, _NOTE_ROW, _HEAD_ROW = 1, 2, 3
_CJK = 2.1  # a Chinese character in widths of a digit
_WIDEST, _HEAD_WIDTH, _COVER = 60, 3 * _CJK, 80  # names of columns are broken, so that many columns print in readable type
_BESIDE = 1.4  # what a column is wider than what stands in it
_MARGIN, _FOOT = 0.4, 0.7  # inches
_LINE = 16.5  # points of a line


def workbook(title: str, cover: Sequence[tuple[str, str]], tables: Iterable[FigureTable], mark: str = "") -> bytes:
    """XLSX. `cover`: lines of the first sheet; `mark`: on every sheet, for what nobody signed."""
    book = new_book()
    sheet = book.active
    sheet.title = "封面"
    _cover(sheet, title, cover, mark)
    for table in tables:
        _sheet(book.create_sheet(table.title.partition("（")[0][:31]), table, mark)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cover(sheet: Any, title: str, cover: Sequence[tuple[str, str]], mark: str) -> None:
    from openpyxl.styles import Alignment

    _words(sheet, _TITLE_ROW, 1, f"{title}{f'（{mark}）' if mark else ''}", bold=True)
    for row, (name, value) in enumerate(cover, _HEAD_ROW):
        _words(sheet, row, 1, name, bold=True)
        _words(sheet, row, 2, value).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(row, 1).alignment = Alignment(vertical="top")
        sheet.row_dimensions[row].height = _LINE * max(1, math.ceil(_width(value) / _COVER))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 14, _COVER
    _printed(sheet, mark)


def _sheet(sheet: Any, table: FigureTable, mark: str) -> None:
    """A share takes three columns (numerator, denominator, the formula), an interval two."""
    from openpyxl.utils import get_column_letter

    _words(sheet, _TITLE_ROW, 1, f"{table.title}{f'（{mark}）' if mark else ''}", bold=True)
    heads = [head for label, kind in table.columns for head in _HEADS[kind](label)]
    for column, head in enumerate(heads, 1):
        _words(sheet, _HEAD_ROW, column, head, bold=True)
    for row, cells in enumerate(table.rows, _HEAD_ROW + 1):
        column = 1
        for cell in cells:
            column = _PUT[cell.kind](sheet, row, column, cell)
    _ruled(sheet, _HEAD_ROW, _HEAD_ROW + len(table.rows), len(heads))
    for column, head in enumerate(heads, 1):
        wide = [_width(sheet.cell(row, column).value) for row in range(_HEAD_ROW + 1, _HEAD_ROW + 1 + len(table.rows))]
        longest = max([min(_width(head), _HEAD_WIDTH), *wide])
        sheet.column_dimensions[get_column_letter(column)].width = min(_WIDEST, longest + _BESIDE)
    if table.note:
        _words(sheet, _NOTE_ROW, 1, table.note)  # above: below it would now and then take a page of its own
    sheet.freeze_panes = sheet.cell(_HEAD_ROW + 1, 2)
    _printed(sheet, mark)


def _ruled(sheet: Any, first: int, last: int, columns: int) -> None:
    """Lines around every cell, the names of the columns shaded and in the middle."""
    from openpyxl.styles import Alignment, Border, PatternFill, Side

    line = Side(style="thin", color="808080")
    for row in sheet.iter_rows(min_row=first, max_row=last, max_col=columns):
        for cell in row:
            cell.border = Border(left=line, right=line, top=line, bottom=line)
            if cell.row == first:
                cell.fill = PatternFill("solid", fgColor="E8EEF4")
                cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
    sheet.row_dimensions[first].height = _LINE * max(_lines(cell.value) for cell in sheet[first][:columns])
    sheet.print_title_rows = f"{first}:{first}"


_HEADS = {
    "text": lambda label: [label], "count": lambda label: [label], "share": lambda label: [f"{label} 分子", f"{label} 分母", label],
    "span": lambda label: [f"{label} 下限", f"{label} 上限"],
}


def _lines(head: Any) -> int:
    """Of the name of a column, broken at its blanks and where it is full."""
    return sum(max(1, math.ceil(_width(piece) / _HEAD_WIDTH - 0.01)) for piece in str(head or "").split(" "))


def _width(value: Any) -> float:
    text = str(value or "")
    return 6.5 if text.startswith("=") else sum(_CJK if ord(c) > 0x2E7F else 1 for c in text)


def _words(sheet: Any, row: int, column: int, text: str, bold: bool = False) -> Any:
    from openpyxl.styles import Font

    cell = sheet.cell(row, column)
    put_words(cell, text)
    cell.font = Font(bold=bold)
    return cell


def _text(sheet: Any, row: int, column: int, cell: Cell) -> int:
    _words(sheet, row, column, cell.text)
    return column + 1


def _number(sheet: Any, row: int, column: int, value: int | str | None, form: str) -> None:
    cell = sheet.cell(row, column)
    cell.value, cell.number_format = value, form


def _count(sheet: Any, row: int, column: int, cell: Cell) -> int:
    _number(sheet, row, column, cell.n, _COUNT)
    return column + 1


def _share(sheet: Any, row: int, column: int, cell: Cell) -> int:
    n, d = sheet.cell(row, column).coordinate, sheet.cell(row, column + 1).coordinate
    _number(sheet, row, column, cell.n, _COUNT)
    _number(sheet, row, column + 1, cell.d, _COUNT)
    few = "=0" if cell.least <= 1 else f"<{cell.least}"
    _number(sheet, row, column + 2, f'=IF(N({d}){few},"",{n}/{d})', form(cell.n, cell.d))
    return column + 3


def _span(sheet: Any, row: int, column: int, cell: Cell) -> int:
    """Of the share that stands before it (Wilson)."""
    n, d = sheet.cell(row, column - 3).coordinate, sheet.cell(row, column - 2).coordinate
    for place, sign in enumerate("-+"):
        low = f"({n}/{d}+{Z95}^2/(2*{d}){sign}{Z95}*SQRT({n}/{d}*(1-{n}/{d})/{d}+{Z95}^2/(4*{d}^2)))/(1+{Z95}^2/{d})"
        bound = f"MAX(0,{low})" if sign == "-" else f"MIN(1,{low})"
        _number(sheet, row, column + place, f'=IF(N({d})=0,"",{bound})', _form_of_bound(cell, place))
    return column + 2


def _form_of_bound(cell: Cell, place: int) -> str:
    bounds = wilson(cell.n or 0, cell.d or 0)
    return FORM_OF_LITTLE if bounds and 0 < bounds[place] < 0.0005 else FORM


_PUT = {"text": _text, "count": _count, "share": _share, "span": _span}


def _printed(sheet: Any, mark: str) -> None:
    """A4 across, as wide as one page, numbered; what nobody signed says so on every page."""
    from openpyxl.worksheet.page import PageMargins

    sheet.page_setup.paperSize, sheet.page_setup.orientation, sheet.page_setup.fitToHeight = 9, "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins = PageMargins(left=_MARGIN, right=_MARGIN, top=_MARGIN, bottom=_FOOT, header=0, footer=_MARGIN)
    sheet.oddFooter.center.text = f"{mark + '　' if mark else ''}第 &P 页，共 &N 页"
