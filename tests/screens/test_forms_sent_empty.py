"""A form that was sent empty says what to do: each sentence above it leads to a field that is there, or stands for itself where there is none."""

from __future__ import annotations

import re

import pytest

from minsheng.cases import queries
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit.steps import verdict

TO = re.compile(r'<li><a href="#([\w.-]+)">')


@pytest.fixture
def waiting(cast) -> Case:
    return cast.at_state(State.PENDING_REVIEW)


def sent(cast, who: str, address: str, form: dict | None = None) -> str:
    answer = cast.client(who).post(address, form or {})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "ms-note-error" in page, "said above the form"
    assert [name for name in TO.findall(page) if f'id="{name}"' not in page] == []
    return page


@pytest.mark.parametrize("form", [{}, {"other": "没有这个单位"}, {"other": "市水务局", "co": "没有这个单位"}, {"other": "市水务局", "limit": "明年"}])
def test_sending_leads_to_unit_co_units_and_limit(cast, waiting, form):
    page = sent(cast, "dispatcher", f"/desk/dispatch/{waiting.id}/send", form)
    assert TO.findall(page)


def test_a_merge_without_its_master_and_a_report_of_nothing_say_it_without_a_link_to_nowhere(cast, waiting):
    assert TO.findall(sent(cast, "dispatcher", f"/desk/dispatch/{waiting.id}/merge")) == []
    assert TO.findall(sent(cast, "agent", "/desk/knowledge/gaps/report")) == []


def test_a_question_to_the_archive_leads_to_where_it_was_asked(cast):
    assert TO.findall(sent(cast, "analyst", "/desk/archive")) == ["f-sql"]


WITH_UNIT = {"unit_liaison", "unit_handler", "unit_approver", "county_centre"}


@pytest.mark.parametrize("state", [state for state in State if state != State.START])
def test_every_step_that_asks_for_something_leads_to_a_field_that_is_there(cast, state):
    """Each step that somebody may take in the state, on the page of the case and, of a unit, on its own page."""
    case, asked = cast.at_state(state), 0
    facts = queries.facts_of(case)
    for step in (step for step in PROCEDURE if step.required):
        who = next((who for who, by in cast.actors.items() if step.who in by.roles and verdict(step, facts, by)), None)
        for place in (("case", "unit") if step.who in WITH_UNIT else ("case",)) if who else ():
            sent(cast, who, f"/desk/{place}/{case.id}/step", {"step": step.name})
            asked += 1
    assert asked or state in (State.TRANSFERRED, State.SPLIT)
