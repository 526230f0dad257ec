"""The outbox is emptied every ten seconds. Safe to repeat: each row is claimed while it is sent, and carries a key for the other side."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app

from minsheng.accounts.rules import clock_actor
from minsheng.messages import actions


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="messages.drain", pass_context=True)
def drain_outbox(context: JobContext, timestamp: int) -> int:
    sent = 0
    while some := actions.drain(by=clock_actor("发件"), stop=context.should_abort):
        sent += some
    return sent
