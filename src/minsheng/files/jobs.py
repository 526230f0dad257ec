"""Each hour. May be repeated."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.files import actions


@app.periodic(cron="25 * * * *")
@app.task(queueing_lock="files.sweep", pass_context=False)
def sweep(timestamp: int) -> int:
    return actions.sweep()
