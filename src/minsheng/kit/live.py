"""Live notices: one LISTEN connection a process, server-sent events to the readers who may know.

Notices (kit.notices) come by the database's NOTIFY, sent in the writer's transaction. Each reader's session and right are asked
again for every notice, from the database: nothing is remembered, so who lost a role or logged out gets no other one.
Events: the kind's own with the notice as data; `again` after a gap (the page should load itself anew).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import psycopg
from django.db import DatabaseError, close_old_connections

from minsheng.kit import replicas
from minsheng.kit.notices import CHANNEL, Kind, Notice, Register
from minsheng.kit.read_values import id_or_none

ALIVE = 15.0  # seconds between comments that keep proxies from closing a quiet stream
GATHER = 0.3  # seconds in which notices of one id are gathered into one
QUEUE = 200  # notices a slow reader may be behind, of those for everybody and of those for one person, before it is told to load again
HEAD = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
MOST = 8, 16  # streams of one session, of one person
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0  # seconds before the database is asked for a connection again
HEARS_WITHIN = 5.0  # seconds for our own notice
LOOKS_EVERY = 3.0  # seconds, where notices do not arrive
DEAF = ("实时提醒收不到数据库的通知：DATABASE_URL 前面多半是事务级连接池（如 PgBouncer）。已改为每几秒查一次，提醒会晚几秒；"
        "请用 MINSHENG_DIRECT_URL 给出不经过连接池的地址，见 docs/operating/poolers.md")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Who:
    """Who came in with the cookies of a request: the names by which their streams are counted, the person, what rights are asked of."""

    names: tuple[str, ...]
    person: int
    actor: Any = None


class Reader:
    """One open stream and what waits for it. A flood for everybody takes no place from what is told to this person."""

    def __init__(self, who: Who, only: Mapping[str, set[int]]):
        self.who, self.only = who, only
        self.shared: dict[tuple[str, int], Notice] = {}
        self.own: dict[tuple[str, int], Notice] = {}
        self.again = False
        self.bell = asyncio.Event()

    def put(self, notice: Notice) -> None:
        if notice.to not in (0, self.who.person) or notice.id not in self.only.get(notice.kind, {notice.id}):
            return
        waiting = self.own if notice.to else self.shared
        waiting[notice.kind, notice.id] = notice
        if len(waiting) > QUEUE:
            waiting.clear()
            self.again = True
        self.bell.set()

    def gap(self) -> None:
        """Something may have been missed."""
        self.again = True
        self.bell.set()

    def taken(self) -> tuple[bool, list[Notice]]:
        """Whether there was a gap, and what waits; nothing waits then."""
        taken = self.again, [*self.own.values(), *self.shared.values()]
        self.again = False
        self.own.clear()
        self.shared.clear()
        self.bell.clear()
        return taken


class Deaf(Exception):
    """LISTEN was taken and nothing is heard: a pooler stands between that gives each transaction another connection."""


class Live:
    """The process's end of the channel.

    connect  the arguments of psycopg.connect
    kinds    of notices that there are
    enter    cookie header -> who may come in with it, asked in a thread; None: nobody
    """

    def __init__(self, connect: Callable[[], dict], kinds: Iterable[Kind], enter: Callable[[str], Who | None]):
        self.connect, self.register, self.enter = connect, Register(kinds), enter
        self.readers: set[Reader] = set()
        self.threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self.task: asyncio.Task | None = None
        self.ending = False

    def spread(self, notice: Notice) -> None:
        for reader in self.readers:
            reader.put(notice)

    def gap(self) -> None:
        for reader in self.readers:
            reader.gap()

    def end(self) -> None:
        """This process is about to end: no stream holds it up, and each reader comes back at once to another process."""
        self.ending = True
        for reader in self.readers:
            reader.bell.set()
        if self.task is not None:
            self.task.cancel()

    async def listen(self) -> None:
        """For ever; when the database goes away, again with growing pauses, and readers learn of the gap."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**self.connect(), autocommit=True) as link:
                    await link.execute(f"LISTEN {CHANNEL}")
                    if pause > FIRST_PAUSE:
                        self.gap()
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
                heard = self.take(note.payload, mark) or heard
            if not heard:
                raise Deaf

    def take(self, payload: str, mark: str) -> bool:
        """Whether it was our own mark; that of another process is nobody's."""
        given = _parsed(payload)
        if isinstance(given, dict) and "mark" in given:
            return given["mark"] == mark
        if notice := self.register.read(given):
            self.spread(notice)
        return False

    async def look(self) -> None:
        """Without notices: what was written since is asked for every few seconds. Ends when the database goes away."""
        kinds = {kind.name: kind.since for kind in self.register.kinds.values() if kind.since}
        asked: dict[str, tuple[int, set]] = {}
        while True:
            for name, since in kinds.items():
                last, seen = asked.get(name, (None, set()))
                found, last = await self.in_thread(since, last)
                for key, notice in found:
                    if key not in seen:
                        self.spread(notice)
                if name not in asked:
                    self.gap()  # between the page and the first look
                asked[name] = last, {key for key, _ in found}
            await asyncio.sleep(LOOKS_EVERY)

    async def in_thread(self, ask: Callable, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, _with_database, ask, *given)

    def heard(self, cookies: str, notices: list[Notice]) -> list[Notice] | None:
        """Those of the notices that whoever comes in with these cookies may hear now; None: nobody comes in. Runs in a thread."""
        who = self.enter(cookies)
        return None if who is None else self.register.heard(who.actor, who.person, notices)

    async def serve(self, scope, receive, send) -> None:
        """One reader's stream. ?case=1,2 narrows the kind `case` to these ids."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.listen())
        cookies = "; ".join(v.decode("latin1") for k, v in scope["headers"] if k == b"cookie")
        who = None
        with contextlib.suppress(DatabaseError):
            who = await self.in_thread(self.enter, cookies)
        if who is None:
            await plain(send, 403, "请先登录")
            return
        if crowded(self.readers, who.names):
            await plain(send, 429, "打开的页面太多，这一页不再自动更新；请关掉几页后刷新")
            return
        reader = Reader(who, wanted(scope, self.register.kinds))
        self.readers.add(reader)  # before anything is waited for: many at once are counted, too
        gone = asyncio.create_task(until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEAD})
            await send({"type": "http.response.body", "body": b"retry: 2000\n\n: on\n\n", "more_body": True})
            await self.stream(reader, cookies, send, gone)
        finally:
            self.readers.discard(reader)
            gone.cancel()

    async def stream(self, reader: Reader, cookies: str, send, gone: asyncio.Task) -> None:
        while not gone.done() and not self.ending:
            text = await self.next(reader, cookies, gone)
            if text is None:
                break
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        if not gone.done():
            await send({"type": "http.response.body", "body": b"retry: 200\n\n" if self.ending else b""})

    async def next(self, reader: Reader, cookies: str, gone: asyncio.Task) -> str | None:
        """The next piece of the stream; None when the reader's session has ended, or this process does."""
        bell = asyncio.ensure_future(reader.bell.wait())
        await asyncio.wait({bell, gone}, timeout=ALIVE, return_when=asyncio.FIRST_COMPLETED)
        if bell.done():
            await asyncio.sleep(0 if self.ending else GATHER)
        bell.cancel()
        again, notices = reader.taken()
        if self.ending:
            return None
        try:
            said = await self.in_thread(told, self, cookies, notices)
        except DatabaseError:
            reader.again = True  # said when it answers again
            return ": on\n\n"
        if said is None:
            return None
        return ("event: again\ndata: {}\n\n" if again else "") + said or ": on\n\n"


