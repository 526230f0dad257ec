"""The outbox is emptied every ten seconds. Safe to repeat: a row is held while it is sent, and carries a key for the other side."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.accounts.rules import clock_actor
from minsheng.messages import actions


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="messages.drain", pass_context=False)
def drain_outbox(timestamp: int) -> None:
    while actions.drain(by=clock_actor("发件")):
        pass
