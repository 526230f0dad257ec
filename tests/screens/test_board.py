"""The board: who sees which figures, every number a door, few statements, live part and table."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import orders
from tests.orders import Order, local

from minsheng.accounts import actions as accounts
from minsheng.accounts import entry
from minsheng.accounts.rules import Actor, Role
from minsheng.board import views
from minsheng.calendar import queries as calendar
from minsheng.cases import queries as cases
from minsheng.kit import clock
from minsheng.measures import rules
from minsheng.org import queries as org

pytestmark = pytest.mark.django_db
SETUP = Actor(1, "装载", frozenset({Role.SYSTEM_ADMIN}))


@pytest.fixture
def city():
    with clock.fixed(local(10, 12)):
        city = orders.build()
        for n in range(3):
            Order(city, local(2 + n)).to_callback("water").call(solved=n > 0, satisfaction="very", contacted=True)
        Order(city, local(3)).dispatch("roads")
        Order(city, local(10, 9), then="answer", given={"answer": "请到政务大厅办理。"})
        yield city


def logged_in(city, role: Role, unit: str = "centre") -> Client:
    person = accounts.create_person(username=f"p.{role.value}"[:30], name="某人", unit=city.units[unit], by=SETUP, password="Lhasa-12345-x",
                                    setup=True, must_change_password=False)
    accounts.grant_role(person=person, role=role, by=SETUP, setup=True)
    client = Client()
    session = client.session
    entry.begin(person=person, address="127.0.0.1", device="test", session=session)
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_the_board_shows_six_figures_with_base_interval_and_definition(city):
    answer = logged_in(city, Role.SUPERVISOR).get("/board/")
    assert answer.status_code == 200
    text = words(answer)
    for code in ("direct_answer", "sign_on_time", "response_confirmed", "on_time_completion", "solve", "satisfaction"):
        assert rules.BY_CODE[code].label in text and rules.BY_CODE[code].definition in text
    assert "2 ÷ 3 件，区间" in text and "城管局" in text and "不足 30 件，不作比较" in text
    assert "接通率 暂无数据" not in text, "no calls: the rate is not on the board"


def doors(answer) -> dict[str, int]:
    found = {}
    for url, number in re.findall(r'<a[^>]*href="(/board/l[^"]*)"[^>]*>(\d+)</a>', answer.content.decode()):
        found[url.replace("&amp;", "&")] = int(number)
    return found


def test_every_number_on_the_board_opens_as_many_cases_as_it_says(city):
    client = logged_in(city, Role.SUPERVISOR)
    opened = doors(client.get("/board/"))
    assert len(opened) > 15
    for url, number in opened.items():
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert answer.content.decode().count("<tr data-row") == number, url


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REQUESTER, Role.CLOCK}))
def test_only_readers_of_figures_enter_and_others_read_why_not(city, role):
    unit = "water" if role.side == "unit" else "centre"
    client = logged_in(city, role, unit)
    for url in ("/board/", "/board/numbers", "/board/list?measure=solve&part=numerator", "/board/late", "/board/table.csv"):
        assert client.get(url).status_code == (200 if role in views.READERS else 403), url
    assert Client().get("/board/").status_code == 302


def test_a_unit_sees_its_own_figures_and_lists_alone(city):
    client = logged_in(city, Role.UNIT_APPROVER, "roads")
    text = words(client.get("/board/"))
    assert "城管局" in text and "水务局" not in text
    assert client.get("/board/list?measure=solve&part=denominator&from=2025-01-01&to=2025-01-31").content.decode().count("<tr data-row") == 0
    assert client.get(f"/board/?unit={city.units['water'].id}").status_code == 403
    assert client.get(f"/board/table.csv?unit={city.units['water'].id}").status_code == 403
    water = f"/board/list?measure=received&part=numerator&by=unit&key={city.units['water'].id}"
    assert client.get(water).content.decode().count("<tr data-row") == 0


@pytest.mark.parametrize("by", rules.BY)
def test_the_board_takes_at_most_twelve_statements_with_nothing_kept_in_memory(city, by):
    client = logged_in(city, Role.SUPERVISOR)
    for url in (f"/board/?by={by}", f"/board/numbers?by={by}", f"/board/list?measure=solve&part=numerator&by={by}", "/board/late",
                f"/board/table.csv?by={by}"):
        org.forget()
        cases.forget()
        calendar.forget()
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).status_code == 200
        assert len(seen) <= 12, (url, [q["sql"][:80] for q in seen])


def test_the_live_part_is_the_part_of_the_page_and_nothing_more(city):
    answer = logged_in(city, Role.ANALYST).get("/board/numbers?from=2025-01-01&to=2025-01-31")
    assert "<html" not in answer.content.decode() and "六项指标" in words(answer)
    assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]


def test_the_table_opens_in_an_office_program(city):
    answer = logged_in(city, Role.ANALYST).get("/board/table.csv?by=unit")
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff") and "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert {r["group"] for r in rows} == {"水务局", "城管局", "未派单"}
    solved = next(r for r in rows if r["group"] == "水务局" and r["measure"] == "solve")
    assert (solved["numerator"], solved["denominator"]) == ("2", "3")


@pytest.mark.parametrize("query", ["?from=soon", "?by=person", "?band=composite", "?policy=maybe", "?from=2025-02-01&to=2025-01-01",
                                   "list?measure=none", "list?measure=composite", "list?measure=solve&part=third", "late?unit=x",
                                   "list?measure=solve&by=unit&key=x", "list?measure=solve&after=zzz"])
def test_a_wrong_address_says_what_is_wrong(city, query):
    answer = logged_in(city, Role.SUPERVISOR).get("/board/" + query)
    assert answer.status_code == 400 and "无法识别" in words(answer)


def test_leader_days_stand_beside_the_hotline_and_only_when_there_were_any(city):
    client = logged_in(city, Role.SUPERVISOR)
    assert "接听日办结率" not in words(client.get("/board/"))
    for n in range(2):
        Order(city, local(9, 10 + n), period_id=3, then="answer" if n else "submit", given={"answer": "当场答复。"} if n else None)
    text = words(client.get("/board/"))
    assert "接听日办结率 50.0% （ 1 /2" in text and "热线办结率" in text
