"""Timers of leader days. Each may be repeated."""

from __future__ import annotations

from procrastinate.contrib.django import app

from minsheng.kit import clock
from minsheng.leader_days.actions import desk_calls, media, reminding
from minsheng.leader_days.queries import desk_page
from minsheng.telephony.actions import desk_queue


@app.periodic(cron="25 * * * *")
@app.task(queueing_lock="leader_days.lay_over", pass_context=False)
def lay_over(timestamp: int) -> int:
    """Calls that nobody ended on their day lie in the shift's tray."""
    return desk_calls.lay_over(at=clock.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="leader_days.remind", pass_context=False)
def remind(timestamp: int) -> int:
    """Of commitments before, on and after their date: reminders only, which need nobody's signature."""
    return reminding.remind()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="leader_days.stop_unfit_leads", pass_context=False)
def stop_unfit_leads(timestamp: int) -> int:
    """No reporter follows what has become restricted or sealed."""
    return media.stop_unfit(at=clock.now())


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="leader_days.close_queues", pass_context=False)
def close_queues(timestamp: int) -> int:
    """Nobody waits at a desk that takes no calls any more; who answered there is in the hotline's queues again."""
    return desk_queue.close(but=desk_page.with_queue())
