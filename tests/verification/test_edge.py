"""The edge of a real `serve`: slow uploads from the same machine keep nobody out, rights come before bytes, streams are counted."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest

from tests.served import Served, served

MB = 1024 * 1024
_CASE = """
import json
from minsheng.accounts import actions, queries
from minsheng.accounts.models import Person
from minsheng.calendar import actions as calendar
from minsheng.cases import actions as cases
from minsheng.org import actions as org
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind
calendar.seed_limits(by=actions.COMMAND_LINE)
agent = queries.actor_named("agent")
made = cases.create_case(by=agent, kind="help", narrative="幸福路小区停水两天，请尽快处理。", then="submit", key=("test", "1"))
handler = Person.objects.get(username="unit_handler")
_, secret = actions.make_token(person=handler, name="对接", scopes=["files.write", "cases.write"], by=queries.actor_named("unit_handler"))
print(json.dumps({"case": made.case.id, "token": secret}))
"""


@pytest.fixture(scope="module")
def stage():
    with served(workers=1) as on:
        yield on


@pytest.fixture(scope="module")
def people(stage):
    """Sessions, a case that the unit's handler may not see, and a token of that handler."""
    keys = stage.people("agent", "unit_handler", "system_admin")
    return keys | json.loads(stage.python(_CASE))


def knock(stage: Served, head: str, body: bytes = b"", wait: float = 20) -> tuple[bytes, socket.socket]:
    """The first answer to a request of which only this much is sent."""
    link = socket.create_connection(("127.0.0.1", stage.port), timeout=wait)
    link.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
    try:
        return link.recv(4000), link
    except TimeoutError:
        return b"", link


