"""A date's trace as a person reads it: days in a row that count alike are one line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

_WEEKDAY = re.compile(r"^周[一二三四五六日]，?")
_COUNT = re.compile(r"第 \d+ 个工作日")


class Run(NamedTuple):
    """`first` and `last` are dates; `why` says it for all days between."""

    first: object
    last: object
    why: str

    @property
    def is_one(self) -> bool:
        return self.first == self.last


def runs(trace: Iterable) -> list[Run]:
    """Of `TraceDay`s: a week of work days becomes "第 1 个工作日至第 5 个工作日", a holiday of eight days one line."""
    found = []
    for alike, days in groupby(trace, key=lambda day: _alike(day.why)):
        rows = list(days)
        counts = [c.group() for day in (rows[0], rows[-1]) if (c := _COUNT.search(day.why))]
        why = rows[0].why if len(rows) == 1 else "至".join(counts) if counts else "周末，不计" if alike == "不计" else alike
        found.append(Run(rows[0].date, rows[-1].date, why))
    return found


def _alike(why: str) -> str:
    """What two days must share to stand in one line: neither the day of the week nor the count."""
    return _COUNT.sub("第…个工作日", _WEEKDAY.sub("", why))
