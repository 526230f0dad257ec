"""What waits for a ruling: whose it is to see, in which order, with which words."""

from __future__ import annotations

from tests.cast import later

from minsheng.cases.queries import requests
from minsheng.cases.rules import Ask, State
from minsheng.kit import clock


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


def test_rulings_of_before_are_the_units_own_first_then_the_newest_and_none_that_is_hidden(cast):
    """What may not be seen is passed over, and what stood behind it moves up."""
    made = []
    for n, lead in enumerate(("water", "water", "roads", "water", "roads")):
        with clock.fixed(later(hours=n)):
            case = cast.at_state(State.RETURN_REVIEW, lead=lead)
            made.append(cast.take(case, "reject_return", "return_reviewer", ruling=f"第{n}次裁定"))
    with clock.fixed(later(hours=9)):
        for hidden in (made[3], made[4]):
            cast.take(hidden, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until=later(days=9).isoformat())

        def seen(who: str, size: int) -> list[int]:
            rows = requests.rulings(cast.actors[who], Ask.RETURN, category_id=made[0].category_id, unit=cast.units["water"].id, leave_out=made[2].id, size=size)
            return [made.index(next(case for case in made if case.id == row.ask.case_id)) for row in rows]

        assert [seen("return_reviewer", size) for size in (1, 2, 5)] == [[1], [1, 0], [1, 0]]
        assert [seen("supervisor", size) for size in (1, 3, 5)] == [[3], [3, 1, 0], [3, 1, 0, 4]]
