"""What the clock does of many: one damaged record keeps no other from its turn, and the job is not called done."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError
from tests.cast import NOW

from minsheng.cases.actions import timers
from minsheng.cases.models import CaseClock
from minsheng.cases.rules import State
from minsheng.kit.each_alone import Broken, each


def test_who_comes_after_one_that_breaks_has_its_turn(caplog):
    def do(n: int) -> int:
        if n == 2:
            raise KeyError("no such matter")
        return n

    with pytest.raises(Broken, match="1 broke, 8 done") as told, caplog.at_level(logging.ERROR):
        each([1, 2, 3, 4], do, "count")
    assert isinstance(told.value.__cause__, KeyError) and "count: 2 broke with KeyError" in caplog.text
    assert "no such matter" not in caplog.text, "what a record holds stays out of the log"
    assert each([1, 3], do, "count") == 4 and each([], do, "count") == 0


def test_a_database_that_is_away_is_not_asked_for_each(caplog):
    asked = []

    def do(n: int) -> int:
        asked.append(n)
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        each([1, 2, 3], do, "count")
    assert asked == [1]


def test_a_clock_that_cannot_be_read_stops_no_other_from_being_computed_anew(cast):
    bad, good = cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS)
    CaseClock.objects.filter(case_id=bad.id, code="handle").update(limit="？", due_at=NOW)
    CaseClock.objects.filter(case_id=good.id, code="handle").update(due_at=NOW)
    assert bad.id < good.id
    with pytest.raises(Broken):
        timers.recompute_open(why="补登节假日")
    assert good.steps.filter(step="recompute").count() == 1, "the others have the dates that the calendar says"
