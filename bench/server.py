"""A real server for a bench: embedded PostgreSQL with fsync on in a folder of its own, web and worker as `serve` starts them."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


@dataclass
class Stage:
    data: Path
    port: int
    serve: psutil.Process
    database: psutil.Process
    server: object  # minsheng.kit.embedded_postgres.Embedded


def _environment(data: Path, secret: str) -> None:
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL", "MINSHENG_DEMO", "MINSHENG_NOW", "MINSHENG_CLOCK_OFFSET_S"):
        os.environ.pop(name, None)
    paths = [str(ROOT / "src"), str(ROOT)]
    sys.path[:0] = paths
    os.environ.update(MINSHENG_DATA=str(data), MINSHENG_SECRET=secret, PYTHONPATH=os.pathsep.join(paths),
                      DJANGO_SETTINGS_MODULE="minsheng.settings", PYTHONWARNINGS="ignore")


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "minsheng.cli", *words]


@contextlib.contextmanager
def running(workers: int = 2, keep: Path | None = None, at: datetime | None = None, prepare: Callable[[Path], object] | None = None,
            copy_of: Path | None = None):
    """Migrated, served on a free port, Django set up in this process too; all of it is gone afterwards, but for a folder to `keep`.
    `at`: the business time from which its clock runs, here and there. `prepare`: what is done to the folder before it is served.
    `copy_of`: a folder that is migrated already, to begin with a copy of it."""
    data = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="minsheng-bench-"))
    if copy_of is not None:
        subprocess.run(["cp", "-a", "--reflink=auto", f"{copy_of}/.", str(data)], check=True)
    _environment(data, _secret(data))
    if at is not None:
        os.environ["MINSHENG_CLOCK_OFFSET_S"] = str(at.timestamp() - time.time())
    serve = None
    try:
        if copy_of is None:
            subprocess.run(_command("migrate", "--data", str(data)), check=True, stdout=subprocess.DEVNULL)
        if prepare:
            prepare(data)
        serve = subprocess.Popen(_command("serve", "--data", str(data), "--port", "0", "--workers", str(workers)), stdout=subprocess.PIPE, text=True)
        port = _port(serve)
        from minsheng.kit.embedded_postgres import Embedded

        server = Embedded(data)
        server.prepare_user()
        os.environ["DATABASE_URL"], os.environ["MINSHENG_OWNER_URL"] = server.url(), server.owner_url
        import django

        django.setup()
        _answers(port)
        yield Stage(data, port, psutil.Process(serve.pid), psutil.Process(server.pid()), server)
    finally:
        if serve is not None:
            serve.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                serve.wait(60)
        if keep is None:
            shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def database(data: Path):
    """The migrated database of a folder, without anything that serves it; Django set up in this process. The folder stays."""
    data = data.resolve()
    _environment(data, _secret(data))
    subprocess.run(_command("migrate", "--data", str(data)), check=True, stdout=subprocess.DEVNULL)
    from minsheng.kit.embedded_postgres import Embedded

    server = Embedded(data)
    server.ensure()
    try:
        os.environ["DATABASE_URL"], os.environ["MINSHENG_OWNER_URL"] = server.url(), server.owner_url
        import django

        django.setup()
        yield server
    finally:
        server.stop()


def _secret(data: Path) -> str:
    """The secret that a kept folder's sealed values were made with; a new one for a new folder."""
    file = data / "bench.secret"
    if not file.exists():
        data.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_urlsafe(48))
        file.chmod(0o600)
    return file.read_text()


def _port(serve: subprocess.Popen) -> int:
    for line in serve.stdout:
        if "http://" in line:
            return int(line.split("http://")[1].split()[0].rsplit(":", 1)[1])
    raise SystemExit("serve did not start")


def _answers(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                if json.load(answer)["status"] != "down":
                    return
        time.sleep(0.2)
    raise SystemExit("the server did not answer /healthz within a minute")


def cpu_ms(root: psutil.Process, without: psutil.Process | None = None) -> float:
    """CPU time in ms of a process, its living descendants and those that ended and were waited for."""
    skip = {without.pid, *(p.pid for p in without.children(recursive=True))} if without else set()
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        if process.pid in skip:
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total * 1000


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def load() -> float:
    """Of the last minute; the bench's own is in it when it is read afterwards."""
    return round(os.getloadavg()[0], 2)


def machine() -> dict:
    """What the figures were taken on."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {"cpu": model or platform.machine(), "cores": os.cpu_count(), "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "python": platform.python_version(), "load_before": load()}


def keep(name: str, result: dict, to: str | None = None) -> Path:
    """Write the result beside the others, with the date."""
    file = Path(to) if to else RESULTS / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds")} | result, ensure_ascii=False, indent=1) + "\n")
    return file
