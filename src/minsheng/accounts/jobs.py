"""Timers of the accounts. Each may be repeated."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.accounts import login


@app.periodic(cron="10 3 * * *")
@app.task(queueing_lock="accounts.forget_old", pass_context=False)
def forget_old(timestamp: int) -> int:
    return login.forget_old()
