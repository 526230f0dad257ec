"""Data folders that are migrated already, made once a run and copied: a test that serves the program needs no migration of its own.

What a test says of migrating itself, it migrates; `./minsheng migrate` makes what is copied here, as an operator does.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECRET = "bench.secret"  # where bench.server looks for that of a folder
_CAST = """
from minsheng.cli import ready
with ready.database():
    from minsheng.kit import clock, partitions
    from tests.cast import NOW, build
    partitions.make_months(NOW, NOW)
    with clock.fixed(NOW):
        build()
"""


def empty() -> Path:
    """Migrated; nobody is in it."""
    return _made("empty")


def with_cast() -> Path:
    """And the cast of characters lives in it."""
    return _made("cast")


def copy(ready: Path, to: Path) -> None:
    """Whose it is as well: the server's files belong to the server's user."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", f"{ready}/.", str(to)], check=True)


@cache
def _place() -> Path:
    """The folder of this run of tests; of this process, where none runs."""
    if given := os.environ.get("MINSHENG_TEST_FOLDER"):
        return Path(given)
    own = tempfile.mkdtemp(prefix="minsheng-r-")
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return Path(own)


def _made(name: str) -> Path:
    ready = _place() / f"ready-{name}"
    with open(_place() / f"ready-{name}.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not ready.exists():
            _make(name, half := ready.with_suffix(".half"))
            half.rename(ready)
    return ready


def _make(name: str, folder: Path) -> None:
    from minsheng.kit.embedded_postgres import Embedded

    folder.mkdir(mode=0o700)
    if name == "empty":
        _run(folder, "-m", "minsheng.cli", "migrate", "--data", str(folder))
    else:
        copy(empty(), folder)
        (folder / SECRET).write_text(secrets.token_urlsafe(48))
        (folder / SECRET).chmod(0o600)
        _run(folder, "-c", _CAST, MINSHENG_SECRET=(folder / SECRET).read_text())
    Embedded(folder).stop()


def _run(folder: Path, *words: str, **more: str) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_") and k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    env = clean | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore",
                   "MINSHENG_SECRET": "x" * 48, "MINSHENG_DATA": str(folder)}
    done = subprocess.run([sys.executable, *words], env=env | more, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
