"""Timers of what is published. Each may be repeated."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.proofs.actions import trees


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="proofs.make_trees", pass_context=False)
def make_trees(timestamp: int) -> int:
    """After midnight the day that is over; days that were missed one by one."""
    return trees.run()
