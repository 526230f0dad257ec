"""A real `serve` in a folder of its own, for tests that must not believe a test client: web, worker and database as an operator starts them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from minsheng.kit.embedded_postgres import Embedded

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


@dataclass
class Served:
    data: Path
    port: int
    process: psutil.Process
    env: dict[str, str]

    def child(self, kind: str) -> psutil.Process:
        """The (first) "web" or "worker"."""
        return next(child for child in self.process.children(recursive=True) if kind in child.cmdline()[:6])

    def python(self, script: str, *arguments: str, **env: str) -> str:
        """A script with Django up, as the program's role. What it printed."""
        head = "import django\ndjango.setup()\n"
        where = {"DATABASE_URL": Embedded(self.data).url(), "DJANGO_SETTINGS_MODULE": "minsheng.settings"}
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


def environment(**more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_") and k != "DATABASE_URL"}
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**clean, "PYTHONPATH": paths, "PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore", "MINSHENG_SECRET": secrets.token_urlsafe(48), **more}


@contextlib.contextmanager
def served(*options: str, workers: int = 1, **env: str) -> Iterator[Served]:
    """Migrated, served on a free port, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="minsheng-s-", ignore_cleanup_errors=True) as folder:
        data, given = Path(folder) / "data", environment(**env)
        done = subprocess.run([sys.executable, "-m", "minsheng.cli", "migrate", "--data", str(data)], env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        command = [sys.executable, "-m", "minsheng.cli", "serve", "--data", str(data), "--port", "0", "--workers", str(workers), *options]
        serve = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, text=True)
        try:
            on = Served(data, _port(serve), psutil.Process(serve.pid), given | {"MINSHENG_DATA": str(data)})
            _wait_until_well(on)
            yield on
        finally:
            serve.terminate()
            serve.wait(60)
            serve.stdout.close()


def _port(serve: subprocess.Popen) -> int:
    said = ""
    for line in serve.stdout:
        said += line
        if "http://" in line and "服务" in line:
            return int(line.split("http://")[1].split()[0].rsplit(":", 1)[1])
    raise AssertionError(f"serve did not start: {said}")


def _wait_until_well(on: Served) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if json.loads(on.get("/healthz")[1])["worker_age_s"] is not None:
                return
        time.sleep(0.2)
    raise AssertionError("the program did not answer within a minute")
