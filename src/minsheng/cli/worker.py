"""后台任务进程：时限、短信、回访等到点的事。"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from minsheng.cli import confined, ready

hidden = True
LET_FINISH = 0.2  # seconds for a job at SIGTERM; then it is told (JobContext.should_abort) and stops between two of its things
HEARTBEAT, DEAD = 5.0, 20.0  # seconds between signs of life, and after which a silent worker counts as dead
LOOK = 10.0  # seconds between looks for jobs that nobody works on any more


def add(parser) -> None:
    ready.add_data(parser)


def run(args) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if args.data:
        ready.folder(args.data)
    confined.enter()
    ready.django_up()
    from procrastinate.contrib.django import app

    with contextlib.suppress(KeyboardInterrupt), app.replace_connector(app.connector.get_worker_connector()) as real:
        asyncio.run(work(real))
    return 0


async def work(app) -> None:
    """Until SIGTERM. Its heartbeat is the row that procrastinate keeps (see kit.health)."""
    takes = TakesUp(app)
    async with app.open_async():
        looking = asyncio.create_task(takes.keep_looking())
        try:
            await app.run_worker_async(
                concurrency=2, shutdown_graceful_timeout=LET_FINISH, delete_jobs="successful", update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=DEAD, worker_middleware=[takes.running],
            )
        finally:
            looking.cancel()


class TakesUp:
    """Jobs whose worker died, or that this one began and lost (the database went away before their end was written), wait again.

    Every job may be repeated. Of one that waits already (`queueing_lock`) the lost one is dropped.
    """

    def __init__(self, app):
        self.app = app
        self.here: set[int] = set()
        self.worker = 0
        self.suspects: set[int] = set()

    async def running(self, call_next, context, worker):
        """Middleware of procrastinate: which jobs this process works on."""
        self.worker = worker.worker_id or 0
        self.here.add(context.job.id)
        try:
            return await call_next()
        finally:
            self.here.discard(context.job.id)

    async def keep_looking(self) -> None:
        while True:
            with contextlib.suppress(Exception):  # the database is away: the worker's own tasks say so
                await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> int:
        """How many wait again."""
        manager = self.app.job_manager
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
        from procrastinate import exceptions
        from procrastinate.jobs import Status

        try:
            await self.app.job_manager.retry_job(job)
        except exceptions.ConnectorException:
            await self.app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
