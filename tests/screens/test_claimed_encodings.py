"""What a request says of its own encoding: a form in another one is refused, never guessed at and never a breakdown; elsewhere the word means nothing."""

import gzip
import json

import pytest
from django.test import Client
from tests.cast import build

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES

OTHERS = ("gbk", "utf-16", "latin-1", "rot13", "zip", "hex", "base64", "undefined", "idna", "punycode", "unicode_escape", "raw_unicode_escape")
SAME = ("utf-8", "UTF8", "utf_8", "no-such", '""', "mbcs")
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
BODIES = {FORM: b"username=%E7%8E%8B&password=x", PARTS: '--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n王\r\n--x--\r\n'.encode()}


@pytest.fixture
def cast(db):
    return build()


@pytest.fixture
def client(cast):
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("charset", OTHERS)
def test_a_form_in_another_encoding_is_refused_in_words(client, kind, charset):
    answer = client.generic("POST", "/login", BODIES[kind], content_type=f"{kind}; charset={charset}")
    assert answer.status_code == 400 and "这个请求看不懂" in answer.content.decode()


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("charset", SAME)
def test_utf_8_by_any_of_its_names_is_read_and_an_encoding_that_there_is_not_is_none(client, kind, charset):
    answer = client.generic("POST", "/login", BODIES[kind], content_type=f"{kind}; charset={charset}")
    assert answer.status_code == 200 and 'value="王"' in answer.content.decode()


@pytest.mark.parametrize("charset", OTHERS)
def test_a_page_that_is_asked_for_does_not_look_at_the_word(client, charset):
    answer = client.generic("GET", "/track?number=%E5%81%9C", content_type=f"text/plain; charset={charset}")
    assert answer.status_code == 200


def test_a_program_s_body_is_neither_packed_nor_says_a_thing_twice(cast, client):
    secret = accounts.make_token(person=cast.people["agent"], name="程序", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
    head = {"Authorization": f"Bearer {secret}"}
    body = json.dumps({"kind": "help", "narrative": "停水三天"}).encode()
    packed = client.post("/api/v1/cases", gzip.compress(body), content_type="application/json", headers=head | {"Content-Encoding": "gzip"})
    assert packed.status_code == 422 and "压缩" in packed.json()["error"]["reason"]
    twice = client.post("/api/v1/cases", b'{"kind": "help", "narrative": "a", "kind": "consult"}', content_type="application/json", headers=head)
    assert twice.status_code == 422 and twice.json()["error"]["field"] == "kind" and "只能写一次" in twice.json()["error"]["reason"]
    within = client.post("/api/v1/cases", b'{"kind": "help", "narrative": "a", "elements": {"x": 1, "x": 2}}', content_type="application/json", headers=head)
    assert within.status_code == 422 and within.json()["error"]["field"] == "x"
    assert client.post("/api/v1/cases", body, content_type="application/json", headers=head | {"Content-Encoding": "identity"}).status_code == 201
