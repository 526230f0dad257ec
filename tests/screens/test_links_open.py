"""What a page offers can be opened by whom it is offered to: no link of a page leads its reader to a refusal."""

from __future__ import annotations

import html
import re

from tests.cast import PEOPLE
from tests.of_today import of_today
from tests.screens.test_pages_in_words import lived
from tests.screens.test_walk import STAFF

HREF = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')


def shape(address: str) -> str:
    """One of a kind is asked: two cases, or two days, are one page."""
    return re.sub(r"=[^&]*", "=", re.sub(r"\d+", "#", address))


def links(content: bytes) -> list[str]:
    return [html.unescape(found) for found in HREF.findall(content.decode())]


def test_no_link_of_a_page_leads_its_reader_to_a_refusal(cast):
    cases, shut = lived(cast), []
    plain = [route for route, _ in STAFF if "<" not in route] + ["/board/"]
    for who in of_today(PEOPLE, one_in=8):
        client, seen = cast.client(who), set()
        for page in [*plain, *(f"/desk/case/{case.id}" for case in cases[::3])]:
            answer = client.get(page)
            if answer.status_code >= 400 or "text/html" not in answer.headers.get("Content-Type", ""):
                continue
            for link in links(answer.content):
                if shape(link) not in seen:
                    seen.add(shape(link))
                    got = client.get(link)
                    if got.status_code in (400, 403, 404, 405, 500):
                        shut.append(f"{who} {page}: {link} {got.status_code}")
    assert shut == []
