"""Which days a bulletin is about, when the clock owes one, what its sentences may say, and what its workbook computes."""

import io
import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from minsheng.bulletins.rules import bulletin, compare, figures, paper, prose, spans, tables
from minsheng.bulletins.rules.figures import MEASURES, RATES, VOLUMES, Frozen, Group, Scope
from minsheng.bulletins.rules.spans import BulletinKind, Rule, Span
from minsheng.kit.intervals import wilson
from minsheng.kit.papers import sheets
from minsheng.kit.papers.cells import FigureTable, count, share, span, words
from minsheng.kit.papers.sentences import text
from minsheng.kit.percents import FORM, percent
from minsheng.measures.rules import BY_CODE, Late

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
D, W, M, S = BulletinKind.DAILY, BulletinKind.WEEKLY, BulletinKind.MONTHLY, BulletinKind.SPECIAL


# --- days ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "day", "now", "before", "year"), [
    (D, "2025-01-01", "2025-01-01/2025-01-01", "2024-12-31/2024-12-31", "2024-01-03/2024-01-03"),
    (W, "2025-01-02", "2024-12-30/2025-01-05", "2024-12-23/2024-12-29", "2024-01-01/2024-01-07"),
    (M, "2024-03-31", "2024-03-01/2024-03-31", "2024-02-01/2024-02-29", "2023-03-01/2023-03-31"),
    (M, "2025-02-10", "2025-02-01/2025-02-28", "2025-01-01/2025-01-31", "2024-02-01/2024-02-29")])
def test_the_days_before_and_the_same_a_year_before(kind, day, now, before, year):
    found = spans.whole(kind, date.fromisoformat(day))
    said = [f"{one.since}/{one.until}" for one in (found, spans.before(kind, found), spans.last_year(kind, found))]
    assert said == [now, before, year]


@given(st.sampled_from([D, W, M]), DAYS)
def test_spans_of_a_kind_follow_each_other_without_gap_or_overlap(kind, day):
    now = spans.whole(kind, day)
    assert now.since <= day <= now.until and spans.whole(kind, now.until) == now
    assert spans.before(kind, now).until == now.since - timedelta(days=1)


@given(DAYS, st.integers(0, 366))
def test_a_special_one_stands_beside_as_many_days_before_and_the_same_dates_a_year_before(day, more):
    now = Span(day, day + timedelta(days=more))
    year = spans.last_year(S, now)
    assert spans.before(S, now).days == now.days and abs((now.since - year.since).days - 365) <= 1 and year.since <= year.until


def test_days_in_words():
    said = [Span(date(2025, 1, 2), date(2025, 1, 2)), Span(date(2025, 1, 1), date(2025, 1, 7)), Span(date(2024, 12, 30), date(2025, 1, 5)),
            Span(date(2025, 1, 1), date(2025, 3, 2))]
    assert [one.words for one in said] == ["2025年1月2日", "2025年1月1日至7日", "2024年12月30日至2025年1月5日", "2025年1月1日至3月2日"]


RULES = [Rule(D, date(2025, 1, 1), time(8)), Rule(W, date(2025, 1, 1), time(9), 2), Rule(M, date(2025, 1, 1), time(9), 3),
         Rule(D, date(2025, 1, 6), None), Rule(D, date(2025, 1, 8), time(7))]


def owed(at: str, rules: list[Rule] = RULES) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.span.since.isoformat(), one.at.strftime("%m-%d %H:%M")) for one in spans.owed(rules, datetime.fromisoformat(at), UTC)]


