"""A row of somebody else's history: what its times and its state may not say of each other, each with the column that is to be put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from minsheng.cases.rules import State
from minsheng.cases.rules.source_row import BadRow, Brought, assumed_times, is_undated, plan, state_of

CAME = datetime(2024, 12, 20, 9, tzinfo=UTC)


def hours(n: float) -> datetime:
    return CAME + timedelta(hours=n)


def row(**more) -> Brought:
    return Brought(source="旧系统", key="1", received_at=CAME, narrative="停水两天", **more)


@pytest.mark.parametrize("column, word, said", [
    ("state", "不是工单的状态", {"state": "start"}),
    ("state", "却有办结时间", {"state": "in_progress", "unit": 3, "closed_at": hours(5)}),
    ("unit", "须写明承办单位", {"state": "pending_sign"}),
    ("due_at", "不晚于派单或受理时间", {"due_at": CAME}),
    ("due_at", "不晚于派单或受理时间", {"unit": 3, "dispatched_at": hours(2), "due_at": hours(1)}),
    ("due_at", "十年以上", {"due_at": CAME + timedelta(days=3700)}),
    ("signed_at", "早于派单时间", {"unit": 3, "dispatched_at": hours(2), "signed_at": hours(1)}),
    ("closed_at", "早于受理时间", {"closed_at": hours(-1)}),
    ("first_contact_at", "早于受理时间", {"unit": 3, "first_contact_at": hours(-1)}),
    ("first_contact_at", "晚于办结时间", {"unit": 3, "first_contact_at": hours(9), "replied_at": hours(3), "closed_at": hours(5)}),
])
def test_what_contradicts_itself_is_refused_with_its_column(column, word, said):
    with pytest.raises(BadRow, match=word) as wrong:
        plan(row(**said))
    assert wrong.value.column == column


def test_clocks_that_differ_by_a_minute_are_moved_and_not_refused():
    steps = plan(row(unit=3, dispatched_at=CAME - timedelta(seconds=40), signed_at=hours(1), first_contact_at=CAME - timedelta(seconds=30)))
    assert sorted(one.step for one in steps) == ["contact", "dispatch", "register", "sign", "submit"]
    assert min(one.at for one in steps) == CAME and [one.at for one in steps] == sorted(one.at for one in steps)


@pytest.mark.parametrize("state", list(State))
def test_every_state_that_a_source_may_say_is_reached_in_order_or_refused_in_words(state):
    said = {"closed_at": hours(8)} if not state.is_open else {}
    try:
        steps = plan(row(state=state.value, unit=3, dispatched_at=hours(1), **said))
    except BadRow as wrong:
        assert wrong.column == "state" and state is State.START
        return
    assert steps[-1].to is state
    assert [one.at for one in steps] == sorted(one.at for one in steps)


def test_an_end_without_a_time_is_a_guess_and_stays_out_of_figures_by_date():
    closed = row(unit=3, state="closed")
    assert state_of(closed) is State.CLOSED and assumed_times(closed) == ("closed_at",) and is_undated(closed)
    replied = row(unit=3, state="closed", replied_at=hours(3))
    assert assumed_times(replied) == ("closed_at",) and not is_undated(replied)
    assert is_undated(row(assumed=("received_at",))) and not is_undated(row())
