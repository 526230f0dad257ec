"""Log-in, log-out and one's own page: password, devices, keys for programs."""

from __future__ import annotations

from django.conf import settings
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import actions, known_devices, queries
from minsheng.accounts.login import change_password, end_sessions, log_in, log_out, second_step_until
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import MIN_PASSWORD, SCOPES
from minsheng.accounts.sessions import kept_as
from minsheng.desk import menu
from minsheng.kit import toast
from minsheng.kit.own_page import own_page
from minsheng.kit.templatetags.show import day
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import queries as ledger
from minsheng.ledger.rules import Kind
from minsheng.telephony.actions import seat


def _after(request) -> str:
    """The page that was asked for, if it is ours; else where the person's day begins (asked by /)."""
    asked = own_page(request, "next")
    return "" if asked.startswith(("/logout", "/login")) else asked


def _login_page(request, reason: str = "", status: int = 200, username: str = ""):
    fields = [
        {"name": "username", "label": "用户名", "type": "text", "required": True, "value": username, "autocomplete": "username"},
        {"name": "password", "label": "密码", "type": "password", "required": True, "autocomplete": "current-password"},
    ]
    reason = reason or getattr(request, "ended", "")
    typed = "typed" in request.POST or "typed" in request.GET
    return render(request, "desk/login.html", {"fields": fields, "reason": reason, "next": _after(request), "typed": typed}, status=status)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request):
    if request.method != "POST":
        return redirect(_after(request) or menu.home(request.actor)) if request.actor else _login_page(request)
    username = request.POST.get("username", "")[:80]
    try:
        actor = log_in(username=username, password=request.POST.get("password", "")[:200], session=request.session, then=_after(request),
                       **came_from(request))
    except Refused as refused:
        status = 429 if refused.verdict.code == "wait" else 200
        return _login_page(request, refused.verdict.reason, status, username)
    return redirect("login-code") if actor is None else came_in(request, actor, _after(request))


def came_from(request) -> dict:
    """Where a log-in comes from, as accounts.login asks for it."""
    return {"address": request.META.get("REMOTE_ADDR", ""), "device": request.headers.get("User-Agent", ""), "known": known_devices.read(request, "staff")}


def came_in(request, actor, then: str):
    """On to the page that was asked for; the device is known from now on. A page that another person left open here sends nothing any more:
    it would go out under this one's name."""
    if not known_devices.read(request, "staff").was_last(f"person:{actor.id}"):
        rotate_token(request)
    answer = redirect(then or menu.home(actor))
    if until := second_step_until(actor.id, actor.roles):
        toast.leave(answer, f"请在 {day(until)} 前到“我的账号”设置动态口令，之后没有它不能工作。")
    return known_devices.remember(request, answer, "staff", f"person:{actor.id}")


@require_safe
@needs()
def begin(request):
    """/desk/: where the reader's own day begins."""
    return redirect(menu.home(request.actor))


@require_POST
def logout(request):
    if request.actor:
        log_out(by=request.actor, session=request.session)
        if not queries.sessions(request.actor.id):
            seat.leave(by=request.actor)
    return toast.leave(redirect("login"), "已退出。用完公用电脑请关闭浏览器。")


def _password_fields(errors: dict | None = None) -> list[dict]:
    fields = [
        {"name": "old", "label": "现在的密码", "autocomplete": "current-password"},
        {"name": "password", "label": "新密码", "autocomplete": "new-password", "help": f"至少 {MIN_PASSWORD} 位，不含用户名，不用常见的；用几个不相干的词连起来最好记"},
        {"name": "again", "label": "再输入一次新密码", "autocomplete": "new-password"},
    ]
    return [{"type": "password", "required": True, "error": (errors or {}).get(f["name"], ""), **f} for f in fields]


