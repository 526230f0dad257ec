"""The month that is over, put into the archive. It may be repeated: what is there already is not written again."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.accounts.rules import clock_actor
from minsheng.archive import actions


@app.periodic(cron="20 19 * * *")
@app.task(queueing_lock="archive.make_month", pass_context=False)
def make_month(timestamp: int) -> int:
    """Every night (03:20 in the city): on most of them there is nothing to do but what came late."""
    return len(actions.make(by=clock_actor("归档")))
