"""Topics as their readers find them: every figure opens as many cases; restricted and sealed matters are nowhere; few statements."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, build
from tests.docx_words import docx_words

from minsheng.accounts.rules import Role
from minsheng.cases.actions import Requester
from minsheng.kit import clock
from minsheng.topics.rules.counting import BY, ORDERS, READERS


@pytest.fixture
def city(db):
    """Water fails in this month more than in the one before: one caller thrice; beside it a restricted and a sealed matter."""
    with clock.fixed(NOW - timedelta(days=30)):
        cast = build()
        for n in range(2):
            cast.create(category="tap", title="停水", requester=Requester("甲", f"1380000010{n}"))
    with clock.fixed(NOW):
        for n in range(12):
            cast.create(category="tap", title="停水两天", district=cast.units["county"].id, requester=Requester("乙", f"138000002{max(n, 2):02}"))
        cast.at_state("in_progress")
        cast.take(cast.create(category="noise", title="夜间施工"), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id],
                  until="2025-06-01T00:00+08:00")
        cast.create(category="noise", title="夜间施工", secrecy=True)
        yield cast


def test_every_figure_opens_as_many_cases_for_every_reader(city):
    for who in ("supervisor", "coordinator", "analyst", "shift_leader", "inspector"):
        client, seen = city.client(who), 0
        assert city.actors[who].roles & READERS
        for by in BY:
            for order in ORDERS if who == "supervisor" else ("frequent",):
                page = client.get(f"/desk/topics?by={by}&order={order}").content.decode()
                assert "施工" not in page.split("<main")[1].replace("施工噪音", ""), (by, order)
                for url, n in set(re.findall(r'<a href="(/desk/topics/cases[^"]*)"[^>]*>(\d+)</a>', page)):
                    answer = client.get(url.replace("&amp;", "&")).content.decode()
                    assert int(re.search(r"共 (\d+) 件", answer)[1]) == int(n), (who, by, order, url)
                    seen += 1
        assert seen > 8
    assert client.get("/desk/topics?by=category&order=rising").content.decode().count("上升</strong>") == 1


def test_what_is_repeated_by_one_is_told_from_what_many_bring(city):
    page = city.client("supervisor").get("/desk/topics?by=category&order=repeated").content.decode()
    assert "11 人" in page and re.search(r'part=repeated">3</a>', page.replace("&amp;", "&")), "three calls of one among twelve"


def test_it_takes_few_statements_reads_its_days_alone_and_says_what_it_cannot_read(city):
    client = city.client("supervisor")
    for path in ("/desk/topics", "/desk/topics?by=unit&order=hard&days=91", "/desk/topics?by=word", "/desk/topics/cases?by=category&category=1"):
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200, path
        assert len(seen) <= 12, path
    for wrong in ("by=nothing", "days=3", "order=x", "category=x", "from=2025-02-01&to=2025-01-01", "from=2020-01-01&to=2025-01-01"):
        assert client.get(f"/desk/topics?{wrong}").status_code == 422, wrong
    assert client.get("/desk/topics/cases?by=word").status_code == 422
    for who in ("agent", "water", "leader", "media", "system_admin"):
        assert city.client(who).get("/desk/topics").status_code == 403, who


def test_a_topic_is_proposed_from_its_line_declared_and_its_page_shows_both_sides(city):
    writes, signs = city.client("coordinator"), city.client("supervisor")
    url = re.search(r'href="(/desk/topics/new[^"]*)"', writes.get("/desk/topics").content.decode())[1].replace("&amp;", "&")
    form = writes.get(url)
    assert form.status_code == 200 and "/desk/topics/new" not in signs.get("/desk/topics").content.decode()
    category = re.search(r"category=(\d+)", url)[1]
    typed = {"name": "冬季停水", "category": category, "lead": city.units["water"].id, "measures": "分片检修", "since": "2024-12-20", "until": "2025-02-28"}
    wrong = writes.post(url, typed | {"until": "2024-01-01"})
    assert wrong.status_code == 422 and "分片检修" in wrong.content.decode()
    made = writes.post(url, typed)
    assert made.status_code == 302
    here = made["Location"]
    assert signs.get(f"{here}/paper.pdf").status_code == 409, "nobody declared it yet"
    assert signs.post(f"{here}/step", {"step": "declare_topic"}).status_code == 302
    page = signs.get(here).content.decode()
    assert "推进中" in page and "前后对比" in page and "措施以后" in page and "冬季停水" in signs.get("/desk/topics/declared").content.decode()
    for found, n in re.findall(r'<a href="(/desk/topics/cases[^"]*)">(\d+)</a>', page):
        assert f"共 {n} 件" in signs.get(found.replace("&amp;", "&")).content.decode()
    assert signs.post(f"{here}/step", {"step": "end_topic", "finding": "少了"}).status_code == 409 and "另一位督办员认定" in signs.get(here).content.decode()
    ends = city.client(city.another(Role.SUPERVISOR))
    assert ends.post(f"{here}/step", {"step": "end_topic"}).status_code == 422 and ends.get(f"{here}?step=end_topic").status_code == 200
    rows = re.search(r"措施以后，.*?</tr>", page, re.S)[0]
    n, total = re.search(r">(\d+)</a> 件", rows)[1], re.search(r"<td>([\d,]+) 件</td></tr>", rows)[1]
    said = re.search(r'<p class="mb-0">([^\n]*。)', page)[1]
    draft = docx_words(signs.get(f"{here}/paper.docx").content)
    assert "草稿" in draft and "尚无结论" in draft and said in draft and f"\n{n}\n" in draft.partition("措施以后")[2] and f"\n{total}\n" in draft
    assert ends.post(f"{here}/step", {"step": "end_topic", "finding": "停水少了"}).status_code == 302
    whole = docx_words(signs.get(f"{here}/paper.docx").content)
    assert "草稿" not in whole and "停水少了" in whole and "认定" in whole and signs.get(f"{here}/paper.pdf").content.startswith(b"%PDF")
    assert city.client("water").get(f"{here}/paper.docx").status_code == 403
    assert city.client("water").get(here).status_code == 403 and signs.get("/desk/topics/99").status_code == 404
