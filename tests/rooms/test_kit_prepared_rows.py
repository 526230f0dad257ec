"""Rows by a statement that is written once: the same objects as the ORM's own, with what it was told to bring beside them."""

import pytest
from django.apps import apps
from django.db import connection
from tests.cast import build

from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit.prepared_rows import PreparedRows, Repeated, fresh
from minsheng.kit.row_sql import RowSql, row_sql

BY_ID = PreparedRows(lambda: Case.objects.select_related("contact", "category"), "WHERE cases_case.id = ANY(%s::bigint[]) ORDER BY cases_case.id")


def plain(case: Case) -> dict:
    return {name: value for name, value in case.__dict__.items() if name != "_state"}


def test_objects_are_what_the_orm_makes_of_the_same_rows(db, django_assert_num_queries):
    cast = build()
    ids = [cast.at_state(state).id for state in (State.PENDING_REVIEW, State.IN_PROGRESS, State.CLOSED)]
    BY_ID([])
    with django_assert_num_queries(1):
        found = BY_ID(ids)
        beside = [(case.contact.id if case.contact_id else None, case.category.code if case.category_id else None) for case in found]
    expected = list(Case.objects.filter(id__in=ids).order_by("id"))
    assert [plain(case) for case in found] == [plain(case) for case in expected]
    assert beside == [(case.contact_id, case.category.code if case.category else None) for case in expected]
    assert found[0]._state.db == connection.alias and not found[0]._state.adding


def test_fields_that_are_not_asked_for_are_read_when_they_are_needed(db):
    case = build().at_state(State.PENDING_REVIEW)
    [found] = PreparedRows(lambda: Case.objects.only("number"), "WHERE id = %s")(case.id)
    assert found.get_deferred_fields() and found.title == case.title


def test_conditions_of_the_queryset_are_refused(db):
    with pytest.raises(ValueError, match="tail"):
        PreparedRows(lambda: Case.objects.filter(number="1"), "")()


def test_what_is_annotated_lies_on_the_object(db):
    case = build().at_state(State.IN_PROGRESS)
    [found] = PreparedRows(lambda: Case.objects.annotate(led=RowSql("{t}.lead_id IS NOT NULL")), "WHERE id = %s")(case.id)
    assert found.led is True and found.number == case.number


def test_a_question_is_put_again_with_other_values_in_its_places(db, django_assert_num_queries):
    cast, top = build(), object()
    cases = [cast.at_state(state) for state in (State.PENDING_REVIEW, State.IN_PROGRESS)]
    below = Repeated(Case.objects.only("number", "state").filter(row_sql("{t}.id < %s", top), number__in=[c.number for c in cases]).order_by("-id"))
    with django_assert_num_queries(2):
        assert [c.id for c in below({top: cases[1].id})] == [cases[0].id]
        assert [(c.id, c.state) for c in below({top: cases[1].id + 1})] == [(c.id, c.state) for c in reversed(cases)]


def test_a_question_that_nothing_can_answer_finds_nothing_and_asks_nobody(db, django_assert_num_queries):
    """A list narrowed to a matter without cases of its own is empty, and no error."""
    with django_assert_num_queries(0):
        assert Repeated(Case.objects.filter(category__in=[]))({}) == []


@pytest.mark.parametrize("model", [m for m in apps.get_models() if m.__module__.startswith("minsheng.")], ids=lambda model: model.__name__)
def test_a_fresh_row_is_what_the_constructor_makes(model):
    made, others = fresh(model), model()
    assert plain(made) == plain(others) and made._state.adding and not made.get_deferred_fields()
    shared = [name for name, value in plain(made).items() if isinstance(value, list | dict) and value is getattr(fresh(model), name)]
    assert not shared, "one row's list is another's"


def test_a_fresh_row_takes_names_of_columns_alone():
    assert fresh(Case, lead_id=7, marks={}).lead_id == 7
    with pytest.raises(TypeError, match="lead"):
        fresh(Case, lead=7)
