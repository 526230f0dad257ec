"""The cast gets a case to every state by the steps that people take."""

from __future__ import annotations

from minsheng.cases.rules import State


def test_every_state_is_reached_by_steps(cast):
    reached = {state: State(cast.at_state(state).state) for state in State if state is not State.START}
    assert reached == {state: state for state in reached}


def test_a_person_of_the_cast_is_logged_in(cast):
    assert cast.client("water").get("/me").status_code == 200
