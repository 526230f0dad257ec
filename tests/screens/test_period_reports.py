"""The report on leader days as its readers see it: every number opens exactly what it counts, of a period, of a year and of all."""

import re
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, build, later
from tests.leader_day import HELD, announced, call, go_on, promise

from minsheng.kit import clock
from minsheng.leader_days.queries import report
from minsheng.measures import queries as measures


@pytest.fixture
def city(db):
    """A period with calls: one answered, two ordered of which one is done, one commitment kept and one open."""
    with clock.fixed(NOW):
        cast = build()
        period = announced(cast)
    with clock.fixed(HELD):
        call(cast, period, then="answer", given={"answer": "今晚恢复供水。", "no_article": "现场答复"})
        orders = [call(cast, period) for _ in range(3)]
        kept, _ = promise(cast, period, orders[0]), promise(cast, period, orders[1], due="2025-01-06")
        cast.create()
    with clock.fixed(later(days=1, hours=2)):
        for case in orders[:2]:
            cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    go_on(cast, kept, "prove", "water", later(days=7), proof="已换", done_on="2025-01-08")
    go_on(cast, kept, "conclude_kept", "supervisor", later(days=8), finding="属实")
    with clock.fixed(later(days=9)):
        measures.forget()
        yield cast, period


def opened(client, url: str) -> int:
    """How many a list says that it holds."""
    page = client.get(url)
    assert page.status_code == 200, url
    said = re.search(r"计 <strong>(\d+)</strong> 件|共 (\d+) 项", page.content.decode())
    return int(next(filter(None, said.groups()))) if said else page.content.decode().count("data-row")


def links(html: str) -> list[tuple[str, int]]:
    """(address, number) of every figure."""
    found = re.findall(r'<a href="(/[^"#]*)">([\d,]+)[^<%]*</a>', html.split("<main")[-1])
    return [(url.replace("&amp;", "&"), int(n.replace(",", ""))) for url, n in found if "/report" not in url]


@pytest.mark.parametrize("where", ["/desk/periods/{period}", "/desk/periods/report?period={period}", "/desk/periods/report?year=2025",
                                   "/desk/periods/report"])
def test_every_figure_opens_a_list_that_holds_as_many(city, where):
    cast, period = city
    client = cast.client("supervisor")
    page = client.get(where.format(period=period.id))
    found = links(page.content.decode())
    kinds = {urlsplit(url).query.split("&")[0] for url, _ in found if "board/list" in url}
    assert page.status_code == 200 and {f"measure={m}" for m in ("received", "answered_online", "dispatched", "completion", "solve", "satisfaction")} <= kinds
    assert [(url, n) for url, n in found if opened(client, url) != n] == [] and len(found) >= 14
    numbers = report.of([period], cast.actors["supervisor"]).scope("").numbers
    assert (numbers["received"], numbers["answered"], numbers["ordered"], numbers["done"], numbers["made"], numbers["kept"], numbers["overdue"]) == (
        4, 1, 2, 1, 2, 1, 1)


def test_it_takes_at_most_twelve_statements_and_says_what_is_not_there(city):
    cast, period = city
    client = cast.client("analyst")
    for path in (f"/desk/periods/report?period={period.id}", "/desk/periods/report?year=2025"):
        client.get(path)
        measures.forget()
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(path)
        assert answer.status_code == 200 and len(seen) <= 12, [q["sql"][:90] for q in seen]
        assert "/desk/commitments" not in answer.content.decode().split("<main")[1], "who reads no words opens no commitment"
    assert client.get("/desk/periods/report?year=2019").status_code == 404
    assert client.get("/desk/periods/report?year=x").status_code == 422
    assert cast.client("leader").get("/desk/periods/report").status_code == 403
