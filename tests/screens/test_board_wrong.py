"""What the board says first: what went wrong since yesterday, on what it rests; nothing wrong only where all was counted."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import orders
from tests.orders import Order, local
from tests.screens.test_board import logged_in, words

from minsheng.accounts.rules import Role
from minsheng.calendar import queries as calendar
from minsheng.cases import queries as cases
from minsheng.kit import clock
from minsheng.measures import board_wrong, following
from minsheng.measures.rules import BY_CODE, row
from minsheng.org import queries as org
from minsheng.telephony.actions import ledger
from minsheng.telephony.rules.events import Event, Kind

pytestmark = pytest.mark.django_db
PAGE = "/board/since-yesterday"


@pytest.fixture
def city():
    with clock.fixed(local(14, 12)):
        yield orders.build()


def said(client) -> str:
    return words(client.get(PAGE, headers={"HX-Request": "true"}))


def opened(client) -> dict[str, str]:
    page = client.get(PAGE).content.decode()
    return {text: url.replace("&amp;", "&") for url, text in re.findall(r'<li><a href="([^"]+)">([^<]+)</a>', page)}


def test_what_could_not_be_counted_is_named_and_not_called_well(city):
    text = said(logged_in(city, Role.SUPERVISOR))
    assert "昨天以来没有不对" not in text and "数得出来的没有不对，有几项没有数出来" in text
    assert "接通率：昨天以来没有通话记录" in text and "不足 30 件，不作比较" in text


def test_what_fell_due_since_yesterday_is_said_with_its_list(city):
    for day in (2, 3):
        Order(city, local(day)).dispatch("water")  # overdue long before
    fresh = Order(city, local(13, 9)).dispatch("roads")
    with clock.fixed(local(14, 17)):
        client = logged_in(city, Role.SUPERVISOR)
        found = opened(client)
        text, url = next((t, u) for t, u in found.items() if "超期" in t)
        assert text == "昨天以来新超期 1 件，现在共超期 3 件"
        page = client.get(url).content.decode()
        assert page.count("<tr data-row") == 1 and fresh.case.number in page and "1月13日" in page
        assert client.get("/board/late?since=soon").status_code == 400


def test_a_matter_that_surely_rises_is_said_and_a_rise_by_chance_is_not(city):
    for n in range(9):
        Order(city, local(10, 8 + n), category="hole")
    Order(city, local(3), category="hole")
    for n in range(4):
        Order(city, local(10, 9 + n))
    for n in range(3):
        Order(city, local(3, 9 + n))
    client = logged_in(city, Role.SUPERVISOR)
    found = opened(client)
    assert [text for text in found if "前七天" in text] == ["“路面坑洼”近七天 9 件，前七天 1 件"]
    assert client.get(found["“路面坑洼”近七天 9 件，前七天 1 件"]).content.decode().count("<tr data-row") == 9


def rung(hour: int, name: str, answered: bool) -> None:
    """A call of the fourteenth that waited half a minute."""
    at, linked = local(14, hour), f"pbx1-{name}"
    end = at + timedelta(seconds=30)
    ended = [Event(Kind.CONNECTED, "pbx1", linked, linked, end, queue="q-zh", agent=9, value=30),
             Event(Kind.ENDED, "pbx1", linked, linked, end + timedelta(seconds=60), target="caller", agent=9)]
    given_up = [Event(Kind.ABANDONED, "pbx1", linked, linked, end, value=30)]
    ledger.keep("pbx1", [Event(Kind.QUEUED, "pbx1", linked, linked, at, queue="q-zh"), *(ended if answered else given_up)])


def test_calls_that_were_not_taken_are_said_from_below_ninety_five_of_a_hundred_on(city):
    client = logged_in(city, Role.SUPERVISOR)
    for n in range(19):
        rung(9, f"a{n}", True)
    rung(10, "b", False)
    text = said(client)
    assert "接通率" in text.split("看过")[1] and "低于 95%" not in text, "nineteen of twenty are ninety-five of a hundred"
    rung(11, "c", False)
    found = opened(client)
    assert "接通率 90.5%（19/21），低于 95%" in found and "昨天以来进入排队的 21 个来电" in said(client)
    assert client.get(found["接通率 90.5%（19/21），低于 95%"])["Location"].startswith("/desk/calls?")


def test_a_rate_is_worse_only_where_the_intervals_part():
    def of(code, n, whole):
        m = BY_CODE[code]
        return row(m, {m.numerator: n, m.denominator: whole}, cutoff="", day=local(14).date())

    worse = board_wrong._worse
    assert worse(of("solve", 30, 60), of("solve", 55, 60)) and not worse(of("solve", 55, 60), of("solve", 30, 60))
    assert not worse(of("solve", 50, 60), of("solve", 55, 60)), "within what chance makes"
    assert worse(of("return", 30, 60), of("return", 5, 60)) and not worse(of("return", 5, 60), of("return", 30, 60)), "of returns fewer are better"
    assert not worse(of("solve", 0, 0), of("solve", 55, 60))


def test_a_worse_rate_is_said_with_both_bases_and_opens_its_list(city):
    for n in range(30):
        Order(city, local(2 + n % 2, 8, n)).dispatch("water")
        asked = Order(city, local(8 + n % 2, 8, n)).dispatch("roads")
        if n < 20:
            asked.unit("ask_return", Role.UNIT_LIAISON, legal_ground="duty", reason="不属本单位职责")
    client = logged_in(city, Role.SUPERVISOR)
    found = opened(client)
    text = next(t for t in found if t.startswith("退单率"))
    assert text == "退单率近七天 66.7%，前七天 0.0%" and "分母 30 件和 30 件，两个区间不重叠" in said(client)
    assert client.get(found[text]).content.decode().count("<tr data-row") == 30


def test_a_unit_reads_of_its_own_cases_and_of_no_calls(city):
    Order(city, local(13, 9)).dispatch("roads")
    with clock.fixed(local(14, 17)):
        own, other = logged_in(city, Role.UNIT_APPROVER, "roads"), logged_in(city, Role.LEADER, "water")
        assert "新超期 1 件" in said(own) and "接通率" not in said(own)
        assert "新超期" not in " ".join(opened(other))


def test_the_board_begins_with_it_and_without_a_script_there_is_a_way_to_it(city):
    client = logged_in(city, Role.SUPERVISOR)
    page = client.get("/board/").content.decode()
    main = page.split('id="main"')[1]
    assert main.index(PAGE) < main.index("六项指标") and f'href="{PAGE}"' in main
    assert "<html" in client.get(PAGE).content.decode() and "<html" not in client.get(PAGE, headers={"HX-Request": "true"}).content.decode()


def test_it_takes_at_most_twelve_statements_however_many_cases(city):
    client, sizes = logged_in(city, Role.SUPERVISOR), []
    for more in (1, 6):
        for n in range(more):
            Order(city, local(13, 8 + n), category="hole").dispatch("roads").sign()
        for room in (org, cases, calendar):
            room.forget()
        following.bring_up_to_date()  # as the worker does every few seconds
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        sizes.append(len(seen))
    assert sizes[0] == sizes[1] <= 12, sizes


def test_who_may_not_open_the_list_of_calls_reads_the_figure_without_a_door(city):
    for n in range(20):
        rung(9, f"a{n}", n > 2)
    client = logged_in(city, Role.COORDINATOR)
    assert "接通率 85.0%（17/20），低于 95%" in said(client)
    assert not any("接通率" in text for text in opened(client))
