"""Live notices: one LISTEN connection a process, server-sent events to the readers who may know.

Notices are JSON objects of ids and short names, {"case": id, "step": name, ...}, sent by `tell` in the writer's transaction.
Each reader's right is asked again for every notice; a reader whose session has ended is let go.
Events: `changed`, data is the notice; `again` after a gap (the page should load itself anew).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.db import DatabaseError

from minsheng.kit.read_values import id_or_none

CHANNEL = "minsheng"
ALIVE = 15.0  # seconds between comments that keep proxies from closing a quiet stream
GATHER = 0.3  # seconds in which notices of one case are gathered into one
END: dict = {}  # the notice that ends a stream: the page asks for a new one, of a process that stays
QUEUE = 200  # notices a slow reader may be behind before it is told to load again
HEAD = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
MOST = 8, 16  # streams of one session, of one person
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0  # seconds before the database is asked for a connection again
HEARS_WITHIN = 5.0  # seconds for our own notice
LOOKS_EVERY = 3.0  # seconds, where notices do not arrive
DEAF = ("实时提醒收不到数据库的通知：DATABASE_URL 前面多半是事务级连接池（如 PgBouncer）。已改为每几秒查一次，提醒会晚几秒；"
        "请用 MINSHENG_DIRECT_URL 给出不经过连接池的地址，见 docs/operating/poolers.md")
log = logging.getLogger(__name__)
Names = Callable[[str], tuple[str, ...] | None]  # cookie header -> (the session, the person); None: no session
Rights = Callable[[str, list[int]], set[int] | None]  # (cookie header, case ids) -> those that may be known; None: no session
# What happened since the last look (None: the first): [(its own name, notice)], and what to ask with the next time. Runs in a thread.
Since = Callable[[int | None], tuple[list[tuple[object, dict]], int]]


def tell(**notice) -> None:
    """NOTIFY inside the current transaction: sent when it commits, gone when it does not. Ids and short names only."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(notice, separators=(",", ":"))])


class Deaf(Exception):
    """LISTEN was taken and nothing is heard: a pooler stands between that gives each transaction another connection."""


