"""The bridge from ASGI to WSGI, under the real HTTP server."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import time

import pytest
import uvicorn

from minsheng.kit import body_intake, http_protocol
from minsheng.kit.body_intake import BRISK, SHORT, Lane, NotRead
from minsheng.kit.http_protocol import PatientProtocol
from minsheng.kit.live import plain
from minsheng.kit.wsgi_bridge import Bridge, Sender

pytestmark = pytest.mark.one_server

THREADS, LONGEST = 2, 3 * SHORT
closed = threading.Semaphore(0)


class Answer(list):
    def close(self):
        closed.release()


def app(environ, start_response):
    """Answers with what it was asked; /long with a long body in uneven chunks, /fail breaks, /half breaks half-way."""
    path = environ["PATH_INFO"]
    if path == "/fail":
        raise RuntimeError("on purpose")
    body = environ["wsgi.input"].read()
    start_response("201 Created", [("Content-Type", "text/plain"), ("X-Two", "a"), ("X-Two", "b")])
    if path in ("/file", "/empty"):
        return environ["wsgi.file_wrapper"](Slow(40 * SHORT if path == "/file" else 0), 4096)
    if path in ("/long", "/half"):
        return _many(path == "/half")
    told = {k: v for k, v in environ.items() if isinstance(v, str)} | {"size": len(body), "sum": sum(body), "thread": threading.current_thread().name}
    return Answer([json.dumps(told).encode()])


class Slow:
    """A file that counts who reads it."""

    def __init__(self, size: int):
        self.left = size

    def read(self, size: int) -> bytes:
        piece = min(size, self.left)
        self.left -= piece
        return b"f" * piece

    def close(self) -> None:
        closed.release()


def _many(half: bool):
    for n in range(20):
        if half and n == 15:
            raise RuntimeError("on purpose")
        yield bytes([n]) * (n * 7919)


asked = []


async def ask(scope) -> Sender:
    """/refused and /little are told at the edge; the rest may send all that the bridge takes."""
    asked.append(scope["path"])
    if scope["path"] == "/refused":
        return Sender("", 0, answer=({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"2")]},
                                     {"type": "http.response.body", "body": b"no"}))
    return Sender(dict(scope["headers"]).get(b"x-who", b"").decode(), SHORT + 10 if scope["path"] == "/little" else 10**9)


pages = Bridge(app, THREADS, LONGEST, ask=ask)


@pytest.fixture(scope="module")
def port():

    async def door(scope, receive, send):
        try:
            await pages(scope, receive, send)
        except NotRead as wrong:
            await plain(send, wrong.status, str(wrong))

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(door, log_level="critical", lifespan="off", ws="none", http=PatientProtocol, loop="asyncio"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)


def send(port: int, method: str = "POST", path: str = "/", body=None, **headers) -> http.client.HTTPResponse:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as link:
        link.request(method, path, body, headers, encode_chunked=headers.get("Transfer-Encoding") == "chunked")
        answer = link.getresponse()
        answer.text = answer.read()
    return answer


def test_a_request_arrives_as_wsgi_has_it_and_the_answer_is_closed(port):
    answer = send(port, "POST", "/%E8%B7%AF/x?a=1%202", b"abc", **{"X-Word": "w", "X_Word": "forged", "Content-Type": "text/x", "Host": "h.example:81"})
    told = json.loads(answer.text)
    assert answer.status == 201 and answer.headers.get_all("x-two") == ["a", "b"]
    assert told["PATH_INFO"].encode("latin1").decode() == "/路/x" and told["QUERY_STRING"] == "a=1%202" and told["REQUEST_METHOD"] == "POST"
    assert told["HTTP_X_WORD"] == "w" and told["CONTENT_TYPE"] == "text/x" and told["HTTP_HOST"] == "h.example:81"
    assert told["CONTENT_LENGTH"] == "3" and told["size"] == 3 and told["REMOTE_ADDR"] == "127.0.0.1" and told["wsgi.url_scheme"] == "http"
    assert "HTTP_CONTENT_LENGTH" not in told and closed.acquire(timeout=5)


@pytest.mark.parametrize("size", [0, 1, SHORT, SHORT + 1, LONGEST])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_arrives_whole_short_or_long_with_or_without_its_length(port, size, chunked):
    body = bytes(n % 251 for n in range(size))
    pieces = (body[n : n + 50_000] for n in range(0, size, 50_000))
    answer = send(port, body=pieces, **{"Transfer-Encoding": "chunked"}) if chunked else send(port, body=body)
    told = json.loads(answer.text)
    assert (told["size"], told["sum"], told["CONTENT_LENGTH"]) == (size, sum(body), str(size))


def test_a_body_that_is_too_long_is_refused_whether_it_says_so_or_not(port):
    assert send(port, body=b"x" * (LONGEST + 1)).status == 413
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(LONGEST // 65536 + 1):
            link.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 413")


def test_a_long_answer_comes_in_order_and_whole(port):
    answer = send(port, "GET", "/long")
    assert answer.text == b"".join(bytes([n]) * (n * 7919) for n in range(20)) and len(answer.text) > 3 * SHORT


def test_what_breaks_is_told_and_the_next_request_is_served(port):
    assert send(port, "GET", "/fail").status == 500 and send(port, "GET", "/half").status == 500
    for _ in range(THREADS + 1):
        assert send(port).status == 201


def test_those_who_send_slowly_hold_no_thread(port):
    """More of them than threads, and others are served meanwhile; when they have finished they are served, too."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(3 * THREADS)]
    for link in slow:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
    assert json.loads(send(port, body=b"ok").text)["size"] == 2
    for link in slow:
        link.sendall(b"bc")
        assert link.recv(1000).startswith(b"HTTP/1.1 201")
        link.close()


