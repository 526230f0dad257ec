"""What is read again and again: figures are anybody's own, lists go on page by page, and what a process makes of a small table is made anew
when its rows are others."""

import pytest
from tests.orders import Order, build, local

from minsheng.accounts.rules import Role
from minsheng.kit import clock
from minsheng.measures import queries
from minsheng.measures.queries import Asked
from minsheng.org import queries as org
from minsheng.org.models import Unit


@pytest.fixture
def city(db):
    with clock.fixed(local(2)):
        yield build()


def received(asked: Asked, by):
    row = queries.rows(asked, by, ["received"])[0]
    return row.value, row.cutoff


def january() -> Asked:
    return Asked(local(1).date(), local(31).date())


def test_a_unit_never_gets_the_whole_citys_figures(city):
    Order(city, local(2, 9)).dispatch("water")
    Order(city, local(2, 9)).dispatch("roads")
    assert received(january(), city.centre(Role.ANALYST))[0] == 2
    assert received(january(), city.of("water", Role.UNIT_APPROVER))[0] == 1


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
