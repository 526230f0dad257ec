"""一个网页进程，由 demo 与 serve 看护。"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

import uvicorn

from minsheng.cli import Stop, confined, options, ready
from minsheng.kit.http_protocol import PatientProtocol
from minsheng.kit.processes import DRAIN, say_ready

hidden = True
LINGER = 1.0  # seconds that connections made before the end may still bring a request
LAST_WORD = 110  # seconds for what has begun; the supervisor's own patience decides at the end of all


def add(parser) -> None:
    parser.add_argument("--fd", type=options.whole(0, 1 << 20), required=True, help="上级进程交下来的监听套接字")
    parser.add_argument("--prove", action="store_true", help="数据库结构不是本版本的就不起")


class Server(uvicorn.Server):
    """Says when it listens. At the end it takes no new connection and goes on answering those that it has for a moment:

    uvicorn closes a connection whose request is still on its way, and the request is lost.
    """

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        say_ready()

    async def shutdown(self, sockets=None) -> None:
        for listener in self.servers:
            listener.close()
        await self.lifespan.shutdown()  # live streams end here; a second time, when all are done, it returns at once
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        until = asyncio.get_running_loop().time() + LINGER
        while self.server_state.connections and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)


def run(args) -> int:
    confined.enter()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minsheng.settings")
    try:
        ready.django_up()
        if args.prove:
            ready.require_schema()
            ready.require_keys()
    except Stop as wrong:
        say_ready(str(wrong))
        raise
    from minsheng.kit import health, replicas, watch

    watch.begin("web")
    for asked in uvicorn.server.HANDLED_SIGNALS:  # uvicorn raises it again when all is answered: left alone, it would end us before the lines below
        signal.signal(asked, lambda *_: sys.exit(0))
    replicas.begin()
    signal.signal(DRAIN, health.drain)
    config = uvicorn.Config(
        "minsheng.asgi:application", loop="uvloop", http=PatientProtocol, ws="none", access_log=False, log_level="warning",
        log_config=None,  # its errors go the way of all (settings.LOGGING)
        proxy_headers=False, timeout_graceful_shutdown=LAST_WORD, server_header=False, lifespan="on",
    )
    try:
        Server(config).run(sockets=[socket.socket(fileno=args.fd)])
    finally:
        replicas.end()
        watch.end()
    return 0
