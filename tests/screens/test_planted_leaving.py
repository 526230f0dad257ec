"""One name and one number in every text of a case, looked for in all that leaves the city: what programs are answered, the files of the archive and
what is asked of them, figures for a monitor, the parts and properties of documents and spreadsheets."""

from __future__ import annotations

import io
import zipfile

import duckdb
import pytest
from django.db import transaction
from openpyxl import load_workbook
from tests.cast import NOW, later
from tests.planting import ASKER, NAME, NUMBER, Planter, cast_of, found_in
from tests.rooms.test_facts import ALL
from tests.screens.test_api import Program
from tests.screens.test_planted import MASKED, SAYING, content, parts

from minsheng.archive import actions as archive
from minsheng.archive import asking
from minsheng.cases.queries.lists import Filters
from minsheng.exchange import actions as exchange
from minsheng.kit import clock
from minsheng.measures import following


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), clock.fixed(NOW), transaction.atomic():
        planter = Planter(cast_of(ASKER))
        planter.plant(SAYING)
        yield planter
        transaction.set_rollback(True)


def addresses(program: Program, planter: Planter) -> list[str]:
    """Every address that can be read, as the API describes itself: with a case's id where it asks for one."""
    paths = program.get("/openapi.json").json()["paths"]
    plain = [path.removeprefix("/api/v1") for path, ways in paths.items() if "get" in ways]
    case = str(max(planter.taken.values()))
    return [path.replace("{case_id}", case) for path in plain if path.replace("{case_id}", "").count("{") == 0]


@pytest.mark.parametrize("who", MASKED[:4])
def test_a_program_of_theirs_is_told_neither_by_any_address(planted, who):
    program = Program(planted.cast, who)
    asked = addresses(program, planted)
    assert {"/cases", "/feed/cases/steps"} & set(asked) and len(asked) > 5, asked
    for path in asked:
        answer = program.get(path)
        assert answer.status_code < 500 and found_in(answer.content.decode()) == [], (who, path)


def test_no_file_of_the_archive_and_no_answer_about_it_has_them(planted, tmp_path, settings):
    settings.ARCHIVE = str(tmp_path / "archive")
    with clock.fixed(later(days=70)):
        following.catch_up()
        assert archive.make(by=ALL)
        files = [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]
        tables = [path for path in files if path.suffix == ".parquet"]
        rows = [str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()) + str(duckdb.sql(f"SELECT * FROM parquet_metadata('{path}')").fetchall())
                for path in tables]
        assert sum(map(len, rows)) > 1000 and found_in("\n".join(rows)) == []
        assert found_in("\n".join(path.name + path.read_bytes().decode("utf-8", errors="ignore") for path in files)) == []
        for table in asking.columns():
            answer = archive.ask(by=planted.cast.actors["supervisor"], sql=f"SELECT * FROM {table} LIMIT 5000")
            assert answer.columns and found_in(str(answer.rows)) == [], table
        with pytest.raises(Exception) as wrong:  # nor does a question that cannot be answered say them again
            archive.ask(by=planted.cast.actors["supervisor"], sql=f"SELECT no_such FROM facts WHERE '{NUMBER}' = '{NAME}'")
        assert found_in(asking.for_the_ledger(f"SELECT no_such FROM facts WHERE '{NUMBER}' = '我叫{NAME}'")) == [], wrong


def test_a_monitor_is_told_figures_alone(planted, settings):
    settings.METRICS_TOKEN = "m" * 32
    client = planted.cast.client("analyst")
    answers = [client.get("/metrics", headers={"Authorization": "Bearer " + "m" * 32}), client.get("/healthz")]
    assert answers[0].status_code == 200 and all(found_in(content(answer)) == [] for answer in answers)


def test_a_spreadsheet_that_leaves_bears_neither_in_its_parts_nor_in_its_properties(planted, tmp_path):
    path = tmp_path / f"{NAME}.xlsx"
    assert exchange.export_file(path=path, filters=Filters(), by=planted.cast.actors["analyst"]) > 5
    read = parts(path.read_bytes())
    assert "docProps/core.xml" in read and found_in(read) == []
    told = load_workbook(path).properties
    assert not found_in(f"{told.creator}{told.title}{told.description}{told.lastModifiedBy}{told.keywords}")


def test_whoever_opens_a_packed_file_is_seen_by_the_test(planted):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive_:
        archive_.writestr("docProps/core.xml", f"<creator>{NAME}</creator>")
        archive_.writestr(f"{NUMBER}.txt", "")
    assert set(found_in(parts(made.getvalue()))) >= {NUMBER, *ASKER.letters}
