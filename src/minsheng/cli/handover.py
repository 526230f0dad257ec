"""An upgrade without a dropped request: `serve --replace` asks the running program, whose successors take over in its place.

The one who asks runs the new program; the one who runs starts new web processes of that program on the same listening socket, with
the settings of the one who asks, and when all are ready lets the old ones finish what they have begun. Then the supervisor loads
itself anew: same process id (systemd notices nothing), same socket, same lock, same children, and the database is never touched.
What does not come up leaves everything as it was, and the one who asks is told why.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from minsheng.cli import Stop, ready
from minsheng.kit.processes import ENDINGS, TAKE_OVER, wait_readable

DOOR = "serve.sock"
KEY = "serve.key"  # whoever can read it may ask: this user, but not web and worker (cli.confined)
KEPT = "MINSHENG_HANDED_OVER"
OWN = ("MINSHENG_", "DATABASE_URL", "DATABASE_READ_", "PYTHON", "PATH")  # settings that go from the one who asks to the one who runs
LONGEST = 1 << 20  # bytes of what is asked


@dataclass
class HandedOver:
    """What a supervisor that loads itself anew hands to itself: open files by number, processes by id."""

    lock: int
    door: int
    asked: int
    workers: int
    children: dict[str, int] = field(default_factory=dict)  # name -> process id
    leaving: list[int] = field(default_factory=list)
    database: int = 0
    link: str = ""
    jobs: bool = True
    embedded: bool = True


def settings(mine: dict[str, str], asked: dict[str, str]) -> dict[str, str]:
    """The environment of the successors of a program that has `mine`: its settings are those of the one who asks, and a line that was taken
    out of the file is out. The data folder stays."""
    return {name: value for name, value in mine.items() if not name.startswith(OWN)} | asked | {"MINSHENG_DATA": mine["MINSHENG_DATA"]}


def kept() -> HandedOver | None:
    """What was handed over to this very process, once; None at an ordinary start."""
    text = os.environ.pop(KEPT, "")
    return HandedOver(**json.loads(text)) if text else None


def anew(argv: list[str], env: dict[str, str], state: HandedOver) -> None:
    """Load the program anew in this process. Returns only when that is impossible (OSError)."""
    for number in (state.lock, state.door, state.asked):
        os.set_inheritable(number, True)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    try:
        os.execve(argv[0], argv, env | {KEPT: json.dumps(asdict(state))})
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


@contextlib.contextmanager
def _inside(data: Path):
    """A socket's path may be 107 bytes: it is named from inside its folder."""
    before = os.open(".", os.O_RDONLY)  # by number: a release that was deleted meanwhile has no name any more
    os.chdir(data)
    try:
        yield
    finally:
        os.fchdir(before)
        os.close(before)


def door_of(data: Path) -> socket.socket:
    ready.private(data / KEY, secrets.token_urlsafe(32))
    made = socket.socket(socket.AF_UNIX)
    with _inside(data):
        Path(DOOR).unlink(missing_ok=True)
        made.bind(DOOR)
        os.chmod(DOOR, 0o600)
    made.listen(4)
    return made


class HandoverSocket:
    """The socket in the data folder on which a hand-over is asked for; only this user may walk there."""

    def __init__(self, take: Callable[[dict, Callable[[bool, str], None]], None], door: socket.socket, data: Path):
        self.take, self.socket, self.data = take, door, data

    def wait(self, seconds: float) -> None:
        """For the supervisor's loop: that long, or until one question was read."""
        if not wait_readable(self.socket, seconds):
            return
        link, _ = self.socket.accept()
        link.settimeout(2)

        def tell(done: bool, words: str) -> None:
            with contextlib.suppress(OSError), link:
                link.sendall(json.dumps({"done": done, "words": words}).encode() + b"\n")

        try:
            asked = json.loads(_line(link))
            known = secrets.compare_digest(asked.pop("key"), (self.data / KEY).read_text())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            known = False
        if known:
            self.take(asked, tell)
        else:
            tell(False, "没有看懂这个请求")


def _line(link: socket.socket) -> bytes:
    text = b""
    while not text.endswith(b"\n") and len(text) < LONGEST:
        part = link.recv(65536)
        if not part:
            break
        text += part
    return text


def ask(data: Path, workers: int | None) -> None:
    """Ask the program that runs on `data`; returns when the new processes serve. Stop says why they do not."""
    link = socket.socket(socket.AF_UNIX)
    try:
        key = (data / KEY).read_text()
        with _inside(data):
            link.connect(DOOR)
    except PermissionError:
        raise Stop(f"不能更替：{data} 属于别的用户。请用运行民声的那个用户，或 systemctl reload minsheng") from None
    except (FileNotFoundError, ConnectionRefusedError):
        raise Stop(f"{data} 上没有民声在运行，不能平滑更替。请直接启动：./minsheng serve（或 systemctl start minsheng）") from None
    with link:
        own = {name: value for name, value in os.environ.items() if name.startswith(OWN)}
        asked = {"key": key, "program": [sys.executable, "-m", "minsheng.cli"], "env": own, "workers": workers}
        link.sendall(json.dumps(asked).encode() + b"\n")
        link.settimeout(TAKE_OVER + 20)
        try:
            answer = json.loads(_line(link))
        except (OSError, ValueError):
            raise Stop("正在运行的民声没有回话。请看它的日志；需要时用 systemctl restart minsheng（会中断几秒）") from None
    if not answer["done"]:
        raise Stop(f"没有更替，原来的进程照常服务：{answer['words']}")
