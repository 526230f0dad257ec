"""The door: /live is answered natively, everything else by Django in a pool of threads (docs/decisions/asgi.md)."""

from __future__ import annotations

import asyncio
import io
import os
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minsheng.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402

django = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.core.exceptions import SuspiciousOperation  # noqa: E402
from django.core.handlers.wsgi import WSGIRequest  # noqa: E402
from django.db import DatabaseError, close_old_connections, connections  # noqa: E402
from django.http import JsonResponse, parse_cookie  # noqa: E402
from django.urls import Resolver404, resolve  # noqa: E402

from minsheng.accounts import queries as people  # noqa: E402
from minsheng.accounts.middleware import ActorMiddleware  # noqa: E402
from minsheng.accounts.permissions import shut  # noqa: E402
from minsheng.accounts.queries import Me  # noqa: E402
from minsheng.accounts.rules import Actor, session_alive  # noqa: E402
from minsheng.accounts.sessions import SessionStore  # noqa: E402
from minsheng.api import door  # noqa: E402
from minsheng.bulletins.queries import feed as bulletins  # noqa: E402
from minsheng.cases.queries import recent  # noqa: E402
from minsheng.field_work.queries import watches  # noqa: E402
from minsheng.kit import clock, health, metrics, metrics_page, outage  # noqa: E402
from minsheng.kit.api_middleware import API  # noqa: E402
from minsheng.kit.bounded_heads import BoundedHeads  # noqa: E402
from minsheng.kit.database import listening  # noqa: E402
from minsheng.kit.headers import POLICY, Headers  # noqa: E402
from minsheng.kit.live import Live, Who, plain  # noqa: E402
from minsheng.kit.proxy import BehindProxy  # noqa: E402
from minsheng.kit.watch import Watched  # noqa: E402
from minsheng.kit.wsgi_bridge import Bridge, GivenUp, NotRead, Sender, environment  # noqa: E402
from minsheng.leader_days.queries import desk_page  # noqa: E402
from minsheng.leader_days.queries import feed as leader_days  # noqa: E402
from minsheng.measures import scheme_bells  # noqa: E402
from minsheng.month_end.queries import feed as month_end  # noqa: E402
from minsheng.oversight.queries import feed as oversight  # noqa: E402
from minsheng.proofs.queries import feed as proofs  # noqa: E402
from minsheng.telephony.queries import link, ringing  # noqa: E402
from minsheng.telephony.queries.live import WALLBOARD  # noqa: E402
from minsheng.topics.queries import feed as topics  # noqa: E402

# Of notices: a line for each that a room registers.
KINDS = (recent.CASE, *leader_days.KINDS, desk_page.KIND, *oversight.KINDS, *watches.KINDS, *topics.KINDS, *month_end.KINDS, *bulletins.KINDS,
         *proofs.KINDS, scheme_bells.KIND, *ringing.KINDS, WALLBOARD)
metrics.SOURCES.append(link.figures)
THREADS = 8
WARM = 5.0  # seconds for the first pages, answered to nobody: who comes first waits no longer than who comes second
SAFE = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
LONGEST = 26 * 1024 * 1024  # bytes of a request: a file of 25 MB and its form
FORM = 4 * 1024 * 1024  # where no file may come, and of any body that is no form with files
STRANGERS = 512 * 1024  # the same of who is not known: their longest field in full. Each letter of Chinese is nine bytes there, a megabyte 80 ms


def reader(cookies: str) -> Who | None:
    """Who may have a stream with these cookies. Runs in a thread."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    me = _me(key)
    return Who((f"session:{key}", f"person:{me.id}"), me.id, me.actor) if me else None


def _me(key: str) -> Me | None:
    """Who may come in with this key of a session."""
    me = people.me(key)
    if me is None or me.must_change_password or me.confined:
        return None
    return me if session_alive(me.started_at, me.seen_at, clock.machine_now(), me.actor.roles) else None


def sender(scope) -> Sender:
    """Who sends a long body, asked before a byte of it is read: by the same door as the page's own. Runs in a thread."""
    close_old_connections()
    try:
        request = WSGIRequest(environment(scope, io.BytesIO(), 0))
        view, kwargs = _view(request)
        most = LONGEST if hasattr(view, "takes_files") and request.content_type == "multipart/form-data" else FORM
        if request.path_info.startswith(API):
            return _of_program(request, view, kwargs, most)
        request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        ActorMiddleware(lambda request: None)(request)
        answer = shut(request, view.__name__, view.needs) if hasattr(view, "needs") else None
        answer = answer or getattr(view, "takes_files", lambda request, **kwargs: None)(request, **kwargs)
        if answer is not None:
            return _refusing(request, answer)
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return Sender("", most if most == LONGEST else STRANGERS)
        return Sender(f"person:{actor.id}", most, known=True)
    except (SuspiciousOperation, UnicodeDecodeError):
        raise NotRead(400, "bad request") from None
    except DatabaseError:
        raise GivenUp from None
    finally:
        close_old_connections()


