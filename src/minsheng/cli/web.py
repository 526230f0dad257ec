"""一个网页进程，由 demo 与 serve 看护。"""

from __future__ import annotations

import os
import socket

from minsheng.cli import confined

hidden = True


def add(parser) -> None:
    parser.add_argument("--fd", type=int, required=True, help="上级进程交下来的监听套接字")


def run(args) -> int:
    confined.enter()
    import uvicorn

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minsheng.settings")
    door = socket.socket(fileno=args.fd)
    config = uvicorn.Config(
        "minsheng.asgi:application", loop="uvloop", http="httptools", ws="none", access_log=False, log_level="warning",
        proxy_headers=True, timeout_graceful_shutdown=5, server_header=False, lifespan="on",
    )
    uvicorn.Server(config).run(sockets=[door])
    return 0
