"""GET /healthz: is this installation well?"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from minsheng.kit.database import state
from minsheng.kit.host import free_gb
from minsheng.kit.outage import AGAIN_S, DATABASE, incident

LATE = 60.0  # seconds after which a silent worker counts as missing
FULL = 1.0  # gigabytes of free disk below which the installation is not well
PATIENCE = 0.7  # seconds for the database's answer: the whole answer takes less than one, whatever hangs
SLOW = 5.0  # seconds since its last answer after which a silent database counts as away
BEAT = 3.0  # seconds for a pulse
KEEP = 30.0  # seconds that the state of the migrations is remembered
_asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
_last = time.monotonic()  # when the database last answered, and when this process began to ask
_draining = False
_known: tuple[float, str] = (0.0, "")
# Seconds since a worker's last sign (one who died before the clock was set back left a sign that is yet to come), or since when the job that
# has waited longest was due: a worker all of whose hands hang in jobs takes up nothing, whatever its heart says.
_SIGN = """SELECT greatest(
    (SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers WHERE last_heartbeat < now() + interval '5 seconds'),
    (SELECT extract(epoch FROM now()) - min(d.defer_timestamp) FROM procrastinate_periodic_defers d JOIN procrastinate_jobs j ON j.id = d.job_id
     WHERE j.status = 'todo' AND coalesce(j.scheduled_at <= now(), true) AND d.defer_timestamp < extract(epoch FROM now()) - 60))::float"""
NO_ANSWER = {"status": "down", "database": "down", "migrations": "unknown", "worker_age_s": None, "disk_free_gb": 0.0}


def _migrations() -> str:
    global _known
    if not _known[1] or time.monotonic() - _known[0] > KEEP:
        _known = (time.monotonic(), state())
    return _known[1]


def _ask() -> tuple[str, float | None]:
    """State of the migrations, seconds since the last sign of a worker."""
    try:
        migrations = _migrations()
        if migrations == "pending":
            return migrations, None
        with connection.cursor() as cursor:
            cursor.execute(_SIGN)
            age = cursor.fetchone()[0]
        return migrations, None if age is None else round(max(age, 0.0), 1)
    finally:
        connection.close()


def drain(*_: object) -> None:
    """This process goes on answering and will end soon."""
    global _draining
    _draining = True


def report() -> dict:
    """status: ok | degraded | down | draining (well, but no new readers should be sent here);
    database: ok | slow | down; migrations: ok | pending | newer | unknown; the rest as measured.

    slow: it has not answered this once, but did a moment ago.
    """
    global _last
    disk = free_gb(settings.DATA)
    asked = None if away() else _asker.submit(_ask)
    try:
        migrations, age = asked.result(timeout=PATIENCE) if asked else ("unknown", None)
        database, _last = ("ok" if asked else "down"), (time.monotonic() if asked else 0.0)
    except (DatabaseError, TooSlow) as wrong:
        if asked is not None:
            asked.cancel()
        migrations, age = "unknown", None
        database = "slow" if isinstance(wrong, TooSlow) and _lately() else "down"
    well = migrations == "ok" and age is not None and age <= LATE and disk >= FULL
    status = "down" if database == "down" else "draining" if _draining else "ok" if well else "degraded"
    return {"status": status, "database": database, "migrations": migrations, "worker_age_s": age, "disk_free_gb": disk}


def _lately() -> bool:
    return time.monotonic() - _last < SLOW


def _silent() -> dict:
    """When there is no report in time: a machine at its limit is slow at first, as the database is."""
    slow = _lately() and not away()
    return NO_ANSWER | ({"status": "draining" if _draining else "degraded", "database": "slow"} if slow else {})


def answered(found: dict) -> JsonResponse:
    down = found["status"] in ("down", "draining")
    return JsonResponse(found, status=503 if down else 200, headers={"Cache-Control": "no-store"} | ({"Retry-After": str(AGAIN_S)} if down else {}))


def healthz(request: HttpRequest) -> JsonResponse:
    return answered(report())


class Lane:
    """/healthz beside the pages: threads of its own, one look at a time for all who ask, and an answer in time if there is none."""

    def __init__(self):
        self.threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="healthz")
        self.look: asyncio.Future | None = None

    async def __call__(self) -> JsonResponse:
        return answered(await self.state())

    async def state(self) -> dict:
        if self.look is None or self.look.done():
            self.look = asyncio.get_running_loop().run_in_executor(self.threads, report)
        look = self.look
        done, _ = await asyncio.wait({look}, timeout=PATIENCE + 0.2)
        return look.result() if done else _silent()


def away() -> bool:
    """It is known that the database does not answer."""
    return incident.kind == DATABASE


class Pulse:
    """Does the database answer? One question at a time; who waits longer than it may take an answer hears no."""

    def __init__(self):
        self.threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pulse")
        self.asked: asyncio.Future | None = None

    async def __call__(self) -> bool:
        """A no begins an incident (kit.outage)."""
        if away():
            return False
        if self.asked is None or self.asked.done():
            self.asked = asyncio.get_running_loop().run_in_executor(self.threads, _beat)
        asked = self.asked  # of this moment: somebody else may ask anew while we wait
        done, _ = await asyncio.wait({asked}, timeout=BEAT)
        if not done:
            incident.begins(DATABASE, "连接着，几秒之内没有回话")
            return False
        wrong = asked.exception()
        if wrong is not None:
            incident.begins(DATABASE, str(wrong))
        return wrong is None


def _beat() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()
