"""Web and worker under the supervisor: what demo and serve share."""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

from minsheng.cli import Stop, confined, handover
from minsheng.kit.host import in_words
from minsheng.kit.processes import LAST_WORD, Adopted, Child, Supervisor

PROGRAM = [sys.executable, "-m", "minsheng.cli"]


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, held by the supervisor: while a web process restarts, connections wait instead of failing.

    systemd may bring it (deploy/minsheng.socket): then not even a restart of everything refuses a connection.
    """
    if os.environ.pop("LISTEN_PID", "") == str(os.getpid()) and os.environ.pop("LISTEN_FDS", "") == "1":
        return _handed_down(socket.socket(fileno=3))
    if not 0 <= port < 65536:
        raise Stop(f"端口应在 1 至 65535 之间，写的是 {port}（--port）")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as wrong:
        door.close()
        raise Stop(f"不能在 {host}:{port} 上服务：{in_words(wrong)}。请换一个端口（--port）或地址（--host）") from wrong
    door.listen(1024)
    return _handed_down(door)


def _handed_down(door: socket.socket) -> socket.socket:
    door.set_inheritable(True)
    return door


def children(door: socket.socket, workers: int, program: list[str] = PROGRAM, jobs: bool = True) -> list[Child]:
    fd = door.fileno()
    web = [Child(f"网页进程{n + 1}", [*program, "web", "--fd", str(fd)], fds=(fd,), serves=True) for n in range(workers)]
    return [*web, *([Child("后台任务", [*program, "worker"])] if jobs else [])]


def run(door: socket.socket, workers: int, server, lock=None, before: handover.HandedOver | None = None, jobs: bool = True) -> None:
    """Until Ctrl-C or SIGTERM; the database is ended last. With the `lock` of a data folder successors may be asked for there."""

    from minsheng.kit import metrics

    def care() -> str:
        return "" if server is None or server.ensure() else "数据库意外退出，已重新启动"

    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    os.environ.pop("MINSHENG_OWNER_URL", None)  # the owner migrates and grants; web and worker never need it
    data = Path(os.environ["MINSHENG_DATA"])
    confined.prepare(data)
    if before is None:
        metrics.clear(data)
    patience = float(os.environ.get("MINSHENG_DRAIN_S", "0"))
    keeper = Supervisor(children(door, workers, jobs=jobs), care, say=lambda text: print(text, flush=True), patience=patience)
    if before is not None:
        adopt(keeper, before)
    if lock is not None:
        asked = socket.socket(fileno=before.asked) if before else handover.door_of(data)
        succession = Succession(keeper, server, {"lock": lock.fileno(), "door": door.fileno(), "asked": asked.fileno()}, door, jobs)
        keeper.errand = handover.HandoverSocket(succession.asked, asked, data).wait
    try:
        keeper.run()
    finally:
        print("正在停止…", flush=True)
        if server is not None:
            server.stop()


def adopt(keeper: Supervisor, before: handover.HandedOver) -> None:
    """The children that this process had before it was loaded anew."""
    for child in keeper.children:
        if pid := before.children.get(child.name):
            child.process = Adopted(pid)
    keeper.leaving = [(time.monotonic() + LAST_WORD, Adopted(pid)) for pid in before.leaving]


class Succession:
    """Successors on the same socket, and then the supervisor itself anew."""

    def __init__(self, keeper: Supervisor, server, files: dict[str, int], door: socket.socket, jobs: bool):
        self.keeper, self.server, self.files, self.door, self.jobs = keeper, server, files, door, jobs

    def asked(self, given: dict, tell) -> None:
        """`given` as handover.ask writes it."""
        program = given["program"]
        workers = given["workers"] or sum(child.serves for child in self.keeper.children)
        env = handover.settings(dict(os.environ), given["env"])
        env.pop("MINSHENG_OWNER_URL", None)
        if self.server is not None:
            env["DATABASE_URL"] = os.environ["DATABASE_URL"]

        def done(taken: bool, words: str) -> None:
            tell(taken, words)
            print(f"新进程已接手（{program[0]}）" if taken else f"没有更替，原来的进程照常服务：{words}", flush=True)
            if taken:
                self.anew(program, workers, env)

        print("正在更替：先起新进程，旧进程办完手里的请求后退出", flush=True)
        new = [replace(child, env=env) for child in children(self.door, workers, program, self.jobs)]
        self.keeper.succeed(new, done)

    def anew(self, program: list[str], workers: int, env: dict[str, str]) -> None:
        state = handover.HandedOver(
            **self.files, workers=workers, jobs=self.jobs, embedded=self.server is not None,
            children={child.name: process.pid for child in self.keeper.children if (process := child.running) is not None},
            leaving=[process.pid for _, process in self.keeper.leaving if process.poll() is None],
            database=self.server.pid() if self.server is not None else 0,
            link=str(self.server.link or "") if self.server is not None else "",
        )
        if self.server is not None:
            env = {name: value for name, value in env.items() if name != "DATABASE_URL"}
        try:
            handover.anew([*program, "serve"], env, state)
        except OSError as wrong:
            print(f"看护进程没有换新（{in_words(wrong)}），下次重启时再换；网页和后台任务已是新的", flush=True)