def test_who_leaves_half_way_is_not_served(port):
    while closed.acquire(blocking=False):
        pass
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
    assert send(port).status == 201
    assert closed.acquire(timeout=5) and not closed.acquire(timeout=0.3)


def test_a_body_that_does_not_come_in_time_is_given_up(port, monkeypatch):
    monkeypatch.setattr(body_intake, "SHORT_PATIENCE", 0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
        assert link.recv(100).startswith(b"HTTP/1.1 408")


# --- files on their way out ------------------------------------------------------------


def test_a_file_is_sent_whole_and_closed_also_when_it_is_empty(port):
    while closed.acquire(blocking=False):
        pass
    assert len(send(port, "GET", "/file").text) == 40 * SHORT and send(port, "GET", "/empty").text == b""
    assert closed.acquire(timeout=5) and closed.acquire(timeout=5)


@pytest.mark.parametrize("path", ["/file", "/long"])
def test_those_who_read_slowly_hold_no_thread(port, path):
    """Many more of them than threads, each with a long answer that it does not take; others are served meanwhile."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(4 * THREADS)]
    for link in slow:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    for _ in range(5):
        assert send(port, body=b"ok").status == 201
    for link in slow:
        link.close()


def test_who_takes_nothing_at_all_is_let_go(port, monkeypatch):
    monkeypatch.setattr(http_protocol, "STALL_S", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.sendall(b"GET /file HTTP/1.1\r\nHost: h\r\n\r\n")
        time.sleep(1)
        link.sendall(b"G")  # nobody is there any more: what still lay in the machine's buffers is not read out slowly
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                assert link.recv(65536)
                time.sleep(0.01)


# --- heads ------------------------------------------------------------


@pytest.mark.parametrize("head", [b"", b"GET / HTTP/1.1\r\nHost: h\r\nX-A: b"])
def test_a_head_that_does_not_come_to_an_end_is_let_go(port, monkeypatch, head):
    monkeypatch.setattr(http_protocol, "HEAD_S", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(head)
        assert link.recv(100) == b""


def test_a_head_without_end_is_not_kept_in_memory(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        with contextlib.suppress(ConnectionError):
            link.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n")
            for _ in range(200):
                link.sendall(b"X-Filler: " + b"x" * 4000 + b"\r\n")
        with contextlib.suppress(ConnectionError):
            assert link.recv(100).startswith((b"HTTP/1.1 431", b""))
    assert send(port).status == 201


def test_a_connection_that_waits_between_two_requests_is_kept(port, monkeypatch):
    monkeypatch.setattr(http_protocol, "HEAD_S", 0.3)
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(3):
        link.request("POST", "/", b"ok")
        assert link.getresponse().read()
        time.sleep(0.5)
    link.close()


# --- bodies at the edge ------------------------------------------------------------


def test_who_may_send_is_asked_before_a_byte_of_a_long_body_is_read(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(f"POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: {LONGEST}\r\n\r\n".encode())
        assert link.recv(100).startswith(b"HTTP/1.1 403"), "answered although nothing of the body has come"


def test_a_short_body_asks_nobody_and_one_without_a_length_does(port):
    asked.clear()
    send(port, path="/a", body=b"ok")
    assert asked == []
    send(port, path="/b", body=iter([b"ok"]), **{"Transfer-Encoding": "chunked"})
    assert asked == ["/b"]


@pytest.mark.parametrize("chunked", [False, True])
def test_each_page_says_how_much_it_takes(port, chunked):
    body, head = b"x" * (SHORT + 11), {"Transfer-Encoding": "chunked"} if chunked else {}
    assert send(port, path="/little", body=iter([body]) if chunked else body, **head).status == 413
    assert send(port, path="/much", body=iter([body]) if chunked else body, **head).status == 201


def slow_ones(port: int, many: int, who: str = "") -> list[socket.socket]:
    head = f"POST /slow HTTP/1.1\r\nHost: h\r\nX-Who: {who}\r\nContent-Length: {2 * SHORT}\r\n\r\na".encode()
    links = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(many)]
    for link in links:
        link.sendall(head)
    return links


def test_any_number_of_slow_ones_keep_no_honest_one_out_not_even_from_the_same_address(port):
    slow = slow_ones(port, 120)
    began = time.monotonic()
    assert json.loads(send(port, body=b"x" * 2 * SHORT).text)["size"] == 2 * SHORT and time.monotonic() - began < 5
    time.sleep(0.2)
    assert len(pages.strangers.coming) <= pages.strangers.each
    for link in slow:
        link.close()


def test_a_pace_below_the_least_is_given_up_and_a_steady_one_is_not(port, monkeypatch):
    monkeypatch.setattr(body_intake, "WINDOW", 1.5)  # a busy machine may stand still for a second
    monkeypatch.setattr(body_intake, "SLOWEST", 20_000)
    [link] = slow_ones(port, 1, "crawling")
    assert link.recv(100).startswith(b"HTTP/1.1 408")
    link.close()
    [link] = slow_ones(port, 1, "steady")
    for _ in range(8):
        time.sleep(0.4)
        link.sendall(b"x" * 16_000)
    link.sendall(b"x" * (2 * SHORT - 1 - 8 * 16_000))
    assert link.recv(100).startswith(b"HTTP/1.1 201")
    link.close()


def test_the_slowest_makes_room_and_where_all_are_brisk_the_newcomer_comes_again():
    lane = Lane(together=3, each=2)
    first, second = lane.enter("a", 0.0), lane.enter("a", 0.0)
    first.size, second.size = 100 * BRISK, BRISK
    third = lane.enter("a", 10.0)
    assert second.made_room and not first.made_room and third in lane.coming
    lane.coming.discard(second)
    third.size = 100 * BRISK
    with pytest.raises(NotRead) as full:
        lane.enter("a", 11.0)
    assert full.value.status == 429
    lane.enter("b", 11.0).size = 100 * BRISK
    with pytest.raises(NotRead):
        lane.enter("c", 12.0)
