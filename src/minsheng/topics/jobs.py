"""Timers of topics."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.topics.actions import warnings


@app.periodic(cron="40 0 * * *")
@app.task(queueing_lock="topics.warn", pass_context=False)
def warn(timestamp: int) -> int:
    """In the morning of the city; safe to repeat: what was told is not told again."""
    return warnings.warn()
