"""Recordings are finished every half minute, made words where that is configured, and ended each night. Each may be repeated."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app

from minsheng.telephony.actions import recordings, transcripts


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="telephony.finish_recordings", pass_context=True)
def finish_recordings(context: JobContext, timestamp: int) -> int:
    done = 0
    while not context.should_abort() and (some := recordings.finish()):
        done += some
    return done


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="telephony.hear_recordings", pass_context=True)
def hear_recordings(context: JobContext, timestamp: int) -> int:
    return transcripts.hear_some(limit=20, stop=context.should_abort)


@app.periodic(cron="40 3 * * *")
@app.task(queueing_lock="telephony.end_recordings")
def end_recordings(timestamp: int) -> int:
    done = 0
    while some := recordings.end_due():
        done += some
    return done
