"""The door: /live is answered natively, everything else by Django in a pool of threads (docs/decisions/asgi.md)."""

from __future__ import annotations

import asyncio
import io
import os
from http.cookies import CookieError, SimpleCookie

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minsheng.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402

django = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.db import DatabaseError, close_old_connections, connections  # noqa: E402
from django.http import JsonResponse  # noqa: E402

from minsheng.accounts import queries as people  # noqa: E402
from minsheng.accounts.rules import session_alive  # noqa: E402
from minsheng.cases import queries as cases  # noqa: E402
from minsheng.kit import clock, health, outage  # noqa: E402
from minsheng.kit.api_middleware import API  # noqa: E402
from minsheng.kit.headers import POLICY  # noqa: E402
from minsheng.kit.live import Live, plain  # noqa: E402
from minsheng.kit.wsgi_bridge import Bridge, GivenUp, NotRead, environment  # noqa: E402

THREADS = 8
WARM = 5.0  # seconds for the first pages, answered to nobody: who comes first waits no longer than who comes second
SAFE = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
LONGEST = 26 * 1024 * 1024  # bytes of a request: a file of 25 MB and its form


def rights(cookies: str, ids: list[int]) -> set[int] | None:
    """Which of the cases `ids` the session of these cookies may know of; None when nobody is logged in. Runs in a thread."""
    close_old_connections()
    try:
        me = people.me(SimpleCookie(cookies)[settings.SESSION_COOKIE_NAME].value)
        shut = me is None or me.must_change_password or me.confined
        if shut or not session_alive(me.started_at, me.seen_at, clock.machine_now(), me.actor.roles):
            return None
        return set(cases.visible(me.actor).filter(id__in=ids).values_list("id", flat=True)) if ids else set()
    except (KeyError, CookieError):
        return None
    except DatabaseError:
        return set()
    finally:
        close_old_connections()


def connection_arguments() -> dict:
    arguments = connections["default"].get_connection_params()
    return {key: value for key, value in arguments.items() if key not in ("cursor_factory", "context", "prepare_threshold")}


live = Live(connection_arguments, rights)
pages = Bridge(django, THREADS, LONGEST, health.Pulse(), health.away)
assets = Bridge(django, 2, LONGEST)  # styles and scripts need no database, and none of the pages' threads
well = health.Lane()
_SAID = {
    400: "请求格式有误", 408: "内容没有及时传完，请重试",
    413: "内容太大：一次最多 25 MB。请返回上一页，少选几个文件再提交，已填的内容都在。\n"
         "ནང་དོན་ཆེ་དྲགས་འདུག ཐེངས་རེར་མང་མཐར་ 25 MB ཤོག་ངོས་སྔོན་མར་ལོག་ནས་ཡིག་ཆ་ཉུང་ཙམ་འདེམས་རོགས།\n"
         "Too large: 25 MB at most. Please go back and choose fewer files; what you wrote is still there.",
}


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] != "http":
        return
    elif scope["path"] == "/live" and not health.away():
        await live.serve(scope, receive, send)
    elif scope["path"] == "/healthz":
        await whole(send, await well())
    elif scope["path"].startswith("/static/"):
        await bridged(assets, scope, receive, send)
    else:
        await bridged(pages, scope, receive, send)


async def bridged(bridge: Bridge, scope, receive, send):
    """By Django, or told why not."""
    try:
        await bridge(scope, receive, send)
    except NotRead as wrong:
        await plain(send, wrong.status, _SAID[wrong.status])
    except GivenUp as wrong:
        await whole(send, given_up(scope, wrong.body))


def given_up(scope, body: bytes):
    if scope["path"].startswith(API):
        return JsonResponse({"error": outage.error()}, status=503, headers={"Retry-After": str(outage.AGAIN_S)})
    return outage.unavailable(outage.DATABASE, outage.posted(scope, body))


async def whole(send, response) -> None:
    """A response of Django's that was made without Django's handler."""
    head = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in {**SAFE, **response.headers}.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": head})
    await send({"type": "http.response.body", "body": response.content})


async def lifespan(receive, send):
    await receive()
    warming = asyncio.get_running_loop().run_in_executor(None, warm)
    await asyncio.wait({warming}, timeout=WARM)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    live.end()
    await send({"type": "lifespan.shutdown.complete"})


def warm() -> None:
    """Answer two pages to nobody: addresses, templates and a connection are there before the first reader comes."""
    for path in ("/", "/login"):
        scope = {"method": "GET", "path": path, "query_string": b"", "http_version": "1.1", "headers": [(b"host", b"localhost")]}
        answer = django(environment(scope, io.BytesIO(), 0), lambda status, headers, wrong=None: None)
        answer.close()
    connections.close_all()
