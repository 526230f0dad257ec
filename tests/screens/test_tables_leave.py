"""Every address and command that answers a table: names that a spreadsheet would run are planted everywhere, and none of them runs."""

import csv
import io
import re

import pytest
from django.urls import get_resolver
from tests import leader_day, subjects
from tests.cast import NOW, PEOPLE, SETUP, build
from tests.screens.test_walk import filled, pages

from minsheng.accounts import actions as accounts
from minsheng.accounts import bulk
from minsheng.accounts import queries as people
from minsheng.cases import queries as cases
from minsheng.cases.models import Category
from minsheng.cases.rules import State
from minsheng.cli import measures as command
from minsheng.exchange import actions as exchange
from minsheng.kit import clock, tables
from minsheng.measures import queries as measures
from minsheng.month_end.models import Assessment
from minsheng.org import actions as org

BAD = '＝HYPERLINK("http://x","点我")'
SPACED = " =1+1"
TABLE = re.compile(r"text/csv|tab-separated|spreadsheet|ms-excel|ods")


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        made = build()
        org.rename_unit(unit=made.units["water"], name=BAD, short=SPACED, phone="=2", by=SETUP, reason="更名")
        org.rename_unit(unit=made.units["county"], name="+县", by=SETUP, reason=BAD)
        Category.objects.filter(code="tap").update(name="@停水")
        cases.forget()
        accounts.revoke_role(person=made.people["media"], role=accounts.Role.MEDIA, by=made.actors["security_admin"], reason=SPACED)
        made.at_state(State.CLOSED, title="=1", place=BAD, narrative=f"\n{BAD} 停水")
        period = leader_day.announced(made)
        with clock.fixed(leader_day.HELD):
            leader_day.promise(made, period, leader_day.call(made, period), what=BAD)
        subjects.of_supervision(made, BAD)
        subjects.of_month_end(made, BAD)
        yield made


def cells_of(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")) for cell in row]


def run_by_a_spreadsheet(cells: list[str]) -> list[str]:
    return [cell for cell in cells if tables.runs(cell) and not cell.startswith("'") and not re.fullmatch(r"-\d+(\.\d+)?", cell)]


def text_of(answer) -> str:
    return (answer.getvalue() if answer.streaming else answer.content).decode("utf-8")


def test_no_address_answers_a_table_that_runs(cast):
    """Every page by somebody who may open it, asked and posted: those that answer a table are found by what they answer."""
    case, found, roles = cast.at_state(State.IN_PROGRESS), {}, {who: cast.actors[who].roles for who in PEOPLE}
    for route, view in pages(get_resolver().url_patterns):
        if route == "/logout" or "<str:" in route or "<path:" in route:
            continue
        who = next((who for who in ("supervisor", *PEOPLE) if roles[who] & set(getattr(view, "needs", roles[who]))), "supervisor")
        client = cast.client(who)
        for ask, by in ((client.get, "unit"), (client.get, "category"), (client.post, "unit")):
            answer = ask(filled(route, case), {"by": by, "reason": "季度审计用"})
            if TABLE.search(answer.get("Content-Type", "")):
                found.setdefault(route, []).extend(cells_of(text_of(answer)))
    assert set(found) >= {"/board/table.csv", "/desk/ledger/export"}, set(found)
    for route, cells in found.items():
        assert any(cell.startswith("'") for cell in cells), f"nothing that was planted stands in {route}"
        assert run_by_a_spreadsheet(cells) == [], route


def test_no_command_writes_a_table_that_runs(cast, tmp_path, capsys):
    for kind in ("csv", "xlsx"):
        out = tmp_path / f"out.{kind}"
        exchange.export_file(path=out, filters=exchange.Filters(), by=people.actor_named("supervisor"), full=True, reason="搬迁到新系统")
    written = cells_of((tmp_path / "out.csv").read_text(encoding="utf-8"))
    rows = measures.rows(measures.read_asked({"by": "unit"}), cast.actors["supervisor"])
    command.as_csv([row.as_dict() for row in rows])
    printed = cells_of(capsys.readouterr().out)
    for cells in (written, printed):
        assert any(cell.startswith("'") for cell in cells) and run_by_a_spreadsheet(cells) == []


def test_the_report_of_rows_that_are_not_in_and_the_sheet_of_people_are_guarded_and_read_back(cast, tmp_path):
    report = tmp_path / "bad.csv"
    with open(tmp_path / "a.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["external_no", "received_at", "narrative", "=unused"], ["A1", "=何时", SPACED, BAD]])
    assert exchange.import_file(path=tmp_path / "a.csv", by=people.actor_named("supervisor"), bad=report).bad == 1
    cells = cells_of(report.read_text(encoding="utf-8"))
    assert run_by_a_spreadsheet(cells) == [] and {"'=unused", "'=何时", "'" + BAD} <= set(cells)
    rows = bulk.read(f'用户名,姓名,单位\nnew1,"{SPACED}",@某局\n')
    text = bulk.written(rows)
    assert run_by_a_spreadsheet(cells_of(text)) == [] and [r.cells for r in bulk.read(text)] == [r.cells for r in rows]


NARROWED = ("/desk/slips?state=issued", "/desk/findings?state=open", "/desk/claimed-calls?unit={water}", "/desk/commitments?unit={water}",
            "/desk/watches?unit={water}", "/desk/objections?assessment={period}")


@pytest.mark.parametrize("address", NARROWED)
def test_a_list_that_is_narrowed_leaves_as_narrow_as_it_is_read(cast, address):
    """The link of its page carries what narrows it, and the file takes that into account: an id of nothing leaves no row."""
    asked = address.format(water=cast.units["water"].id, period=Assessment.objects.get().id)
    page = cast.client("supervisor").get(asked)
    link = re.search(r'href="(/desk/[\w-]+\.csv[^"]*)"', page.content.decode())[1].replace("&amp;", "&")
    route, query = asked.split("?")
    assert page.status_code == 200 and link == f"{route}.csv?{query}"
    answer = cast.client("supervisor").get(link)
    assert answer.status_code == 200
    for id_ in re.findall(r"(?:unit|assessment)=\d+", query):
        name = id_.partition("=")[0]
        other = cast.client("supervisor").get(f"{route}.csv?{name}=987654")
        assert other.status_code == 422 or len(list(csv.reader(io.StringIO(text_of(other))))) == 1
