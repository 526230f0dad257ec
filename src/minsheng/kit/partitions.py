"""Tables split by month of id, and tables that only grow: the SQL both need (rulings 15 and 17).

The owner of the schema makes months through `minsheng_make_months`, a function that runs with the owner's rights, so that the
program's role, which owns nothing, can ask for a month and do nothing else to the tables.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, migrations

# Rows that may never change: the program's role gets SELECT and INSERT on these and nothing else.
HISTORY_TABLES = [
    "cases_casestep",
    "leader_days_schemestep",
    "leader_days_periodstep",
    "leader_days_commitmentstep",
    "leader_days_meetingstep",
    "leader_days_reportstep",
    "leader_days_signupstep",
    "leader_days_medialeadstep",
    "oversight_slipstep",
    "topics_topicstep",
    "bulletins_bulletinstep",
    "oversight_findingstep",
    "oversight_inspectionstep",
    "oversight_pointstep",
    "oversight_instructionstep",
    "oversight_dutystep",
    "oversight_stockphrasesstep",
    "oversight_reached",
    "oversight_urged",
    "field_work_watchstep",
    "month_end_assessmentstep",
    "month_end_objectionstep",
    "month_end_sheetfigure",
    "month_end_correction",
    "month_end_sheetfile",
    "telephony_callevent",
    "measures_fact",
    "ledger_entry",
    "measures_scoringstep",
    "proofs_datafile",
    "proofs_datasetstep",
    "proofs_daytree",
    "proofs_leaf",
]

FUNCTIONS = """
CREATE SEQUENCE IF NOT EXISTS minsheng_id_block INCREMENT 1024;

CREATE OR REPLACE FUNCTION minsheng_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'history is append-only: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;

CREATE TABLE IF NOT EXISTS minsheng_monthly (name text PRIMARY KEY, history boolean NOT NULL);

CREATE OR REPLACE FUNCTION minsheng_make_months(first timestamptz, last timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE m timestamptz := date_trunc('month', first, 'UTC'); made integer := 0; t record; child text; lo bigint; hi bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(1234500);
  WHILE m <= last LOOP
    lo := (extract(epoch FROM m - timestamptz '2000-01-01 00:00:00+00') * 1000)::bigint << 21;
    hi := (extract(epoch FROM (m + interval '1 month') - timestamptz '2000-01-01 00:00:00+00') * 1000)::bigint << 21;
    FOR t IN SELECT name, history FROM minsheng_monthly ORDER BY name LOOP
      child := t.name || to_char(m AT TIME ZONE 'UTC', '_YYYYMM');
      IF to_regclass(child) IS NULL THEN
        BEGIN
          EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', child, t.name, lo, hi);
          IF t.history THEN
            EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION minsheng_refuse()', child);
          END IF;
          made := made + 1;
        EXCEPTION WHEN check_violation THEN
          NULL; -- rows of that month lie in the default partition already and stay there (doctor says so); the other months go on
        END;
      END IF;
    END LOOP;
    m := (m AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
  END LOOP;
  RETURN made;
END $$;
"""


def append_only(table: str) -> str:
    """SQL: UPDATE, DELETE and TRUNCATE on `table` (and its months) raise."""
    return f"""
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION minsheng_refuse();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION minsheng_refuse();
"""


def monthly(table: str, history: bool = False) -> str:
    """SQL: `table` (already PARTITION BY RANGE (id)) gets a default month and is known to minsheng_make_months."""
    truncate = f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table}_rest FOR EACH STATEMENT EXECUTE FUNCTION minsheng_refuse();"
    return f"""
CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT;
{truncate if history else ""}
INSERT INTO minsheng_monthly VALUES ('{table}', {"true" if history else "false"});
"""


def make_months(first: datetime, last: datetime) -> int:
    """Create the missing months from `first` to `last` (aware), both included; returns how many tables were made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT minsheng_make_months(%s, %s)", [first, last])
        return cursor.fetchone()[0]


def index_each_part(table: str, name: str, tail: str, schema_editor, ending: str = "") -> None:
    """An index of a table by months, built while others write: each part's by itself, then put together. `tail` is what follows the
    table's name in CREATE INDEX; the parts' own are called by the part and `ending`, else `name`.

    Not in a transaction. May be run again after it was broken off.
    """
    quoted = schema_editor.connection.ops.quote_name
    schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {quoted(name)} ON ONLY {quoted(table)} {tail}", None)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_UNINDEXED, [table, name])
        parts = [part for (part,) in cursor.fetchall()]
    for part in parts:
        own = quoted(f"{part}_{ending or name}")
        schema_editor.execute(f"DROP INDEX IF EXISTS {own}", None)  # half built
        schema_editor.execute(f"CREATE INDEX CONCURRENTLY {own} ON {quoted(part)} {tail}", None)
        schema_editor.execute(f"ALTER INDEX {quoted(name)} ATTACH PARTITION {own}", None)


_UNINDEXED = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = to_regclass(%s) AND NOT EXISTS (
   SELECT 1 FROM pg_index x JOIN pg_inherits j ON j.inhrelid = x.indexrelid WHERE x.indrelid = c.oid AND j.inhparent = to_regclass(%s))
 ORDER BY 1
"""


class AddIndexBeside(migrations.AddIndex):
    """AddIndex that keeps nobody waiting, of a table by months too; in a migration that is no transaction. May be run again."""

    atomic = False

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        table, quoted = model._meta.db_table, schema_editor.quote_name
        tail = str(self.index.create_sql(model, schema_editor)).partition(f" ON {quoted(table)} ")[2]
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", [table])
            (kind,) = cursor.fetchone() or ("",)
        if kind == "p":
            return index_each_part(table, self.index.name, tail, schema_editor)
        schema_editor.execute(f"DROP INDEX IF EXISTS {quoted(self.index.name)}", None)  # half built
        return schema_editor.execute(f"CREATE INDEX CONCURRENTLY {quoted(self.index.name)} ON {quoted(table)} {tail}", None)


class CreateMonthly(migrations.CreateModel):
    """CreateModel for a table split by range of its key. State and autodetector see a plain CreateModel."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.name)
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE ({schema_editor.quote_name(model._meta.pk.column)})"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
