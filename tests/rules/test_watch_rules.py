"""What a watch over a place may be given, and who may take its steps."""

from datetime import date

import pytest

from minsheng.accounts.rules import Actor, Role
from minsheng.field_work.rules import watches
from minsheng.field_work.rules.watches import WATCH, WatchFacts, WatchState
from minsheng.kit.steps import verdict

TODAY = date(2025, 1, 2)
OPEN = WatchFacts(1, WatchState.OPEN, (1, 5), date(2024, 12, 30), date(2025, 1, 10))


@pytest.mark.parametrize(("step", "values", "field"), [
    ("open_watch", {"since": "2025-01-02", "until": "2025-01-01"}, "until"),
    ("open_watch", {"since": "2025-01-02", "until": "2025-03-04"}, "until"),
    ("open_watch", {"since": "2024-12-31", "until": "2025-01-09"}, "since"),
    ("open_watch", {"since": "2025-03-04", "until": "2025-03-09"}, "since"),
    ("note_visit", {"visited_on": "2025-01-03"}, "visited_on"),
    ("note_visit", {"visited_on": "2024-12-29"}, "visited_on"),
    ("extend_watch", {"until": "2025-01-10"}, "until"),
    ("extend_watch", {"until": "2025-03-01"}, "until"),
])
def test_a_date_that_cannot_be_is_said_beside_its_field(step, values, field):
    assert set(watches.check(step, values, OPEN, TODAY)) == {field}


@pytest.mark.parametrize(("step", "values"), [
    ("open_watch", {"since": "2025-01-01", "until": "2025-03-02"}), ("note_visit", {"visited_on": "2024-12-30"}), ("extend_watch", {"until": "2025-02-28"}),
    ("end_watch", {"result": "已解决"}),
])
def test_what_can_be_is_taken(step, values):
    assert watches.check(step, values, OPEN, TODAY) == {}


@pytest.mark.parametrize(("step", "role", "unit", "code"), [
    ("note_visit", Role.UNIT_HANDLER, 5, ""), ("note_visit", Role.UNIT_HANDLER, 6, "not_own"), ("note_visit", Role.UNIT_APPROVER, 5, "role"),
    ("end_watch", Role.UNIT_APPROVER, 5, "no_visit"), ("extend_watch", Role.UNIT_APPROVER, 5, ""), ("note_visit", Role.SUPERVISOR, 2, "role"),
])
def test_the_unit_that_watches_takes_the_steps(step, role, unit, code):
    assert verdict(WATCH[step], OPEN, Actor(9, "甲", frozenset({role}), unit, (1, unit))).code == code
