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
    return [(url.replace("&amp;", "&"), int(n.replace(",", ""))) for url, n in found if "/periods/report" not in url]


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
        4, 1, 2, 0, 2, 1, 1), "who was answered at the desk is called back first"


def test_it_takes_at_most_twelve_statements_and_says_what_is_not_there(city):
    cast, period = city
    client = cast.client("analyst")
    for path in (f"/desk/periods/report?period={period.id}", "/desk/periods/report?year=2025"):
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(path)
        assert answer.status_code == 200 and len(seen) <= 12, [q["sql"][:90] for q in seen]
        assert "/desk/commitments" not in answer.content.decode().split("<main")[1], "who reads no words opens no commitment"
    assert client.get("/desk/periods/report?year=2019").status_code == 404
    assert client.get("/desk/periods/report?year=x").status_code == 422
    assert cast.client("leader").get("/desk/periods/report").status_code == 403


def test_a_report_is_drafted_signed_and_taken_away_through_its_pages_and_its_numbers_open_frozen_lists(city):
    cast, period = city
    writes, signs, reads = cast.client("coordinator"), cast.client("supervisor"), cast.client("analyst")
    form = writes.get(f"/desk/reports/new?period={period.id}")
    assert form.status_code == 200 and "2025年第1期“一把手听民声”接听日情况报告" in form.content.decode()
    wrong = writes.post(f"/desk/reports/new?period={period.id}", {"title": "", "issuer": "市热线中心", "remarks": "写过的话"})
    assert wrong.status_code == 422 and "写过的话" in wrong.content.decode()
    made = writes.post(f"/desk/reports/new?period={period.id}", {"title": "第1期报告", "issuer": "市热线中心", "remarks": "雪天照常接听。"})
    assert made.status_code == 302
    here = made["Location"]
    assert reads.get(here).status_code == 404 and "起草报告" in writes.get(f"/desk/periods/report?period={period.id}").content.decode()
    draft = signs.get(f"{here}/paper.docx")
    assert draft.status_code == 200 and "%E8%8D%89%E7%A8%BF" in draft["Content-Disposition"]  # 草稿
    assert "由另一人" not in signs.get(f"{here}?step=sign_report").content.decode()
    assert signs.post(f"{here}/step", {"step": "sign_report", "doc_number": ""}).status_code == 422
    assert signs.post(f"{here}/step", {"step": "sign_report", "doc_number": "民声〔2025〕1号"}).status_code == 302
    page = reads.get(here)
    assert "民声〔2025〕1号" in page.content.decode() and "雪天照常接听" in page.content.decode()
    for form, starts in (("pdf", b"%PDF-"), ("docx", b"PK")):
        paper = reads.get(f"{here}/paper.{form}")
        assert paper.status_code == 200 and paper.content.startswith(starts) and "%E8%8D%89%E7%A8%BF" not in paper["Content-Disposition"]
    with clock.fixed(later(days=20)):
        page = signs.get(here).content.decode()
        found = [(url, n) for url, n in links(page) if "/reports/" in url]
        assert len(found) >= 14 and [(url, n) for url, n in found if frozen(signs, url) != n] == []
    assert signs.get(f"{here}/list?of=7&figure=done").status_code == 404 and signs.get(f"{here}/list?of=x&figure=done").status_code == 422
    assert cast.client("water").get(here).status_code in (403, 404)


def frozen(client, url: str) -> int:
    said = client.get(url).content.decode()
    assert "没有列出" not in said, url
    return int(re.search(r"共 (\d+) [件项]", said)[1])
