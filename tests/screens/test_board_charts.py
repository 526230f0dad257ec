"""Charts of the board: every number in a table is a door to as many cases, without a script the table stands, few statements, nothing hidden leaks."""

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import orders
from tests.orders import Order, local
from tests.screens.test_board import SETUP, doors, logged_in, words

from minsheng.accounts.rules import Role
from minsheng.board import charts
from minsheng.calendar import queries as calendar
from minsheng.cases import queries as cases
from minsheng.kit import clock
from minsheng.measures import board_cases, following, rules
from minsheng.org import actions as org_actions
from minsheng.org import queries as org
from minsheng.org.rules import UnitKind

pytestmark = pytest.mark.django_db
PAGES = ("/board/flow", "/board/spread", "/board/trend")


@pytest.fixture
def city():
    """Two solved, one not, one still handled, one waiting for dispatch, one answered on the spot."""
    with clock.fixed(local(10, 12)):
        city = orders.build()
        for n in range(3):
            Order(city, local(2 + n)).to_callback("water").call(solved=n > 0, satisfaction="very", contacted=True).close() if n else \
                Order(city, local(2)).to_callback("water").call(solved=False, satisfaction="very", contacted=True)
        Order(city, local(3), category="hole").dispatch("roads").sign()
        Order(city, local(9), category="hole")
        Order(city, local(10, 9), then="answer", given={"answer": "请到政务大厅办理。"})
        yield city


def drawn(page, code: str) -> dict:
    found = re.search(rf'<script id="chart-{code}" type="application/json">(.*?)</script>', page.content.decode(), re.S)
    return json.loads(found[1])


def every_door(answer) -> dict[str, int]:
    found = re.findall(r'<td class="ms-num"><a href="(/board/[^"]+)">(\d+)</a></td>', answer.content.decode())
    return {url.replace("&amp;", "&"): int(n) for url, n in found}


@pytest.mark.parametrize("path", PAGES)
def test_every_number_of_a_chart_opens_as_many_cases_as_it_says(city, path):
    client = logged_in(city, Role.SUPERVISOR)
    opened = every_door(client.get(path))
    assert len(opened) >= 2
    for url, number in opened.items():
        answer = client.get(url)
        assert answer.status_code == 200 and answer.content.decode().count("<tr data-row") == number, url


def test_the_funnel_is_a_part_of_a_part_and_ends_with_what_was_solved(city):
    page = logged_in(city, Role.SUPERVISOR).get("/board/flow")
    sizes = {row["name"]: row["n"] for row in drawn(page, "funnel")["rows"]}
    assert sizes == {"受理": 6, "派单": 4, "签收": 4, "答复": 3, "回访到": 3, "解决": 2}
    assert "受理的 6 件" in words(page)


def test_the_flow_has_every_case_once_on_its_way(city):
    page = logged_in(city, Role.SUPERVISOR).get("/board/flow")
    said = drawn(page, "flow")
    left = sum(link["value"] for link in said["links"] if link["source"].startswith("m:"))
    right = sum(link["value"] for link in said["links"] if link["target"].startswith("o:"))
    assert left == right == 6
    assert {node["name"] for node in said["nodes"] if node["depth"] == 2} == {"已解决", "当场答复", "还在办"}


@pytest.mark.parametrize("path", PAGES)
def test_as_known_at_a_cut_off_the_charts_and_their_lists_stay_what_they_were(city, path):
    order = Order(city, local(4), category="hole").dispatch("roads").sign()
    client, known = logged_in(city, Role.SUPERVISOR), "cutoff=2025-01-10T12:00"
    before = every_door(client.get(f"{path}?{known}"))
    assert any("cutoff=2025-01-10T12" in url for url in before)
    order.at = local(15)
    order.contact().reply().accept().call(solved=True, satisfaction="very", contacted=True).close()
    with clock.fixed(local(20, 12)):
        now = drawn(client.get("/board/flow?from=2025-01-01&to=2025-01-10"), "funnel")
        assert [row["n"] for row in now["rows"]] == [7, 5, 5, 4, 4, 3], "now it is solved"
        after = client.get(f"{path}?{known}&from=2025-01-01&to=2025-01-10")
        same = {url: n for url, n in every_door(after).items() if "/board/open" not in url}
        assert sum(same.values()) == sum(n for url, n in before.items() if "/board/open" not in url) > 0
        for url, number in same.items():
            assert client.get(url).content.decode().count("<tr data-row") == number, url
        assert "只算到这一刻已经知道的" in words(after)


