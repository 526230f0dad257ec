"""The one search box: an ordinary word is counted, a common one walked newest first, and neither shows what is not the reader's."""

from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW

from minsheng.cases.queries import lists
from minsheng.cases.queries.lists import Filters
from minsheng.kit import clock
from minsheng.kit.partitions import make_months
from minsheng.kit.verdict import Invalid

EVERYTHING = Filters()
MONTHS = ("2022-03-04", "2023-06-01", "2024-01-15", "2024-11-20", "2024-12-28", "2025-01-01")


def over_the_years(cast) -> list[int]:
    """Two cases at each of the days, the oldest first."""
    make_months(datetime.fromisoformat("2022-03-01T00:00+00:00"), NOW)
    made = []
    for day in MONTHS:
        with clock.fixed(datetime.fromisoformat(f"{day}T10:00+08:00")):
            made += [cast.create(narrative=f"团结新村第{n}栋路灯不亮，晚上出门看不清。", title="路灯不亮", place="").id for n in (1, 2)]
    return made


def all_pages(by, words: str, size: int, filters: Filters = EVERYTHING) -> list[int]:
    found, after = [], ""
    while True:
        page = lists.search(by, words, filters, after, size).page
        found += [case.id for case in page.rows]
        after = page.next
        if not after:
            return found


def test_an_ordinary_word_has_an_exact_total_and_a_common_one_has_none(cast, monkeypatch):
    over_the_years(cast)
    agent = cast.actors["agent"]
    assert lists.search(agent, "路灯").total == 12
    assert lists.search(agent, "霓虹灯").total == 0
    monkeypatch.setattr(lists, "ORDINARY", 11)
    assert lists.search(agent, "路灯").total is None


@pytest.mark.parametrize("most", [1000, 3])
@pytest.mark.parametrize("size", [1, 5, 50])
def test_pages_hold_each_case_once_newest_first_whether_counted_or_walked(cast, monkeypatch, most, size):
    made = over_the_years(cast)
    monkeypatch.setattr(lists, "ORDINARY", most)
    assert all_pages(cast.actors["agent"], "路灯不亮", size) == made[::-1]


@pytest.mark.parametrize("most", [1000, 3])
def test_days_narrow_a_search_whether_counted_or_walked(cast, monkeypatch, most):
    made = over_the_years(cast)
    monkeypatch.setattr(lists, "ORDINARY", most)
    days = Filters(since=datetime.fromisoformat("2023-06-01").date(), until=datetime.fromisoformat("2024-11-20").date())
    assert all_pages(cast.actors["agent"], "路灯", 2, days) == made[2:8][::-1]


@pytest.mark.parametrize("most", [1000, 3])
def test_total_and_pages_hold_only_what_the_reader_may_see(cast, monkeypatch, most):
    made = over_the_years(cast)
    monkeypatch.setattr(lists, "ORDINARY", most)
    case = cast.take(cast.create(narrative="团结新村第3栋路灯不亮，晚上出门看不清。", title="路灯不亮", place=""), "dispatch", "dispatcher",
                     lead=cast.units["roads"].id)
    found = lists.search(cast.actors["roads"], "路灯")
    assert [row.id for row in found.page.rows] == [case.id] and found.total in (1, None)
    assert all_pages(cast.actors["water"], "路灯", 5) == []
    assert len(all_pages(cast.actors["agent"], "路灯", 5)) == len(made) + 1


@pytest.mark.parametrize("mark", ["e30", "WzEsMl0", "WyJhIl0", "????"])
def test_a_mark_that_is_none_is_said_to_be_none(cast, monkeypatch, mark):
    over_the_years(cast)
    monkeypatch.setattr(lists, "ORDINARY", 3)
    with pytest.raises(Invalid):
        lists.search(cast.actors["agent"], "路灯", after=mark)


def test_a_word_that_was_common_is_walked_at_once_and_shows_the_same(cast, monkeypatch):
    over_the_years(cast)
    monkeypatch.setattr(lists, "ORDINARY", 7)
    monkeypatch.setattr(lists, "_COMMON", set())
    with CaptureQueriesContext(connection) as asked:
        first = lists.search(cast.actors["agent"], "路灯", size=2)
    with CaptureQueriesContext(connection) as less:
        again = lists.search(cast.actors["agent"], "路灯", size=2)
    assert len(less) == len(asked) - 1
    assert (again.total, again.how, again.page.next) == (None, "words", first.page.next)
    assert [c.id for c in again.page.rows] == [c.id for c in first.page.rows]
    assert lists.search(cast.actors["agent"], "路灯", Filters(since=date(2025, 1, 1))).total == 2, "narrowed to few days it is another question"
