"""The program's role owns nothing; history only grows; a stranger's schema is recognised."""

from datetime import UTC, datetime

import pytest
from django.db import Error, connection, connections, transaction

from minsheng.accounts.models import AskedGrant, Grant
from minsheng.kit import database, ids
from minsheng.kit.partitions import HISTORY_TABLES
from minsheng.org.models import Unit

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def one(sql, *given):
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchone()[0]


def test_the_program_runs_as_a_role_that_owns_nothing_and_is_no_superuser():
    assert one("SELECT current_user") == "minsheng_app"
    assert one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert one("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole") == 0


def test_the_program_may_not_make_tables_nor_forge_migrations():
    for sql in ("CREATE TABLE mine (a int)", "DELETE FROM django_migrations", "INSERT INTO minsheng_monthly VALUES ('x', false)"):
        with pytest.raises(Error), transaction.atomic():
            one(sql)


@pytest.mark.parametrize("table", HISTORY_TABLES)
def test_history_may_be_read_and_added_to_and_nothing_else(table):
    if not one("SELECT to_regclass(%s) IS NOT NULL", table):
        pytest.fail(f"{table} is named in HISTORY_TABLES and does not exist")
    family = "SELECT array_agg(relid::regclass::text) FROM pg_partition_tree(to_regclass(%s))"
    for member in one(family, table) or [table]:
        rights = {right: one("SELECT has_table_privilege(%s, %s)", member, right) for right in ("SELECT", "UPDATE", "DELETE", "TRUNCATE")}
        assert rights == {"SELECT": True, "UPDATE": False, "DELETE": False, "TRUNCATE": False}, member
        assert one("SELECT has_table_privilege(%s, 'INSERT')", table)


def test_a_month_made_later_has_the_same_rights():
    one("SELECT minsheng_make_months('2031-05-01Z', '2031-05-01Z')")
    assert one("SELECT has_table_privilege('cases_casestep_203105', 'UPDATE')") is False
    assert one("SELECT has_table_privilege('cases_casestep_203105', 'SELECT')") is True


def test_models_and_migrations_agree():
    from django.core.management import call_command

    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    except SystemExit:
        pytest.fail("a model has changed and no migration says so: makemigrations, as CONTRIBUTING says")


def test_a_new_role_and_a_new_kind_of_unit_are_no_migration():
    """Both are words of the program: what stands in the column is text."""
    for model, field in ((Grant, "role"), (AskedGrant, "role"), (Unit, "kind")):
        column = model._meta.get_field(field)
        assert column.choices and "choices" not in column.deconstruct()[3]


def test_the_state_of_the_schema_is_known():
    assert database.state() == "ok"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_newer_and_a_half_migrated_database_are_recognised():
    with connections["owner"].cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('cases', '9999_from_tomorrow', now())")
        assert database.state() == "newer"
        cursor.execute("DELETE FROM django_migrations WHERE app = 'cases'")
        assert database.state() == "pending"


@pytest.mark.django_db(transaction=True)
def test_after_a_test_that_commits_the_database_is_as_before():
    assert database.state() == "ok"


def test_health_says_what_is_missing(client):
    answer = client.get("/healthz")
    found = answer.json()
    assert answer.status_code == 200 and found["database"] == "ok" and found["disk_free_gb"] > 0
    assert found["status"] == "degraded" and found["worker_age_s"] is None
    assert "no-store" in answer["Cache-Control"] and "script-src 'self'" in answer["Content-Security-Policy"]


def test_where_nothing_may_be_asked_a_block_of_ids_may_end_and_the_next_is_taken():
    with database.asked_nothing("draft"):
        ids._forget()  # as after the last id of a block
        assert ids.new_id(NOW) < ids.new_id(NOW)
        with pytest.raises(AssertionError, match="draft asks the database"):
            one("SELECT 1")
