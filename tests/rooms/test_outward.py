"""What leaves the house goes to the address that was written and to no other: no redirect, no proxy on this machine's own lines, no other scheme."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from minsheng.kit import outward
from minsheng.messages import adapters
from minsheng.telephony import recogniser, teller

KEY = "k" * 40


class Place(ThreadingHTTPServer):
    """Notes what comes, and answers with `status` (and `Location`)."""

    def __init__(self, status: int = 200, to: str = ""):
        came = self.came = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                came.append((self.path, self.rfile.read(int(self.headers.get("Content-Length", 0)))))
                self.send_response(status)
                if to:
                    self.send_header("Location", to)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/take"


@pytest.fixture
def places() -> Iterator:
    made: list[Place] = []

    def place(**more) -> Place:
        made.append(Place(**more))
        return made[-1]

    yield place
    for one in made:
        one.shutdown()
        one.server_close()
        one.thread.join()


def told(url: str) -> bool:
    return teller.Teller(url, KEY).post({"n": 1}).taken


def sent(url: str) -> bool:
    try:
        adapters.SmsGateway(url, KEY).send(to="13800000000", text="停水", key="1")
    except adapters.NotSent:
        return False
    return True


def heard(url: str) -> bool:
    try:
        recogniser.OpenAiSpeech(url).hear(sound=b"x", media="audio/wav", language="zh")
    except recogniser.NotHeard as wrong:
        return "没有听懂" in str(wrong) or "返回" not in str(wrong)
    return True


@pytest.mark.parametrize("send", [told, sent, heard])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_answer_that_leads_elsewhere_is_followed_by_nobody_and_is_no_success(places, send, status):
    other = places()
    first = places(status=status, to=other.url)
    assert not send(first.url) and len(first.came) == 1 and other.came == []


@pytest.mark.parametrize("send", [told, sent])
def test_what_goes_to_this_machine_in_clear_goes_through_no_proxy(places, send, monkeypatch):
    """A tunnel on this machine and a proxy for everything else: the number would have gone to the proxy in clear."""
    proxy, tunnel = places(), places()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert send(tunnel.url) and len(tunnel.came) == 1 and proxy.came == []


NO_ADDRESS = ["", "file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,x", "gopher://127.0.0.1/", "//127.0.0.1/x", "127.0.0.1:80", "http://", "https:///x",
              "http://[::1", "https://[", "http://[::1]:99999/", "https://a.example:x/", "https://user:word@sms.example/", "https://user@sms.example/",
              "http://127.0.0.1@evil.example/", "http://localhost:80@evil.example/", "javascript:alert(1)", " https://", "jar:file:///x!/"]
IN_CLEAR = ["http://sms.example/", "http://10.0.0.7/", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://2130706433/", "http://0x7f.1/",
            "http://127.1/", "http://0/", "http://0.0.0.0/", "http://[::]/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest", "http://[fe80::1]/"]
TAKEN = ["https://sms.example/take", "https://10.0.0.7:8443/", "http://127.0.0.1:8080/x", "http://[::1]:8080/", "http://localhost/", "HTTPS://SMS.EXAMPLE/"]


@pytest.mark.parametrize("url", NO_ADDRESS + IN_CLEAR + TAKEN)
def test_each_way_out_takes_the_same_addresses_and_says_why_not(url):
    right = url in TAKEN
    said = [adapters.wrong_sms_url(url), teller.wrong(url, KEY), recogniser.wrong_url(url)]
    assert [not one for one in said] == [right] * 3, said
    if not right:
        assert all(("不是网址" in one) == (url in NO_ADDRESS) for one in said), said


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:text/plain,x"])
def test_no_other_scheme_is_opened_whoever_asks(url):
    with pytest.raises(urllib.error.URLError):
        outward.opened(urllib.request.Request(url), 2)


def test_an_address_that_cannot_be_read_is_said_on_the_page_of_the_system_and_breaks_it_not(monkeypatch):
    monkeypatch.setenv("MINSHENG_SMS_URL", "https://[")
    on, where, how = adapters._sms_looks()
    assert (on, where) == (False, "") and "不是网址" in how
