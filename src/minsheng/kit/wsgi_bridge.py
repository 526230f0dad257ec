"""A WSGI application under an ASGI server: one hop into the pool of threads and one back (docs/decisions/asgi.md).

The body is read before a thread is taken, so that who sends slowly holds none: what is short stays in memory, what is long goes
to a file, as many of these at once as there are threads. The answer is sent in one piece; a long one, a file say, piece by piece.
"""

from __future__ import annotations

import asyncio
import contextvars
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

SHORT = 256 * 1024  # bytes
PATIENCE = 300.0  # seconds for a whole body
LOOK = 2.0  # seconds that an answer may take before it is asked whether there can be one


class NotRead(Exception):
    """The body was longer than allowed or did not come in time."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status, self.reason = status, reason


class Gone(Exception):
    """The client left before its request was whole."""


class GivenUp(Exception):
    """No answer can be expected now; nothing was sent. `body`: what was posted, when it is short."""

    def __init__(self, body: bytes = b""):
        super().__init__()
        self.body = body


async def always_well() -> bool:
    return True


class Speech:
    """What a thread says to the client, until the client has been told that nothing will come."""

    def __init__(self, send):
        self.send, self.begun, self.over = send, False, False

    async def __call__(self, message: dict) -> None:
        if not self.over:
            self.begun = True
            await self.send(message)


class Bridge:
    """`well`: whether what the application stands on answers: a request that waits asks, and raises GivenUp when it does not.

    `away`: that is known already, and no thread is taken.
    """

    def __init__(self, app: Callable, threads: int, longest: int, well: Callable[[], Awaitable[bool]] = always_well,
                 away: Callable[[], bool] = lambda: False):
        self.app = app
        self.well, self.away = well, away
        self.longest = longest
        self.threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="pages")
        self.long_ones = asyncio.Semaphore(threads)

    async def __call__(self, scope, receive, send) -> None:
        """Raises NotRead before anything was sent."""
        try:
            body, size = await self._body(_length(scope), receive)
        except Gone:
            return
        with body:
            messages = await self._answered(environment(scope, body, size), body, Speech(send))
        for message in messages:
            await send(message)

    async def _answered(self, environ: dict, body, speech: Speech) -> list[dict]:
        if self.away():
            raise GivenUp(_short(body))
        loop, work = asyncio.get_running_loop(), contextvars.copy_context().run
        future = loop.run_in_executor(self.threads, work, self._answer, environ, loop, speech)
        while not (await asyncio.wait({future}, timeout=LOOK))[0]:
            if speech.begun or await self.well():
                continue
            speech.over = environ["minsheng.given_up"] = True
            future.add_done_callback(lambda late: late.cancelled() or late.exception())
            future.cancel()  # when no thread has taken it yet it never runs
            raise GivenUp(_short(body))
        return future.result()

    async def _body(self, length: int | None, receive) -> tuple[io.BytesIO | tempfile.SpooledTemporaryFile, int]:
        if length is not None and length > self.longest:
            raise NotRead(413, "too long")
        if length is not None and length <= SHORT:
            return await self._read(io.BytesIO(), receive)
        async with self.long_ones:
            return await self._read(tempfile.SpooledTemporaryFile(max_size=SHORT), receive)

    async def _read(self, body, receive):
        try:
            async with asyncio.timeout(PATIENCE):
                size = await self._fill(body, receive)
        except TimeoutError:
            body.close()
            raise NotRead(408, "too slow") from None
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body, size

    async def _fill(self, body, receive) -> int:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            size += body.write(message.get("body", b""))
            if size > self.longest:
                raise NotRead(413, "too long")
            more = message.get("more_body", False)
        return size

    def _answer(self, environ: dict, loop: asyncio.AbstractEventLoop, send) -> list[dict]:
        """In a thread: the messages that answer. Of a long answer all but the last piece are sent from here, each waited for."""
        started: list[dict] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info=None):
            lines = [(name.strip().lower().encode("latin1"), value.strip().encode("latin1")) for name, value in headers]
            started[:] = [{"type": "http.response.start", "status": int(status[:3]), "headers": lines}]

        chunks = self.app(environ, start_response)
        try:
            for piece, last in _pieces(chunks):
                ready = [*started, {"type": "http.response.body", "body": piece, "more_body": not last}]
                started.clear()
                if last:
                    return ready
                for message in ready:
                    asyncio.run_coroutine_threadsafe(send(message), loop).result()
        finally:
            getattr(chunks, "close", lambda: None)()
        raise AssertionError("unreachable: the last piece returns")


def _short(body: io.BytesIO | tempfile.SpooledTemporaryFile) -> bytes:
    return body.getvalue() if isinstance(body, io.BytesIO) else b""


def _pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """(bytes, is it the last?): chunks gathered into pieces of SHORT bytes or a little more; at least one."""
    held, size = [], 0
    for chunk in chunks:
        if size > SHORT:
            yield b"".join(held), False
            held, size = [], 0
        held.append(chunk)
        size += len(chunk)
    yield b"".join(held), True


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
        "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = _KNOWN.get(name, "HTTP_" + name.decode("latin1").upper().replace("-", "_"))
        if key:
            text = value.decode("latin1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ
