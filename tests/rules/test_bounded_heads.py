"""The lines of a request's head cost no more than their length, whatever a stranger writes into them; what browsers write goes through."""

from __future__ import annotations

import asyncio
import io
import json
from urllib.parse import quote

import pytest
from django.core.handlers.wsgi import WSGIRequest
from tests.rules.test_mask_patterns import growth

from minsheng.kit import toast
from minsheng.kit.bounded_heads import BoundedHeads
from minsheng.kit.wsgi_bridge import environment

pytestmark = pytest.mark.uncounted


def request(*headers: tuple[bytes, bytes]) -> WSGIRequest | None:
    """As Django gets it; None when it is refused before."""
    found: list[WSGIRequest] = []

    async def app(scope, receive, send):
        found.append(WSGIRequest(environment(scope, io.BytesIO(), 0)))

    async def refuse(send):
        return None

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "http_version": "1.1", "headers": [(b"host", b"x"), *headers]}
    asyncio.run(BoundedHeads(app, refuse)(scope, None, None))
    return found[0] if found else None


@pytest.mark.parametrize(("before", "pump"), [
    ('a="', '\\"'), ('a="', "\\\\"), ('a="', "\\101"), ('a="', "\\"), ("", ";"), ("", "a=b;"), ("", 'a="b";'), ("", '"'), ("a=", "="), ("", " "), ("", "a="),
    ("", '"\\"";'), ('sessionid="', '\\"'),
])
def test_cookies_take_twice_the_time_for_twice_the_text(before, pump):
    def read(text: str) -> None:
        assert request((b"cookie", text.encode() + b'"')).COOKIES is not None

    assert any(growth(read, before, pump) < 20 for _ in range(3))  # 64 each time where it is not linear


@pytest.mark.parametrize("value", [b"multipart/form-data; " + b"a=b;" * 15_000, b"text/plain" + b";" * 60_000, b"multipart/form-data; boundary=" + b"x" * 2000,
                                   b"multipart/form-data; " + b"a*0*=''%20;" * 5000])
def test_a_content_type_that_nobody_writes_is_refused_unread(value):
    assert request((b"content-type", value)) is None


def test_what_browsers_write_goes_through_in_one_line_or_several():
    cookies = request((b"cookie", b"sessionid=abc; ms_toast=%5B%22a%22%5D"), (b"cookie", b'neighbour="x\\"y"; csrftoken=def')).COOKIES
    assert cookies == {"sessionid": "abc", "ms_toast": "%5B%22a%22%5D", "csrftoken": "def"}
    boundary = b"multipart/form-data; boundary=----WebKitFormBoundary" + b"a" * 16
    assert request((b"content-type", boundary)).content_type == "multipart/form-data"


@pytest.mark.parametrize("undo", ["//evil.example/", "/\\evil.example/", "/\t/evil.example/", "https://evil.example/", "javascript:alert(1)", "evil"])
def test_a_line_that_a_neighbour_of_the_domain_planted_undoes_nothing_elsewhere(undo):
    """Browsers read a backslash as a stroke: the reader's token would go where it points."""
    cookie = quote(json.dumps(["已派单", undo])).encode()
    assert toast.read(request((b"cookie", b"ms_toast=" + cookie))) == {"text": "已派单", "undo": ""}
    ours = quote(json.dumps(["已派单", "/desk/dispatch/5/undo"])).encode()
    assert toast.read(request((b"cookie", b"ms_toast=" + ours)))["undo"] == "/desk/dispatch/5/undo"
