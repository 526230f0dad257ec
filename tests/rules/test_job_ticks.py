"""Periodic jobs by a clock that is set: back, forward, far."""

from __future__ import annotations

import pytest
from procrastinate import App, testing

from minsheng.kit import ticks

NOON = 1_800_000_000 // 3600 * 3600
HOUR, YEAR = 3600, 365 * 86400


@pytest.fixture
def deferrer():
    app = App(connector=testing.InMemoryConnector())
    for name, cron in (("often", "* * * * * */5"), ("minutely", "* * * * *"), ("daily", "10 3 * * *")):
        app.periodic(cron=cron)(app.task(name=name)(lambda timestamp: None))
    return ticks.ByTheClock(app.periodic_registry)


def due(deferrer, at: float) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one, timestamp in deferrer.get_previous_tasks(at):
        found.setdefault(one.task.name, []).append(timestamp)
    return found


def test_each_tick_is_due_once(deferrer):
    due(deferrer, NOON + 1)
    assert due(deferrer, NOON + 2) == {}
    assert due(deferrer, NOON + 5.5) == {"often": [NOON + 5]}
    assert due(deferrer, NOON + 60.5) == {"often": [NOON + 60], "minutely": [NOON + 60]}


@pytest.mark.parametrize("back", [3, 120, HOUR, 30 * 86400], ids=["seconds", "minutes", "an_hour", "a_month"])
def test_a_clock_set_back_stops_no_job(deferrer, back):
    due(deferrer, NOON + 0.5)
    first = due(deferrer, NOON + 0.5 - back)
    later = due(deferrer, NOON + 0.5 - back + 70)
    assert len(later["often"]) == len(later["minutely"]) == 1 and (back < 120 or set(first) >= {"often", "minutely"})
    assert all(times[0] <= NOON + 0.5 - back + 70 for times in (*first.values(), *later.values()))


@pytest.mark.parametrize("forward", [HOUR, YEAR, 56 * YEAR], ids=["slept", "a_year", "since_1970"])
def test_a_clock_set_forward_makes_each_job_due_once(deferrer, forward):
    due(deferrer, NOON + 0.5)
    assert due(deferrer, NOON + 0.5 + forward)["often"] == [NOON + forward]
    assert all(len(times) == 1 for times in due(deferrer, NOON + 0.5 + 2 * forward).values())


def test_a_worker_that_begins_defers_by_it():
    from procrastinate import periodic

    before = periodic.PeriodicDeferrer
    with ticks.by_the_clock():
        assert periodic.PeriodicDeferrer is ticks.ByTheClock
    assert periodic.PeriodicDeferrer is before
