"""History is refused to the program's role and, when its owner changes it, found and named."""

import pytest
from django.db import DatabaseError, connection, connections, transaction
from tests.cast import NOW, build

from minsheng.cases.actions import anchors
from minsheng.cases.models import CaseStep
from minsheng.cases.rules import State
from minsheng.kit import clock

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def case(transactional_db):
    with clock.fixed(NOW):
        yield build().at_state(State.CLOSED)


def month_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {table} LIMIT 1")
        return cursor.fetchone()[0]


def broken() -> list[str]:
    return [str(row) for row in anchors.verify_history()]


def as_owner(*statements: str, freely: bool = True) -> None:
    """What somebody who owns the database can do: shut the triggers and write."""
    with connections["owner"].cursor() as cursor:
        for statement in statements:
            if freely:
                cursor.execute("ALTER TABLE cases_casestep DISABLE TRIGGER USER")
                cursor.execute(f"ALTER TABLE {month_of('cases_casestep')} DISABLE TRIGGER USER")
            cursor.execute(statement)


@pytest.mark.parametrize("deed", ["UPDATE {t} SET by_name = '别人'", "DELETE FROM {t}", "TRUNCATE {t}", "DROP TABLE {t}",
                                  "ALTER TABLE {t} DISABLE TRIGGER USER"])
@pytest.mark.parametrize("where", ["parent", "month"])
def test_the_program_can_neither_change_nor_remove_history(case, deed, where):
    table = "cases_casestep" if where == "parent" else month_of("cases_casestep")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed.format(t=table))
    assert broken() == []


@pytest.mark.parametrize("deed", ["UPDATE {t} SET by_name = '别人'", "DELETE FROM {t}"])
def test_a_trigger_refuses_the_owner_too_until_it_is_shut(case, deed):
    with pytest.raises(DatabaseError, match="append-only"), connections["owner"].cursor() as cursor:
        cursor.execute(deed.format(t=month_of("cases_casestep")))


def test_a_changed_row_is_named(case):
    row = CaseStep.objects.filter(case_id=case.id, step="sign").get()
    as_owner(f"UPDATE cases_casestep SET by_name = '别人' WHERE id = {row.id}")
    assert any(str(row.id) in line for line in broken())


def test_changed_words_are_named(case):
    row = CaseStep.objects.filter(case_id=case.id, step="draft_reply").get()
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE cases_steptext SET words = jsonb_set(words, '{public_reply}', '\"没有这回事\"') WHERE step_id = %s", [row.id])
    assert any(str(row.id) in line and "public_reply" in line for line in broken())


def test_a_deleted_row_in_the_middle_is_named(case):
    as_owner(f"DELETE FROM cases_steptext WHERE case_id = {case.id}",
             f"DELETE FROM cases_casestep WHERE case_id = {case.id} AND step = 'sign'")
    assert any("缺失" in line for line in broken())


def test_a_cut_off_end_is_found(case):
    as_owner(f"DELETE FROM cases_casestep WHERE case_id = {case.id} AND step = 'close'")
    assert any("末端" in line for line in broken())


def test_a_truncated_history_is_found(case):
    as_owner("TRUNCATE cases_casestep CASCADE")
    assert any("末端" in line for line in broken())
