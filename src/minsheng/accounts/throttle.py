"""Slowing down strangers who try too often, at doors without an account. The rows are those of failed log-ins.

Beside actions.py because nobody known does it. Times are machine time (rulings, 5). Call inside a transaction that is kept
even when the answer is no: a refusal that rolls back would not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from minsheng.accounts import rules
from minsheng.accounts.models import LoginAttempt
from minsheng.kit import clock


def _locked(names: Mapping[str, int]) -> dict[str, LoginAttempt]:
    """The rows of `names`, locked in one order; made when new. Only digests of names are kept."""
    now = clock.machine_now()
    keys = sorted(rules.digest(name) for name in names)
    LoginAttempt.objects.bulk_create([LoginAttempt(key=k, failures=0, last_at=now) for k in keys], ignore_conflicts=True)
    found = {row.key: row for row in LoginAttempt.objects.select_for_update().filter(key__in=keys).order_by("key")}
    return {name: found[rules.digest(name)] for name in names}


def guesses(names: Mapping[str, int]) -> timedelta:
    """How long the next guess must wait: `names` are what is counted ("number:…", "address:…") with their free failures."""
    now = clock.machine_now()
    return max(rules.wait_after(row.failures, row.last_at, now, names[name]) for name, row in _locked(names).items())


def failed(names: Mapping[str, int]) -> None:
    """One more wrong guess under each name."""
    now = clock.machine_now()
    for row in _locked(names).values():
        row.failures = 1 if now - row.last_at > rules.FORGET_AFTER else row.failures + 1
        row.last_at = now
        row.save(update_fields=["failures", "last_at"])


def forgive(name: str) -> None:
    """The right answer was given: what was counted under this name is gone."""
    LoginAttempt.objects.filter(key=rules.digest(name)).delete()


def pour(name: str, burst: int, each: timedelta) -> timedelta:
    """Count one deed under `name`, or say how long to wait: `burst` at once, then one per `each`. Nothing is counted on a wait.

    Many people stand behind one address of a mobile network: nobody ever waits longer than `each`.
    """
    row = _locked({name: burst})[name]
    wait, level, drained = _bucket(row, burst, each)
    if not wait:
        row.failures = level + 1
        row.last_at = clock.machine_now() if level == 0 else row.last_at + each * drained
        row.save(update_fields=["failures", "last_at"])
    return wait


def full(name: str, burst: int, each: timedelta) -> timedelta:
    """How long `pour` would have to wait now. Counts nothing: for doors where only what goes wrong is poured."""
    return _bucket(_locked({name: burst})[name], burst, each)[0]


def _bucket(row: LoginAttempt, burst: int, each: timedelta) -> tuple[timedelta, int, int]:
    """(wait, what is in it now, how many have run out since `last_at`)."""
    now = clock.machine_now()
    drained = int((now - row.last_at) / each)
    level = max(0, row.failures - drained)
    return (row.last_at + each * (row.failures - burst + 1) - now if level >= burst else timedelta(0)), level, drained
