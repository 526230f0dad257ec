"""What waits for a ruling: whose it is to see, in which order, with which words."""

from __future__ import annotations

import pytest
from tests.cast import NOW, build

from minsheng.cases.queries import requests
from minsheng.cases.rules import Ask, State
from minsheng.kit import clock


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()


def extension(cast):
    case = cast.at_state(State.IN_PROGRESS)
    return cast.take(case, "ask_extension", "water", reason="管材后天到货，王小明的电话13800000000", interim="已临时供水")


def test_a_waiting_request_carries_the_words_it_was_asked_in(cast):
    case = extension(cast)
    (row,) = requests.waiting(cast.actors["supervisor"], Ask.EXTENSION).rows
    assert row.ask.case_id == case.id and row.by_name == "次仁" and row.unit == "市水务局"
    assert ("理由", "管材后天到货，王小明的电话13800000000") in row.given


def test_who_may_not_see_personal_data_reads_the_request_masked(cast):
    extension(cast)
    (row,) = requests.waiting(cast.actors["analyst"], Ask.EXTENSION).rows
    assert "13800000000" not in str(row.given)


def test_a_ruled_request_waits_no_more_and_stands_in_the_history(cast):
    case = extension(cast)
    case = cast.take(case, "grant_extension", "supervisor", ruling="同意延期五日")
    assert requests.waiting(cast.actors["supervisor"], Ask.EXTENSION).rows == []
    (row,) = requests.history(case, cast.actors["supervisor"])
    assert row.ruling == [("裁定意见", "同意延期五日")] and row.ruled_by == "督办员甲"


def test_another_unit_sees_no_request_of_the_case(cast):
    extension(cast)
    assert requests.waiting(cast.actors["roads"], *Ask).rows == []


def test_the_oldest_request_comes_first(cast):
    first, second = extension(cast), extension(cast)
    found = requests.waiting(cast.actors["supervisor"], Ask.EXTENSION).rows
    assert [row.ask.case_id for row in found] == [first.id, second.id]
