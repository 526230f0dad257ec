"""Facts and cube kept in step with the history, every few seconds, whoever reads figures or not."""

from __future__ import annotations

from contextlib import suppress

from procrastinate import JobContext
from procrastinate.contrib.django import app

from minsheng.kit.verdict import Refused
from minsheng.measures import following


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="measures.follow", pass_context=True)
def follow(context: JobContext, timestamp: int) -> None:
    with suppress(Refused):  # a whole city is being counted: it will be up to date
        while not context.should_abort() and following.bring_up_to_date(1):
            pass
