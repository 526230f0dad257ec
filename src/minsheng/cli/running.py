"""Web and worker under the supervisor: what demo and serve share."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from minsheng.cli import Stop, confined
from minsheng.kit.processes import Child, Supervisor


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, held by the supervisor: while a web process restarts, connections wait instead of failing."""
    if not 0 <= port < 65536:
        raise Stop(f"端口应在 1 至 65535 之间，写的是 {port}（--port）")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as wrong:
        door.close()
        raise Stop(f"不能在 {host}:{port} 上服务：{wrong.strerror}。请换一个端口（--port）或地址（--host）") from wrong
    door.listen(1024)
    door.set_inheritable(True)
    return door


def children(door: socket.socket, workers: int) -> list[Child]:
    this = [sys.executable, "-m", "minsheng.cli"]
    web = [Child(f"网页进程{n + 1}", [*this, "web", "--fd", str(door.fileno())], fds=(door.fileno(),)) for n in range(workers)]
    return [*web, Child("后台任务", [*this, "worker"])]


def run(door: socket.socket, workers: int, server) -> None:
    """Until Ctrl-C or SIGTERM; the database is ended last."""

    def care() -> str:
        return "" if server is None or server.ensure() else "数据库意外退出，已重新启动"

    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    os.environ.pop("MINSHENG_OWNER_URL", None)  # the owner migrates and grants; web and worker never need it
    confined.prepare(Path(os.environ["MINSHENG_DATA"]))
    try:
        Supervisor(children(door, workers), care, say=lambda text: print(text, flush=True)).run()
    finally:
        print("正在停止…", flush=True)
        if server is not None:
            server.stop()
