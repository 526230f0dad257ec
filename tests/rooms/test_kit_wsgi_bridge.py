"""The bridge from ASGI to WSGI, under the real HTTP server."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading

import pytest
import uvicorn

from minsheng.kit import wsgi_bridge
from minsheng.kit.live import plain
from minsheng.kit.wsgi_bridge import SHORT, Bridge, NotRead

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
    if path in ("/long", "/half"):
        return _many(path == "/half")
    told = {k: v for k, v in environ.items() if isinstance(v, str)} | {"size": len(body), "sum": sum(body), "thread": threading.current_thread().name}
    return Answer([json.dumps(told).encode()])


def _many(half: bool):
    for n in range(20):
        if half and n == 15:
            raise RuntimeError("on purpose")
        yield bytes([n]) * (n * 7919)


@pytest.fixture(scope="module")
def port():
    pages = Bridge(app, THREADS, LONGEST)

    async def door(scope, receive, send):
        try:
            await pages(scope, receive, send)
        except NotRead as wrong:
            await plain(send, wrong.status, str(wrong))

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(door, log_level="critical", lifespan="off", ws="none", http="httptools", loop="asyncio"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)


def ask(port: int, method: str = "POST", path: str = "/", body=None, **headers) -> http.client.HTTPResponse:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as link:
        link.request(method, path, body, headers, encode_chunked=headers.get("Transfer-Encoding") == "chunked")
        answer = link.getresponse()
        answer.text = answer.read()
    return answer


def test_a_request_arrives_as_wsgi_has_it_and_the_answer_is_closed(port):
    answer = ask(port, "POST", "/%E8%B7%AF/x?a=1%202", b"abc", **{"X-Word": "w", "X_Word": "forged", "Content-Type": "text/x", "Host": "h.example:81"})
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
    answer = ask(port, body=pieces, **{"Transfer-Encoding": "chunked"}) if chunked else ask(port, body=body)
    told = json.loads(answer.text)
    assert (told["size"], told["sum"], told["CONTENT_LENGTH"]) == (size, sum(body), str(size))


def test_a_body_that_is_too_long_is_refused_whether_it_says_so_or_not(port):
    assert ask(port, body=b"x" * (LONGEST + 1)).status == 413
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(LONGEST // 65536 + 1):
            link.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 413")


def test_a_long_answer_comes_in_order_and_whole(port):
    answer = ask(port, "GET", "/long")
    assert answer.text == b"".join(bytes([n]) * (n * 7919) for n in range(20)) and len(answer.text) > 3 * SHORT


def test_what_breaks_is_told_and_the_next_request_is_served(port):
    assert ask(port, "GET", "/fail").status == 500
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(port, "GET", "/half")
    for _ in range(THREADS + 1):
        assert ask(port).status == 201


def test_those_who_send_slowly_hold_no_thread(port):
    """More of them than threads, and others are served meanwhile; when they have finished they are served, too."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(3 * THREADS)]
    for link in slow:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
    assert json.loads(ask(port, body=b"ok").text)["size"] == 2
    for link in slow:
        link.sendall(b"bc")
        assert link.recv(1000).startswith(b"HTTP/1.1 201")
        link.close()


def test_who_leaves_half_way_is_not_served(port):
    while closed.acquire(blocking=False):
        pass
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
    assert ask(port).status == 201
    assert closed.acquire(timeout=5) and not closed.acquire(timeout=0.3)


def test_a_body_that_does_not_come_in_time_is_given_up(port, monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "PATIENCE", 0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
        assert link.recv(100).startswith(b"HTTP/1.1 408")
