"""GET /metrics, for whoever brings MINSHENG_METRICS_TOKEN as a bearer; for everybody else, where no token is set, there is no such page.

Like /healthz it is answered beside the pages: also when the database is away, and when all their threads are taken.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from minsheng.kit import health, metrics, replicas

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_adders = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")


def _refused(authorization: bytes) -> HttpResponse | None:
    token = settings.METRICS_TOKEN.encode()
    if not token:
        return HttpResponse("没有这个页面", status=404, content_type="text/plain; charset=utf-8")
    scheme, _, given = authorization.partition(b" ")
    if hmac.compare_digest(given.strip(), token) and scheme.lower() == b"bearer":
        return None
    return HttpResponse("要凭令牌", status=401, content_type="text/plain; charset=utf-8", headers={"WWW-Authenticate": "Bearer"})


def _answer(state: dict) -> HttpResponse:
    return HttpResponse(metrics.exposed({**state, "replicas": replicas.told()}), content_type=_TYPE, headers={"Cache-Control": "no-store"})


async def asked(authorization: bytes, state: Callable[[], Awaitable[dict]]) -> HttpResponse:
    """In a web process. The token is looked at before anything else is done."""
    refused = _refused(authorization)
    if refused is not None:
        return refused
    return await asyncio.get_running_loop().run_in_executor(_adders, _answer, await state())


def page(request: HttpRequest) -> HttpResponse:
    refused = _refused(request.headers.get("Authorization", "").encode(errors="replace"))
    return refused or _answer(health.report())