def _own_page(request, status: int = 200, **more):
    given = {
        "password_fields": _password_fields(), "sessions": queries.sessions(request.person.id), "scopes": SCOPES,
        "tokens": queries.tokens(request.person.id), "this": kept_as(request.session.session_key),
        "roles": sorted(request.actor.roles, key=lambda role: role.label), "token_fields": _token_fields(),
        "second": queries.second_factor(request.person.id), "until": second_step_until(request.person.id, request.actor.roles),
        "policy": settings.SECOND_FACTOR, "password_set": _password_set(request.person.id),
    }
    return render(request, "desk/me.html", given | more, status=status)


def _password_set(person_id: int):
    """The ledger's entry of the last time the password was set: by whom, and how many keys of programs ended with it."""
    return next((entry for entry in ledger.about(f"person:{person_id}", 100) if entry.kind == Kind.PASSWORD_SET), None)


def _token_fields(errors: dict | None = None, name: str = "", scopes: tuple = ()) -> list[dict]:
    errors = errors or {}
    return [
        {"name": "name", "label": "给哪个程序用", "type": "text", "required": True, "value": name, "error": errors.get("name", ""), "max": 80},
        {"name": "scopes", "label": "允许做什么", "type": "multi", "choices": list(SCOPES.items()), "value": scopes, "required": True,
         "error": errors.get("scopes", "")},
    ]


@never_cache
@require_safe
@needs()
def me(request):
    return _own_page(request)


@sensitive_post_parameters()
@require_POST
@needs()
def password(request):
    try:
        if request.POST.get("password") != request.POST.get("again"):
            raise Invalid({"again": "两次输入的新密码不一样，请再输入一次"})
        keys = change_password(by=request.actor, username=request.person.username, old=request.POST.get("old", "")[:200],
                               password=request.POST.get("password", ""), address=request.META.get("REMOTE_ADDR", ""),
                               keep_session=request.session.session_key, known=known_devices.read(request, "staff"))
    except Invalid as wrong:
        return _own_page(request, 422, password_fields=_password_fields(wrong.errors), errors=wrong.errors)
    ended = f"，{keys} 把程序密钥也已停用：还要用的请重新建立" if keys else ""
    answer = toast.leave(redirect(menu.home(request.actor)), f"密码已改，其他设备上的登录都已退出{_left(request.actor)}{ended}。")
    return known_devices.remember(request, answer, "staff", f"person:{request.person.id}")


@require_POST
@needs()
def sessions_end(request):
    count = end_sessions(by=request.actor, keep=request.session.session_key)
    return toast.leave(redirect("me"), f"已退出其他 {count} 处登录{_left(request.actor)}。" if count else "没有其他登录。")


def _left(actor) -> str:
    """A telephone may be open where the log-in has just ended."""
    return "，话机也已签出，要接电话请重新签入" if seat.leave(by=actor) else ""


@require_POST
@needs()
def token_make(request):
    name, scopes = request.POST.get("name", ""), tuple(request.POST.getlist("scopes"))
    try:
        token, secret = actions.make_own_token(by=request.actor, name=name, scopes=scopes)
    except Invalid as wrong:
        return _own_page(request, 422, token_fields=_token_fields(wrong.errors, name, scopes), errors=wrong.errors)
    except Refused as refused:
        errors = {refused.verdict.field or "name": refused.verdict.reason}
        return _own_page(request, 409, token_fields=_token_fields(errors, name, scopes), errors=errors)
    return _own_page(request, made=token, secret=secret)


@require_POST
@needs()
def token_end(request, token_id: int):
    actions.revoke_token_of(token_id=token_id, by=request.actor)
    return toast.leave(redirect("me"), "密钥已停用，用它的程序从现在起不能再连接。")


urls = [
    path("desk/", begin, name="begin"),
    path("login", login, name="login"),
    path("logout", logout, name="logout"),
    path("me", me, name="me"),
    path("me/password", password, name="password"),
    path("me/sessions", sessions_end, name="sessions_end"),
    path("me/tokens", token_make, name="token_make"),
    path("me/tokens/<int:token_id>/end", token_end, name="token_end"),
]
