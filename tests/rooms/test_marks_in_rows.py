"""The marks of a row that an older version wrote, or a newer one: they stay as they are until a step sets one, and the history verifies."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.db import connection
from tests.cast import NOW, build

from minsheng.cases.actions import anchors
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock

pytestmark = pytest.mark.one_server
OF_OTHER_VERSIONS = {"missing": [], "pending": {}, "merged": 0, "night": False, "proposed": None, "of_tomorrow": {"a": 1}}


def row(case: Case) -> dict:
    with connection.cursor() as cursor:
        cursor.execute("SELECT marks::text FROM cases_case WHERE id = %s", [case.id])
        return json.loads(cursor.fetchone()[0])


def test_a_step_that_sets_no_mark_leaves_the_column_as_it_was_and_one_that_does_changes_that(db, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with clock.fixed(NOW):
        cast = build()
        case = cast.at_state(State.IN_PROGRESS)
        old = OF_OTHER_VERSIONS | row(case)
        Case.objects.filter(id=case.id).update(marks=old)
        cast.take(case, "mark_urgent", "dispatcher", reason="停水影响医院")
        assert row(case) == old and list(anchors.verify_history()) == []
        case = cast.take(case, "waive_contact", "water", reason="本人说不必联系", no_contact="not_needed", call="1")
        now = row(case)
        assert now["of_tomorrow"] == {"a": 1} and now["contact_waived"] and not now.keys() & {"missing", "pending", "merged", "night", "proposed"}
        assert case.marks.contact_waived and list(anchors.verify_history()) == []


def test_what_a_query_asks_of_one_mark_comes_as_it_lies_in_the_row(db):
    with clock.fixed(NOW):
        case = build().at_state(State.IN_PROGRESS)
    Case.objects.filter(id=case.id).update(marks=case.marks.but(merged=2))
    assert list(Case.objects.filter(id=case.id).values_list("marks__merged", flat=True)) == [2]
    [deferred] = Case.objects.filter(id=case.id).defer("marks")
    assert deferred.marks == case.marks.but(merged=2)
    deferred.marks = deferred.marks.but(merged=0)
    deferred.save(update_fields=["marks"])
    assert "merged" not in row(case) and Case.objects.get(id=case.id).marks == case.marks
    case.refresh_from_db()
    assert case.marks == deferred.marks