def test_what_the_clock_owes_and_nothing_that_nobody_had_asked_for():
    assert owed("2025-01-02T07:59+00:00") == [], "not yet"
    assert owed("2025-01-02T08:00+00:00") == [("daily", "2025-01-01", "01-02 08:00")], "the days before the rule are nobody's debt"
    assert owed("2025-01-07T10:00+00:00")[-2:] == [("daily", "2025-01-05", "01-06 08:00"), ("weekly", "2024-12-30", "01-07 09:00")]
    dailies = [one for one in owed("2025-01-12T12:00+00:00") if one[0] == "daily"]
    assert [one[1][-2:] for one in dailies] == ["01", "02", "03", "04", "05", "08", "09", "10", "11"], "none for the days on which it was off"
    assert dailies[-1][2] == "01-12 07:00" and ("monthly", "2025-01-01", "02-03 09:00") in owed("2025-02-04T00:00+00:00")


@given(st.datetimes(datetime(2025, 1, 1), datetime(2026, 6, 1)), st.integers(0, 400))
def test_an_outage_of_any_length_owes_each_span_once_and_no_more_than_a_bound(now, days):
    rules = [Rule(kind, date(2024, 1, 1), time(8)) for kind in (D, W, M)]
    found = [(one.kind, one.span) for one in spans.owed(rules, (now + timedelta(days=days)).replace(tzinfo=UTC), UTC)]
    assert len(found) == len(set(found)) and len(found) <= sum(spans.MOST.values())


# --- more or less --------------------------------------------------------------------------


@pytest.mark.parametrize(("now", "base", "said"), [
    (0, 0, compare.FEW), (3, 1, compare.FEW), (20, 9, compare.FEW), (101, 100, "基本持平"), (200, 100, "增加100.0%"), (100, 200, "减少50.0%"), (40, 0, "增加（以前没有）"),
    (40, 9, "增加（基数小）"),
    (0, 40, "减少100.0%"), (1100, 1000, "增加10.0%")])
def test_a_count_is_more_or_less_only_beyond_chance(now, base, said):
    assert compare.count(now, base) == said


@pytest.mark.parametrize(("now", "base", "said"), [
    ((0, 0), (9, 10), "暂无数据"), ((9, 10), (0, 0), "暂无数据"), ((10, 10), (50, 100), compare.FEW), ((95, 100), (94, 100), "基本持平"),
    ((950, 1000), (800, 1000), "上升15.0个百分点"), ((800, 1000), (950, 1000), "下降15.0个百分点")])
def test_a_share_moves_only_when_the_intervals_part(now, base, said):
    assert compare.share(now, base) == said


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_never_both_more_and_less_and_never_a_share_of_nothing(a, b):
    one, other = compare.count(a, b), compare.count(b, a)
    assert not ("增加" in one and "增加" in other) and "inf" not in one and "nan" not in one


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_all_and_nothing_are_said_of_all_and_nothing_alone(part, whole):
    said = percent(min(part, whole), whole)
    assert (said == "100.0%") == (part >= whole) and (said == "0.0%") == (part == 0)


# --- sentences ------------------------------------------------------------------------------


def frozen(known: str = "whole", ended: bool = True, scale: int = 1, **more: Any) -> Frozen:
    numbers = {code: (40 * scale, None) for code in VOLUMES} | {code: (30 * scale, 40 * scale) for code in MEASURES if code not in VOLUMES}
    before = {code: (20, None) for code in VOLUMES} | {code: (10, 20) for code in MEASURES if code not in VOLUMES}
    now = Scope("本月", "2025-01-01", "2025-01-31", "whole", numbers)
    scopes = [now, Scope("上月", "2024-12-01", "2024-12-31", known, before if known == "whole" else {}), Scope("去年同月", "2024-01-01", "2024-01-31", "none")]
    groups = {"channels": [Group("hotline", "热线电话", {"received": (40, None)})], "matters": [Group("3", "供水", {"received": (25, None)}, 5)],
              "units": [Group("7", "水务局", {"on_time_completion": (39, 40)}, band="above"), Group("8", "乡里", {"on_time_completion": (1, 1)}, band="few")],
              "late": [Late(7, "水务局", 1, 2)], "versions": {code: BY_CODE[code].stamp for code in MEASURES}}
    return Frozen(M, scopes, "2025年2月1日08:00", ended, "2024-05-01", **groups | more)


