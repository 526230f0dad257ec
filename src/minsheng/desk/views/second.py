"""The second step of a log-in: the code after the password, and one's own page where it is set up, moved to another phone or renewed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import known_devices, login, queries, second_factor
from minsheng.accounts.permissions import needs
from minsheng.desk import menu
from minsheng.desk.views.login import came_from, came_in
from minsheng.kit import toast
from minsheng.kit.verdict import Invalid, Refused


def _field(error: str = "", label: str = "动态口令") -> dict:
    return {"name": "code", "label": label, "type": "text", "required": True, "value": "", "autocomplete": "one-time-code", "max": 30, "error": error,
            "help": "手机验证器上现在显示的 6 位数字；手机不在手边时输入一个备用码"}


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request):
    """After the password. Who comes here without it, or too late, begins again."""
    if not login.waiting_for_code(request.session):
        return redirect("login")
    try:
        if request.method == "POST":
            actor, then = login.second_step(code=request.POST.get("code", "")[:60], session=request.session, **came_from(request))
            return came_in(request, actor, then)
    except Refused as refused:
        if refused.verdict.code == "expired":
            return toast.leave(redirect("login"), refused.verdict.reason)
        status = 429 if refused.verdict.code == "wait" else 200
        return render(request, "desk/login_code.html", {"field": _field(), "reason": refused.verdict.reason}, status=status)
    return render(request, "desk/login_code.html", {"field": _field()})


@never_cache
@sensitive_variables("setup")
@needs()
@require_safe
def second(request):
    return _page(request)


@sensitive_variables("setup")
def _page(request, status: int = 200, **more):
    """Either the state of a second step that is set up, or the picture and the secret to set one up with."""
    row = queries.second_factor(request.person.id)
    shown: dict[str, Any] = {"second": row, "field": _field(), "policy": settings.SECOND_FACTOR, "home": menu.home(request.actor), "grace": not request.person.confined,
             "until": login.second_step_until(request.person.id, request.actor.roles)}
    if (row is None or not row.confirmed_at) and settings.SECOND_FACTOR != "off":
        setup = second_factor.begin(by=request.actor, username=request.person.username)
        shown |= {"setup": setup, "picture": _picture(setup.uri), "field": _field(label="手机上显示的 6 位数字") | {"help": ""}}
    return render(request, "desk/second.html", shown | more, status=status)


def _picture(uri: str) -> str:
    """A QR code as SVG: lines only, drawn by the browser, nothing fetched."""
    import segno

    return segno.make(uri, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff", title="动态口令的二维码", omitsize=False)


@never_cache
@sensitive_post_parameters("code")
@sensitive_variables("made")
@needs()
@require_POST
def second_confirm(request):
    """The first right code puts it in force; the recovery codes are shown this once."""
    try:
        made = login.confirm_second(by=request.actor, code=request.POST.get("code", "")[:60], session=request.session)
    except Invalid as wrong:
        return _page(request, 422, errors=wrong.errors, field=_field(wrong.errors["code"], "手机上显示的 6 位数字") | {"help": ""})
    except Refused as refused:
        return toast.leave(redirect("second"), refused.verdict.reason)
    return render(request, "desk/second_codes.html", {"codes": made, "home": menu.home(request.actor), "first": True})


@never_cache
@sensitive_post_parameters("code")
@sensitive_variables("made")
@needs()
@require_POST
def second_change(request):
    """Posted `step`: phone (another one: the present one ends) or recovery (new codes); both ask for a code first."""
    by, step = request.actor, request.POST.get("step", "")
    try:
        login.prove(by=by, username=request.person.username, code=request.POST.get("code", "")[:60], address=request.META.get("REMOTE_ADDR", ""),
                    known=known_devices.read(request, "staff"))
    except Invalid as wrong:
        return _page(request, 422, errors=wrong.errors, field=_field(wrong.errors["code"]))
    if step == "recovery":
        made = second_factor.renew_recovery(by=by)
        return render(request, "desk/second_codes.html", {"codes": made, "home": menu.home(by), "first": False})
    second_factor.end_own(by=by)
    said = "原来的动态口令已停用。" + ("" if settings.SECOND_FACTOR == "off" else "请用新手机重新设置。")
    return toast.leave(redirect("me" if settings.SECOND_FACTOR == "off" else "second"), said)


urls = [
    path("login/code", code, name="login-code"),
    path("me/second", second, name="second"),
    path("me/second/confirm", second_confirm, name="second-confirm"),
    path("me/second/change", second_change, name="second-change"),
]
