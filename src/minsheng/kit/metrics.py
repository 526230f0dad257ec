"""The figures that Prometheus asks for at /metrics, over all web processes and the worker.

Each process counts for itself in memory and keeps its figures, every three seconds and when somebody asks, in a file of its own, whole or
not at all. Whoever is asked adds the files up, its own among them, so that no figure ever goes back from one process's answer to the
next's. What a process left that is gone is added to one file of the past. Why not the library's own way: docs/decisions/metrics.md.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.metrics_core import Metric

from minsheng.kit import clock, log_files
from minsheng.kit.tally import Tally

FOLDER = "figures"  # below the data folder
EVERY_S = 3.0
PAST = "past.json"
SHAPE = 1  # of the files: those of a version that writes another are passed over
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LAST = "_timestamp_seconds"  # of several the latest counts, not the sum

disable_created_metrics()
_own = CollectorRegistry()
_shelf: Shelf | None = None  # where this process keeps its figures; None where nobody may ask
_requests = Counter("minsheng_requests", "Requests by page, method and answer (0: nobody waited)", ["page", "method", "status"], registry=_own)
_seconds = Histogram("minsheng_request_seconds", "Seconds to the first byte of the answer", ["page"], buckets=BUCKETS, registry=_own)
_waited = Histogram("minsheng_request_wait_seconds", "Seconds until the body was there and a thread was free", buckets=BUCKETS, registry=_own)
_sql = Counter("minsheng_request_sql_seconds", "Seconds of statements in requests", ["page"], registry=_own)
_statements = Counter("minsheng_request_statements", "Statements in requests", ["page"], registry=_own)
_slow = Counter("minsheng_slow_statements", "Statements slower than MINSHENG_SLOW_MS", registry=_own)
_steps = Counter("minsheng_steps", "Steps taken", ["step"], registry=_own)
_jobs = Counter("minsheng_jobs", "Runs of jobs by result", ["job", "result"], registry=_own)
_job_seconds = Counter("minsheng_job_seconds", "Seconds that jobs took", ["job"], registry=_own)
_job_last = Gauge(f"minsheng_job_success{_LAST}", "When a job last ended well", ["job"], registry=_own)
_lost = Counter("minsheng_log_lines_lost", "Lines that the disk did not take", registry=_own)
_dropped = Counter("minsheng_notices_dropped", "Live notices that were read by nobody, by why", ["why"], registry=_own)
_reads = Counter("minsheng_replica_reads", "Pages that a replica may answer, by who did (again: the primary, after the replica could not)", ["by"],
                 registry=_own)
_lost_before = 0
SOURCES: list[Callable[[], Iterable[tuple[str, str, float]]]] = []  # what a room has to say when somebody asks: name, what it is, value; without a statement


@lru_cache(4096)
def _of(page: str, method: str, status: int) -> tuple[Counter, Histogram, Counter, Counter]:
    """The library looks its labels up anew each time, which costs more than counting."""
    return _requests.labels(page, method, status), _seconds.labels(page), _sql.labels(page), _statements.labels(page)


def request(page: str, method: str, status: int, seconds: float, wait: float, tally: Tally) -> None:
    if _shelf is None:  # nobody may ask
        return
    requests, took, sql, statements = _of(page, method, status)
    requests.inc()
    took.observe(seconds)
    if tally.taken:
        _waited.observe(wait)
    if tally.statements:
        sql.inc(tally.sql_s)
        statements.inc(tally.statements)
    _count_steps(tally)


def job(name: str, result: str, seconds: float, tally: Tally) -> None:
    """`result`: done, stopped or failed."""
    _jobs.labels(name, result).inc()
    _job_seconds.labels(name).inc(seconds)
    if result == "done":
        _job_last.labels(name).set(clock.machine_now().timestamp())
    _count_steps(tally)


def _count_steps(tally: Tally) -> None:
    for name, times in tally.steps.items():
        _steps.labels(name).inc(times)


def slow() -> None:
    _slow.inc()


def read_by(who: str) -> None:
    _reads.labels(who).inc()


def notice_dropped(why: str) -> None:
    _dropped.labels(why).inc()


# A sample is (its name, its labels as JSON) -> value, within its family (name, kind, documentation).
Figures = dict[str, dict]


def figures(registry: CollectorRegistry = _own) -> Figures:
    """What this process counted."""
    global _lost_before
    now, before, _lost_before = log_files.lost(), _lost_before, log_files.lost()
    _lost.inc(max(0, now - before))
    found: Figures = {}
    for family in registry.collect():
        samples = {json.dumps([one.name, one.labels], sort_keys=True): one.value for one in family.samples}
        found[family.name] = {"kind": family.type, "says": family.documentation, "samples": samples}
    return found


def added(these: Figures, those: Figures) -> Figures:
    """Both together."""
    for name, family in those.items():
        into = these.setdefault(name, {**family, "samples": {}})["samples"]
        for sample, value in family["samples"].items():
            into[sample] = max(into.get(sample, 0.0), value) if name.endswith(_LAST) else into.get(sample, 0.0) + value
    return these


class Shelf:
    """The files of a folder, one a process and one of the past."""

    def __init__(self, folder: Path, pid: int | None = None):
        self.folder = folder
        self.file = folder / f"{pid or os.getpid()}-{secrets.token_hex(4)}.json"
        self._lock = threading.Lock()
        self._last: Figures = {}

    def keep(self, tell: Callable[[], Figures]) -> None:
        """What `tell` says, asked under the lock: what one thread counted before never lies over what another counted after.

        A disk that takes nothing leaves the file as it was: figures stand still, none goes back.
        """
        with self._lock, contextlib.suppress(OSError):
            if (found := tell()) != self._last:
                _write(self.file, figures=found)
                self._last = found

    def all(self) -> Figures:
        """Of every process together, those that are gone among them."""
        with self._alone():
            past = _read(self.folder / PAST) or {}
            total, folded = past.get("figures", {}), set(past.get("folded", ()))
            gone: list[tuple[Path, Figures]] = []
            live: list[tuple[Path, Figures]] = []
            for file in sorted(self.folder.glob("*-*.json")):
                if file.name in folded:
                    file.unlink(missing_ok=True)
                elif (found := _read(file)) is not None:
                    (live if _lives(file) else gone).append((file, found["figures"]))
            for _, found in gone:
                total = added(total, found)
            if gone:
                self._fold(total, [file for file, _ in gone])
            for _, found in live:
                total = added(total, found)
            return total

    def _fold(self, total: Figures, files: list[Path]) -> None:
        """Their names are written with their figures: what is killed between the two lines below is not added twice."""
        with contextlib.suppress(OSError):
            _write(self.folder / PAST, figures=total, folded=[file.name for file in files])
            for file in files:
                file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time; where even the lock cannot be made there is nothing to add up either."""
        with contextlib.ExitStack() as opened:
            with contextlib.suppress(OSError):
                fcntl.flock(opened.enter_context(open(self.folder / "lock", "w")), fcntl.LOCK_EX)
            yield


