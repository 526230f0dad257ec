"""Timers of the cases. Each may be repeated: the deed behind it looks first. What one returns, its line in the log says: how much it did."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from minsheng.cases.actions import anchor_copies, anchors, erasures, remask, sweeping, timers
from minsheng.kit import clock, partitions

AHEAD = timedelta(days=92)  # month tables stand ready for three months


@app.task(queueing_lock="cases.recompute", name="minsheng.cases.jobs.recompute_open")
def recompute_open(why: str) -> int:
    """After a holiday announced late."""
    return timers.recompute_open(why=why)


@app.periodic(cron="20 2 * * *")
@app.task(queueing_lock="cases.recompute_daily", pass_context=False)
def recompute_daily(timestamp: int) -> int:
    """What a new version's calendar changed, and what a job that was cut off left."""
    return timers.recompute_open(why="每日复核：工作日历有变更", quiet=True)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="cases.ring_duty", pass_context=False)
def ring_duty(timestamp: int) -> int:
    return timers.ring()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="cases.tell_late", pass_context=False)
def tell_late(timestamp: int) -> int:
    return timers.tell_late()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="cases.leave_lines", pass_context=False)
def leave_lines(timestamp: int) -> int:
    return timers.leave_lines()


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="cases.lift_restrictions", pass_context=False)
def lift_restrictions(timestamp: int) -> int:
    return timers.lift_restrictions() + timers.pass_restrictions()


@app.periodic(cron="40 * * * *")
@app.task(queueing_lock="cases.make_months", pass_context=False)
def make_months(timestamp: int) -> int:
    return partitions.make_months(clock.now(), clock.now() + AHEAD)


@app.periodic(cron="50 * * * *")
@app.task(queueing_lock="cases.anchor", pass_context=False)
def anchor(timestamp: int) -> None:
    """Every hour; the copy off the machine is caught up with even when nothing new was anchored."""
    erasures.note_all()
    anchors.anchor()
    anchor_copies.copy()


@app.periodic(cron="10 3 * * *")
@app.task(queueing_lock="cases.sweep_files", pass_context=False)
def sweep_files(timestamp: int) -> int:
    return sweeping.sweep_files()


@app.periodic(cron="*/20 * * * *")
@app.task(queueing_lock="cases.show_older", pass_context=False)
def show_older(timestamp: int) -> int:
    """After a version that keeps more columns; one look when there is nothing to do."""
    return timers.show_older()


@app.periodic(cron="*/20 * * * *")
@app.task(queueing_lock="cases.remask", pass_context=False)
def remask_older(timestamp: int) -> int:
    """After a version with other rules of masking; one look when there is nothing to do."""
    return remask.remask()
