"""The guard of every table that leaves: nothing in a cell is run by a spreadsheet, and read back it is what it was."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from minsheng.kit import tables

RUN = ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x\",\"点我\")", "\t=1", "\r=1", "\n=1", " =1", "　=1", "\u00a0=1", "\u200b=1", "\ufeff=1",
       "\u202e=1", "＝1", "＋1", "－1", "＠SUM(1)", "﹦1", "﹢1", "﹣1", "﹫x", "⁺1", "₌1", "−1", "'=1", "''=1", "' =1", "\x00=1", "\x0b=1", "\t正文", "\r正文",
       "\n正文", "'\t正文", "=cmd|'/C calc'!A0", "-- 完", "@所有人", "\u0301=1", "#N/A", "#ref!"]
REST = ["停水", "", "'", "''撇号", "a=1", "1-2", "3@4", "3栋", "（-）", "—— 完", "–1", "…", "“=1”", "0", "é+1", "ཆུ་མེད། =1", "#停水", "%1", "|1", "_x000D_"]


@pytest.mark.parametrize("text", RUN)
def test_what_a_spreadsheet_would_run_is_text(text):
    assert tables.guard(text) == "'" + text and tables.unguard("'" + text) == text


@pytest.mark.parametrize("text", REST)
def test_other_words_stay_as_they_are(text):
    assert tables.guard(text) == text == tables.unguard(text)


def test_a_number_is_a_number():
    assert [tables.guard(n) for n in (-1, -0.5, 0, None)] == [-1, -0.5, 0, None]


signs = st.text(st.sampled_from("'= +-@＝＋\t\r\n\u200b\u3000\ufeff甲a1"), max_size=8)


@given(signs | st.text(max_size=30))
@example("' '=1")
def test_a_guarded_cell_never_runs_and_comes_back(text):
    kept = tables.guard(text)
    assert tables.unguard(kept) == text
    assert kept.lstrip()[:1] not in {"=", "+", "-", "@", "＝", "＋"} and kept[:1] not in {"\t", "\r", "\n"}


@given(st.lists(st.lists(signs.map(lambda t: t.replace("\r", "")), min_size=2, max_size=2), max_size=4))
def test_a_csv_file_read_back_gives_the_old_values(rows):
    text = "".join(tables.csv_lines(["甲", "=乙"], rows))
    read = list(csv.reader(io.StringIO(text.removeprefix(tables.MARK), newline="")))
    assert [[tables.unguard(cell) for cell in row] for row in read] == [["甲", "=乙"], *rows]


def test_a_spreadsheet_holds_text_only_and_gives_the_old_values(tmp_path):
    rows = [[text, "#N/A", "20241220000000123", "_x000D_", "a\rb\x07", None, 7] for text in RUN[:3] + REST]
    assert tables.write_xlsx(tmp_path / "a.xlsx", "表", ["一", "=二"], rows) == len(rows)
    cells = list(load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows())
    assert {cell.data_type for row in cells for cell in row if cell.value is not None} == {"s"}
    read = [[tables.unguard(tables.unescaped(cell.value or "")) for cell in row] for row in cells[1:]]
    assert [row[:4] for row in read] == [row[:4] for row in rows] and {row[6] for row in read} == {"7"}


def test_a_cell_that_no_spreadsheet_can_hold_is_said_and_not_cut(tmp_path):
    with pytest.raises(tables.TooLong):
        tables.write_xlsx(tmp_path / "a.xlsx", "表", ["一"], [["x" * 40000]])