def said(found: Frozen, one: prose.Said) -> str:
    return text(one(found))


def test_each_sentence_says_what_the_figures_say():
    found = frozen()
    assert said(found, prose.volumes) == "本月受理群众诉求40件，其中在线办结40件；转办40次，办结工单40件。"
    assert said(found, prose.against) == "受理量与上月（20件）相比增加（基数小）；去年同月相比暂无数据。"
    assert said(found, prose.handling) == "签收及时率75.0%（30/40）；响应率75.0%（30/40），单位自报75.0%（30/40）；按时办结率75.0%（30/40）。"
    assert said(found, prose.asked) == "回访中，回访接通率75.0%（30/40）；解决率75.0%（30/40）；满意率（回访）75.0%（30/40）。"
    assert said(found, prose.bands) == "以按时办结率的95%区间与总体比较，高于总体的单位1个，1个单位不足30件，不作比较。"
    assert said(found, prose.late) == "取数时超期未办结3件，其中待签收1件，办理中2件，在热线中心0件。"
    assert said(frozen(rising=found.matters), prose.rising) == "与上月相比明显上升的事项：供水25件（上月5件）。"


def test_nothing_is_claimed_of_what_is_not_known():
    nothing = {code: (0, None if code in VOLUMES else 0) for code in MEASURES}
    empty = Frozen(D, [Scope("当日", "2025-01-02", "2025-01-02", "whole", nothing), *(Scope(name, "", "", "part") for name in ("前一日", "去年同期"))])
    assert said(empty, prose.volumes) == "当日没有受理群众诉求；转办0次，办结工单0件。"
    assert said(empty, prose.against) == "受理量与前一日相比记录不全，不作比较；去年同期相比记录不全，不作比较。"
    assert [said(empty, one) for one in (prose.asked, prose.calls, prose.handling)] == [
        "没有回访诉求人，解决率、满意率暂无数据。", "没有通话记录，接通率、15秒接通率暂无数据。", "没有签收、联系或办理时限到期的工单。"]
    assert [said(empty, one) for one in (prose.rising, prose.sources, prose.matters, prose.bands, prose.late)] == [""] * 5
    assert "统计期未完" in said(frozen(ended=False), prose.against) and said(frozen(ended=False), prose.rising) == ""
    assert "%" not in "".join(said(empty, one) for one in (*prose.GENERAL, *prose.DONE, *prose.CAME))


@given(st.sampled_from(["whole", "part", "none"]), st.booleans(), st.integers(0, 50))
def test_what_is_kept_reads_back_and_every_sentence_ends(known, ended, scale):
    found = frozen(known, ended, scale)
    again = figures.read(found.written())
    assert again.written() == found.written() and figures.differences(found, again) == []
    for one in paper.sections(again, paper.Words("标题", "中心")):
        assert all(text(sentence).endswith("。") for sentence in one.said)


def test_a_correction_names_each_figure_that_it_changes():
    old, new = frozen(), frozen(scale=2)
    found = figures.differences(old, new)
    assert {one.measure for one in found} == set(MEASURES) and paper.changed(found[0], new) == "受理量（本月）由40更正为80"
    assert "更正说明" in [one.title for one in paper.sections(new, paper.Words("标题", "中心", correction="漏计", differences=found))]


def test_a_share_of_few_is_not_worked_out_anywhere():
    cell = share(1, 1, least=30)
    made = sheets.workbook("表", [], [FigureTable("t", "表一", (("名", "text"), ("率", "share")), [[words("甲"), cell], [words("乙"), share(29, 30, least=30)]])])
    sheet = load_workbook(io.BytesIO(made))["表一"]
    assert (cell.shown, cell.on_paper, value(sheet, sheet["D4"]), value(sheet, sheet["D5"])) == ("1/1", "1/1", "", 29 / 30)