def long_post(path: str, size: int = 20 * MB, *lines: str) -> str:
    return "\n".join([f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: multipart/form-data; boundary=x", f"Content-Length: {size}", *lines])


class Visitor:
    """A browser without script."""

    def __init__(self, stage: Served):
        self.root = f"http://127.0.0.1:{stage.port}"
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str) -> str:
        with self.open.open(self.root + path, timeout=60) as answer:
            return answer.read().decode()

    def post(self, path: str, file: bytes = b"", **fields: str) -> str:
        page = self.get(path)
        fields |= {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]}
        edge = uuid.uuid4().hex
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields.items()]
        if file:
            parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'.encode() + file + b"\r\n")
        body = b"".join(parts) + f"--{edge}--\r\n".encode()
        request = urllib.request.Request(self.root + path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
        with self.open.open(request, timeout=60) as answer:
            return answer.read().decode()

    def send_request(self, file: bytes) -> str:
        self.post("/send", narrative="幸福路三号院门口路灯不亮，晚上走路看不清。", kind="help", district="", place="幸福路三号院")
        self.post("/send/who", name="", phone="", requester_kind="person", reply_language="zh")
        return self.post("/send/check", file)


def test_slow_uploads_of_strangers_on_the_same_machine_keep_nobody_out(stage, people):
    """Twice as many as there are threads, each of them allowed to send (a request was begun), each a byte now and then."""
    slow = []
    for _ in range(16):
        visitor = Visitor(stage)
        visitor.post("/send", narrative="幸福路三号院门口路灯不亮，晚上走路看不清。", kind="help", district="", place="幸福路三号院")
        cookies = "; ".join(f"{c.name}={c.value}" for c in next(h for h in visitor.open.handlers if hasattr(h, "cookiejar")).cookiejar)
        answer, link = knock(stage, long_post("/send/check", 20 * MB, f"Cookie: {cookies}"), b"--x\r\n", wait=0.2)
        assert answer == b"", "it is being waited for"
        slow.append(link)
    try:
        began = time.monotonic()
        page = Visitor(stage).send_request("路灯照片说明。".encode() * 20_000)
        assert "已收到" in page and time.monotonic() - began < 20
        status, _, _ = stage.get("/desk/cases", people["agent"])
        assert status == 200
        for link in slow:
            link.settimeout(30)
            assert link.recv(100).startswith((b"HTTP/1.1 408", b"HTTP/1.1 429")), "and the slow ones are given up after ten seconds"
    finally:
        for link in slow:
            link.close()


@pytest.mark.parametrize(("path", "status"), [
    ("/send/check", b"302"), ("/case/add_facts", b"302"), ("/desk/case/{case}/step", b"302"), ("/desk/unit/{case}/step", b"302"), ("/desk/people/sheet", b"302"),
    ("/api/v1/cases/{case}/files", b"401"), ("/api/v1/cases", b"401"), ("/nowhere", b"404"), ("/track", b"413"), ("/login", b"413"),
])
def test_a_stranger_is_answered_before_a_byte_of_a_long_body_is_read(stage, people, path, status):
    answer, link = knock(stage, long_post(path.format(**people)))
    link.close()
    assert answer.split(b" ")[1] == status, answer


def test_who_is_logged_in_sends_no_byte_to_a_foreign_case_or_page(stage, people):
    cookie = f"Cookie: sessionid={people['unit_handler']}"
    for path, status in ((f"/desk/case/{people['case']}/step", b"404"), ("/desk/people/sheet", b"403"), ("/desk/case/999999999/step", b"404")):
        answer, link = knock(stage, long_post(path, 20 * MB, cookie))
        link.close()
        assert answer.split(b" ")[1] == status, (path, answer)
    answer, link = knock(stage, long_post(f"/api/v1/cases/{people['case']}/files", 20 * MB, f"Authorization: Bearer {people['token']}"))
    link.close()
    assert answer.startswith(b"HTTP/1.1 404"), answer
    assert not list((stage.data / "tmp").iterdir())


def test_who_may_send_is_waited_for(stage, people):
    answer, link = knock(stage, long_post(f"/desk/case/{people['case']}/step", 20 * MB, f"Cookie: sessionid={people['agent']}"), wait=1)
    link.close()
    assert answer == b""


def test_no_page_without_files_takes_more_than_a_form(stage, people):
    cookie = f"Cookie: sessionid={people['agent']}"
    for size, status in ((5 * MB, b"413"), (3 * MB, b"")):
        answer, link = knock(stage, long_post("/desk/intake", size, cookie), wait=1)
        link.close()
        assert (answer.split(b" ") + [b""])[1:2] == [status] or answer == status, (size, answer)


def test_one_session_has_eight_streams_and_one_person_sixteen(stage, people):
    more = [stage.python(f"""
from minsheng.accounts import login
from minsheng.accounts.models import Person
from minsheng.accounts.sessions import SessionStore
s = SessionStore()
login.begin(person=Person.objects.get(username="agent"), address="127.0.0.1", device="{n}", session=s)
print(s.session_key)""").strip() for n in range(2)]
    links, said = [], []
    try:
        for key in (people["agent"], *more):
            for _ in range(12):
                answer, link = knock(stage, f"GET /live HTTP/1.1\nHost: 127.0.0.1\nCookie: sessionid={key}")
                links.append(link)
                said.append(answer.split(b" ")[1])
        assert [said[n : n + 12].count(b"200") for n in (0, 12, 24)] == [8, 8, 0] and said.count(b"429") == 20
        answer, link = knock(stage, f"GET /live HTTP/1.1\nHost: 127.0.0.1\nCookie: sessionid={people['system_admin']}")
        links.append(link)
        assert answer.startswith(b"HTTP/1.1 200"), "others have theirs"
    finally:
        for link in links:
            with contextlib.suppress(OSError):
                link.close()
    time.sleep(1)
    answer, link = knock(stage, f"GET /live HTTP/1.1\nHost: 127.0.0.1\nCookie: sessionid={people['agent']}")
    link.close()
    assert answer.startswith(b"HTTP/1.1 200"), "a closed page gives its stream back"
