"""A program of the city's that is told of calls, or 110 that is told of its matters: takes what is genuine and fresh, each event of a call once."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from minsheng.kit import clock
from minsheng.telephony.rules import cti


class Consumer(HTTPServer):
    """`answers`: what it says instead, one each."""

    def __init__(self, secret: str):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret, self.answers, self.asked = secret, list[int](), 0
        self.taken: list[dict[str, Any]] = []
        self.says = ""  # with a refusal

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/calls"


def _key(said: dict[str, Any]) -> tuple[Any, Any]:
    return said.get("callId", said.get("id")), said["event"]


class _Handler(BaseHTTPRequestHandler):
    server: Consumer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = cti.genuine(self.server.secret, self.headers["X-Minsheng-Time"], self.headers["X-Minsheng-Signature"], body, clock.machine_now())
        status = self.server.answers.pop(0) if self.server.answers else 200 if answer else 403
        said = json.loads(body)
        if status == 200 and _key(said) not in map(_key, self.server.taken):
            self.server.taken.append(said)
        self.server.asked += 1
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.says.encode() if status >= 400 else b"")

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def listening(secret: str) -> Iterator[Consumer]:
    made = Consumer(secret)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