def test_what_is_small_is_folded_in_the_drawing_and_stands_in_the_table():
    flows = [board_cases.Flow(f"m{n:02}", f"分类{n}", n + 1, f"单位{n}", "open", 40 - n) for n in range(20)]
    chart = charts.flow(flows, "", lambda **asked: "/x")
    names = {node["name"] for node in chart.data["nodes"]}
    assert len(chart.rows) == 20 and {"其他分类", "其他单位"} <= names and len(names) == 2 * (charts.NODES + 1) + 1
    assert sum(link["value"] for link in chart.data["links"] if link["target"].startswith("u:")) == sum(f.n for f in flows)


def test_ages_are_counted_in_local_days_and_each_opens_its_cases(city):
    client = logged_in(city, Role.SUPERVISOR)
    table = {row[0].text: [cell.text for cell in row[1:]] for row in client.get("/board/flow").context["charts"][2].rows}
    assert table == {"待审核派单": ["1", "0", "0", "0", "0", "1"], "办理中": ["0", "0", "1", "0", "0", "1"], "待回访": ["0", "0", "1", "0", "0", "1"]}
    with clock.fixed(local(10, 12, month=3)):
        later = {row[0].text: row[5].text for row in client.get("/board/flow").context["charts"][2].rows}
    assert later == {"待审核派单": "1", "办理中": "1", "待回访": "1"}


def test_the_bands_stand_in_the_order_of_the_tree_with_their_intervals(city):
    page = logged_in(city, Role.SUPERVISOR).get("/board/?band=sign_on_time")
    said = drawn(page, "forest")
    assert [row["name"] for row in said["rows"]] == ["水务局", "城管局"]
    assert all(row["few"] and row["low"] < row["value"] <= row["high"] for row in said["rows"]), "below thirty: not compared"
    assert rules.BANDS["few"] in words(page) and "不排名" in words(page)
    for url, number in every_door(page).items():
        assert number or url


def test_the_largest_matter_comes_first_and_the_shares_end_at_the_whole(city):
    said = drawn(logged_in(city, Role.SUPERVISOR).get("/board/spread"), "pareto")
    assert [(row["name"], row["n"]) for row in said["rows"]] == [("停水", 4), ("路面坑洼", 2)] and said["rows"][-1]["share"] == 1
    assert said["whole"] == 6


def test_a_restricted_case_is_counted_and_in_no_list_of_those_who_may_not_see_it(city):
    hidden = Order(city, local(8)).dispatch("water")
    hidden.centre("restrict", Role.SHIFT_LEADER, reason="涉及未成年人", readers=[city.reader], until="2025-06-01T00:00+08:00")
    client = logged_in(city, Role.SUPERVISOR)
    page = client.get("/board/flow")
    assert drawn(page, "funnel")["rows"][0]["n"] == 7
    url = next(u for u in every_door(page) if "stage=received" in u)
    answer = client.get(url)
    assert answer.content.decode().count("<tr data-row") == 6 and "其中 1 件下面没有列出" in words(answer)
    assert hidden.case.number not in answer.content.decode()
    assert sum(sum(int(c.text) for c in row[1:-1]) for row in page.context["charts"][2].rows) == 3, "ages are of what the reader sees"


def test_what_complains_of_the_readers_unit_is_in_no_chart_and_no_list_of_theirs(city):
    about = Order(city, local(9), complained_unit=city.units["water"].id).dispatch("roads")
    of_water, of_centre = logged_in(city, Role.ANALYST, "water"), logged_in(city, Role.SUPERVISOR)
    for client, n in ((of_water, 6), (of_centre, 7)):
        page = client.get("/board/flow")
        assert drawn(page, "funnel")["rows"][0]["n"] == n == sum(f["value"] for f in drawn(page, "flow")["links"] if f["target"].startswith("o:"))
        assert sum(cell["value"][2] for cell in drawn(client.get("/board/trend"), "load")["cells"]) == n
    assert about.case.number not in of_water.get("/board/cases").content.decode() + of_water.get("/board/open").content.decode()