def _view(request):
    if request.method in ("GET", "HEAD"):
        raise NotRead(413, "no body expected")
    try:
        found = resolve(request.path_info)
    except Resolver404:
        raise NotRead(404, "no such page") from None
    return found.func, found.kwargs


def _of_program(request, view, kwargs: dict, most: int) -> Sender:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    found = people.by_token(secret.strip()) if kind.lower() == "bearer" and 8 < len(secret) < 200 else None
    if found is None:
        return _refusing(request, door.no_token(request, None))
    token, request.actor = found
    answer = getattr(view, "takes_files", lambda request, **kwargs: None)(request, **kwargs)
    return _refusing(request, answer) if answer is not None else Sender(f"token:{token.id}", most, known=True)


def _refusing(request, answer) -> Sender:
    """The answer as messages, with the headers that every page has."""
    answer = Headers(lambda request: answer)(request)
    lines = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in answer.items()]
    lines += [(b"content-length", str(len(answer.content)).encode())] if not answer.has_header("Content-Length") else []
    return Sender("", 0, answer=({"type": "http.response.start", "status": answer.status_code, "headers": lines},
                                 {"type": "http.response.body", "body": answer.content}))


async def ask_sender(scope) -> Sender:
    return await asyncio.get_running_loop().run_in_executor(askers, sender, scope)


askers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="senders")


live = Live(listening, KINDS, reader)
pages = Bridge(django, THREADS, LONGEST, health.Pulse(), health.away, ask_sender)
assets = Bridge(django, 2, LONGEST, ask=ask_sender)  # styles and scripts need no database, and none of the pages' threads
well = health.Lane()
_SAID = {
    400: "请求格式有误", 404: "没有这个页面",
    408: "内容没有及时传完，已停止接收。请换个信号好的地方，或少选几个文件再试，已填的内容都在。\n"
         "ནང་དོན་དུས་ཐོག་ཏུ་བསྐུར་མ་ཚར། བརྡ་རྟགས་བཟང་ས་ནས་སླར་བསྐུར་རོགས།\nIt did not arrive in time. Please try again with a better signal or fewer files.",
    413: "内容太大：文件一次最多 25 MB，文字请写短一些。请返回上一页，少选几个文件再提交，已填的内容都在。\n"
         "ནང་དོན་ཆེ་དྲགས་འདུག ཐེངས་རེར་མང་མཐར་ 25 MB ཤོག་ངོས་སྔོན་མར་ལོག་ནས་ཡིག་ཆ་ཉུང་ཙམ་འདེམས་རོགས།\n"
         "Too large: files 25 MB at most, words less. Please go back and choose fewer files or write less; what you wrote is still there.",
    429: "同时上传的太多，请等一会儿再传，已填的内容都在。\nདུས་གཅིག་ཏུ་བསྐུར་མཁན་མང་དྲགས། ཅུང་ཙམ་རྗེས་སླར་བསྐུར་རོགས།\n"
         "Too many uploads at once. Please try again in a moment; what you wrote is still there.",
}


async def route(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] != "http":
        return
    elif scope["path"] == "/live" and not health.away():
        await live.serve(scope, receive, send)
    elif scope["path"] == "/healthz":
        await whole(send, await well())
    elif scope["path"] == "/metrics":
        await whole(send, await metrics_page.asked(dict(scope["headers"]).get(b"authorization", b""), well.state))
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
    return outage.unavailable(outage.DATABASE, outage.posted(scope, body), again=scope["method"] == "GET")


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
        answer = django(environment(scope, io.BytesIO(), 0), lambda status, headers, wrong=None: lambda sent: None)
        answer.close()
    connections.close_all()


async def _misshapen(send) -> None:
    await plain(send, 400, _SAID[400])


application = BehindProxy(Watched(BoundedHeads(route, _misshapen)), os.environ.get("MINSHENG_PROXY_KEY", ""), settings.HTTPS)
