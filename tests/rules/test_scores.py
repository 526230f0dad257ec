"""Schemes of the composite: the points of a rate, what a scheme may say, which holds on a day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.measures import rules, score_rules
from minsheng.measures.program_schemes import samples
from minsheng.measures.score_rules import SCORED, Curve, Part, Scheme, Wrong, read_parts

DAY = date(2025, 1, 31)


def curved(full: str, slope: str, floor: str) -> Part:
    return Part("satisfaction", Decimal(25), Curve(Decimal(full), Decimal(slope), Decimal(floor)))


@pytest.mark.parametrize(("part", "rate", "points"), [
    (curved("98", "0.5", "12.5"), 87.5, 19.75), (curved("98", "0.5", "12.5"), 83.33, 17.67), (curved("95", "0.5", "12.5"), 70.59, 12.8),
    (curved("100", "1", "0"), 89.82, 14.82), (curved("95", "0.5", "12.5"), 20.0, 12.5), (curved("95", "0.5", "12.5"), 100.0, 25.0),
    (curved("100", "1", "0"), 60.0, 0.0), (Part("solve", Decimal(35)), 90.0, 31.5),
])
def test_example_b_and_its_edges(part, rate, points):
    assert part.score(rate / 100) == pytest.approx(points, abs=0.006)


COUNTS = {"contact_confirmed": 96, "contact_due": 98, "solved": 81, "answered_solved": 90, "satisfied": 84, "answered_satisfaction": 92, "attempted": 98,
          "handled_in_time": 90, "handle_due": 98}


def test_example_a_by_the_programs_scheme_and_by_a_curve():
    row = rules.row(rules.BY_CODE["composite"], COUNTS, cutoff="", day=DAY)
    assert row.value == pytest.approx(0.9284, abs=5e-5) and row.version == "3@2025-01-01+30-35-35"
    assert rules.row(rules.BY_CODE["composite"], COUNTS, policy="no", cutoff="", day=DAY).value == pytest.approx(0.8832, abs=5e-5)
    curves = next(one for one in samples() if one.code == "curves-95")
    row = rules.row(rules.BY_CODE["composite"], COUNTS, cutoff="", day=DAY, scheme=curves)
    satisfied, on_time = 25 - 0.5 * (95 - 100 * 84 / 92), 25 - (100 - 100 * 90 / 98)
    assert row.value * 100 == pytest.approx(satisfied + on_time + 25 * 96 / 98 + 25 * 0.9, abs=1e-3) and row.version.endswith("+curves-95")
    assert rules.row(rules.BY_CODE["composite"], {**COUNTS, "handle_due": 0}, cutoff="", day=DAY, scheme=curves).value is None


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from([one for s in samples() for one in s.parts]))
def test_a_better_rate_never_scores_less_and_points_stay_in_their_bounds(one, other, part):
    low, high = sorted((one, other))
    assert part.score(low) <= part.score(high) + 1e-9
    assert 0 <= part.score(low) <= float(part.points) + 1e-9


@pytest.mark.parametrize(("text", "said"), [
    ("solve 35\nsatisfaction 35", "合计应为 100"), ("", "合计应为 100"), ("solve 100.0001", "不超过 100"), ("solve 101", "不超过 100"),
    ("solve 50\nsolve 50", "写了两次"), ("happiness 100", "没有可计分的指标"), ("redo 100", "没有可计分的指标"), ("composite 100", "没有可计分的指标"),
    ("solve", "应写成"), ("solve abc", "不是数"), ("solve NaN", "太大"), ("solve Infinity", "太大"), ("solve 1e9", "太大"), ("solve -100", "大于 0"),
    ("solve 0\nsatisfaction 100", "大于 0"), ("解决率", "应写成"), ("幸福率 100 分", "没有可计分的指标“幸福率”"), ("重办率 100 分", "可用：响应率、"),
    ("解决率 100 分，看心情", "后半应写成"), ("解决率 60 分\n解决率 40 分", "写了两次"), ("解决率 100 分，每低于 95% 一个百分点扣 0 分，最低 0 分", "扣的分应大于 0"),
    ("solve 100 full=95", "三项"), ("solve 100 full=95 slope=1 floor=0 floor=1", "三项"),
    ("solve 100 full=120 slope=1 floor=0", "满分线"), ("solve 100 full=0 slope=1 floor=0", "满分线"), ("solve 100 full=95 slope=0 floor=0", "扣的分应大于 0"),
    ("solve 100 full=95 slope=-1 floor=0", "扣的分应大于 0"), ("solve 100 full=95 slope=1 floor=100", "最低分"), ("solve 100 full=95 slope=1 floor=-1", "最低分"),
    ("solve 100 full=95 slope=x floor=0", "不是数"), ("solve 33.33333\nsatisfaction 66.66667", "小数太长"),
])
def test_a_scheme_that_makes_no_sense_says_what(text, said):
    with pytest.raises(Wrong, match=said):
        read_parts(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(text):
    try:
        assert sum(part.points for part in read_parts(text)) == 100
    except Wrong as wrong:
        assert str(wrong)


def test_what_is_written_is_read_back_and_every_scored_measure_is_a_rate_that_should_rise():
    for one in (*rules.SCHEMES, *samples()):
        assert read_parts(score_rules.as_text(one.parts)) == one.parts == read_parts("\n".join(map(score_rules.in_words, one.parts)))
    assert {code: rules.BY_CODE[code].label for code in SCORED} == SCORED, "a scheme calls measures as every page does"
    assert {(rules.BY_CODE[code].kind, rules.BY_CODE[code].goal) for code in SCORED} <= {("rate", "up"), ("rate", "")}
    assert set(rules.sets_of([rules.BY_CODE["composite"]])) >= {s for code in SCORED for s in rules.BY_CODE[code].parts()}, "no part lacks its sets"


def test_the_latest_begun_holds_and_days_that_are_past_or_taken_are_refused():
    first, second = (Scheme(str(n), "", DAY + timedelta(days=n), ()) for n in (0, 10))
    assert score_rules.in_force([second, first], DAY + timedelta(days=9)) is first
    assert score_rules.in_force([second, first], DAY + timedelta(days=10)) is second
    assert score_rules.in_force([first], DAY - timedelta(days=1)) is None
    text = {"since": DAY.isoformat()}
    assert score_rules.wrong(text, DAY, ()) == {}
    assert "已过" in score_rules.wrong(text, DAY + timedelta(days=1), ())["since"]
    assert "已有一个方案" in score_rules.wrong(text, DAY, [DAY])["since"]


@pytest.mark.parametrize("written", ["满意率 60 分\n解决率 40 分", "满意率（回访）60，按比例\n解决率40分，按比例。", "　满意率(回访) ６０ 分；按比例\n\n解决率 40"])
def test_a_scheme_is_written_in_words_as_people_type_them(written):
    assert score_rules.as_text(read_parts(written)) == "satisfaction 60\nsolve 40"


@given(st.sampled_from(sorted(SCORED)), st.decimals(1, 100, places=2), st.decimals("0.01", 9, places=2), st.integers(1, 100))
def test_every_curve_is_read_back_as_it_is_said(code, points, slope, full):
    part = Part(code, points, Curve(Decimal(full), slope, points / 2 if points / 2 == round(points / 2, 4) else Decimal(0)))
    rest = Part(next(one for one in SCORED if one != code), 100 - points)
    lines = [score_rules.in_words(one) for one in (part, rest) if one.points]
    assert read_parts("\n".join(lines))[0] == part
