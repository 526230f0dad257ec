"""The wall's own machine: a key shown once, for figures of the whole centre and nothing else; ended, it shows nothing from the next minute on."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import orders
from tests.orders import Order, local
from tests.screens.test_board import logged_in, words

from minsheng.accounts import actions as accounts
from minsheng.accounts import queries as people
from minsheng.accounts.models import Person
from minsheng.accounts.rules import SCOPES, Role
from minsheng.calendar import queries as calendar
from minsheng.cases import queries as cases
from minsheng.kit import clock
from minsheng.ledger.models import Entry
from minsheng.measures import board, following
from minsheng.org import queries as org

pytestmark = pytest.mark.django_db
MAKERS = (Role.SUPERVISOR, Role.ANALYST)


@pytest.fixture
def city():
    with clock.fixed(local(10, 12)):
        city = orders.build()
        for n in range(3):
            Order(city, local(2 + n)).to_callback("water").call(solved=n > 0, satisfaction="very", contacted=True)
        Order(city, local(2), category="hole").dispatch("roads")
        yield city


def key_of(client, name: str = "大厅东墙") -> str:
    page = client.post("/board/screens", {"name": name}).content.decode()
    return re.search(r"密钥：<code[^>]*>(ms_[^<]+)</code>", page)[1]


def hung(key: str) -> Client:
    wall = Client()
    answer = wall.post("/board/screen/open", {"key": key})
    assert answer.status_code == 302 and answer["Location"] == "/board/screen"
    return wall


@pytest.mark.parametrize("role", MAKERS)
def test_a_key_made_by_who_watches_the_figures_opens_the_wall(city, role):
    wall = hung(key_of(logged_in(city, role)))
    page = wall.get("/board/screen")
    text = words(page)
    assert page.status_code == 200 and "示例市 12345 热线" in text and "2 ÷ 3 件" in text and "数据截至" in text
    assert "no-store" in page["Cache-Control"]
    assert "<html" not in wall.get("/board/screen/numbers").content.decode()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REQUESTER, Role.CLOCK, *MAKERS}))
def test_nobody_else_makes_one(city, role):
    client = logged_in(city, role, "water" if role.side == "unit" else "centre")
    assert client.post("/board/screens", {"name": "我的墙"}).status_code == 403 and client.get("/board/screens").status_code == 403


def test_the_cookie_is_for_these_pages_alone_and_out_of_reach_of_scripts(city):
    cookie = hung(key_of(logged_in(city, Role.SUPERVISOR))).cookies["wall"]
    assert cookie["path"] == "/board/screen" and cookie["httponly"] and cookie["samesite"] == "Strict"


def test_a_wall_opens_nothing_else_and_has_no_door(city):
    key = key_of(logged_in(city, Role.SUPERVISOR))
    wall = hung(key)
    main = wall.get("/board/screen").content.decode().split('id="main"')[1].split("</main>")[0]
    assert "href=" not in main and "<form" not in main and "<button" not in main and '"url": "/' not in main
    for path in ("/board/", "/board/wall", "/board/list?measure=solve&part=numerator", "/board/late", "/desk/cases", "/me", "/board/screens", "/board/flow"):
        wall.cookies["wall"]["path"] = "/"
        assert wall.get(path).status_code == 302, path
    for path in ("/api/v1/measures", "/api/v1/cases", "/api/v1/steps"):
        assert Client().get(path, headers={"Authorization": f"Bearer {key}"}).status_code in (401, 403, 404), path
    assert wall.post("/board/screen").status_code == 405 and wall.post("/board/screen/numbers").status_code == 405


def test_whatever_the_address_adds_the_wall_shows_the_whole_centre(city):
    wall = hung(key_of(logged_in(city, Role.SUPERVISOR)))
    plain = words(wall.get("/board/screen/numbers"))
    for query in (f"unit={city.units['roads'].id}", "from=2020-01-01&to=2020-01-02", "leader_days=1", "by=category&key=1", "from=soon"):
        assert words(wall.get(f"/board/screen/numbers?{query}")) == plain, query


def test_an_ended_key_shows_nothing_from_then_on_and_says_why(city):
    client = logged_in(city, Role.SUPERVISOR)
    wall = hung(key_of(client))
    token = next(t for t in people.tokens() if t.scopes == ["wall"])
    assert wall.get("/board/screen").status_code == 200
    assert client.post(f"/board/screens/{token.id}/end").status_code == 302
    for path in ("/board/screen", "/board/screen/numbers"):
        answer = wall.get(path)
        assert answer.status_code == 401 and "已停用或到期" in words(answer) and "解决率" not in words(answer)


def test_a_key_lives_no_longer_than_its_makers_say(city):
    client = logged_in(city, Role.SUPERVISOR)
    wall = hung(key_of(client))
    maker = Person.objects.get(username="p.supervisor")
    accounts.revoke_role(person=maker, role=Role.SUPERVISOR, by=accounts.COMMAND_LINE, reason="换岗", setup=True)
    assert wall.get("/board/screen").status_code == 401


@pytest.mark.parametrize("scopes", [["measures.read"], ["wall", "cases.read"], [*SCOPES]])
def test_a_programs_key_hangs_no_wall(city, scopes):
    logged_in(city, Role.SUPERVISOR)
    maker = Person.objects.get(username="p.supervisor")
    secret = accounts.make_token(person=maker, name="程序", scopes=scopes, by=accounts.COMMAND_LINE, setup=True)[1]
    answer = Client().post("/board/screen/open", {"key": secret})
    assert answer.status_code == 401 and "不能打开大屏" in words(answer) and "wall" not in answer.cookies


@pytest.mark.parametrize("key", ["", "x", "ms_" + "a" * 43, "x" * 300, "令牌\u0000"])
def test_a_wrong_key_is_refused_in_words(city, key):
    answer = Client().post("/board/screen/open", {"key": key})
    assert answer.status_code == 401 and "不能打开大屏" in words(answer)


def test_the_secret_is_shown_once_and_the_ledger_says_who_made_and_ended_it(city):
    client = logged_in(city, Role.ANALYST)
    key = key_of(client, "东墙")
    again = client.get("/board/screens").content.decode()
    assert key not in again and "东墙" in again
    token = next(t for t in people.tokens() if t.scopes == ["wall"])
    client.post(f"/board/screens/{token.id}/end")
    said = [(e.kind, e.detail.get("name")) for e in Entry.objects.order_by("id") if e.detail.get("name") == "东墙"]
    assert said == [("token_made", "东墙"), ("token_revoked", "东墙")]
    assert key not in str(list(Entry.objects.values_list("detail", flat=True)))


def test_who_ends_anothers_key_must_be_the_security_administrator(city):
    key_of(logged_in(city, Role.ANALYST))
    token = next(t for t in people.tokens() if t.scopes == ["wall"])
    assert logged_in(city, Role.SUPERVISOR).post(f"/board/screens/{token.id}/end").status_code == 403


def test_a_restricted_case_is_in_no_word_of_the_wall(city):
    for n in range(4):
        one = Order(city, local(9, 8 + n), category="hole").dispatch("roads")
        one.centre("restrict", Role.SHIFT_LEADER, reason="涉及未成年人", readers=[city.reader], until="2025-06-01T00:00+08:00")
    for n in range(5):
        Order(city, local(10, 8 + n % 3, n)).dispatch("county")
    with clock.fixed(local(28, 12)):
        text = words(hung(key_of(logged_in(city, Role.SUPERVISOR))).get("/board/screen"))
    late = text.split("现在超期")[1]
    assert "云岭县 5" in late and "城管局 1" in late, "one of five is open to see, four are not"
    with clock.fixed(local(10, 12)):
        text = words(hung(key_of(logged_in(city, Role.ANALYST))).get("/board/screen"))
    assert "停水" in text.split("近七天上升")[1] and "路面坑洼" not in text
    with clock.fixed(local(10, 12)):
        assert "路面坑洼" in words(logged_in(city, Role.QUALITY).get("/board/wall")), "who may read all figures reads it on their own screen"


def test_a_wall_counts_as_the_centre_does_whoever_made_its_key(city):
    maker = people.by_token(key_of(logged_in(city, Role.SUPERVISOR, "roads")))[1]
    reader = board.wall_reader(maker)
    assert maker.unit == city.units["roads"].id and reader.unit == city.units["centre"].id and reader.id == 0
    assert any(city.units["centre"].id in one.units for one in cases.never_counted(reader)), "complaints about the hotline are in no figure on its wall"


def test_a_wall_draws_what_came_and_what_was_closed_on_each_of_thirty_days(city):
    page = hung(key_of(logged_in(city, Role.SUPERVISOR))).get("/board/screen")
    table = page.context["charts"][0].rows
    assert len(table) == 30 and table[-1][0].text == "1月10日" and sum(int(row[1].text) for row in table) == 4
    assert logged_in(city, Role.ANALYST).get("/board/wall?from=2031-01-01&to=2031-01-31").status_code == 200


def test_a_wall_takes_at_most_twelve_statements(city):
    wall = hung(key_of(logged_in(city, Role.SUPERVISOR)))
    for path in ("/board/screen", "/board/screen/numbers"):
        for room in (org, cases, calendar):
            room.forget()
        following.bring_up_to_date()  # as the worker does every few seconds
        with CaptureQueriesContext(connection) as seen:
            assert wall.get(path).status_code == 200
        assert len(seen) <= 12, [q["sql"][:80] for q in seen]