def test_units_below_the_least_number_are_named_and_not_compared():
    found = frozen()
    made = paper.paper(found, paper.Words("标题", "中心"), day=None, mark="草稿")
    cells = [cell for block in made.blocks if hasattr(block, "rows") for row in block.rows for cell in row]
    assert "乡里" not in cells and any("不作比较的单位：乡里。" in getattr(block, "text", "") for block in made.blocks)


@pytest.mark.parametrize("typed", ["受理1,234件", "满意率 98.5%", "上升３个百分点", "百分之九十", "增加2倍"])
def test_a_figure_is_not_typed(typed):
    assert bulletin.worded({"overview": typed})


@pytest.mark.parametrize("typed", ["拨打12345热线的多", "逐件在办，一件一件答复", "2025年1月3日已恢复供水", "供水、供暖两类"])
def test_other_numbers_may_stand_in_the_words(typed):
    assert not bulletin.worded({"overview": typed})


# --- the workbook ---------------------------------------------------------------------------


def value(sheet: Any, cell: Any) -> Any:
    """What a spreadsheet shows: a formula of ours worked out."""
    if not (isinstance(cell.value, str) and cell.data_type == "f"):
        return cell.value
    formula = re.sub(r"\b([A-Z]{1,2}\d+)\b", lambda at: repr(sheet[at[1]].value or 0), cell.value[1:]).replace("^", "**")
    condition, shown, otherwise = re.fullmatch(r'IF\((N\(.*?\)(?:=0|<\d+)),(""),(.*)\)', formula).groups()  # type: ignore[union-attr]
    names = {"N": float, "SQRT": math.sqrt, "MAX": max, "MIN": min}
    return eval(shown if eval(condition.replace("=0", "==0"), names) else otherwise, names)  # noqa: S307


def test_counts_are_numbers_and_shares_formulas_that_give_what_is_printed():
    found = frozen()
    book = load_workbook(io.BytesIO(sheets.workbook("月报", [("状态", "草稿")], list(tables.every(found)), mark="草稿")))
    sheet = book["各项比率"]
    heads = [cell.value for cell in sheet[3]]
    for row, code in zip(sheet.iter_rows(min_row=4, max_row=3 + len(RATES)), RATES, strict=True):
        shown = dict(zip(heads, (value(sheet, cell) for cell in row), strict=True))
        n, d = found.now.pair(code)
        assert (shown["本月 分子"], shown["本月 分母"]) == (n, d) and shown["本月"] == n / d and row[3].number_format == FORM
        assert (shown["95%区间 下限"], shown["95%区间 上限"]) == pytest.approx(wilson(n, d))
        assert shown["去年同月"] == "", "no data is no number"
    assert all(isinstance(cell.value, int) for cell in book["各项数量"]["B"][3:]) and book["封面"]["A1"].value == "月报（草稿）"


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_every_formula_gives_the_share_and_its_interval(n, d):
    n = min(n, d)
    book = load_workbook(io.BytesIO(sheets.workbook("表", [], [FigureTable("t", "表一", (("名", "text"), ("率", "share"), ("区间", "span")),
                                                                         [[words("甲"), share(n, d), span(n, d)]])])))
    sheet = book["表一"]
    shown = [value(sheet, cell) for cell in sheet[4]]
    assert shown[1:3] == [n, d] and (shown[3] == n / d if d else shown[3:] == ["", "", ""])
    assert not d or shown[4:] == pytest.approx(wilson(n, d))


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", '=HYPERLINK("http://x")', "#N/A"])
def test_words_that_look_like_a_formula_stay_words(typed):
    made = sheets.workbook(typed, [("标题", typed)], [FigureTable("t", "表一", (("名", "text"), ("数", "count")), [[words(typed), count(1)]])])
    book = load_workbook(io.BytesIO(made))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type in ("s", "n") for cell in cells)
