"""后台任务进程：时限、短信、回访等到点的事。"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time

from procrastinate import exceptions
from procrastinate.jobs import Status

from minsheng.cli import confined, ready

hidden = True
LET_FINISH = 0.2  # seconds for a job at SIGTERM; then it is told (JobContext.should_abort) and stops between two of its things
HEARTBEAT, DEAD = 5.0, 20.0  # seconds between signs of life, and after which a silent worker counts as dead
PAUSE = 0.5  # seconds before it begins anew
LOOK = 10.0  # seconds between looks for jobs that nobody works on any more
LONG = 60.0  # seconds after which a job that has not ended is written down, and again each so many
KEPT_H = 7 * 24  # hours that the row of a failed job is kept
# Whoever died before the clock was set back would count as alive until it is that late again.
_TO_COME = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE last_heartbeat > now() + interval '5 seconds'"


def add(parser) -> None:
    ready.add_data(parser)


def run(args) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if args.data or os.environ.get("MINSHENG_DATA"):
        ready.require_whole(ready.folder(args.data))  # what waits there to be sent is not all there
    confined.enter()
    if direct := os.environ.get("MINSHENG_DIRECT_URL"):  # jobs wait for notices, too
        os.environ["DATABASE_URL"] = direct
    ready.django_up()
    from procrastinate.contrib.django import app

    from minsheng.kit import ticks, watch

    watch.begin("worker")
    try:
        with (ticks.by_the_clock(), telephony(), contextlib.suppress(KeyboardInterrupt),
              app.replace_connector(app.connector.get_worker_connector()) as real):
            asyncio.run(work(real))
    finally:
        watch.end()
    return 0


@contextlib.contextmanager
def telephony():
    """Beside the jobs a thread follows the exchange, where there is one, and one tells another program of calls, where that is wanted."""
    from django.conf import settings

    from minsheng.telephony.follow import follow
    from minsheng.telephony.teller import tell

    ending = threading.Event()
    threads = [threading.Thread(target=deed, args=(ending,), name=f"telephony-{deed.__name__}", daemon=True) for deed in (follow, tell)]
    for thread in threads if settings.TELEPHONY != "none" else ():
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            if thread.is_alive():
                thread.join(timeout=5)


async def work(app) -> None:
    """Until SIGTERM, also over an outage of the database. Its heartbeat is the row that procrastinate keeps (see kit.health)."""
    from minsheng.kit.outage import DATABASE, Once, incident

    for handler in logging.getLogger().handlers:
        handler.addFilter(Once())
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    while not ending.is_set():
        try:
            await serve(app, ending)
        except exceptions.ConnectorException as wrong:
            incident.begins(DATABASE, str(wrong.__cause__ or wrong))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), PAUSE)
        while incident.kind and not ending.is_set():
            await asyncio.sleep(0.2)


async def serve(app, ending: asyncio.Event) -> None:
    """Returns when asked to end, or when the worker gave up because the database went away."""
    takes = TakesUp(app)
    async with app.open_async():
        looking = asyncio.create_task(takes.keep_looking())
        working = asyncio.create_task(app.run_worker_async(
            concurrency=2, shutdown_graceful_timeout=LET_FINISH, delete_jobs="successful", update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=DEAD, worker_middleware=[takes.running], install_signal_handlers=False,
        ))
        asked = asyncio.create_task(ending.wait())
        await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, asked, looking):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


class TakesUp:
    """Jobs whose worker died, or that this one began and lost (the database went away before their end was written), wait again.

    Every job may be repeated. Of one that waits already (`queueing_lock`) the lost one is dropped.
    """

    def __init__(self, app):
        from minsheng.kit import watch

        self.app = app
        self.here: dict[int, watch.Run] = {}
        self.worker = 0
        self.swept = 0.0
        self.suspects: set[int] = set()

    async def running(self, call_next, context, worker):
        """Middleware of procrastinate: which jobs this process works on."""
        from minsheng.kit import watch

        self.worker = worker.worker_id or 0
        run = self.here[context.job.id] = watch.Run(context.job.task_name, context.job.id)
        try:
            return await watch.job(call_next, context.job.task_name, context.job.id, run)
        finally:
            self.here.pop(context.job.id, None)

    async def keep_looking(self) -> None:
        while True:
            for run in list(self.here.values()):
                run.say_every(LONG)
            with contextlib.suppress(Exception):  # the database is away: the worker's own tasks say so
                await self.look()
                await self.sweep()
            await asyncio.sleep(LOOK)

    async def sweep(self) -> None:
        """Once an hour: a job that fails every five seconds leaves half a million rows a month."""
        if time.monotonic() - self.swept > 3600 or not self.swept:
            await self.app.job_manager.delete_old_jobs(nb_hours=KEPT_H, include_failed=True)
            self.swept = time.monotonic()

    async def look(self) -> int:
        """How many wait again."""
        manager = self.app.job_manager
        await self.app.connector.execute_query_async(_TO_COME)
        lost = list(await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD)) + await self.forgotten()
        for job in lost:
            await self.again(job)
        return len(lost)

    async def forgotten(self) -> list:
        """Jobs in this worker's name that it does not work on: seen so twice, because an end takes a moment to be written."""
        mine = [job for job in await self.app.job_manager.list_jobs_async(status="doing", worker_id=self.worker) if job.id not in self.here]
        lost = [job for job in mine if job.id in self.suspects]
        self.suspects = {job.id for job in mine}
        return lost

    async def again(self, job) -> None:
        try:
            await self.app.job_manager.retry_job(job)
        except exceptions.ConnectorException:
            await self.app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
