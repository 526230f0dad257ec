"""Migrations run while the version before still answers (`serve --replace`): on tables that hold rows none may do what makes everybody
wait or breaks who reads them. Read from the SQL that they become. What was landed before this was asked is listed; the list only shrinks."""

import re

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

# What is wrong with a statement on a table that was there before, and what to do instead.
WRONG = (
    (r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY|.* ON ONLY )", "index"),  # AddIndexConcurrently; of a table by months on each month, then attached
    (r"REINDEX (?!.*CONCURRENTLY)|VACUUM FULL|CLUSTER |LOCK TABLE ", "lock"),
    (r"ADD COLUMN (?!.*DEFAULT).* NOT NULL", "no default"),  # give db_default or a constant default
    (r"ADD COLUMN .*\b(REFERENCES|CHECK) ?[\"(]", "reads all rows"),  # add it without, then the constraint NOT VALID, then validate
    (r"ADD CONSTRAINT (?!.*(NOT VALID|USING INDEX))", "reads all rows"),
    (r"ALTER COLUMN .* (TYPE |SET NOT NULL)", "reads all rows"),
    (r"DROP COLUMN|DROP TABLE|RENAME ", "breaks the version before"),  # stop reading it in one version, drop it in the next
    (r"^(UPDATE|DELETE FROM) ", "writes rows"),  # a job does it in pieces after the migration (`cases.jobs.show_older`)
)
TABLE = re.compile(r"^(?:ALTER TABLE(?: ONLY)?(?: IF EXISTS)?|UPDATE|DELETE FROM|DROP TABLE(?: IF EXISTS)?|LOCK TABLE|CLUSTER|REINDEX TABLE|VACUUM FULL"
                   r"|CREATE (?:UNIQUE )?INDEX.*? ON(?: ONLY)?) \"?(\w+)\"?")
MADE = re.compile(r"CREATE TABLE(?: IF NOT EXISTS)? \"?(\w+)\"?")

# Landed before; (app, migration): what it does to which table.
LANDED: dict[tuple[str, str], set[str]] = {
    ("accounts", "0003_hashed_session_keys"): {"accounts_session: reads all rows", "accounts_session: writes rows"},
    ("cases", "0003_piles"): {"cases_case: index"},
    ("cases", "0005_complained_line"): {"cases_case: index", "cases_case: writes rows"},
    ("cases", "0007_masked_words"): {"cases_casefile: reads all rows", "cases_casetext: reads all rows", "cases_steptext: reads all rows"},
    ("cases", "0009_danger_words"): {"cases_case: index"},
    ("cases", "0010_clock_columns"): {"cases_case: writes rows"},
    ("followup", "0002_one_way_to_call_back"): {"followup_callbackparty: reads all rows"},
    ("measures", "0001_initial"): {"cases_case: index"},
    ("org", "0002_line"): {"org_unit: index", "org_unit: reads all rows"},
    ("outbox", "0002_sending"): {"outbox_message: index"},
}


def statements(sql: list[str]) -> list[str]:
    """One line each, bodies of functions left out: what they do, they do later."""
    text = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", "\n".join(line for line in sql if not line.startswith("--")), flags=re.S)
    return [" ".join(one.split()) for one in text.split(";") if one.strip()]


def faults(sql: list[str]) -> set[str]:
    """{"table: what"} of statements on tables that this migration does not make itself."""
    found, lines = set(), statements(sql)
    made = {hit[1] for line in lines if (hit := MADE.match(line))}
    for line in lines:
        table = TABLE.match(line)
        if table and table[1] not in made:
            found |= {f"{table[1]}: {what}" for pattern, what in WRONG if re.search(pattern, line)}
    return found


@pytest.mark.django_db
def test_no_migration_makes_everybody_wait_for_a_table_that_holds_rows():
    loader = MigrationLoader(connection, replace_migrations=False)
    ours = {key: migration for key, migration in loader.disk_migrations.items() if migration.__module__.startswith("minsheng.")}
    found = {key: faults(loader.collect_sql([(migration, False)])) for key, migration in ours.items()}
    assert len(ours) > 30
    assert {key: wrong for key, wrong in found.items() if wrong} == LANDED


@pytest.mark.parametrize(("statement", "said"), [
    ('CREATE INDEX "a" ON "cases_case" ("id")', {"cases_case: index"}),
    ('CREATE INDEX CONCURRENTLY "a" ON "cases_case" ("id")', set()),
    ('CREATE INDEX "a" ON ONLY "cases_case" ("id")', set()),
    ('ALTER TABLE "cases_case" ADD COLUMN "a" integer NULL', set()),
    ('ALTER TABLE "cases_case" ADD COLUMN "a" varchar(20) DEFAULT \'\' NOT NULL', set()),
    ('ALTER TABLE "cases_case" ADD COLUMN "a" integer NOT NULL', {"cases_case: no default"}),
    ('ALTER TABLE "cases_case" ADD COLUMN "a" smallint DEFAULT 0 NOT NULL CHECK ("a" >= 0)', {"cases_case: reads all rows"}),
    ('ALTER TABLE "cases_case" ADD COLUMN "a" bigint NULL CONSTRAINT "f" REFERENCES "org_unit"("id")', {"cases_case: reads all rows"}),
    ('ALTER TABLE "cases_case" ADD CONSTRAINT "c" CHECK ("a" > 0)', {"cases_case: reads all rows"}),
    ('ALTER TABLE "cases_case" ADD CONSTRAINT "c" CHECK ("a" > 0) NOT VALID', set()),
    ('ALTER TABLE "cases_case" ALTER COLUMN "a" TYPE bigint', {"cases_case: reads all rows"}),
    ('ALTER TABLE "cases_case" ALTER COLUMN "a" SET NOT NULL', {"cases_case: reads all rows"}),
    ('ALTER TABLE "cases_case" ALTER COLUMN "a" DROP DEFAULT', set()),
    ('ALTER TABLE "cases_case" DROP COLUMN "a" CASCADE', {"cases_case: breaks the version before"}),
    ('ALTER TABLE "cases_case" RENAME COLUMN "a" TO "b"', {"cases_case: breaks the version before"}),
    ("UPDATE cases_case c SET a = 1", {"cases_case: writes rows"}),
    ('CREATE TABLE "new" ("id" bigint);\nCREATE INDEX "a" ON "new" ("id");\nALTER TABLE "new" ADD CONSTRAINT "c" CHECK (true)', set()),
    ("CREATE FUNCTION f() AS $x$ UPDATE cases_case SET a = 1; $x$", set()),
])
def test_what_a_statement_does_to_a_table_with_rows_is_told(statement, said):
    assert faults([statement + ";"]) == said


def test_every_field_can_be_made_anew_from_what_it_says_of_itself():
    """`migrate` does it with all of them, also when there is nothing to apply: a column's type of ours that could not ended the command."""
    assert ProjectState.from_apps(apps).models


def test_a_new_word_of_a_coded_column_is_no_migration():
    """Words with `choices` are the code's (`kit.columns.Word`): a list in the schema makes a migration of each new word."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("minsheng.")]
    kept = {f"{model._meta.label}.{field.name}" for model in ours for field in model._meta.local_fields if "choices" in field.deconstruct()[3]}
    assert len(ours) > 100 and kept == set()
