"""Timers of supervision. Each may be repeated: the deed behind it looks first."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.oversight.actions import owed, reminders, replies, slips


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="oversight.remind", pass_context=False)
def remind(timestamp: int) -> int:
    return reminders.remind() + owed.urge()


@app.periodic(cron="5 * * * *")
@app.task(queueing_lock="oversight.propose", pass_context=False)
def propose(timestamp: int) -> int:
    """Proposals only: what needs a signature waits for it."""
    return slips.propose()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="oversight.check_replies", pass_context=False)
def check_replies(timestamp: int) -> int:
    """Findings for a person to judge; nothing else changes."""
    return replies.check()
