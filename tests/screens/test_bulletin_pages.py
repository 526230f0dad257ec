"""Bulletins as their readers find them: every number opens as many cases as it says; unsigned ones stay inside; few statements."""

import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from tests.cast import NOW, build, later

from minsheng.bulletins.actions import bulletins as actions
from minsheng.bulletins.models import Bulletin
from minsheng.cases.actions import Requester
from minsheng.cases.rules import State
from minsheng.kit import clock

ON = later(days=1)


@pytest.fixture
def city(db):
    """A day with cases of several channels and units, one of them restricted; its bulletin drafted on the next."""
    with clock.fixed(NOW):
        cast = build()
        cast.at_state(State.IN_PROGRESS)
        cast.at_state(State.CLOSED)
        cast.at_state(State.IN_PROGRESS, lead="roads")
        twice = cast.take(cast.at_state(State.RETURN_REVIEW), "uphold_return", "return_reviewer", ruling="同意改派")
        cast.take(twice, "dispatch", "dispatcher", lead=cast.units["roads"].id)
        cast.create(category="noise", requester=Requester("乙", "13900000002"), then="answer", given={"answer": "已转告。", "no_article": "电话里答复"})
        cast.take(cast.create(), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
    with clock.fixed(ON):
        one = actions.draft(by=cast.actors["analyst"], given={"kind": "daily", "since": "2025-01-02"}).subject_id
        yield cast, one


def links(html: str) -> set[tuple[str, int]]:
    found = re.findall(r'<a href="(/[^"#]*(?:list|board)[^"]*)">([\d,]+)[^<]*</a>', html.split("<main")[-1])
    return {(url.replace("&amp;", "&"), int(n.replace(",", ""))) for url, n in found}


def test_every_number_opens_as_many_cases_as_it_says(city):
    cast, one = city
    client = cast.client("supervisor")
    html = client.get(f"/desk/bulletins/{one}").content.decode()
    found = links(html)
    for url, n in found:
        page = client.get(url).content.decode()
        listed = page.count("data-row")
        assert listed == n or f"其中 {n - listed} 件下面没有列出" in page and "按次计数" in page or "board" in url, (url, n, listed)
        said = re.search(r"共 (\d+) 件|计 <strong>(\d+)</strong> 件", page)
        assert said and int(next(filter(None, said.groups()))) == n, (url, page.split("<main")[1][:600])
    assert len(found) > 15 and all(any(f"by%3A0%3A{by}" in url for url, _ in found) for by in ("channel", "category", "unit"))
    assert "没有通话记录" in html and "前一日相比暂无数据" in html and "不足30件，不作比较" in html


def test_what_is_not_signed_is_seen_by_who_writes_and_signs_it_and_by_nobody_else(city):
    cast, one = city
    seen = {who: cast.client(who).get(f"/desk/bulletins/{one}").status_code for who in ("analyst", "supervisor", "shift_leader", "water_head", "inspector", "agent")}
    assert seen == {"analyst": 200, "supervisor": 200, "shift_leader": 404, "water_head": 404, "inspector": 404, "agent": 403}
    for path in ("paper.pdf", "paper.docx", "paper.xlsx", "list?key=0:received:numerator", "versions"):
        assert cast.client("water_head").get(f"/desk/bulletins/{one}/{path}").status_code == 404, path
    assert "热线运行情况日报" not in cast.client("shift_leader").get("/desk/bulletins").content.decode()


def test_it_is_worded_submitted_signed_sent_and_corrected_on_its_pages(city):
    cast, one = city
    writes, signs, url = cast.client("analyst"), cast.client("supervisor"), f"/desk/bulletins/{one}"
    typed = writes.post(f"{url}/step", {"step": "amend_bulletin", "title": "日报", "issuer": "中心", "overview": "受理5件。"})
    assert typed.status_code == 422 and "手写的数字" in typed.content.decode() and "受理5件。" in typed.content.decode()
    writes.post(f"{url}/step", {"step": "amend_bulletin", "title": "日报", "issuer": "中心", "overview": "供水的多。"})
    writes.post(f"{url}/step", {"step": "submit_bulletin"})
    assert "供水的多。" in signs.get(url).content.decode()
    signed = signs.post(f"{url}/step", {"step": "sign_bulletin", "doc_number": "民声〔2025〕1号"}, follow=True)
    assert "民声〔2025〕1号" in signed.content.decode() and "草稿" not in signed.content.decode().split("<main")[1]
    writes.post(f"{url}/step", {"step": "send_bulletin", "recipients": "各承办单位", "sent_way": "work", "to_units": "1"})
    inside = cast.client("water_head").get(url)
    assert inside.status_code == 200 and "办理过程" not in inside.content.decode(), "what was done to it stays with the centre"
    for link, _ in links(inside.content.decode()):
        assert "幸福路小区" not in cast.client("county").get(link).content.decode(), "of others it lists nothing"
    with clock.fixed(later(days=1, hours=1)):
        made = writes.post(f"{url}/correct", {"correction": "漏计一件"})
    assert made.status_code == 302 and "更正说明" in writes.get(made["Location"]).content.decode()
    assert "第 2 版" in writes.get(f"{url}/versions").content.decode()


def test_papers_of_a_draft_say_so_and_the_signed_ones_are_handed_out(city):
    cast, one = city
    client = cast.client("analyst")
    for form in ("pdf", "docx", "xlsx"):
        answer = client.get(f"/desk/bulletins/{one}/paper.{form}")
        assert answer.status_code == 200 and "%E8%8D%89%E7%A8%BF" in answer["Content-Disposition"], form
    book = load_workbook(io.BytesIO(answer.content))
    assert book["封面"]["A1"].value.endswith("（草稿）") and book["各项数量"]["B4"].value == 6


def test_lists_and_pages_take_few_statements_and_a_wrong_address_says_so(city):
    cast, one = city
    client = cast.client("analyst")
    for path, most in (("/desk/bulletins", 8), (f"/desk/bulletins/{one}", 13), (f"/desk/bulletins/{one}/versions", 10),
                       (f"/desk/bulletins/{one}/list?key=0:received:numerator", 14)):
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200, path
        assert len(seen) <= most, (path, len(seen))
    assert client.get("/desk/bulletins?kind=hourly").status_code == 422
    for path in ("/desk/bulletins/1", f"/desk/bulletins/{one}/list?key=9:x:y", "/desk/bulletins/1/paper.pdf"):
        assert client.get(path).status_code == 404, path
    assert client.post("/desk/bulletins/new", {"kind": "weekly", "since": "2025-01-09"}).status_code == 422
    assert Bulletin.objects.count() == 1


def test_the_schedule_and_the_templates_are_set_on_their_page_by_a_supervisor_alone(city):
    cast, _ = city
    boss, reads, url = cast.client("supervisor"), cast.client("analyst"), "/desk/bulletins/settings"
    assert boss.post(f"{url}/rule", {"kind": "daily", "since": "2020-01-01", "at": "08:00"}).status_code == 422
    boss.post(f"{url}/rule", {"kind": "weekly", "since": "2025-01-03", "at": "08:30", "on": "2", "told": [cast.people["analyst"].id]})
    page = reads.get(url).content.decode()
    assert "每周二08:30拟出上一周的周报" in page and cast.people["analyst"].name in page and "加一条规定" not in page
    assert reads.post(f"{url}/rule", {"kind": "daily", "since": "2025-01-03"}).status_code == 403 and reads.post(f"{url}/template", {}).status_code == 403
    taken_out = reads.get(f"{url}/template.docx?kind=monthly")
    file = io.BytesIO(taken_out.content)
    file.name = "月报.docx"
    assert boss.post(f"{url}/template", {"kind": "monthly", "file": file}).status_code == 302
    assert "月报.docx" in reads.get(url).content.decode()
    broken = io.BytesIO(b"PK no document")
    broken.name = "坏的.docx"
    said = boss.post(f"{url}/template", {"kind": "monthly", "file": broken})
    assert said.status_code == 422 and "不是完整的 DOCX" in said.content.decode() and "月报.docx" in said.content.decode(), "the one before is kept"
    assert 'href="#f-file"' in said.content.decode() and 'id="f-file"' in said.content.decode(), "the sentence leads to its field"
    assert boss.post(f"{url}/default", {"kind": "monthly"}).status_code == 302 and boss.post(f"{url}/default", {"kind": "monthly"}).status_code == 409
