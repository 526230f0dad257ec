"""Supervision, pure: the ladder as dated data."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from minsheng.calendar import library
from minsheng.calendar.spans import working_days_between
from minsheng.oversight.rules import ladder
from minsheng.oversight.rules.ladder import Measure, Rung, Standing, Trigger

LHASA = library.builtin("lhasa")
ROOT = Path(__file__).parents[2]
DAY = date(2025, 1, 2)
URGE = Rung("urge_1", "催办", Measure.URGE, Trigger.LATE, 1, 0, True, "依据", date(2024, 1, 1))
ROW = {"code": "urge_1", "name": "催办", "measure": "urge", "when": "late", "count": 1, "since": date(2024, 1, 1), "basis": "依据"}


def test_the_ladder_of_the_demo_city_can_be_put_in_and_says_what_it_asks():
    rows = yaml.safe_load((ROOT / "demo" / "oversight.yaml").read_text(encoding="utf-8"))["ladder"]
    assert ladder.problems(rows) == []
    assert {row["measure"] for row in rows} == set(Measure) and {row["when"] for row in rows} == set(Trigger)


@pytest.mark.parametrize(("change", "says"), [
    ({"measure": "shame"}, "measure"), ({"when": "someday"}, "when"), ({"code": ""}, "code"), ({"name": " "}, "name"), ({"basis": None}, "basis"),
    ({"since": "2024"}, "since"), ({"until": date(2023, 1, 1)}, "until"), ({"count": 0}, "count"), ({"count": True}, "count"), ({"count": 9999}, "count"),
    ({"when": "redos", "count": 3}, "提醒和催办"), ({"measure": "order", "when": "yellow"}, "时限之前"),
    ({"measure": "summons", "when": "circulars", "count": 2}, "within")])
def test_a_row_that_cannot_hold_is_refused_with_what_is_wrong(change, says):
    assert ladder.problems([ROW]) == []
    [said] = ladder.problems([ROW | change])
    assert says in said
    assert "两行" in ladder.problems([ROW, ROW])[0]


def test_of_each_code_the_row_holds_that_began_last_and_has_not_ended():
    later, ended = replace(URGE, count=2, since=date(2025, 1, 1)), replace(URGE, code="old", until=date(2024, 12, 31))
    assert [(r.code, r.count) for r in ladder.in_force([later, URGE, ended], date(2024, 12, 31))] == [("old", 1), ("urge_1", 1)]
    assert [(r.code, r.count) for r in ladder.in_force([later, URGE, ended], DAY)] == [("urge_1", 2)]
    assert ladder.in_force([later, URGE], date(2023, 1, 1)) == []


@given(st.integers(0, 400), st.integers(1, 30))
def test_so_many_working_days_late_is_counted_as_the_calendar_counts(offset, days):
    today = date(2024, 6, 1) + timedelta(days=offset)
    last = ladder.late_since(today, days, LHASA)
    assert working_days_between(last, today, LHASA) >= days > working_days_between(last + timedelta(days=1), today, LHASA)


def test_an_order_reaches_a_rung_by_its_own_standing_and_passes_what_lies_below():
    late = Standing(date(2025, 1, 1), redos=2, returns=3)
    assert ladder.reaches(URGE, late, date(2025, 1, 1)) and not ladder.reaches(URGE, late, date(2024, 12, 31))
    assert not ladder.reaches(URGE, Standing(), DAY), "no clock runs against the unit"
    redos, orders = replace(URGE, trigger=Trigger.REDOS, count=3), replace(URGE, trigger=Trigger.ORDERS)
    assert not ladder.reaches(redos, late, DAY) and ladder.reaches(redos, replace(late, redos=3), DAY) and not ladder.reaches(orders, late, DAY)
    yellow, red, third = (replace(URGE, code=c, measure=m, trigger=t, count=n) for c, m, t, n in (
        ("y", Measure.REMIND, Trigger.YELLOW, 0), ("r", Measure.REMIND, Trigger.RED, 0), ("urge_3", Measure.URGE, Trigger.LATE, 3)))
    order = replace(third, code="order", measure=Measure.ORDER, count=1)
    everything = [yellow, red, URGE, third, order]
    assert [one.code for one in ladder.below(third, everything)] == ["y", "r", "urge_1"]
    assert [one.code for one in ladder.below(red, everything)] == ["y"] and ladder.below(yellow, everything) == []
