"""What has ended is nobody's any more: on no work list, in no count, with no message and no ring, however long ago its limits were."""

from __future__ import annotations

import re

import pytest
from tests.cast import PEOPLE, later
from tests.screens.test_walk import STAFF, body

from minsheng.accounts.models import Person
from minsheng.cases import actions
from minsheng.cases.actions import timers
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.rules import State
from minsheng.kit import clock

ENDED = (State.TERMINATED, State.FINAL_REPLIED, State.SPLIT, State.TRANSFERRED, State.CLOSED, State.DIRECT_ANSWERED)
# What lists cases whatever became of them: all cases, what was typed without a call, what was merged.
WHATEVER = {"/desk/cases", "/desk/search", "/desk/claimed-calls", "/desk/claimed-calls.csv", "/desk/bends/calls", "/desk/bends/merges"}
BROUGHT = re.compile(r'<section aria-label="并入的诉求".*?</section>', re.DOTALL)  # on an open order: what was merged into it
LISTS = [(route, view) for route, view in STAFF if "<" not in route and route not in WHATEVER]


@pytest.fixture
def ended(cast) -> set[str]:
    """Numbers of cases that ended in each way, from each state; the parts of a split are open."""
    Person.objects.filter(id=cast.people["water"].id).update(phone="0890-5550188")
    numbers = {cast.at_state(state).number for state in ENDED}
    for state in (State.PENDING_REVIEW, State.PENDING_SIGN, State.RETURN_REVIEW, State.IN_PROGRESS, State.PARKED, State.PENDING_CHECK):
        case = cast.at_state(state, urgent=True)
        actions.take_step(case_id=case.id, step="withdraw", by=citizen(case.id), given={"reason": "已经好了"})
        numbers.add(case.number)
    for state in (State.PENDING_REVIEW, State.PENDING_SIGN, State.IN_PROGRESS, State.PENDING_CHECK):
        case, master = cast.at_state(state, urgent=True), cast.at_state(State.PENDING_CHECK)
        cast.take(case, "merge", "dispatcher", master=master.id, reason="同一处停水")
        numbers.add(case.number)
    return numbers


def test_forty_days_later_it_stands_on_no_work_list_and_tells_nobody(cast, ended):
    with clock.fixed(later(days=10)):
        assert (timers.ring(), timers.tell_late()) == (0, 0)
    with clock.fixed(later(days=40)):
        looked = 0
        for who in PEOPLE:
            client, roles = cast.client(who), cast.actors[who].roles
            for route, view in LISTS:
                if view.needs and not roles & set(view.needs):
                    continue
                page = BROUGHT.sub("", body(client.get(route)).decode("utf-8", errors="ignore"))
                assert [number for number in ended if number in page] == [], (who, route)
                looked += 1
            late = body(client.get("/desk/cases", {"overdue": "1"})).decode()
            assert [number for number in ended if number in late] == [], who
    assert looked > 300
