"""A WSGI application under an ASGI server: one hop into the pool of threads and one back (docs/decisions/asgi.md).

The body is read before a thread is taken (kit.body_intake), and the answer is sent after it was given back: who sends or reads slowly
holds none. A short answer is sent in one piece, a file from the disk, any other long one from a file that the thread wrote.
"""

from __future__ import annotations

import asyncio
import contextvars
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from minsheng.kit.body_intake import SHORT, Body, Gone, Lane, NotRead, read

LOOK = 2.0  # seconds that an answer may take before it is asked whether there can be one


@dataclass(frozen=True)
class Sender:
    """Who sends a long body, as far as it is known before a byte of it is read: what is counted together, how much may come, and in which
    lane; or `answer`, the messages that refuse it."""

    name: str
    most: int
    known: bool = False
    answer: tuple[dict, ...] = ()


class GivenUp(Exception):
    """No answer can be expected now; nothing was sent. `body`: what was posted, when it is short."""

    def __init__(self, body: bytes = b""):
        super().__init__()
        self.body = body


async def always_well() -> bool:
    return True


class Bridge:
    """No body is longer than `longest`; `ask` is asked about every one that may be long, before it is read.

    `well`: whether what the application stands on answers: a request that waits asks, and raises GivenUp when it does not.
    `away`: that is known already, and no thread is taken.
    """

    def __init__(self, app: Callable, threads: int, longest: int, well: Callable[[], Awaitable[bool]] = always_well,
                 away: Callable[[], bool] = lambda: False, ask: Callable[[dict], Awaitable[Sender]] | None = None):
        self.app, self.longest, self.well, self.away, self.ask = app, longest, well, away, ask
        self.threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="pages")
        self.short, self.strangers, self.known = Lane(together=512, each=64), Lane(together=48, each=16), Lane(together=32, each=6)

    async def __call__(self, scope, receive, send) -> None:
        """Raises NotRead or GivenUp before anything was sent."""
        try:
            body, size, refused = await self._body(scope, receive)
        except Gone:
            return
        for message in refused:
            await send(message)
        if refused:
            return
        with body:
            messages, rest = await self._answered(environment(scope, body, size), body)
        for message in messages:
            await send(message)
        if rest is not None:
            await _send_rest(rest, send)

    async def _answered(self, environ: dict, body) -> tuple[list[dict], object | None]:
        if self.away():
            raise GivenUp(_short(body))
        loop, work = asyncio.get_running_loop(), contextvars.copy_context().run
        future = loop.run_in_executor(self.threads, work, self._answer, environ)
        while not (await asyncio.wait({future}, timeout=LOOK))[0]:
            if await self.well():
                continue
            environ["minsheng.given_up"] = True
            future.add_done_callback(_throw_away)
            future.cancel()  # when no thread has taken it yet it never runs
            raise GivenUp(_short(body))
        return future.result()

    async def _body(self, scope, receive) -> tuple:
        """(body, its size, nothing), or (None, 0, the messages that refuse it)."""
        length, place = _length(scope), (scope.get("client") or ("",))[0]
        if length is not None and length <= SHORT:
            return *await read(receive, self.short, place, SHORT, length), ()
        if length is not None and length > self.longest:
            raise NotRead(413, "too long")
        sender = await self.ask(scope) if self.ask else Sender(place, self.longest)
        if sender.answer:
            return None, 0, sender.answer
        lane = self.known if sender.known else self.strangers
        return *await read(receive, lane, sender.name or place, min(sender.most, self.longest), length), ()

    def _answer(self, environ: dict) -> tuple[list[dict], object | None]:
        """In a thread: the messages that answer, and a file with the rest of a long answer, or None."""
        head: list[dict] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info=None):
            lines = [(name.strip().lower().encode("latin1"), value.strip().encode("latin1")) for name, value in headers]
            head[:] = [{"type": "http.response.start", "status": int(status[:3]), "headers": lines}]

        chunks = self.app(environ, start_response)
        if isinstance(chunks, File):
            return head, chunks
        try:
            body, rest = _gathered(iter(chunks))
        finally:
            getattr(chunks, "close", lambda: None)()
        return [*head, {"type": "http.response.body", "body": body, "more_body": rest is not None}], rest


class File:
    """PEP 3333's wsgi.file_wrapper: a file that is sent as it lies."""

    def __init__(self, file, block_size: int = SHORT):
        self.read, self.close = file.read, file.close


def _short(body: Body) -> bytes:
    return body.getvalue() if isinstance(body, io.BytesIO) else b""


def _throw_away(late: asyncio.Future) -> None:
    """An answer that comes after its client was told that none will."""
    if not late.cancelled() and late.exception() is None and late.result()[1] is not None:
        late.result()[1].close()


def _gathered(chunks) -> tuple[bytes, object | None]:
    """The answer, or its beginning and a file with the rest, at its start."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        if size + len(chunk) > SHORT:
            return b"".join(held), _spooled(chunk, chunks)
        held.append(chunk)
        size += len(chunk)
    return b"".join(held), None


def _spooled(first: bytes, chunks):
    spool = tempfile.TemporaryFile()
    try:
        spool.write(first)
        spool.writelines(chunks)
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    return spool


async def _send_rest(rest, send) -> None:
    """A piece at a time, the next when the one before has gone out."""
    try:
        piece = await asyncio.to_thread(rest.read, SHORT)
        while piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await asyncio.to_thread(rest.read, SHORT)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        rest.close()


def _length(scope) -> int | None:
    """What the request says of its length; 0 when it says nothing of a body, None when the body comes in chunks."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    said = headers.get(b"content-length", b"0")
    if not said.isdigit():
        raise NotRead(400, "no length")
    return int(said)


_KNOWN = {b"content-length": "", b"content-type": "CONTENT_TYPE", b"transfer-encoding": ""}  # "": told otherwise


def environment(scope, body, size: int) -> dict:
    """The request as WSGI has it (PEP 3333). A name with an underscore would pass for one with a hyphen and is left out."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "", "PATH_INFO": scope["path"].encode().decode("latin1"),
        "QUERY_STRING": scope["query_string"].decode("latin1"), "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0], "SERVER_PORT": str(server[1] or 0), "REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1]),
        "CONTENT_LENGTH": str(size), "wsgi.version": (1, 0), "wsgi.url_scheme": scope.get("scheme", "http"), "wsgi.input": body,
        "wsgi.errors": sys.stderr, "wsgi.file_wrapper": File, "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = _KNOWN.get(name, "HTTP_" + name.decode("latin1").upper().replace("-", "_"))
        if key:
            text = value.decode("latin1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ
