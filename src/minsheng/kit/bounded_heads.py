"""What a client writes into the head of its request, made harmless before anything reads it.

The readers of such lines in Python take the square of their length: 60 KB of cookies or of a content type held a process for seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

LONGEST_TYPE = 1000  # bytes: a boundary has 70 characters at most


class BoundedHeads:
    """An ASGI application that gets all cookies in one line, and none in which something is escaped by a backslash: no cookie of ours is,
    and to read it is what takes long. A content type that nobody writes is answered by `refuse`."""

    def __init__(self, app, refuse: Callable[[Callable], Awaitable[None]]):
        self.app, self.refuse = app, refuse

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif any(name == b"content-type" and len(value) > LONGEST_TYPE for name, value in scope["headers"]):
            await self.refuse(send)
        else:
            await self.app(_with_cookies(scope), receive, send)


def _with_cookies(scope: dict) -> dict:
    lines = [value for name, value in scope["headers"] if name == b"cookie"]
    if not lines or (len(lines) == 1 and b"\\" not in lines[0]):
        return scope
    kept = b";".join(one for one in b";".join(lines).split(b";") if b"\\" not in one)
    return {**scope, "headers": [*((name, value) for name, value in scope["headers"] if name != b"cookie"), (b"cookie", kept)]}
