"""Requests as no browser of ours makes them: other methods, headers that cannot be read, ranges and marks of paging that are none. Nobody gets a 500."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.cast import NOW, build
from tests.of_today import of_today
from tests.screens.test_walk import STAFF, filled

from minsheng.cases.rules import State
from minsheng.kit import clock

METHODS = ("TRACE", "PROPFIND", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "QUERY", "²", "get")
HEADERS = [
    {"referer": "http://["}, {"referer": "//[::1"}, {"referer": "http://testserver:x/"}, {"referer": "\xff" * 9}, {"origin": "http://["}, {"origin": "null"},
    {"host": "[::1"}, {"host": "a:99999"}, {"host": "testserver:²"}, {"host": ""}, {"x-forwarded-for": "²,[::1"}, {"x-forwarded-proto": "https, http"},
    {"accept-language": "zh;q=²,*;q=1e999"}, {"accept-language": "-" * 9000}, {"if-modified-since": "Sat, 99 Foo 99999999999999999999"}, {"if-none-match": '"'},
    {"range": "bytes=9-1"}, {"range": "bytes=-0"}, {"range": "bytes=²-"}, {"range": f"bytes={10**40}-"}, {"range": "bytes=0-0,1-1,2-2"},
    {"cookie": "sessionid=\xff"}, {"cookie": "=;=;a"}, {"content-type": "multipart/form-data"}, {"content-type": "multipart/form-data; boundary=" + "x" * 300},
    {"content-type": "application/json; charset=utf-²"}, {"content-encoding": "gzip"}, {"content-length": "²"}, {"content-length": "-1"},
    {"hx-request": "true", "hx-current-url": "http://["}, {"hx-request": "true", "hx-current-url": "²", "hx-current-url-uri-autoencoded": "true"},
    {"authorization": "Bearer ²"}, {"authorization": "Basic ["}, {"x-request-id": "a b"}, {"x-csrftoken": "²"},
]
MARKS = ["²", "１２", "-1", "1e999", "9" * 40, "9" * 19, "a:b:c", "::", "[]", '{"a": 1}', "\u202e", "%00", "0001-01-01T00:00:00,1", "9999-12-31T23:59:59Z,9", "null", "=",
         "A" * 5000, "MjAyNQ==", "bm90aGluZw", "2025-01-02T10:00:00+23:59,7", "٣", "NaN,1", "infinity,1"]
FILTERS = ("state", "kind", "unit", "district", "since", "until", "from", "to", "order", "page", "tab", "by", "period", "measure", "part", "key", "draft", "call", "of", "fate",
           "telephone", "days", "year", "month", "day", "limit", "size", "n", "id", "case", "date", "language")
PUBLIC = ("/", "/send", "/send?of=²", "/track", "/ask", "/ask?q=²", "/leader-days", "/transparency", "/transparency/data", "/login", "/case", "/robots.txt", "/privacy")
WHO = ("agent", "dispatcher", "supervisor", "water", "audit_admin", "system_admin")


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        cast = build()
        cast.one = cast.at_state(State.IN_PROGRESS)
        yield cast


def pages(cast, who: str) -> list[str]:
    routes = [route for route, view in STAFF if not view.needs or cast.actors[who].roles & set(view.needs)]
    return [filled(route, cast.one) for route in routes]


def odd(client, method: str, path: str, **more) -> int:
    return client.generic(method, path, **more).status_code


@pytest.mark.parametrize("who", WHO[::2])
def test_every_page_answers_other_methods_and_unreadable_headers_with_something_else_than_a_500(cast, who):
    client, wrong = cast.client(who), []
    client.raise_request_exception = False
    for path in of_today(pages(cast, who), one_in=12):
        wrong += [(method, path) for method in METHODS if odd(client, method, path) >= 500]
        for headers in HEADERS:
            wrong += [(method, path, headers) for method in ("GET", "POST") if odd(client, method, path, headers=headers) >= 500]
    assert wrong == []


@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_page_does_so_too(cast, path):
    client, wrong = Client(raise_request_exception=False), []
    wrong += [method for method in METHODS if odd(client, method, path) >= 500]
    for headers in HEADERS:
        wrong += [(method, headers) for method in ("GET", "POST") if odd(client, method, path, headers=headers) >= 500]
    assert wrong == []


@pytest.mark.parametrize("who", WHO)
def test_every_page_takes_no_mark_and_no_filter_that_is_none(cast, who):
    client, wrong = cast.client(who), []
    client.raise_request_exception = False
    for path in of_today(pages(cast, who), one_in=12):
        wrong += [(path, mark) for mark in MARKS if client.get(path, {"after": mark}).status_code >= 500]
        for mark in MARKS[:12:3]:
            wrong += [(path, name, mark) for name in FILTERS if client.get(path, {name: mark}).status_code >= 500]
    assert wrong == []