def test_a_unit_sees_its_own_cases_alone(city):
    client = logged_in(city, Role.UNIT_APPROVER, "roads")
    page = client.get("/board/flow")
    assert drawn(page, "funnel")["rows"][0]["n"] == 1 and "水务局" not in page.content.decode()
    assert "水务局" not in client.get("/board/spread").content.decode()
    assert client.get(f"/board/flow?unit={city.units['water'].id}").status_code == 403
    water = f"/board/cases?lead={city.units['water'].id}"
    assert client.get(water).content.decode().count("<tr data-row") == 0 and "0 件" in words(client.get(water))
    assert client.get("/board/open").content.decode().count("<tr data-row") == 1


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_period_says_so_and_draws_nothing(city, path):
    page = logged_in(city, Role.SUPERVISOR).get(f"{path}?from=2023-01-01&to=2023-01-31")
    assert page.status_code == 200 and "所选时段没有可画的数" in words(page)


def test_each_table_is_a_file(city):
    client = logged_in(city, Role.SUPERVISOR)
    for path, code, header in (("/board/flow", "funnel", "走到"), ("/board/flow", "flow", "分类"), ("/board/flow", "ages", "停在"),
                               ("/board/spread", "pareto", "分类"), ("/board/spread", "tiles", "区县"), ("/board/trend", "trend", "日期"),
                               ("/board/trend", "load", "钟点"), ("/board/trend", "days", "日期"), ("/board/", "forest", "主办单位")):
        answer = client.get(f"{path}?csv={code}")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[0][0] == header and len(rows) > 1 and "attachment" in answer["Content-Disposition"], code


def test_without_a_script_the_tables_stand_open_and_nothing_is_inline(city):
    page = logged_in(city, Role.SUPERVISOR).get("/board/flow").content.decode()
    assert page.count('<details class="bd-table" open>') == 3 and page.count("data-canvas") == page.count("hidden></div>") == 3
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in one or "application/json" in one for one in scripts)


@pytest.mark.parametrize("path", [*PAGES, "/board/cases?stage=signed&outcome=open&weekday=5", "/board/open?state=in_progress&age=d15"])
def test_a_page_of_charts_takes_at_most_twelve_statements_however_many_cases(city, path):
    client = logged_in(city, Role.SUPERVISOR)
    sizes = []
    for more in (0, 4):
        for n in range(more):
            Order(city, local(9, 8 + n), category="hole").dispatch("roads").sign()
        for room in (org, cases, calendar):
            room.forget()
        following.bring_up_to_date()  # as the worker does every few seconds
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        sizes.append(len(seen))
    assert sizes[0] == sizes[1] <= 12, sizes


@pytest.mark.parametrize("query", ["cases?stage=lost", "cases?outcome=x", "cases?weekday=8", "cases?hour=24", "cases?lead=x", "cases?matter=nothing",
                                   "open?state=closed", "trend?measure=connect", "trend?step=hour",
                                   "trend?from=2020-01-01&to=2024-12-31&step=day", "cases?place=x", "open?age=old", "flow?from=soon", "spread?to=1999-01-01&from=2025-01-01"])
def test_a_wrong_address_says_what_is_wrong(city, query):
    answer = logged_in(city, Role.SUPERVISOR).get("/board/" + query)
    assert answer.status_code == 400 and "无法识别" in words(answer)


def test_the_trend_stands_beside_the_period_before_and_the_same_of_the_year_before(city):
    with clock.fixed(local(20, 12)):
        page = logged_in(city, Role.SUPERVISOR).get("/board/trend?from=2025-01-06&to=2025-01-12")
        said = drawn(page, "trend")
    now, before, year = said["series"]
    assert [p["value"] for p in now["values"]] == [0, 0, 0, 1, 1, 0, 0] and sum(p["value"] for p in before["values"]) == 4
    assert now["days"][0] == "2025年1月6日" and before["days"][0] == "2024年12月30日" and year["days"][0] == "2024年1月6日"
    assert year["values"] == [None] * 7 and "去年同期 2024年1月6日至2024年1月12日（没有记录）" in words(page), "what nobody wrote down is not nought"


