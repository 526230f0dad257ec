"""Timer of month-end. It may be repeated."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.kit import clock
from minsheng.month_end.actions import assessments


@app.periodic(cron="40 4 * * *")
@app.task(queueing_lock="month_end.note_corrections", pass_context=False)
def note_corrections(timestamp: int) -> int:
    """Frozen periods are counted again; what differs goes to their lists of corrections."""
    return assessments.note_corrections(at=clock.now())
