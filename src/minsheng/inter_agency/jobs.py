"""110 is told every fifteen seconds. Safe to repeat: what is owed is written once, what is sent carries its own id."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app

from minsheng.inter_agency import outgoing
from minsheng.inter_agency.actions import telling


@app.periodic(cron="* * * * * */15")
@app.task(queueing_lock="inter_agency.tell", pass_context=True)
def tell(context: JobContext, timestamp: int) -> int:
    """What is owed is written down even while no address is set: it leaves when one is."""
    telling.owe()
    by = outgoing.of_environment()
    return telling.send_some(by.post, stop=context.should_abort) if by else 0
