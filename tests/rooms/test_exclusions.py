"""An exclusion counts for the round and the unit that it was granted for: who gets the order next, or had it before, profits nothing (rulings, 29)."""

from __future__ import annotations

from datetime import date

import pytest
from tests import figures_oracle as oracle
from tests import orders
from tests.orders import Order, local

from minsheng.accounts.rules import Role, clock_actor
from minsheng.kit import clock
from minsheng.measures import queries
from minsheng.measures.queries import Asked
from minsheng.measures.sets import SETS
from minsheng.proofs.queries.known import at_moment
from minsheng.proofs.rules.outcome import outcome

OF_TASKS = {code for code, one in SETS.items() if one.fact == "task"}
pytestmark = pytest.mark.django_db
JANUARY = Asked(date(2025, 1, 1), date(2025, 1, 31), by="unit")
ALL = clock_actor("测试")


@pytest.fixture
def city():
    with clock.fixed(local(31, 12)):
        yield orders.build()


def of(city, unit: str, code: str) -> tuple[int, int]:
    row = next((row for row in queries.rows(JANUARY, ALL, [code]) if row.key == city.units[unit].id), None)
    return (row.numerator, row.denominator) if row else (0, 0)


def excluded_and_redone(city) -> Order:
    order = Order(city, local(2, 10)).to_callback("water").exclude()
    order.call(solved=False, satisfaction="unsatisfied", dissatisfaction="result", contacted=True)
    order.centre("ask_redo", Role.CALLBACK_CLERK, reason="诉求人反映仍然停水")
    return order.centre("order_redo", Role.CHECKER, ruling="同意重办")


def test_the_unit_that_gets_it_next_is_counted(city):
    order = excluded_and_redone(city)
    assert not order.case.excluded
    order.centre("take_back", Role.COORDINATOR, reason="改由城管局办理")
    order.dispatch("roads").sign().contact().reply().accept()
    order.call(solved=False, satisfaction="unsatisfied", dissatisfaction="result", contacted=False)
    assert of(city, "roads", "solve") == (0, 1) and of(city, "roads", "satisfaction") == (0, 1), "its own answer is its own"
    assert of(city, "roads", "on_time_completion")[1] == 1 and of(city, "roads", "return")[1] == 1
    assert of(city, "water", "on_time_completion") == (0, 0) and of(city, "water", "redo") == (0, 0), "the round that was excluded stays so"


def test_the_same_unit_is_counted_in_its_second_round_and_may_ask_again(city):
    order = excluded_and_redone(city)
    order.contact().reply().accept().call(solved=True, satisfaction="very", contacted=True)
    assert of(city, "water", "solve") == (1, 1) and of(city, "water", "on_time_completion") == (1, 1)
    order.close().exclude()
    assert of(city, "water", "solve") == (0, 0) and order.case.excluded


def test_a_unit_that_gave_it_back_is_not_spared_by_the_others_exclusion(city):
    order = Order(city, local(2, 10)).dispatch("water")
    order.unit("ask_return", Role.UNIT_LIAISON, reason="不属本单位职责", legal_ground="duty")
    order.centre("uphold_return", Role.RETURN_REVIEWER, ruling="同意")
    order.to_callback("roads").exclude()
    assert of(city, "water", "return") == (1, 1) and of(city, "roads", "return") == (0, 0)


def test_both_ways_of_counting_and_the_published_leaf_say_the_same(city):
    order = excluded_and_redone(city)
    order.contact().reply().accept().call(solved=True, satisfaction="very", contacted=True).close()
    found: dict = {}
    for codes in (SETS.keys() - OF_TASKS, OF_TASKS):
        for group, sizes in queries.counted(JANUARY, ALL, codes)[1].items():
            found.setdefault(group, {}).update({code: n for code, n in sizes.items() if n})
    window = JANUARY.window
    assert found == oracle.count(oracle.gather(), oracle.Window(window.start, window.end, clock.now(), False), "unit")
    _, known = at_moment([order.id], clock.now())[order.id]
    leaf = outcome(known)
    assert leaf["solved"] == "no,yes" and "solved," in leaf["counted"] + "," and "answered_solved*2" not in leaf["counted"]
    assert "handle_due*2" not in leaf["counted"] and "handle_due" in leaf["counted"]


def test_a_suggestion_is_weighed_by_the_unit_that_has_it(city):
    order = Order(city, local(2, 10))
    order.centre("revise", Role.DISPATCHER, kind="suggest")
    order.dispatch("water").sign().unit("adopt_suggestion", Role.UNIT_APPROVER, reason="列入今年计划")
    assert order.case.marks.adopted is True
    order.centre("take_back", Role.COORDINATOR, reason="不属水务局").dispatch("roads").sign()
    order.unit("leave_suggestion", Role.UNIT_APPROVER, reason="今年没有资金")
    assert order.case.marks.adopted is False
