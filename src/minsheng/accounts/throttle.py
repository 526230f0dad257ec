"""Slowing down strangers who try too often: failed log-ins, query codes, requests from the net. The rows are those of failed log-ins.

Beside actions.py because nobody known does it. Times are machine time (rulings, 5). Call inside a transaction that is kept
even when the answer is no: a refusal that rolls back would not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from django.db import transaction

from minsheng.accounts import rules
from minsheng.accounts.models import LoginAttempt
from minsheng.accounts.try_limits import ALL_WRONG, Drip, Limit, Tries
from minsheng.kit import clock
from minsheng.ledger import actions as ledger

NONE = timedelta(0)


def _locked(names: Iterable[str]) -> dict[str, LoginAttempt]:
    """The rows of `names`, locked in one order; made when new. Only digests of names are kept."""
    now = clock.machine_now()
    names = list(names)
    keys = sorted(rules.digest(name) for name in names)
    LoginAttempt.objects.bulk_create([LoginAttempt(key=k, failures=0, last_at=now) for k in keys], ignore_conflicts=True)
    found = {row.key: row for row in LoginAttempt.objects.select_for_update().filter(key__in=keys).order_by("key")}
    return {name: found[rules.digest(name)] for name in names}


def take(limits: Sequence[Limit]) -> timedelta:
    """Nothing to wait for, and one try is counted under each limit; or how long the next must wait, and nothing is counted.

    A try counts before its answer is known, so that many at once are no way around; the right one is given back.
    """
    rows = _locked(limit.name for limit in limits)
    wait = max(_wait(rows[limit.name], limit) for limit in limits)
    if not wait:
        for limit in limits:
            _count(rows[limit.name], limit)
    return wait


def take_once(name: str, limits: Callable[[], Sequence[Limit]], within: timedelta) -> timedelta:
    """The same in a transaction of its own, but what was taken under `name` within that time costs nothing again and never waits: one statement."""
    since = clock.machine_now() - within
    if LoginAttempt.objects.filter(key=rules.digest(name), failures__gt=0, last_at__gt=since).exists():
        return NONE
    with transaction.atomic():
        row = _locked([name])[name]
        if row.failures and row.last_at > since:
            return NONE
        if wait := take(limits()):
            return wait
        row.failures, row.last_at = 1, clock.machine_now()
        row.save(update_fields=["failures", "last_at"])
    return NONE


def give_back(limits: Sequence[Limit], *, half: bool = False) -> None:
    """The try was right: what was tried in a row is forgotten, what many share gets its one back.

    half  more is still asked for (a code after the password): what was tried in a row stays counted, and the code need not wait
    """
    rows = _locked(limit.name for limit in limits)
    for limit in limits:
        row, in_a_row = rows[limit.name], isinstance(limit, Tries)
        if in_a_row and not half:
            row.delete()
            continue
        row.failures = max(0, row.failures - 1)
        if in_a_row:
            row.last_at -= rules.LONGEST_WAIT
        row.save(update_fields=["failures", "last_at"])


def wrong(kind: str) -> None:
    """One more wrong try of `kind` ("logins", "codes") in the whole installation; too many ring an alarm, once an hour."""
    limit = ALL_WRONG[kind]
    row = _locked([limit.name])[limit.name]
    if _wait(row, limit):
        ledger.alarm(what=kind, detail={"burst": limit.burst})
    else:
        _count(row, limit)


def _wait(row: LoginAttempt, limit: Limit) -> timedelta:
    now = clock.machine_now()
    if isinstance(limit, Tries):
        return rules.wait_after(row.failures, row.last_at, now, limit.free)
    level, _ = _drained(row, limit)
    return row.last_at + limit.each * (row.failures - limit.burst + 1) - now if level >= limit.burst else NONE


def _count(row: LoginAttempt, limit: Limit) -> None:
    now = clock.machine_now()
    if isinstance(limit, Tries):
        row.failures = 1 if now - row.last_at > rules.FORGET_AFTER else row.failures + 1
        row.last_at = now
    else:
        level, drained = _drained(row, limit)
        row.failures = level + 1
        row.last_at = now if level == 0 else row.last_at + limit.each * drained
    row.save(update_fields=["failures", "last_at"])


def _drained(row: LoginAttempt, limit: Drip) -> tuple[int, int]:
    """(what is in it now, how many have run out since `last_at`)."""
    drained = int((clock.machine_now() - row.last_at) / limit.each)
    return max(0, row.failures - drained), drained
