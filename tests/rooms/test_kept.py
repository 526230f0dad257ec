"""Figures that a process keeps for half a minute: they say from when they are, and nobody gets another reader's. Small tables that it keeps
for five seconds: what is made of their rows is made anew when these are others."""

import pytest
from django.conf import settings
from tests.orders import Order, build, local

from minsheng.accounts.rules import Role
from minsheng.kit import clock
from minsheng.measures import queries
from minsheng.measures.queries import Asked
from minsheng.org import queries as org
from minsheng.org.models import Unit


@pytest.fixture
def city(db, monkeypatch):
    monkeypatch.setattr(settings, "FIGURES_KEPT_S", 30)
    queries.forget()
    with clock.fixed(local(2)):
        yield build()
    queries.forget()


def received(asked: Asked, by):
    row = queries.rows(asked, by, ["received"])[0]
    return row.value, row.cutoff


def january() -> Asked:
    return Asked(local(1).date(), local(31).date())


def test_figures_are_counted_once_in_half_a_minute_and_say_when(city):
    analyst = city.centre(Role.ANALYST)
    Order(city, local(2, 9))
    first = received(january(), analyst)
    assert first[0] == 1
    with clock.fixed(local(2, 11)):
        Order(city, local(2, 10, 30))
        assert received(january(), analyst) == first
        queries.forget()
        value, cutoff = received(january(), analyst)
    assert value == 2 and cutoff > first[1]


def test_a_unit_never_gets_the_whole_citys_kept_figures(city):
    Order(city, local(2, 9)).dispatch("water")
    Order(city, local(2, 9)).dispatch("roads")
    assert received(january(), city.centre(Role.ANALYST))[0] == 2
    assert received(january(), city.of("water", Role.UNIT_APPROVER))[0] == 1


def test_a_question_with_its_own_cutoff_is_counted_each_time(city):
    analyst = city.centre(Role.ANALYST)
    asked = Asked(local(1).date(), local(31).date(), cutoff=local(3))
    Order(city, local(2, 9))
    assert received(asked, analyst)[0] == 1
    Order(city, local(2, 9))
    assert received(asked, analyst)[0] == 2


def test_kept_figures_end_after_half_a_minute(city, monkeypatch):
    analyst, now = city.centre(Role.ANALYST), [1000.0]
    monkeypatch.setattr(queries.time, "monotonic", lambda: now[0])
    Order(city, local(2, 9))
    assert received(january(), analyst)[0] == 1
    Order(city, local(2, 9))
    now[0] += 29
    assert received(january(), analyst)[0] == 1
    now[0] += 2
    assert received(january(), analyst)[0] == 2


def test_the_cases_behind_a_set_of_steps_come_page_by_page_each_once_newest_first(city):
    made = [Order(city, local(2, 9, n)).dispatch("water" if n else "roads").id for n in range(4)]
    for by, expected in ((city.centre(Role.ANALYST), made[::-1]), (city.of("water", Role.UNIT_APPROVER), made[:0:-1])):
        found, after = [], ""
        while True:
            page = queries.cases_of("dispatched", "numerator", january(), by, after, 1)
            found += [case.id for case in page.rows]
            after = page.next
            if not after:
                break
        assert found == expected


def test_what_is_made_of_a_small_table_stays_while_its_rows_do_and_no_longer(city):
    org.forget()
    tree = org.tree()
    org.forget()
    assert org.tree() is tree
    unit = Unit.objects.order_by("id").first()
    Unit.objects.filter(id=unit.id).update(short="改了名")
    assert org.tree() is tree, "for five seconds"
    org.forget()
    assert org.tree().name(unit.id) == "改了名"
