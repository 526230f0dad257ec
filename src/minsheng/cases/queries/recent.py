"""What has just happened, for where the database's own notices do not arrive."""

from __future__ import annotations

from minsheng.cases.queries.feed import COLUMNS, STEPS
from minsheng.kit import feed

MOST = 500


def steps(since: int | None) -> tuple[list[tuple[int, dict]], int]:
    """[(id of the step, notice of it)] of what was written since the last look, and what to give the next time; nothing at the first.

    At once, so what was written by a transaction that began before another's end may come twice.
    """
    now = feed.settled()
    rows = [] if since is None else [dict(zip(COLUMNS, row, strict=True)) for row in STEPS.written_since(since, MOST)]
    return [(row["id"], {"case": row["case_id"], "step": row["step"]}) for row in reversed(rows)], now
