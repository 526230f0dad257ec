"""Processes that share out a long piece of work, each with connections of its own. They end with the process that forked them, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.pool import Pool
from typing import Any, TypeVar

from django.db import connections

_FORK = multiprocessing.get_context("fork")
T = TypeVar("T")
R = TypeVar("R")


@contextmanager
def forked(processes: int = 0) -> Iterator[Pool]:
    """A pool of `processes` (0: one a core) that were forked before anything here is connected: none inherits a connection."""
    connections.close_all()
    with _FORK.Pool(processes or os.cpu_count() or 1, _begin) as pool:
        yield pool


@contextmanager
def ahead(work: Callable[[T], R], items: Iterable[T], by: int) -> Iterator[Iterator[tuple[T, R]]]:
    """Each item with what `work` makes of it, in order; another process works up to `by` items ahead of the one that is taken.

    Only items and results are sent. `BrokenProcessPool` when that process dies.
    """
    connections.close_all()
    with ProcessPoolExecutor(1, _FORK, _begin, (work,)) as pool:
        pool.submit(os.getpid).result()  # forked now, before anything is connected
        yield _in_turn(pool, iter(items), by)


def _in_turn(pool: ProcessPoolExecutor, items: Iterator[T], by: int) -> Iterator[tuple[T, R]]:
    under_way: deque[tuple[T, Future[R]]] = deque()
    for item in items:
        under_way.append((item, pool.submit(_work, item)))
        if len(under_way) > by:
            first, made = under_way.popleft()
            yield first, made.result()
    for first, made in under_way:
        yield first, made.result()


_working: Callable[[Any], Any] | None = None


def _begin(work: Callable[[Any], Any] | None = None) -> None:
    global _working
    _working = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever forked it says when it ends
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's process waits on a pipe whose other end it holds as well: it would never hear that nobody is there any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _work(item: Any) -> Any:
    assert _working is not None
    return _working(item)
