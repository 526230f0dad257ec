"""Who had an order when a limit fell due answers for it: sent to another afterwards, it is not let off, and keeps what it kept (rulings, 29)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests import figures_oracle as oracle
from tests import orders
from tests.orders import Order, local

from minsheng.accounts.rules import Role, clock_actor
from minsheng.kit import clock
from minsheng.measures import queries, verifying
from minsheng.measures.models import Fact, Following
from minsheng.measures.queries import Asked
from minsheng.measures.sets import SETS
from minsheng.proofs.queries.known import at_moment
from minsheng.proofs.rules.outcome import outcome

pytestmark = pytest.mark.django_db
JANUARY = Asked(date(2025, 1, 1), date(2025, 1, 31), by="unit")
ALL = clock_actor("测试")
OF_LEADS = {code for code, one in SETS.items() if one.fact in ("sign", "contact", "handle")}


@pytest.fixture
def city():
    with clock.fixed(local(31, 12)):
        yield orders.build()


def of(city, unit: str, code: str, asked: Asked = JANUARY) -> tuple[int, int]:
    row = next((row for row in queries.rows(asked, ALL, [code]) if row.key == city.units[unit].id), None)
    return (row.numerator, row.denominator) if row else (0, 0)


def both_say_the_same() -> None:
    found = {g: {c: n for c, n in sizes.items() if n} for g, sizes in queries.counted(JANUARY, ALL, OF_LEADS)[1].items()}
    window = JANUARY.window
    said = oracle.count(oracle.gather(), oracle.Window(window.start, window.end, clock.now(), False), "unit")
    assert {g: sizes for g, sizes in found.items() if sizes} == {
        g: kept for g, sizes in said.items() if (kept := {code: n for code, n in sizes.items() if code in OF_LEADS})}


def taken_back(order: Order, at=None, **given) -> Order:
    return order.centre("take_back", Role.COORDINATOR, at, reason="改由城管局办理", **given)


def test_a_contact_that_fell_due_is_counted_for_whoever_had_it_then(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    taken_back(order, local(3, 15)).dispatch("roads").sign().contact()
    assert of(city, "water", "response_claimed") == (0, 1) and of(city, "roads", "response_claimed") == (1, 1)
    both_say_the_same()


def test_so_is_one_whose_return_was_granted_after_it(city):
    order = Order(city, local(3, 10)).dispatch("water", local(3, 16))  # a Friday: to be contacted on Saturday, signed on Monday
    order.unit("ask_return", Role.UNIT_LIAISON, local(6, 9, 30), reason="不属本单位职责", legal_ground="duty")
    assert order.case.state == "return_review"
    order.centre("uphold_return", Role.RETURN_REVIEWER, ruling="同意").dispatch("roads").sign().contact()
    assert of(city, "water", "response_claimed") == (0, 1) and of(city, "roads", "response_claimed") == (1, 1)
    both_say_the_same()


def test_what_had_time_left_or_stood_still_is_not_counted_and_what_was_kept_stays(city):
    early = Order(city, local(2, 10)).dispatch("water")
    taken_back(early, local(2, 12)).dispatch("roads").sign().contact()
    asked = Order(city, local(2, 10)).dispatch("water")
    asked.unit("ask_return", Role.UNIT_LIAISON, local(2, 12), reason="不属本单位职责", legal_ground="duty")
    asked.centre("uphold_return", Role.RETURN_REVIEWER, local(6, 12), ruling="同意").dispatch("roads").sign().contact()
    assert of(city, "water", "response_claimed") == (0, 0) and of(city, "water", "sign_on_time") == (0, 0)
    kept = Order(city, local(2, 10)).dispatch("water").sign().contact()
    taken_back(kept, local(2, 16)).dispatch("roads").sign().contact()
    assert of(city, "water", "response_claimed") == (1, 1) and of(city, "water", "sign_on_time") == (1, 1)
    assert of(city, "roads", "response_claimed") == (3, 3)
    both_say_the_same()


def test_one_that_signed_late_or_never_is_counted_too(city):
    taken_back(Order(city, local(2, 10)).dispatch("water"), local(3, 10)).dispatch("roads").sign()
    taken_back(Order(city, local(2, 10)).dispatch("water").sign(local(3, 10)), local(3, 11)).dispatch("roads").sign()
    assert of(city, "water", "sign_on_time") == (0, 2) and of(city, "roads", "sign_on_time") == (2, 2)
    both_say_the_same()


def test_a_handling_limit_that_begins_anew_does_not_wipe_out_the_one_that_was_let_go_by(city):
    anew = Order(city, local(2, 10)).dispatch("water").sign().contact()
    taken_back(anew, local(20, 10), restart=True).dispatch("roads").sign().contact().reply()
    assert of(city, "water", "on_time_completion") == (0, 1) and of(city, "roads", "on_time_completion") == (1, 1)
    runs_on = Order(city, local(2, 10)).dispatch("town").sign().contact()
    taken_back(runs_on, local(20, 10))
    assert of(city, "town", "on_time_completion") == (0, 1)
    runs_on.dispatch("roads").sign().contact().reply()
    assert of(city, "town", "on_time_completion") == (0, 0) and of(city, "roads", "on_time_completion") == (1, 2), "one limit is counted once"
    both_say_the_same()


def test_each_of_several_leads_in_several_rounds_has_its_own(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    taken_back(order, local(3, 15)).dispatch("roads").sign().contact().reply().accept()
    order.call(solved=False, satisfaction="unsatisfied", dissatisfaction="result", contacted=True)
    order.centre("ask_redo", Role.CALLBACK_CLERK, reason="诉求人反映仍然停水").centre("order_redo", Role.CHECKER, ruling="同意重办")
    taken_back(order, local(7, 15)).dispatch("water").sign()
    taken_back(order, local(9, 15)).dispatch("town").sign().contact().reply()
    assert [of(city, unit, "response_claimed") for unit in ("water", "roads", "town")] == [(0, 2), (1, 2), (1, 1)]
    both_say_the_same()


def test_what_was_known_before_stays_and_what_is_read_twice_says_nothing_more(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    before = replace(JANUARY, cutoff=local(3, 14))
    taken_back(order, local(3, 15)).dispatch("roads").sign().contact()
    assert of(city, "water", "response_claimed", before) == (0, 1) and of(city, "roads", "response_claimed", before) == (0, 0)
    lines = list(Fact.objects.order_by("id").values())
    assert list(verifying.differences(JANUARY.since, JANUARY.until)) == []
    Following.objects.update(number=0, step=0, ahead=[])
    assert of(city, "water", "response_claimed") == (0, 1) and list(Fact.objects.order_by("id").values()) == lines


def test_the_published_leaf_counts_what_the_figures_count(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    taken_back(order, local(20, 15), restart=True).to_callback("roads")
    order.call(solved=True, satisfaction="very", contacted=True).close()
    leaf = outcome(at_moment([order.id], clock.now())[order.id][1])
    sizes: dict[str, int] = {}
    for found in queries.counted(JANUARY, ALL, ["contact_due", "contact_confirmed", "handle_due", "handled_in_time"])[1].values():
        sizes = {code: sizes.get(code, 0) + n for code, n in found.items()}
    assert sizes == {"contact_due": 2, "contact_confirmed": 1, "handle_due": 2, "handled_in_time": 1}
    for word in ("contact_due*2", "contact_confirmed", "handle_due*2", "handled_in_time"):
        assert word in leaf["counted"].split(",")


def test_what_a_requester_answered_of_a_round_stays_with_the_unit_that_had_it(city):
    """Done anew and sent to another: the bad answer went over to the one that got it, and left the first clean."""
    order = Order(city, local(2, 10)).to_callback("water")
    order.call(solved=False, satisfaction="unsatisfied", dissatisfaction="result", contacted=True)
    order.centre("ask_redo", Role.CALLBACK_CLERK, reason="诉求人反映仍然停水").centre("order_redo", Role.CHECKER, ruling="同意重办")
    taken_back(order)
    assert of(city, "water", "solve") == (0, 1) and of(city, "water", "satisfaction") == (0, 1), "nobody has it now"
    order.dispatch("roads").sign().contact().reply().accept().call(solved=True, satisfaction="very", contacted=True)
    assert of(city, "water", "solve") == (0, 1) and of(city, "roads", "solve") == (1, 1)
    assert of(city, "water", "satisfaction") == (0, 1) and of(city, "roads", "satisfaction") == (1, 1) and of(city, "water", "reach") == (1, 1)
    window = JANUARY.window
    said = oracle.count(oracle.gather(), oracle.Window(window.start, window.end, clock.now(), False), "unit")
    for unit, solved in (("water", 0), ("roads", 1)):
        assert (said[city.units[unit].id].get("solved", 0), said[city.units[unit].id]["answered_solved"]) == (solved, 1)
    assert list(verifying.differences(JANUARY.since, JANUARY.until)) == []
