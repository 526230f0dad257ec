"""后台任务进程：时限、短信、回访等到点的事。"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from minsheng.cli import confined, ready

hidden = True


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
    async with app.open_async():
        await app.run_worker_async(concurrency=2, shutdown_graceful_timeout=10, delete_jobs="successful")
