"""A real `serve` in a folder of its own, for tests that must not believe a test client: web, worker and database as an operator starts them.

It is asked, killed and looked at from outside; nothing of it runs in this process.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from minsheng.kit.embedded_postgres import Embedded
from tests import ready_folders

ROOT = Path(__file__).parents[1]
_PEOPLE = """
import json, sys
from minsheng.accounts import actions, login
from minsheng.accounts.rules import Role
from minsheng.accounts.sessions import SessionStore
from minsheng.org import actions as org
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind
from minsheng.calendar import actions as calendar
city = Unit.objects.filter(code="city").first() or org.add_unit(code="city", name="示例市", kind=UnitKind.CITY, parent=None, by=actions.COMMAND_LINE)
keys = {}
for role in sys.argv[1].split(","):
    person = actions.create_person(username=role, name=Role(role).label, unit=city, by=actions.COMMAND_LINE, setup=True,
                                   must_change_password=False, password="Tap-water-2025")
    actions.grant_role(person=person, role=Role(role), by=actions.COMMAND_LINE, setup=True)
    session = SessionStore()
    login.begin(person=person, address="127.0.0.1", device="test", session=session)
    keys[role] = session.session_key
print(json.dumps(keys))
"""


def until(true, seconds: float = 60, pause: float = 0.05):
    """What `true()` returns as soon as it is anything; fails when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, psycopg.Error, psutil.Error, http.client.HTTPException):
            if found := true():
                return found
        time.sleep(pause)
    raise AssertionError(f"not within {seconds} s")


@dataclass
class Served:
    data: Path
    env: dict[str, str]
    options: tuple[str, ...] = ()
    port: int = 0
    process: psutil.Process | None = None
    serve: subprocess.Popen | None = None
    lines: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Serve, on a free port, until it is well."""
        self.lines = []
        self.serve = subprocess.Popen(self.command(), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.process = psutil.Process(self.serve.pid)
        threading.Thread(target=self._read, args=(self.serve.stdout,), daemon=True).start()
        said = until(lambda: self.serve.poll() is not None or next((line for line in self.lines if "http://" in line and "服务" in line), ""), 120)
        assert said is not True, "\n".join(self.lines)
        self.port = int(said.split("http://")[1].split()[0].rsplit(":", 1)[1])
        until(lambda: json.loads(self.get("/healthz")[1])["worker_age_s"] is not None, 120)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "minsheng.cli", "serve", "--data", str(self.data), "--port", "0", *self.options]

    def _read(self, stream) -> None:
        with stream:
            for line in stream:
                self.lines.append(line.rstrip("\n"))

    def stop(self) -> float:
        """How many seconds it took."""
        began = time.monotonic()
        if self.serve is not None:
            self.serve.terminate()
            self.serve.wait(60)
            self.serve = None
        return time.monotonic() - began

    def pids(self, kind: str) -> list[int]:
        """Living children of the supervisor: "web" or "worker"."""
        found = []
        for child in self.process.children():
            with contextlib.suppress(psutil.Error):
                if child.status() != psutil.STATUS_ZOMBIE and kind in child.cmdline()[:6]:
                    found.append(child.pid)
        return found

    def sql(self, statement: str, *given: object) -> list[tuple]:
        """As the owner of the database."""
        with psycopg.connect(Embedded(self.data).owner_url, autocommit=True, connect_timeout=5) as link:
            cursor = link.execute(statement, given)
            return cursor.fetchall() if cursor.description else []

    def child(self, kind: str) -> psutil.Process:
        """The (first) "web" or "worker"."""
        return next(child for child in self.process.children(recursive=True) if kind in child.cmdline()[:6])

    def python(self, script: str, *arguments: str, **env: str) -> str:
        """A script with Django up, as the program's role. What it printed."""
        head = "import django\ndjango.setup()\n"
        where = {"DATABASE_URL": self.env.get("DATABASE_URL") or Embedded(self.data).url(), "DJANGO_SETTINGS_MODULE": "minsheng.settings"}
        done = subprocess.run([sys.executable, "-c", head + script, *arguments], env=self.env | where | env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def people(self, *roles: str) -> dict[str, str]:
        """Role -> the key of a session of a person with it. Their password is Tap-water-2025."""
        return json.loads(self.python(_PEOPLE, ",".join(roles)))

    def cli(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-m", "minsheng.cli", *words, "--data", str(self.data)], env=self.env | env, capture_output=True,
                              text=True, timeout=120, check=False)

    def get(self, path: str, session: str = "", **headers: str) -> tuple[int, str, dict]:
        head = headers | ({"Cookie": f"sessionid={session}"} if session else {})
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=head)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as wrong:
            return wrong.code, wrong.read().decode(), dict(wrong.headers)


    def post(self, path: str, body: str, kind: str = "application/x-www-form-urlencoded", **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body.encode(), headers | {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as wrong:
            return wrong.code, wrong.read().decode()


def free_port() -> int:
    """For a program that is told its port: below those that the kernel gives to whoever asks for any, or one could be gone before it is taken."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", found := secrets.choice(range(20000, 32000))))
            return found


def environment(**more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_") and k != "DATABASE_URL"}
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**clean, "PYTHONPATH": paths, "PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore", "MINSHENG_SECRET": secrets.token_urlsafe(48), **more}


@contextlib.contextmanager
def served(*options: str, workers: int = 1, **env: str) -> Iterator[Served]:
    """Migrated, served on a free port, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="minsheng-s-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        on = Served(data, environment(MINSHENG_DATA=str(data), **env), ("--workers", str(workers), *options))
        ready_folders.copy(ready_folders.empty(), data)
        try:
            on.start()
            yield on
        finally:
            on.stop()
            Embedded(data).stop()


class Reader(threading.Thread):
    """Asks for a page without pause; knows how long it ever waited for an answer, and what was no answer."""

    def __init__(self, port: int, path: str = "/", keep: bool = False):
        super().__init__(daemon=True)
        self.port, self.path, self.keep = port, path, keep
        self.over = threading.Event()
        self.answers, self.longest = 0, 0.0
        self.wrong: list[str] = []

    def run(self) -> None:
        link, last = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30), time.monotonic()
        while not self.over.is_set():
            try:
                link.request("GET", self.path, headers={"Cookie": f"sessionid={'k' * 32}"})  # unknown, but looked for
                answer = link.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as wrong:
                self.wrong.append(repr(wrong))
                link.close()
                time.sleep(0.02)
                continue
            self.wrong += [str(answer.status)] if answer.status >= 500 else []
            if not self.keep:
                link.close()
            self.answers, self.longest, last = self.answers + 1, max(self.longest, time.monotonic() - last), time.monotonic()
            time.sleep(0.005)
        link.close()

    def end(self) -> None:
        self.over.set()
        self.join(35)
