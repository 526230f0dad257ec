"""The supervisor: keeps child processes alive, lets successors take over, ends all in order; only the database outlives it.

A child that serves says when it can (`say_ready`, in the child). Successors are started beside those that serve; these are asked to
end only when every successor that must be ready is. A child that comes to nothing leaves the old ones as they are.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG
CALM = 10.0  # seconds of life after which a child counts as well
FIRST_WAIT, LONGEST_WAIT = 0.2, 4.0  # seconds before a child that died is started again: doubled each time, and bounded
TAKE_OVER = 120.0  # seconds in which successors must be ready
LAST_WORD = 120.0  # seconds that one which was succeeded may go on with what it has begun
STOP_JOBS, STOP_PAGES = 9.0, 8.0  # seconds at the end: jobs first (a message on its way takes eight), pages answer until then
FROZEN = 10.0  # seconds for which a child may stand still (SIGSTOP) before it is ended: what it holds is taken up by the next
DRAIN = signal.SIGUSR1  # to one that serves: it goes on, and says at /healthz that it will end
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READY_FD = "MINSHENG_READY_FD"
READY = "ready"


def die_with(parent: int) -> Callable[[], None]:
    """For `preexec_fn`: the child gets SIGTERM when its parent dies, however it dies (Linux)."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def bind() -> None:
        if libc is not None:
            libc.prctl(DIE_WITH_PARENT, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return bind


def say_ready(words: str = READY) -> None:
    """In a child: that it serves now, or the sentence why it will not. Once; without a parent that listens nothing happens."""
    given = os.environ.pop(READY_FD, "")
    if given.isdigit():
        with contextlib.suppress(OSError), open(int(given), "w", encoding="utf-8") as pipe:
            pipe.write(words)


def stands_still(pid: int) -> bool:
    """Is the process stopped, as by SIGSTOP (Linux)? It neither works nor ends."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"
    except (OSError, IndexError):
        return False


class Adopted:
    """A child that was started before this program was loaded anew: the same parent, known by its number alone."""

    def __init__(self, pid: int):
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self.returncode = -1
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


Process = subprocess.Popen | Adopted


@dataclass
class Child:
    """One program to keep alive. `fds` are handed down open. `serves`: is waited for at a hand-over, and ends last."""

    name: str
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    fds: tuple[int, ...] = ()
    serves: bool = False
    process: Process | None = None
    started: float = 0.0
    again: float = 0.0
    wait: float = FIRST_WAIT
    heard: int = -1
    words: str = ""
    still: float = 0.0  # since when it stands still; 0: it does not

    def start(self, *also: str) -> None:
        """`also`: words of the command for this start alone."""
        self.started = time.monotonic()
        self.hush()
        self.heard, theirs = os.pipe()
        os.set_blocking(self.heard, False)
        try:
            self.process = subprocess.Popen(
                [*self.argv, *also], env={**os.environ, **self.env, READY_FD: str(theirs)}, pass_fds=(*self.fds, theirs),
                stdin=subprocess.DEVNULL, preexec_fn=die_with(os.getpid()), start_new_session=True,
            )
        finally:
            os.close(theirs)

    def hush(self) -> None:
        """Nothing is expected to be heard of it any more."""
        if self.heard >= 0:
            os.close(self.heard)
        self.heard, self.words = -1, ""

    def says(self) -> str:
        """READY, a sentence why not, or "" while it has said nothing."""
        if self.heard >= 0:
            with contextlib.suppress(BlockingIOError):
                self.words += os.read(self.heard, 65536).decode(errors="replace")
        return self.words

    @property
    def running(self) -> Process | None:
        """Its process, while that lives."""
        return self.process if self.process is not None and self.process.poll() is None else None

    @property
    def alive(self) -> bool:
        return self.running is not None

    def look(self) -> str:
        """Starts the child when it is time to, ends one that stands still; says what happened, "" when nothing did."""
        now = time.monotonic()
        if (running := self.running) is not None:
            return self.woken(running, now)
        self.still = 0.0
        if self.process is not None:
            code, self.process = self.process.returncode, None
            self.wait = FIRST_WAIT if now - self.started > CALM else self.wait
            self.again = now + self.wait
            self.wait = min(self.wait * 2, LONGEST_WAIT)
            return f"{self.name} 意外退出（{code}），将重新启动"
        if now >= self.again:
            self.start()
        return ""

    def woken(self, process: Process, now: float) -> str:
        """One that stands still holds its jobs, its messages and the callers that it took: it is ended, and the next takes them up."""
        if not stands_still(process.pid):
            self.still = 0.0
            return ""
        self.still = self.still or now
        if now - self.still < FROZEN:
            return ""
        self.still = 0.0
        process.kill()
        return f"{self.name} 停住了 {FROZEN:.0f} 秒，已结束它"


class Watch(threading.Thread):
    """Calls `care` twice a second beside the supervisor: a database that takes minutes to recover holds up no other child."""

    def __init__(self, care: Callable[[], str], say: Callable[[str], None]):
        super().__init__(daemon=True, name="watch")
        self.care, self.say, self.over = care, say, threading.Event()

    def run(self) -> None:
        last = ""
        while not self.over.wait(0.5):
            try:
                news = self.care()
            except Exception as wrong:  # it could not be brought back yet: the next round tries again
                news = str(wrong)
            if news and news != last and not self.over.is_set():
                self.say(news)
            last = news


class Supervisor:
    """Runs children until Ctrl-C or SIGTERM. `errand(seconds)` waits that long and does what somebody asks for meanwhile; `patience`: seconds
    for which it goes on when it was asked to end."""

    def __init__(self, children: list[Child], care: Callable[[], str] | None = None, say: Callable[[str], None] = print,
                 errand: Callable[[float], None] = time.sleep, patience: float = 0):
        self.children, self.say, self.errand, self.patience = children, say, errand, patience
        self.watch = Watch(care, say) if care is not None else None
        self.ending = False
        self.coming: list[Child] = []
        self.until = 0.0
        self.told: Callable[[bool, str], None] = lambda done, words: None
        self.leaving: list[tuple[float, Process]] = []

    def end(self, *_: object) -> None:
        self.ending = True

    def run(self) -> None:
        for number in ENDINGS:
            signal.signal(number, self.end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)  # a program that was loaded anew begins with them held back
        if self.watch is not None:
            self.watch.start()
        try:
            while not self.ending:
                self.round()
                self.errand(0.2)
        finally:
            self.drain(self.patience)
            self.stop()

    def round(self) -> None:
        for child in self.children:
            news = child.look()
            if news:
                self.say(news)
        if self.coming:
            self.take_over()
        for until, process in self.leaving:
            if process.poll() is None and time.monotonic() > until:
                process.kill()
        self.leaving = [(until, process) for until, process in self.leaving if process.poll() is None]

    def succeed(self, children: list[Child], told: Callable[[bool, str], None]) -> None:
        """Start successors; `told` is called once with (did they take over?, why not). One hand-over at a time."""
        if self.coming:
            told(False, "另一次更替正在进行，请稍候再试")
            return
        self.coming, self.told, self.until = children, told, time.monotonic() + TAKE_OVER
        for child in children:
            if child.serves:
                child.start("--prove")

    def take_over(self) -> None:
        """The successors take their place when all that serve are ready; otherwise nothing has changed."""
        serving = [child for child in self.coming if child.serves]
        said = {child.says() for child in serving}
        dead = not all(child.alive for child in serving)
        if said == {READY} and not dead:
            gone, self.children, self.coming = self.children, self.coming, []
            for child in gone:
                self.let_go(child)
            for child in self.children:
                child.hush()
                child.look()
            self.told(True, "")
        elif dead or said - {READY, ""} or time.monotonic() > self.until:
            gone, self.coming = serving, []
            for child in gone:
                self.let_go(child)
            self.told(False, next(iter(said - {READY, ""}), "新进程没有起来，原因见日志"))

    def let_go(self, child: Child) -> None:
        child.hush()
        if (process := child.running) is not None:
            process.terminate()
            self.leaving.append((time.monotonic() + LAST_WORD, process))

    def drain(self, seconds: float) -> None:
        """Before the end: who shares requests out over several machines hears of it while everything is still answered."""
        if seconds > 0:
            self.say(f"{seconds:g} 秒内照常应答，请反向代理不再转来")
            for child in self.children:
                if child.serves and (process := child.running) is not None:
                    process.send_signal(DRAIN)
            time.sleep(seconds)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to those that do not listen: jobs first, the pages last."""
        if self.watch is not None:
            self.watch.over.set()
        everybody = [*self.children, *self.coming]
        finish([running for child in everybody if not child.serves and (running := child.running) is not None], STOP_JOBS)
        finish([*(running for child in everybody if (running := child.running) is not None), *(process for _, process in self.leaving)], STOP_PAGES)
        if self.watch is not None and self.watch.is_alive():
            self.watch.join(5)


def finish(processes: list[Process], patience: float) -> None:
    """Returns when all have ended."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + patience
    while time.monotonic() < until and any(process.poll() is None for process in processes):
        time.sleep(0.02)
    for process in processes:
        process.kill()
    while any(process.poll() is None for process in processes):
        time.sleep(0.02)


def wait_readable(file: socket.socket, seconds: float) -> bool:
    """Whether something can be read of `file` (or accepted) within `seconds`."""
    return bool(select.select([file], [], [], seconds)[0])
