"""Calls that steps name, as the room that keeps them has them. Where none is kept, a number is what somebody typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from minsheng.cases.models import Case
from minsheng.cases.rules.checks import Rung


@dataclass(frozen=True, slots=True)
class Keeper:
    """`keeps`: are calls kept at all; `rung`: None when there is no such call; `listed`: what a form offers; `there`: which of these are kept."""

    keeps: Callable[[], bool]
    rung: Callable[[int, Case], Rung | None]
    listed: Callable[[Case], list[tuple[int, str]]]
    there: Callable[[Iterable[int]], set[int]]


KEEPERS: list[Keeper] = []


def _keeper() -> Keeper | None:
    return next((one for one in KEEPERS if one.keeps()), None)


def kept() -> bool:
    return _keeper() is not None


def rung(call: int, case: Case) -> Rung | None:
    """At most three statements."""
    keeper = _keeper()
    return keeper.rung(call, case) if keeper else None


def listed(case: Case) -> list[tuple[int, str]]:
    """(id, words) of the calls of a case, the newest first. At most three statements."""
    keeper = _keeper()
    return keeper.listed(case) if keeper else []


def there(ids: Iterable[int]) -> set[int]:
    keeper = _keeper()
    return keeper.there(ids) if keeper else set()
