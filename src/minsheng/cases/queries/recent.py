"""The kind of notice that says a case moved: who may hear of it, and what moved where the database's own notices do not arrive."""

from __future__ import annotations

from datetime import timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases.queries.feed import COLUMNS, STEPS
from minsheng.cases.queries.visibility import visible
from minsheng.kit import clock, feed
from minsheng.kit.ids import floor_id
from minsheng.kit.notices import Kind, Notice

MOST = 500
REACH = timedelta(days=40)


def may_hear(by: Actor, ids: list[int]) -> set[int]:
    return set(visible(by).filter(id__in=ids).values_list("id", flat=True))


def steps(since: int | None) -> tuple[list[tuple[object, Notice]], int]:
    """[(id of the step, notice of it)] of what was written since the last look, and what to give the next time; nothing at the first.

    At once, so what was written by a transaction that began before another's end may come twice. What is brought in with an old time
    changes no open page.
    """
    now = feed.settled()
    rows = [] if since is None else [dict(zip(COLUMNS, row, strict=True)) for row in STEPS.written_since(since, MOST, floor_id(clock.now() - REACH))]
    return [(row["id"], Notice("case", row["case_id"], what=row["step"])) for row in reversed(rows)], now


CASE = Kind("case", may_hear, since=steps, event="changed", before="case")
