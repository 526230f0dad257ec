"""The columns of a table on paper: figures whole, words in what is left."""

from __future__ import annotations

import pytest

from minsheng.kit import papers
from minsheng.kit.papers import columns
from minsheng.kit.papers.columns import LINE, of

OFFICE = "示例市人力资源和社会保障局劳动保障监察支队欠薪治理综合协调联合工作办公室"
SHARE = "98.5%\n1,215/1,234"


def test_figures_are_never_narrower_than_they_are_and_the_line_is_filled():
    heads, rows = ("单位", *["按时办结率"] * 6), [("名称很长的一个承办单位及其内设机构", *[SHARE] * 6)] * 3
    laid = of(heads, rows)
    assert sum(laid.widths) == pytest.approx(LINE, abs=1)
    assert all(width >= columns._width("1,215/1,234") * laid.size for width in laid.widths[1:])
    assert laid.widths[0] >= 3 * laid.size


def test_a_table_of_few_columns_has_large_type_and_one_of_many_figures_the_small():
    assert of(("项目", "本月"), [("受理", "1")]).size == 12
    assert of(("项目", *["率"] * 5), [("受理", *["1"] * 5)]).size == 10.5
    assert of(("单位", *["率"] * 9), [("市局", *["98.5%（1,215/1,234）"] * 9)]).size == 7.5


def test_what_is_empty_or_endless_still_fits_the_line():
    for heads, rows in ((("项目", "本月"), []), (("甲", "乙"), [("", "")]), (("甲", "乙"), [("x" * 500, "一")]), (("甲",), [("字" * 900,)])):
        assert sum(of(heads, rows).widths) == pytest.approx(LINE, abs=1)


def test_an_address_of_the_web_takes_no_width_from_the_figures_beside_it():
    laid = of(("议题", "件数", "牵头单位"), [("https://example.org/" + "a" * 80, "1,234,567", "东关区"), ("路灯", "3", OFFICE)])
    assert laid.widths[1] >= columns._width("1,234,567") * laid.size and laid.widths[2] >= 6 * laid.size


def test_a_cell_of_many_lines_has_more_room_than_a_long_name():
    laid = of(("事由", "件数", "单位"), [("一件很长的事情，看它在格子里怎样换行。" * 22, "3", OFFICE)])
    assert laid.widths[0] > 1.3 * laid.widths[2] > laid.widths[1] and sum(laid.widths) == pytest.approx(LINE, abs=1)


def test_a_table_without_rows_says_so():
    shown = papers.Paper("报告", (papers.Table(("单位", "件数"), ()),)).as_data()["blocks"][0]
    assert shown["rows"] == [["无", ""]] and len(shown["widths"]) == 2
