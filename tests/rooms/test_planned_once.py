"""Statements of pages that are planned once: what few rows are is said in their text, so that its index may serve."""

import pytest
from django.db import connection
from tests.cast import build

from minsheng.cases.queries import intake_desk
from minsheng.cases.rules import State
from minsheng.dispatch import queries as dispatch


@pytest.fixture
def cast(db):
    return build()


def asked(question) -> list[str]:
    """The statements as the server gets them: values that are to come stand as %s."""
    found: list[str] = []

    def note(execute, sql, params, many, context):
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        question()
    return found


def test_the_few_drafts_are_not_looked_for_among_all_that_is_open(cast):
    """At a million cases it was 14 of the 30 milliseconds of the page that opens with each call."""
    found = asked(lambda: intake_desk.returned(cast.actors["agent"]))
    assert any("state\" = 'draft'" in sql for sql in found), found


def test_earlier_returns_of_a_matter_are_found_by_their_index(cast):
    """Without it all cases of the matter were read for them: 45 milliseconds at a million."""
    case = cast.at_state(State.PENDING_REVIEW)
    found = asked(lambda: dispatch._earlier(case, cast.actors["dispatcher"]))
    assert any('"returns" > 0' in sql for sql in found), found