def _write(file: Path, **content: object) -> None:
    half = file.with_suffix(".half")
    half.write_text(json.dumps({"shape": SHAPE, **content}), encoding="utf-8")
    half.replace(file)


def _read(file: Path) -> dict | None:
    """None for what is no file of ours (empty, cut off, of another version): it never stands in the way of the others."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) and found.get("shape") == SHAPE else None
    except (OSError, ValueError):
        return None


def _lives(file: Path) -> bool:
    """A number that was given anew counts as alive: its file is added up as it is."""
    try:
        os.kill(int(file.name.partition("-")[0]), 0)
    except (ProcessLookupError, PermissionError, ValueError, OverflowError):
        return False
    return True


class _Sum:
    """A collector for the library's writer."""

    def __init__(self, found: Figures, more: Iterable[Metric] = ()):
        self.found, self.more = found, more

    def collect(self) -> Iterator[Metric]:
        yield from self.more
        for name, family in sorted(self.found.items()):
            metric = Metric(name, family["says"], family["kind"])
            for sample, value in family["samples"].items():  # buckets stay in their order
                name_of_sample, labels = json.loads(sample)
                metric.add_sample(name_of_sample, labels, value)
            yield metric


def begin(data: Path) -> None:
    """This process keeps its figures for the others; only where somebody may ask for them."""
    global _shelf
    if not settings.METRICS_TOKEN:
        return
    _shelf = Shelf(data / FOLDER)
    threading.Thread(target=_keeping, args=(_shelf,), daemon=True, name="figures").start()


def _keeping(shelf: Shelf) -> None:
    wait = threading.Event()
    while _shelf is shelf:
        shelf.keep(figures)
        wait.wait(EVERY_S)


def end() -> None:
    """The last figures of a process that ends in order."""
    global _shelf
    shelf, _shelf = _shelf, None
    if shelf is not None:
        shelf.keep(figures)


def clear(data: Path) -> None:
    """By the launcher, at a start of everything: all figures begin anew."""
    (data / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (data / FOLDER).iterdir():
        file.unlink(missing_ok=True)


def exposed(state: dict) -> bytes:
    """The text that Prometheus reads; `state` as kit.health tells it."""
    if _shelf is not None:
        _shelf.keep(figures)
    registry = CollectorRegistry()
    registry.register(_Sum(_shelf.all() if _shelf is not None else figures(), _of_state(state)))
    return generate_latest(registry)


def _of_state(state: dict) -> Iterator[Metric]:
    said = {
        "minsheng_database_up": ("1: it answers", float(state["database"] == "ok")),
        "minsheng_schema_current": ("1: the database has this version's shape", float(state["migrations"] == "ok")),
        "minsheng_worker_age_seconds": ("Seconds since the worker's last sign of life", state["worker_age_s"]),
        "minsheng_disk_free_bytes": ("Free on the disk of the data folder", state["disk_free_gb"] * 1e9),
    }
    for figure, meaning, now in (one for source in SOURCES for one in source()):
        said[figure] = (meaning, now)
    for name, (words, value) in said.items():
        if value is not None:
            metric = Metric(name, words, "gauge")
            metric.add_sample(name, {}, value)
            yield metric
    yield from _of_replicas(state.get("replicas", ()))


def _of_replicas(told: Iterable[tuple[int, float | None, str]]) -> Iterator[Metric]:
    up = Metric("minsheng_replica_up", "1: pages are read there", "gauge")
    lag = Metric("minsheng_replica_lag_seconds", "Seconds that it is no more than behind", "gauge")
    for number, behind, why in told:
        up.add_sample(up.name, {"replica": str(number)}, float(not why))
        if behind is not None:
            lag.add_sample(lag.name, {"replica": str(number)}, round(behind, 3))
    yield from (one for one in (up, lag) if one.samples)
