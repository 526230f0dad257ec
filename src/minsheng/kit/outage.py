"""The database is away or stands still, or the disk takes nothing: said once, answered with 503, noticed when it is over.

One incident at a time in a process. While it lasts no page takes a thread for it; a thread of its own tries twice a second whether it is
over. A deadlock is no outage: the answer is the same, the log keeps its trace.
"""

from __future__ import annotations

import errno
import logging
import sys
import threading
import time
from urllib.parse import parse_qsl

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

AGAIN_S = 5  # Retry-After
PAUSE_S = 0.5  # between looks whether it is over
GIVEN_UP = "minsheng.given_up"  # in the environ of a request that was answered for while it still waited
DATABASE, DISK, BUSY = "database", "disk", "busy"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_OURS = ("22", "23", "40", "42", "55", "57014")  # of SQLSTATE: a statement that failed, not a server that is away
WHY = {
    DATABASE: "数据库暂时没有回应",
    DISK: "服务器的磁盘写不进去了（已满或只读）",
    BUSY: "同一时刻有人在改同一内容",
}
log = logging.getLogger(__name__)


def kind_of(wrong: BaseException | None) -> str:
    """DATABASE, DISK or BUSY when the fault lies there and trying again later helps; "" for every other fault."""
    while wrong is not None:
        if isinstance(wrong, OSError) and wrong.errno in _FULL:
            return DISK
        if isinstance(wrong, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError):
            return _kind_of_state(getattr(wrong, "sqlstate", None) or getattr(wrong.__cause__, "sqlstate", None) or "")
        wrong = wrong.__cause__ or wrong.__context__
    return ""


def _kind_of_state(state: str) -> str:
    if state.startswith("53100"):
        return DISK
    if state.startswith("40"):
        return BUSY
    return "" if state.startswith(_OURS) else DATABASE


class Incident:
    """What is the matter with this process's surroundings; `kind` is "" when nothing is."""

    def __init__(self):
        self.kind, self.since, self.answers = "", 0.0, 0
        self.lock = threading.Lock()

    def begins(self, kind: str, why: str) -> None:
        """Said and watched once, until it is over."""
        with self.lock:
            if self.kind:
                return
            self.kind, self.since, self.answers = kind, time.monotonic(), 0
        log.error("%s，恢复后自动继续：%s", WHY[kind], why.strip().partition("\n")[0][:200])  # further lines quote rows
        threading.Thread(target=self._watch, args=(kind,), daemon=True, name="outage").start()

    def _watch(self, kind: str) -> None:
        while not _well(kind):
            time.sleep(PAUSE_S)
        with self.lock:
            lasted, answers, self.kind = time.monotonic() - self.since, self.answers, ""
        log.error("恢复了：%s%s", _how_long(lasted), f"，其间 {answers} 次请求得到 503" if answers else "")


def _how_long(seconds: float) -> str:
    """An incident that was over when it was noticed (a statement had waited for it) was not seen by this process: it may have been long."""
    return f"前后 {seconds:.0f} 秒" if seconds >= 1 else "记下时已经恢复，断了多久这里没有看到"


def _well(kind: str) -> bool:
    try:
        return _writes() if kind == DISK else _answers()
    except (DatabaseError, OSError):
        return False


def _writes() -> bool:
    folder = settings.DATA / "files"
    folder.mkdir(exist_ok=True)
    probe = folder / ".probe"
    try:
        probe.write_bytes(b"x" * 65536)
    finally:
        probe.unlink(missing_ok=True)
    return _answers()  # the database needs the disk, too


def _answers() -> bool:
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    finally:
        connections["default"].close()


incident = Incident()


class Once(logging.Filter):
    """For the loggers of requests and jobs: an outage is one line, not one a request; what was answered for already is none."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None and request.META.get(GIVEN_UP):
            return False
        wrong = record.exc_info[1] if record.exc_info else None
        kind = DATABASE if record.name == "psycopg.pool" else kind_of(wrong)
        if kind in (DATABASE, DISK):
            incident.begins(kind, str(wrong or record.getMessage()))
            return False
        return kind == BUSY or getattr(record, "status_code", 0) != 503  # an answer of ours that was said already


def broken(request):
    """handler500."""
    wrong = sys.exc_info()[1]
    kind = kind_of(wrong)
    if kind in (DATABASE, DISK):
        incident.begins(kind, str(wrong))
    return unavailable(kind, _posted(request), again=request.method == "GET") if kind else server_error(request)


def _posted(request) -> dict | None:
    """What a form without files and secrets held, to be sent again by a button."""
    try:
        if request.method != "POST" or request.FILES or any("password" in name for name in request.POST):
            return None
        return {"path": request.get_full_path(), "fields": [(k, v) for k, values in request.POST.lists() for v in values]}
    except Exception:  # what was posted cannot be read: that is why we are here
        return None


def posted(scope: dict, body: bytes) -> dict | None:
    """The same for a request that no thread has read."""
    kind = dict(scope["headers"]).get(b"content-type", b"")
    if scope["method"] != "POST" or not kind.startswith(b"application/x-www-form-urlencoded"):
        return None
    fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    path = scope["raw_path"].decode("latin1") + ("?" + scope["query_string"].decode("latin1") if scope["query_string"] else "")
    return None if any("password" in name for name, _ in fields) else {"path": path, "fields": fields}


def unavailable(kind: str, form: dict | None = None, again: bool = False) -> HttpResponse:
    """The page, made without the database. `again`: it opens itself anew, where nothing was sent that could be sent twice or lost."""
    incident.answers += 1
    text = render_to_string("503.html", {"kind": kind, "why": WHY[kind], "form": form, "again_s": AGAIN_S if again else 0})
    return HttpResponse(text, status=503, headers={"Retry-After": str(AGAIN_S), "Cache-Control": "no-store"})


def error(kind: str = DATABASE) -> dict:
    """The same for a program: the API's shape of an error."""
    incident.answers += 1
    return {"code": kind, "reason": f"{WHY[kind]}，请稍后以同一个 Idempotency-Key 重试", "field": ""}


class GivenUp:
    """Middleware, the last: a request that was answered for while it waited is not carried out afterwards."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return unavailable(DATABASE) if request.META.get(GIVEN_UP) else self.get_response(request)
