"""GET /healthz: is this installation well?"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from minsheng.kit.database import state
from minsheng.kit.host import free_gb

LATE = 60.0  # seconds after which a silent worker counts as missing
FULL = 1.0  # gigabytes of free disk below which the installation is not well
PATIENCE = 2.0  # seconds for the database's answer
KEEP = 30.0  # seconds that the state of the migrations is remembered
_asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
_known: tuple[float, str] = (0.0, "")


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
            cursor.execute("SELECT extract(epoch FROM now() - max(last_heartbeat))::float FROM procrastinate_workers")
            age = cursor.fetchone()[0]
        return migrations, None if age is None else round(max(age, 0.0), 1)
    finally:
        connection.close()


def report() -> dict:
    """status: ok | degraded | down; database: ok | down; migrations: ok | pending | newer | unknown; the rest as measured."""
    disk = free_gb(settings.DATA)
    try:
        migrations, age = _asker.submit(_ask).result(timeout=PATIENCE)
    except (DatabaseError, TooSlow):
        return {"status": "down", "database": "down", "migrations": "unknown", "worker_age_s": None, "disk_free_gb": disk}
    well = migrations == "ok" and age is not None and age <= LATE and disk >= FULL
    return {"status": "ok" if well else "degraded", "database": "ok", "migrations": migrations, "worker_age_s": age, "disk_free_gb": disk}


def healthz(request: HttpRequest) -> JsonResponse:
    found = report()
    return JsonResponse(found, status=503 if found["status"] == "down" else 200, headers={"Cache-Control": "no-store"})
