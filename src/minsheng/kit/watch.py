"""Seen in service: each request and each run of a job gets an id and leaves one line; the figures of all are counted (kit.metrics).

A line says when, which page (its pattern), which answer, how long and what with: waiting for the body and a thread, statements, computing.
Never an address, a query, a body or a name.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter, thread_time

from django.conf import settings

from minsheng.kit import clock, log_files, metrics
from minsheng.kit.log_words import METHODS, kind, pattern
from minsheng.kit.tally import Slow, Tally, current, running

ID = b"x-request-id"
_GIVEN = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DONE, STOPPED, RUNNING = "done", "stopped", "running"  # results of a job; any other is the kind of its error
SENT_LATE_S = 0.1  # an answer that took longer to send than this says so
_OUTSIDE = frozenset({"/live", "/healthz", "/metrics"})  # answered without Django


def begin(process: str, data: Path | None = None) -> None:
    """In a web process and in the worker, first of all: lines are written, slow statements told, figures kept for the others."""
    logging.raiseExceptions = False  # else a handler that fails writes the values of the record
    folder = data or settings.DATA
    log_files.begin(folder, settings.LOG_MB)
    metrics.begin(folder)
    Slow.after_s, Slow.tell = settings.SLOW_MS / 1000, _slow
    log_files.write("start", process=process)


def end() -> None:
    log_files.write("end")
    metrics.end()


def _slow(text: str, took: float, tally: Tally | None) -> None:
    more = {"request": tally.id, "name": tally.name} if tally is not None else {}
    log_files.write("slow", clock.machine_now() - timedelta(seconds=took), ms=_ms(took), sql=text, **more)
    metrics.slow()


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def id_of(headers: list[tuple[bytes, bytes]]) -> str:
    """What the proxy gave (kit.proxy lets no other through), when it is an id and nothing else; else one of ours."""
    for name, value in headers:
        if name == ID and _GIVEN.fullmatch(value):
            return value.decode("ascii")
    return os.urandom(16).hex()


class Watched:
    """ASGI application."""

    def __init__(self, app: Callable[..., Awaitable[None]]):
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        status, first = 0, 0.0  # of the answer, and when its first byte went out

        async def told(message) -> None:
            nonlocal status, first
            if message["type"] == "http.response.start":
                status, first = message["status"], perf_counter()
                message = {**message, "headers": [*message["headers"], (ID, tally.id.encode())]}
            await send(message)

        with running(Tally(id_of(scope["headers"]))) as tally:
            try:
                await self.app(scope, receive, told)
            except Exception:
                status = status or 500
                raise
            finally:
                _request(tally, scope, status, first)


def _request(tally: Tally, scope: dict, status: int, first: float) -> None:
    """`status` 0: nobody waited for the answer."""
    now = perf_counter()
    first = first or now
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    name = tally.name or _outside(scope["path"])
    wait = max(0.0, tally.taken - tally.began) if tally.taken else 0.0
    more = {"sent_ms": _ms(now - first)} if now - first > SENT_LATE_S else {}
    log_files.write(
        "request", clock.machine_now() - timedelta(seconds=now - tally.began), request=tally.id, name=name, method=method, status=status,
        ms=_ms(first - tally.began), wait_ms=_ms(wait), sql=tally.statements, sql_ms=_ms(tally.sql_s), cpu_ms=_ms(tally.cpu_s), **more,
        **_steps(tally))
    metrics.request(name, method, status, first - tally.began, wait, tally)


def _outside(path: str) -> str:
    return path if path in _OUTSIDE else "/static/" if path.startswith("/static/") else "-"


def _steps(tally: Tally) -> dict:
    return {"steps": tally.steps, "step_ids": tally.step_ids} if tally.steps else {}


class Named:
    """Middleware, the first: which page it is, when a thread took the request, and what that thread computed."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        tally = current.get()
        if tally is None:
            return self.get_response(request)
        tally.taken, began = perf_counter(), thread_time()
        try:
            return self.get_response(request)
        finally:
            tally.cpu_s += thread_time() - began

    def process_view(self, request, view, args, kwargs) -> None:
        tally = current.get()
        if tally is not None and request.resolver_match:
            tally.name = pattern(request.resolver_match.route)


async def job(call: Callable[[], Awaitable[object]], name: str, number: int, run: Run | None = None) -> object:
    """A job's run. What it returns, when that is a number, is what it did. `run`: who else speaks of it."""
    at, result, done = run.at if run else clock.machine_now(), DONE, None
    with running(Tally(f"job-{number}", name)) as tally:
        try:
            done = await call()
            return done
        except asyncio.CancelledError:  # the worker ends: another takes the job up
            result = STOPPED
            raise
        except Exception as wrong:
            result = kind(wrong)
            raise
        finally:
            took = perf_counter() - tally.began
            more = {"did": done} if isinstance(done, int) else {}
            log_files.write("job", at, request=tally.id, name=name, result=result, ms=_ms(took), sql=tally.statements,
                            sql_ms=_ms(tally.sql_s), **more, **_steps(tally))
            metrics.job(name, result if result in (DONE, STOPPED) else "failed", took, tally)


class Run:
    """A job that is being done: one that hangs would leave no line, as lines are written at the end."""

    def __init__(self, name: str, number: int):
        self.name, self.number = name, number
        self.at, self.began = clock.machine_now(), perf_counter()
        self.said = self.began

    def say_every(self, seconds: float) -> None:
        """A line, so many seconds after the beginning and after the last one."""
        if (now := perf_counter()) - self.said >= seconds:
            self.said = now
            log_files.write("job", self.at, request=f"job-{self.number}", name=self.name, result=RUNNING, ms=_ms(now - self.began))
