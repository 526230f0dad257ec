"""The exchange's process: started unprivileged in a session of its own, known by its number and its birth, ended by that number alone.

It does not end with the program: calls go on while web and worker are restarted. Started as root it runs as the user of the embedded
database, which may read and write DATA/pbx and nothing else of the folder; it reaches it by an open handle, whatever the folders above allow.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from minsheng.kit.embedded_postgres import SERVER_USER, SHARED_COPY
from minsheng.kit.host import Problem
from minsheng.telephony import ami
from minsheng.telephony.asterisk import layout, programs, prompts, render, sockets
from minsheng.telephony.asterisk.layout import Places

BOOT_S = 30
USER = "minsheng"  # of the manager interface
_launched: list[subprocess.Popen] = []  # by this very process: their end is its to take note of
TRIES = 6  # each on other ports
LEAST_MB = 200  # of free disk: three hours and a half of one recorded call


class PortsTaken(Problem):
    """It came up without some of its ports: another process had opened them since they were chosen."""

    def __init__(self, text: str, ports: Iterable[int]):
        super().__init__(text)
        self.ports = frozenset(ports)


@dataclass(frozen=True)
class Running:
    pid: int
    born: int  # clock ticks since the machine's start: a number that is given again is another process
    version: str
    ports: dict[str, int]

    @property
    def alive(self) -> bool:
        return _born(self.pid) == self.born


def _born(pid: int) -> int:
    """0: there is no such process, or only its end is not yet taken note of."""
    going = [process.pid for process in _launched if process.poll() is None]
    try:
        after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if after[0] == "Z" and pid not in going else int(after[19])  # of ours it says so when the last of its threads has ended


def running(places: Places) -> Running | None:
    """The exchange that was started here and still runs."""
    file = places / "running.json"
    try:
        known = Running(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return known if known.alive else None


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    """Two starts at once: the second waits and finds it running."""
    places.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(places / "start.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def start(places: Places, say: Callable[[str], None]) -> Running:
    with _alone(places):
        if (now := running(places)) is not None:
            say(f"交换机已在运行（进程号 {now.pid}）")
            return now
        if (free := shutil.disk_usage(places.home).free >> 20) < LEAST_MB:
            raise Problem(f"{places.home} 所在的磁盘只剩 {free} MB，录音放不下。请腾出至少 {LEAST_MB} MB 再启动")
        use = programs.found(places.programs)
        if use is None:
            raise Problem("还没有 Asterisk。请先运行：./minsheng pbx fetch")
        prompts.stand_in(places.sounds, say)
        settings = layout.settings_of(places)
        layout.tls_of(places, settings)
        return _on_free_ports(places, use, settings, say)


def _on_free_ports(places: Places, use: programs.Programs, settings: layout.Settings, say: Callable[[str], None]) -> Running:
    """Others of this machine that start at the same moment choose the same free ports: who finds one of them taken tries on others."""
    taken: frozenset[int] = frozenset()
    for _ in range(TRIES - 1):
        try:
            return _launched_on(places, use, settings, layout.ports_of(places, settings, taken), say)
        except PortsTaken as wrong:
            taken |= wrong.ports
    return _launched_on(places, use, settings, layout.ports_of(places, settings, taken), say)


def _launched_on(places: Places, use: programs.Programs, settings: layout.Settings, ports: dict[str, int], say: Callable[[str], None]) -> Running:
    secret, launch = layout.drawn(places), Launch(places, use)
    render.write(places, render.texts(launch, use, settings, secret, ports))
    launch.hand_over()
    return launch.start(secret["ami"], settings, ports, say)


class Launch:
    """One start: as whom, and how that user names the folders."""

    def __init__(self, places: Places, use: programs.Programs):
        self.places, self.use = places, use
        self.who: pwd.struct_passwd | None = None
        self.handles: list[int] = []
        self.at, self.root = str(places.home), str(use.root or "")
        self.db = f"{self.at}/var/lib"
        if os.geteuid() == 0:
            self.who = _unprivileged()
            self.at, self.root = self._named(places.home), self._named(use.root) if use.root else ""
            self.db = self._db()

    def _db(self) -> str:
        """Its small database finds out by itself where it lies, and has to be able to walk there."""
        assert self.who is not None
        if not self.handles or self.at == str(self.places.home):
            return f"{self.at}/var/lib"
        folder = SHARED_COPY / f"pbx-{hashlib.sha256(str(self.places.home).encode()).hexdigest()[:12]}"
        SHARED_COPY.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, self.who.pw_uid, self.who.pw_gid)
        return str(folder)

    def _named(self, folder: Path) -> str:
        """By its path where the user may walk there, else by a handle that the process is given."""
        assert self.who is not None
        who: dict = {"user": self.who.pw_uid, "group": self.who.pw_gid, "extra_groups": []}
        os.chown(self.places.home, -1, self.who.pw_gid)
        self.places.home.chmod(0o750)
        if subprocess.run(["/usr/bin/test", "-x", str(folder / ".")], **who, check=False).returncode == 0:
            return str(folder)
        self.handles.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
        return f"/proc/self/fd/{self.handles[-1]}"

    def named(self, part: Path) -> str:
        """A folder of the programs."""
        return str(Path(self.root) / part.relative_to(self.use.root)) if self.use.root else str(part)

    def hand_over(self) -> None:
        """As root: what the exchange reads and writes belongs to its user; secrets.json and pbx.toml stay ours."""
        if self.who is None:
            return
        for name in ("etc", "var", "people", "sounds", "tls"):
            for folder, _, files in os.walk(self.places / name):
                for one in (folder, *(os.path.join(folder, file) for file in files)):
                    os.chown(one, self.who.pw_uid, self.who.pw_gid, follow_symlinks=False)

    def start(self, secret: str, settings: layout.Settings, ports: dict[str, int], say: Callable[[str], None]) -> Running:
        command = [*self.use.command(self.root), "-f", "-q", "-C", f"{self.at}/etc/asterisk.conf"]
        as_whom: dict = {} if self.who is None else {"user": self.who.pw_uid, "group": self.who.pw_gid, "extra_groups": []}
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": self.at}  # no TZ: its times would be off by it
        console = self.places.log / "console"
        console.unlink(missing_ok=True)
        with open(console, "ab") as written:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written, start_new_session=True, cwd="/",
                                       env=environment, pass_fds=self.handles, umask=0o027, **as_whom)
        _launched.append(process)
        for handle in self.handles:
            os.close(handle)
        made = Running(process.pid, _born(process.pid), self.use.version, ports)
        layout.private(self.places / "running.json", json.dumps(made.__dict__))
        say("正在启动交换机…")
        wrong, taken = _not_booted(process, layout.sockets(settings, ports), ports["ami"], secret)
        if wrong:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            said = " ".join(console.read_text(encoding="utf-8", errors="replace").split())[-600:]
            text = f"交换机没有启动起来{wrong}。它说：{said or '（没有输出）'}\n请运行 ./minsheng pbx doctor 看原因"
            raise PortsTaken(text, taken) if taken else Problem(text)
        say(f"交换机已启动：Asterisk {made.version}，进程号 {made.pid}，SIP {ports['sip']}，网页话机 {ports['web']}")
        return made


def _unprivileged() -> pwd.struct_passwd:
    from minsheng.kit.embedded_postgres import Embedded

    Embedded(Path("/nonexistent")).prepare_user()
    return pwd.getpwnam(SERVER_USER)


def _not_booted(process: subprocess.Popen, wanted: list[tuple[str, int, int]], port: int, secret: str) -> tuple[str, list[int]]:
    """What is known of why not, and which ports are another's; empty when it has loaded all before its time is up and opened its ports. With
    one of them in another's hand it would come up, and take no call or hear no word of ours."""
    until, loaded = time.monotonic() + BOOT_S, False
    while time.monotonic() < until and process.poll() is None:
        others = sockets.of_others(process.pid, wanted) or (loaded and sockets.not_open(process.pid, wanted))
        if others:
            return f"：端口 {'、'.join(map(str, others))} 已被别的程序占用", others
        if loaded:
            return "", []
        with contextlib.suppress(ami.AmiError):
            loaded = asyncio.run(_fully(port, secret))
        if not loaded:
            time.sleep(0.1)
    return "，已等到时限" if process.poll() is None else "，进程已退出", []


async def _fully(port: int, secret: str) -> bool:
    async with await ami.Ami.connect("127.0.0.1", port, USER, secret) as link:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BOOT_S):
                async for event in link.events():
                    if event.get("Event") == "FullyBooted":
                        return True
    return False


def stop(places: Places, patience: float = 10) -> bool:
    """Whether there was one to end. Calls that are going on end with it."""
    now = running(places)
    if now is None:
        (places / "running.json").unlink(missing_ok=True)
        return False
    for ending, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(now.pid, ending)
        until = time.monotonic() + wait
        while time.monotonic() < until and now.alive:
            time.sleep(0.05)
        if not now.alive:
            (places / "running.json").unlink(missing_ok=True)
            return True
    raise Problem(f"交换机（进程号 {now.pid}）没有停下来")