class Live:
    """The process's end of the channel. `connect` gives the arguments of psycopg.connect."""

    def __init__(self, connect: Callable[[], dict], rights: Rights, names: Names | None = None, since: Since = lambda last: ([], 0)):
        self.connect, self.rights, self.since = connect, rights, since
        self.names = names or (lambda cookies: None if rights(cookies, []) is None else ())
        self.readers: dict[asyncio.Queue, tuple[str, ...]] = {}
        self.threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self.task: asyncio.Task | None = None
        self.ending = False

    def spread(self, notice: dict | None) -> None:
        for queue in self.readers:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                notice = None
            queue.put_nowait(notice)

    def end(self) -> None:
        """This process is about to end: no stream holds it up, and each reader comes back at once to another process."""
        self.ending = True
        for queue in self.readers:
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(END)
        if self.task is not None:
            self.task.cancel()

    def full(self, names: tuple[str, ...]) -> bool:
        """One session, and one person over all sessions, has only so many streams in this process: each costs a question every few seconds."""
        there = list(self.readers.values())
        return any(sum(name in have for have in there) >= most for name, most in zip(names, MOST, strict=False))

    async def listen(self) -> None:
        """For ever; when the database goes away, again with growing pauses, and readers learn of the gap."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**self.connect(), autocommit=True) as link:
                    await link.execute(f"LISTEN {CHANNEL}")
                    if pause > FIRST_PAUSE:
                        self.spread(None)
                    pause = FIRST_PAUSE
                    await self.hear(link)
            except Deaf:
                log.warning(DEAF)
                with contextlib.suppress(DatabaseError):
                    await self.look()
            except (psycopg.Error, DatabaseError, OSError):
                pass
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def hear(self, link: psycopg.AsyncConnection) -> None:
        """Notices as they come. One of our own comes first, over another connection: what does not hear that one hears none."""
        mark = uuid.uuid4().hex
        async with await psycopg.AsyncConnection.connect(**self.connect(), autocommit=True) as other:
            await other.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"mark": mark})])
        heard = False
        for timeout in (HEARS_WITHIN, None):
            async for note in link.notifies(timeout=timeout):
                with contextlib.suppress(ValueError):
                    heard = self.take(json.loads(note.payload), mark) or heard
            if not heard:
                raise Deaf

    def take(self, notice: dict, mark: str) -> bool:
        """Whether it was our own mark; that of another process is nobody's."""
        if "mark" not in notice:
            self.spread(notice)
        return notice.get("mark") == mark

    async def look(self) -> None:
        """Without notices: what happened since is asked for every few seconds. Ends when the database goes away."""
        loop, last, seen = asyncio.get_running_loop(), None, set()
        while True:
            found, last = await loop.run_in_executor(self.threads, self.since, last)
            for key, notice in found:
                if key not in seen:
                    self.spread(notice)
            seen = {key for key, _ in found}
            await asyncio.sleep(LOOKS_EVERY)

    async def allowed(self, cookies: str, ids: list[int]) -> set[int] | None:
        return await asyncio.get_running_loop().run_in_executor(self.threads, self.rights, cookies, ids)

    async def serve(self, scope, receive, send) -> None:
        """One reader's stream. ?case=1,2 narrows it to these cases."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.listen())
        cookies = "; ".join(v.decode("latin1") for k, v in scope["headers"] if k == b"cookie")
        names = await asyncio.get_running_loop().run_in_executor(self.threads, self.names, cookies)
        if names is None:
            await plain(send, 403, "请先登录")
            return
        if self.full(names):
            await plain(send, 429, "打开的页面太多，这一页不再自动更新；请关掉几页后刷新")
            return
        queue: asyncio.Queue = asyncio.Queue(QUEUE)
        self.readers[queue] = names  # before anything is waited for: many at once are counted, too
        gone = asyncio.create_task(until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEAD})
            await send({"type": "http.response.body", "body": b"retry: 2000\n\n: on\n\n", "more_body": True})
            await self.stream(queue, cookies, wanted(scope), send, gone)
        finally:
            self.readers.pop(queue, None)
            gone.cancel()

    async def stream(self, queue, cookies: str, only: set[int], send, gone: asyncio.Task) -> None:
        while not gone.done() and not self.ending:
            text = await self.next(queue, cookies, only, gone)
            if text is None:
                break
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        if not gone.done():
            await send({"type": "http.response.body", "body": b"retry: 200\n\n" if self.ending else b""})

    async def next(self, queue, cookies: str, only: set[int], gone: asyncio.Task) -> str | None:
        """The next piece of the stream; None when the reader's session has ended."""
        getter = asyncio.ensure_future(queue.get())
        await asyncio.wait({getter, gone}, timeout=ALIVE, return_when=asyncio.FIRST_COMPLETED)
        if not getter.done():
            getter.cancel()
            return ": on\n\n" if await self.allowed(cookies, []) is not None else None
        await asyncio.sleep(GATHER)
        notices = [getter.result()] + [queue.get_nowait() for _ in range(queue.qsize())]
        if END in notices:
            return None
        found = {n["case"]: n for n in notices if n and isinstance(n.get("case"), int) and (not only or n["case"] in only)}
        may = await self.allowed(cookies, list(found))
        if may is None:
            return None
        again = "event: again\ndata: {}\n\n" if None in notices else ""
        return again + "".join(event(found[id_]) for id_ in found if id_ in may) or ": on\n\n"


def event(notice: dict) -> str:
    data = json.dumps(notice)
    return f"event: changed\ndata: {data}\n\n"


def wanted(scope) -> set[int]:
    from urllib.parse import parse_qs

    given = ",".join(parse_qs(scope["query_string"].decode("latin1")).get("case", []))
    return {id_or_none(part) for part in given[:2000].split(",")} - {0}


async def until_gone(receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def plain(send, status: int, text: str) -> None:
    """A short answer in words."""
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text.encode()})
