"""What a request does with the database is counted, and errors of the database are written without the values that they quote."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cast import NOW, build
from tests.rules.test_log_lines import record

from minsheng.cases.models import CaseStep
from minsheng.cases.rules import State
from minsheng.kit import clock, log_files, log_words, tally, watch

NAME, PHONE = "王小明", "13812345678"


@pytest.fixture
def lines(tmp_path, db):
    (tmp_path / log_files.FOLDER).mkdir()
    log_files.begin(tmp_path, 16)
    before = tally.Slow.after_s, tally.Slow.tell
    yield lambda: list(log_files.read(tmp_path / log_files.FOLDER))
    tally.Slow.after_s, tally.Slow.tell = before
    log_files.end()


def test_statements_of_all_kinds_are_counted_and_a_slow_one_is_told_without_its_values(lines):
    tally.Slow.after_s, tally.Slow.tell = 0.05, watch._slow
    with tally.running(tally.Tally("job-1", "minsheng.cases.jobs.tell_late")) as seen, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with connection.prepared() as prepared:
            prepared.execute("SELECT %s::text", [PHONE])
        cursor.executemany("SELECT %s::text", [[NAME], [PHONE]])
        cursor.execute(f"SELECT pg_sleep(0.1), '{PHONE}', %s::text /* {NAME} */", [NAME])
    assert seen.statements == 4 and seen.sql_s > 0.1
    [line] = lines()
    assert line["sql"] == "SELECT pg_sleep(?), ?, %s::text" and line["ms"] >= 100
    assert (line["kind"], line["request"], line["name"]) == ("slow", "job-1", "minsheng.cases.jobs.tell_late")


def test_an_error_of_the_database_is_written_with_its_state_and_without_the_values_that_it_quotes(lines):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE asked (phone text CONSTRAINT one_phone UNIQUE)")
        cursor.execute("INSERT INTO asked VALUES (%s)", [PHONE])
        for statement, state in (("INSERT INTO asked VALUES (%s)", "23505 (one_phone)"), ("SELECT 1 WHERE 1 = %s::int", "22P02")):
            given = PHONE if "INSERT" in statement else NAME
            with pytest.raises(DatabaseError) as wrong, transaction.atomic():
                cursor.execute(statement, [given])
            assert given in str(wrong.value), "the database quotes it"
            made = record("minsheng.cases", "case %s cannot be shown", 7, wrong=wrong.value)
            log_words.Lines().emit(made)
            text = log_words.Wordless().format(made) + json.dumps(lines()[-1], ensure_ascii=False)
            assert given not in text and state in text and "test_seen.py" in text
    assert [line["error"] for line in lines()] == ["django.db.utils.IntegrityError 23505 (one_phone)", "django.db.utils.DataError 22P02"]


def test_a_step_is_told_by_number_and_name_when_it_is_on_record_and_not_before(db, django_capture_on_commit_callbacks):
    with clock.fixed(NOW):
        cast = build()
        with tally.running(tally.Tally()) as seen, django_capture_on_commit_callbacks() as kept:
            case = cast.at_state(State.IN_PROGRESS)
        assert not seen.steps
        with tally.running(seen):
            for call in kept:
                call()
    known = dict(CaseStep.objects.filter(case_id=case.id).values_list("id", "step"))
    assert {id_: known[id_] for id_ in seen.step_ids} == known and sum(seen.steps.values()) == len(known) >= 4
