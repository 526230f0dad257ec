"""Timers of bulletins."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.bulletins.actions import schedule


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="bulletins.draft_owed", pass_context=False)
def draft_owed(timestamp: int) -> int:
    """Safe to repeat: each kind and span is drafted once; what an outage left out is drafted then."""
    return schedule.draft_owed()