def told(live: Live, cookies: str, notices: list[Notice]) -> str | None:
    """The events of those that whoever comes in with these cookies may hear now; with up to where the database has written, so that what the
    page reads then is not read of a copy that knows less. Runs in a thread."""
    heard = live.heard(cookies, notices)
    if not heard:
        return None if heard is None else ""
    place = replicas.written()
    return (f"id: {place}\n" if place else "") + "".join(map(live.register.event, heard))


def crowded(readers: Iterable[Reader], names: tuple[str, ...]) -> bool:
    """One session, and one person over all sessions, has only so many streams in this process: each costs a question every few seconds."""
    there = [reader.who.names for reader in readers]
    return any(sum(name in have for have in there) >= most for name, most in zip(names, MOST, strict=False))


def _parsed(payload: str) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _with_database(ask: Callable, *given: Any) -> Any:
    """In a thread that answers no request: the connection is looked at before and given back after."""
    close_old_connections()
    try:
        return ask(*given)
    finally:
        close_old_connections()


def wanted(scope, kinds: Iterable[str]) -> dict[str, set[int]]:
    """The ids of a kind that the page shows, where it says so: it hears of no others of that kind."""
    given = parse_qs(scope["query_string"].decode("latin1"), keep_blank_values=True)
    return {kind: {id_or_none(part) for part in ",".join(given[kind])[:2000].split(",")} - {0} for kind in kinds if kind in given}


async def until_gone(receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def plain(send, status: int, text: str) -> None:
    """A short answer in words."""
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text.encode()})
