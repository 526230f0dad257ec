"""When a count says more than chance: ratio of two counts with its bounds, seasons by what the record knows, orders of groups."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.topics.rules.counting import BEFORE, FEW, YEARS, Group, Season, Span, ordered, ratio, season, windows

counts = st.integers(0, 10_000)


@pytest.mark.parametrize(("now", "base", "times", "rises", "falls"), [
    (5, 5, 1, False, False), (6, 3, 1, False, False), (40, 20, 1, True, False), (40, 60, 3, True, False), (3, 60, 3, False, True), (5, 0, 1, True, False),
    (1, 0, 3, False, False)])
def test_a_rise_is_said_when_its_lower_bound_is_above_one(now, base, times, rises, falls):
    found = ratio(now, base, times)
    assert (found.rises, found.falls) == (rises, falls), found


@given(counts, counts, st.integers(1, 6))
def test_the_bounds_hold_the_ratio_and_nothing_divides_by_nothing(now, base, times):
    found = ratio(now, base, times)
    if now + base == 0:
        assert found is None
        return
    assert found.low >= 0 and (found.high is None) == (base == 0) == (found.value is None)
    if found.value is not None:
        assert found.low <= found.value * (1 + 1e-9) and found.value <= found.high * (1 + 1e-9)


@given(st.integers(1, 5), st.integers(1, 300), counts)
def test_more_cases_never_make_a_rise_less_sure(times, base, now):
    assert ratio(now + 1, base, times).low >= ratio(now, base, times).low


def test_a_season_is_of_the_years_that_the_record_knows_else_of_the_time_just_before():
    now = Span(date(2025, 1, 3), date(2025, 1, 30))
    spans = windows(now)
    assert len(spans) == YEARS + BEFORE and spans[0] == Span(date(2024, 1, 5), date(2024, 2, 1)) and spans[3] == Span(date(2024, 12, 6), date(2025, 1, 2))
    assert all(span.until - span.since == timedelta(days=27) for span in spans) and spans[0].since.weekday() == now.since.weekday()
    assert season([4, 0, 9, 1, 1, 1]).places == (0, 2) and season([0, 0, 0, 7, 0, 2]).places == (3, 5) and season([0] * 6).places == ()


def test_orders_leave_out_what_is_too_few_to_say():
    many, few, hard = Group((1,), "", 40, 2, base=(10,)), Group((2,), "", FEW - 1, 4, base=(0,)), Group((3,), "", 20, 15, repeated=6, base=(20,))
    of = Season((0,), "")
    assert [ordered([few, hard, many], order, of, 9) for order in ("frequent", "hard", "rising", "repeated")] == [
        [many, hard, few], [hard, many], [many], [hard]]
    assert many.against(Season((), "")) is None
