"""Copies of the database that only read: boards, figures, lists and exports are read there when that shows nobody less than they know.

    @needs(Role.ANALYST)
    @require_safe
    @reads_replica
    def board(request): ...

Inside such a view everything that asks the database asks a copy: the ORM, `connection`, prepared cursors. It is put in the place of the
primary for this thread, whose session can write nothing. Whatever fails there is asked of the primary once more, so a view that wrote
works, too, and is told of in the log. Who did something is answered by a copy only when that has what they did (`Remembered`).
How far each copy is, is followed in threads of its own (kit.replica_watch): no request asks for it, and none waits for one that is gone (rulings, 95).
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections
from django.http import Http404

from minsheng.kit import clock, metrics
from minsheng.kit.api_middleware import API
from minsheng.kit.replica_watch import Replica, Watch, whole_lsn

SAID_S = 3.0  # a page that is older says so
REMEMBERED_S = 600  # seconds for which a browser brings what it last did; no copy that is asked is as late
SAFE = ("GET", "HEAD", "OPTIONS")
HERE, AGAIN, PRIMARY = "replica", "again", "primary"  # who answered; again: the primary, because the copy could not
_WROTE = "25006"
_WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
log = logging.getLogger(__name__)
watch: Watch | None = None  # of this process; None where no copy is named


class Behind(Exception):
    """In a view: what the copy has does not do; the primary is asked."""


def begin() -> None:
    """In a process that answers requests."""
    global watch
    if settings.READ_DATABASES and watch is None:
        watch = Watch(settings.READ_DATABASES, settings.DIRECT, settings.READ_LAG)
        watch.begin()


def end() -> None:
    global watch
    before, watch = watch, None
    if before is not None:
        before.end()


def told() -> list[tuple[int, float | None, str]]:
    """(number, seconds behind, why it is not asked) of each copy, as this process knows it."""
    return watch.told() if watch is not None else []


def reading() -> bool:
    """Is a copy asked in this thread now? It holds what others wrote; nothing can be written there."""
    return getattr(connections[DEFAULT_DB_ALIAS], "replica", None) is not None


def seen_until() -> datetime:
    """Everything up to then is seen by who asks now."""
    return clock.now() - timedelta(seconds=getattr(connections[DEFAULT_DB_ALIAS], "lag", 0.0))


@contextmanager
def on_primary() -> Iterator[None]:
    """Inside, the primary is asked whatever stands around it."""
    here = connections[DEFAULT_DB_ALIAS]
    primary = getattr(here, "primary", None)
    if primary is None:
        yield
        return
    connections[DEFAULT_DB_ALIAS] = primary
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = here


@contextmanager
def _in_place(replica: Replica, lag: float) -> Iterator[None]:
    """The copy's connection of this thread stands where the primary's stood."""
    primary, here = connections[DEFAULT_DB_ALIAS], replica.connection()
    here.close_if_unusable_or_obsolete()
    here.ensure_connection()
    replica.links.add(here.connection)
    here.replica, here.primary, here.lag = replica, primary, lag
    connections[DEFAULT_DB_ALIAS] = here
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = primary
        here.replica = here.primary = None
        with suppress(DatabaseError, InterfaceError):
            here.close_if_unusable_or_obsolete()


def reads_replica(view: Callable) -> Callable:
    """For a view that only reads. `request.read_as_of` is the time of what it shows, where that is worth saying; else None."""

    @wraps(view)
    def door(request, *args: Any, **more: Any):
        request.read_as_of = None
        replica, lag = _chosen(request)
        if replica is None:
            return view(request, *args, **more)
        if lag > SAID_S:
            request.read_as_of = clock.now() - timedelta(seconds=lag)
        try:
            with _in_place(replica, lag):
                answer = _whole(view(request, *args, **more))
        except (DatabaseError, InterfaceError, Behind, Http404) as wrong:  # what it lacks may be there
            _tell(replica, wrong, view)
        else:
            metrics.read_by(HERE)
            return answer
        metrics.read_by(AGAIN)
        request.read_as_of = None
        return view(request, *args, **more)

    return door


def _chosen(request) -> tuple[Replica | None, float]:
    if watch is None or request.method not in SAFE:
        return None, 0.0
    found = watch.choose(_done(request))
    if found[0] is None:
        metrics.read_by(PRIMARY)
    return found


def _whole(answer):
    """A long answer is read to its end here, while the copy is asked: later the primary would be."""
    if not answer.streaming or answer.is_async:
        return answer
    kept = tempfile.TemporaryFile()
    try:
        kept.writelines(answer.streaming_content)
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    answer.streaming_content = iter(lambda: kept.read(65536), b"")
    answer._resource_closers.append(kept.close)
    return answer


def _tell(replica: Replica, wrong: Exception, view: Callable) -> None:
    state = getattr(wrong.__cause__, "sqlstate", None) or ""
    if state == _WROTE:
        log.warning("%s writes while it reads from a replica; the primary did it", view.__name__)
    elif isinstance(wrong, DatabaseError | InterfaceError) and not state.startswith(("22", "23", "42", "40")):
        replica.gone(str(wrong))


# --- what a browser did last ------------------------------------------------------------


def cookie() -> str:
    return "__Host-after" if settings.HTTPS else "after"


def _done(request) -> int:
    """Up to where the primary had written when this browser last did something; one that cannot be read: farther than any copy."""
    given = request.COOKIES.get(cookie(), "0")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else 2**63


def written() -> int:
    """Up to where the primary has written: who has read that far has everything that is kept now. 0 where no copy is named."""
    if watch is None:
        return 0
    with on_primary(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_WRITTEN)
        return whole_lsn(cursor.fetchone()[0])


class Remembered:
    """Middleware: who sent something brings with the next requests up to where a copy must be. Programs (the API) are answered by the
    primary alone and get nothing. A browser that changes it is shown older pages, or slower ones, by itself."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        answer = self.get_response(request)
        if watch is None or request.method in SAFE or request.path_info.startswith(API):
            return answer
        with suppress(DatabaseError, InterfaceError):
            answer.set_cookie(cookie(), str(written()), max_age=REMEMBERED_S, secure=settings.HTTPS, samesite="Lax")
        return answer
