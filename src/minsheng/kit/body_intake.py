"""The bodies of requests on their way in: how long they may be, how slow, how many at once from one sender, and who goes when it is full.

Short ones stay in memory, long ones go to a file. A place that is full does not shut its door: whoever brings least per second makes
room for the next, so that slow ones never keep others out; only when all are brisk the newcomer is asked to come again.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from dataclasses import dataclass, field

SHORT = 256 * 1024  # bytes
PATIENCE = 300.0  # seconds for a whole long body
SHORT_PATIENCE = 30.0  # for a short one
WINDOW = 10.0  # seconds over which the pace is looked at
SLOWEST = 8 * 1024  # bytes a second: less, over a window, is given up
BRISK = 32 * 1024  # bytes a second: who brings as much does not make room for others


class NotRead(Exception):
    """The body is not taken: too long, too slow, or no place; the status says which."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status, self.reason = status, reason


class Gone(Exception):
    """The client left before its request was whole."""


@dataclass(eq=False)
class Coming:
    """One body that is being read."""

    sender: str
    began: float
    size: int = 0
    limit: asyncio.Timeout | None = None
    made_room: bool = False

    def pace(self, now: float) -> float:
        return self.size / max(now - self.began, 1.0)

    def make_room(self, now: float) -> None:
        self.made_room = True
        if self.limit is not None:
            self.limit.reschedule(now)


@dataclass
class Lane:
    """So many bodies at once, and so many of them from one sender."""

    together: int
    each: int
    coming: set[Coming] = field(default_factory=set)

    def enter(self, sender: str, now: float) -> Coming:
        """Raises NotRead(429) when all who could make room are brisk."""
        there = [one for one in self.coming if not one.made_room]
        mine = [one for one in there if one.sender == sender]
        crowd = mine if len(mine) >= self.each else there if len(there) >= self.together else []
        if crowd:
            slowest = min(crowd, key=lambda one: (one.pace(now), one.began))
            if slowest.pace(now) >= BRISK:
                raise NotRead(429, "full")
            slowest.make_room(now)
        made = Coming(sender, now)
        self.coming.add(made)
        return made


Body = io.BytesIO | tempfile.SpooledTemporaryFile


async def read(receive, lane: Lane, sender: str, most: int, length: int | None) -> tuple[Body, int]:
    """(the body, its size). `most`: bytes; `length`: what the request says, None when it does not. NotRead or Gone otherwise."""
    if length is not None and length > most:
        raise NotRead(413, "too long")
    short = length is not None and length <= SHORT
    one = lane.enter(sender, asyncio.get_running_loop().time())
    body = io.BytesIO() if short else tempfile.SpooledTemporaryFile(max_size=SHORT)
    try:
        async with asyncio.timeout(min(PATIENCE, SHORT_PATIENCE) if short else PATIENCE) as one.limit:
            await _fill(body, receive, one, most)
    except TimeoutError:
        body.close()
        raise NotRead(429 if one.made_room else 408, "made room" if one.made_room else "too slow") from None
    except BaseException:
        body.close()
        raise
    finally:
        lane.coming.discard(one)
    body.seek(0)
    return body, one.size


async def _fill(body: Body, receive, one: Coming, most: int) -> None:
    loop = asyncio.get_running_loop()
    more, since, before = True, loop.time(), 0
    while more:
        message = await _next(receive, since + WINDOW - loop.time())
        if message is not None:
            if message["type"] == "http.disconnect":
                raise Gone
            one.size += body.write(message.get("body", b""))
            if one.size > most:
                raise NotRead(413, "too long")
            more = message.get("more_body", False)
        if more and loop.time() - since >= WINDOW:
            if one.size - before < SLOWEST * WINDOW:
                raise NotRead(408, "too slow")
            since, before = loop.time(), one.size


async def _next(receive, seconds: float) -> dict | None:
    """The next part, None when none comes in time. A wait that is broken off loses nothing."""
    task = asyncio.ensure_future(receive())
    try:
        done, _ = await asyncio.wait({task}, timeout=max(seconds, 0.001))
    except asyncio.CancelledError:
        task.cancel()
        raise
    if done:
        return task.result()
    task.cancel()
    return None
