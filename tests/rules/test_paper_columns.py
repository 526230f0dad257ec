"""The columns of a table on paper: figures whole, words in what is left."""

from __future__ import annotations

import math

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


def test_no_cell_is_a_column_down_the_page_while_the_cells_beside_it_have_room():
    """The ledger of promises: what was found stood on six lines of six characters beside dates of one line."""
    heads = ("期", "承诺事项", "责任单位、责任人", "兑现日期", "结果", "核验结论")
    rows = [("2023年第1期", "背街小巷垃圾桶傍晚增加一班收运，桶旁公示责任人和电话", "示例市城市管理和综合执法局　赵国栋（主要负责人）", "2023年10月15日", end,
             "2023年8月4日完成；原因：季节或天气所限；督办员到场或调阅记录核实，情况属实") for end in ("已兑现", "未按期兑现")] * 9
    laid = of(heads, rows)
    lines = [[math.ceil(columns._width(cell) * laid.size / (width - columns._PADDING)) for cell, width in zip(row, laid.widths, strict=True)] for row in rows]
    assert max(map(max, lines)) <= 4 and laid.size == 10.5
    assert laid.widths[3] - columns._PADDING >= columns._width("10月15日") * laid.size - 0.1, "a day is not broken"
    assert laid.widths[0] - columns._PADDING >= columns._width("2023年") * laid.size - 0.1


def test_a_table_without_rows_says_so():
    shown = papers.Paper("报告", (papers.Table(("单位", "件数"), ()),)).as_data()["blocks"][0]
    assert shown["rows"] == [["无", ""]] and len(shown["widths"]) == 2
