"""The supervisor: keeps child processes alive and ends them in order; nothing outlives it but the database."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG
CALM = 30.0  # seconds of life after which a child counts as well again


def die_with(parent: int) -> Callable[[], None]:
    """For `preexec_fn`: the child gets SIGTERM when its parent dies, however it dies (Linux)."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def bind() -> None:
        if libc is not None:
            libc.prctl(DIE_WITH_PARENT, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return bind


@dataclass
class Child:
    """One program to keep alive. `fds` are handed down open."""

    name: str
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    fds: tuple[int, ...] = ()
    process: subprocess.Popen | None = None
    started: float = 0.0
    again: float = 0.0
    wait: float = 0.5

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.argv, env={**os.environ, **self.env}, pass_fds=self.fds, stdin=subprocess.DEVNULL, preexec_fn=die_with(os.getpid()),
            start_new_session=True,
        )

    def look(self) -> str:
        """Starts the child when it is time to; says what happened, "" when nothing did."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            if now - self.started > CALM:
                self.wait = 0.5
            return ""
        if self.process is not None:
            code, self.process = self.process.returncode, None
            self.again = now + self.wait
            self.wait = min(self.wait * 2, 30.0)
            return f"{self.name} 意外退出（{code}），将重新启动"
        if now >= self.again:
            self.start()
        return ""


class Supervisor:
    """Runs children until Ctrl-C or SIGTERM. `care` is called every half second (the database's own watch)."""

    def __init__(self, children: list[Child], care: Callable[[], str] | None = None, say: Callable[[str], None] = print):
        self.children = children
        self.care = care
        self.say = say
        self.ending = False

    def end(self, *_: object) -> None:
        self.ending = True

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.end)
        try:
            while not self.ending:
                self.round()
                time.sleep(0.2)
        finally:
            self.stop()

    def round(self) -> None:
        if self.care is not None:
            try:
                news = self.care()
            except Exception as wrong:  # the database could not be brought back yet: the next round tries again
                news = str(wrong)
                time.sleep(1)
            if news:
                self.say(news)
        for child in self.children:
            news = child.look()
            if news:
                self.say(news)

    def stop(self, patience: float = 15) -> None:
        """SIGTERM to all, SIGKILL to those that do not listen."""
        alive = [child.process for child in self.children if child.process is not None and child.process.poll() is None]
        for process in alive:
            process.terminate()
        until = time.monotonic() + patience
        for process in alive:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
