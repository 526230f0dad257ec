"""How long a body may be is asked before a byte of it is read: words of strangers are short, files come in a form with files alone.

A form without files is read letter by letter, and every letter of Chinese is nine bytes of it: megabytes of them cost a second each.
"""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from tests.cast import NOW, build

from minsheng import asgi
from minsheng.accounts import actions as accounts
from minsheng.kit import clock

PLAIN, FILES, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"


@pytest.fixture
def cast(db, monkeypatch):
    monkeypatch.setattr("minsheng.asgi.close_old_connections", lambda: None)  # it would end the test's own transaction
    with clock.fixed(NOW):
        yield build()


def most(path: str, kind: str, client: Client | None = None, **headers: str) -> int:
    cookie = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items()) if client else ""
    given = {"host": "testserver", "content-type": kind, **({"cookie": cookie} if cookie else {}), **headers}
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http", "http_version": "1.1",
             "root_path": "", "client": ("127.0.0.1", 1), "server": ("testserver", 80), "headers": [(n.encode(), v.encode()) for n, v in given.items()]}
    return asgi.sender(scope).most


@pytest.mark.parametrize("path", ["/send", "/send/who", "/track", "/login", "/language", "/case/add_facts"])
@pytest.mark.parametrize("kind", [PLAIN, "text/plain", ""])
def test_words_of_whoever_is_not_known_are_short(cast, path, kind):
    assert most(path, kind) in (asgi.STRANGERS, 0), "0: refused unread"
    assert asgi.STRANGERS >= 40_000 * 9, "the longest field that is read, of nine bytes a letter"


def test_a_stranger_who_began_a_request_brings_files_in_a_form_with_files_and_words_in_none_of_that_size(cast):
    client = Client()
    client.post("/send", {"narrative": "楼下停水。", "kind": "help"})
    assert most("/send/check", FILES, client) == asgi.LONGEST
    assert most("/send/check", PLAIN, client) == most("/send/check", JSON, client) == asgi.STRANGERS
    assert most("/send", FILES, client) == asgi.STRANGERS, "no file is asked for there"


def test_who_works_here_and_a_program_with_a_token_send_long_words_and_files_as_a_form_with_files(cast):
    case, client = cast.create(), cast.client("agent")
    step = f"/desk/case/{case.id}/step"
    assert (most(step, FILES, client), most(step, PLAIN, client)) == (asgi.LONGEST, asgi.FORM)
    secret = accounts.make_token(person=cast.people["agent"], name="对接", scopes=["cases.write", "files.write"], by=cast.actors["agent"])[1]
    bearer = {"authorization": f"Bearer {secret}"}
    assert most("/api/v1/cases", JSON, **bearer) == asgi.FORM and most(f"/api/v1/cases/{case.id}/files", FILES, **bearer) == asgi.LONGEST
    assert most(f"/api/v1/cases/{case.id}/files", PLAIN, **bearer) == asgi.FORM


def test_the_framework_itself_takes_no_more_than_the_door(cast):
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= asgi.LONGEST