def test_days_ahead_are_not_drawn_as_nothing(city):
    said = drawn(logged_in(city, Role.SUPERVISOR).get("/board/trend?from=2025-01-01&to=2025-01-31"), "trend")
    assert [value is None for value in said["series"][0]["values"]] == [False] * 10 + [True] * 21


def test_days_after_a_cut_off_are_not_drawn_as_nothing(city):
    page = logged_in(city, Role.SUPERVISOR).get("/board/trend?from=2025-01-01&to=2025-01-31&cutoff=2025-01-05T12:00")
    values = drawn(page, "trend")["series"][0]["values"]
    assert [value is None for value in values] == [False] * 5 + [True] * 26 and drawn(page, "days")["range"][1] == "2025-01-05"


@pytest.mark.parametrize("measure", ["solve", "sign_on_time", "dispatch_accuracy", "on_time_completion"])
def test_the_steps_of_a_rate_add_up_to_its_period(city, measure):
    client = logged_in(city, Role.SUPERVISOR)
    month = "from=2025-01-01&to=2025-01-31"
    rows = client.get(f"/board/trend?{month}&measure={measure}&step=week").context["charts"][0].rows
    parts = sum(int(row[2].text) for row in rows if row[2].text != "—"), sum(int(row[3].text) for row in rows if row[3].text != "—")
    row = client.get(f"/board/list?measure={measure}&part=numerator&{month}").context["row"]
    assert parts == (row.numerator, row.denominator) and row.denominator > 0


def test_hours_and_days_hold_every_case_once(city):
    page = logged_in(city, Role.SUPERVISOR).get("/board/trend?from=2025-01-01&to=2025-01-31")
    assert sum(cell["value"][2] for cell in drawn(page, "load")["cells"]) == 6
    assert [cell["value"] for cell in drawn(page, "days")["cells"] if cell["value"][1]] == [
        ["2025-01-02", 1], ["2025-01-03", 2], ["2025-01-04", 1], ["2025-01-09", 1], ["2025-01-10", 1]]


def test_a_districts_square_holds_all_below_it_and_what_has_none_is_said(city):
    Order(city, local(9), district="town")
    Order(city, local(9), district="")
    client = logged_in(city, Role.SUPERVISOR)
    page = client.get("/board/spread")
    said = drawn(page, "tiles")
    assert [(cell["name"], cell["n"]) for cell in said["cells"]] == [("云岭县", 7)]
    assert "本市没有写各区县的位置" in words(page) and "另有 1 件没有区县" in words(page)


def test_what_came_from_a_zone_is_not_said_to_have_no_district(city):
    """A functional zone is a 区县 wherever one is chosen; it has no square beside the districts that its residents are counted in."""
    city.units["zone"] = org_actions.add_unit(code="zone", name="经开区", kind=UnitKind.ZONE, parent=city.units["city"], by=SETUP)
    Order(city, local(9), district="zone")
    client = logged_in(city, Role.SUPERVISOR)
    page = client.get("/board/spread")
    assert "经开区" not in {cell["name"] for cell in drawn(page, "tiles")["cells"]} and "另有 1 件在功能区，在表里" in words(page)
    doors_of = {(row[0].text, row[1].text): row[1].url for one in page.context["charts"] if one.code == "tiles" for row in one.rows}
    assert ("经开区", "1") in doors_of and not any(name == "区县不明" for name, _ in doors_of)
    assert client.get(doors_of["经开区", "1"]).content.decode().count("<tr data-row") == 1
    assert [unit.code for unit in board_cases.districts()] == ["county", "zone"]


def test_squares_lie_where_the_citys_data_says(city):
    for row, code in enumerate(("county", "water")):
        org_actions.place_tile(unit=city.units[code], row=row, column=3, by=SETUP)
    org.forget()
    page = logged_in(city, Role.SUPERVISOR).get("/board/spread")
    assert [(cell["row"], cell["column"]) for cell in drawn(page, "tiles")["cells"]] == [(0, 3)]
    assert "大致方位" in words(page) and "没有界线" in words(page)


def test_doors_of_the_older_numbers_still_open(city):
    assert len(doors(logged_in(city, Role.SUPERVISOR).get("/board/"))) > 20
