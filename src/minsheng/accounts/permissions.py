"""The door of every staff page: `@needs(Role.AGENT, ...)`; no role named: anybody logged in."""

from __future__ import annotations

from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse
from django.shortcuts import redirect, render

from minsheng.accounts.rules import Role
from minsheng.kit import toast

SECOND = {"second", "second_confirm"}  # the views where a second step is set up


def needs(*roles: Role):
    """Not logged in -> /login?next=; a password that must be changed -> /me; a second step that must be set up -> /me/second; the wrong
    role -> a page that says who may.

    The wrapped view carries `.needs` (a tuple of roles), which the test of all URLs reads.
    """

    def wrap(view):
        name = getattr(view, "__name__", "")

        @wraps(view)
        def door(request, *args, **kwargs):
            return shut(request, name, roles) or view(request, *args, **kwargs)

        door.needs = roles
        return door

    return wrap


def shut(request, name: str, roles: tuple[Role, ...]):
    """The answer to whoever may not come in, None to who may. Also asked at the edge, before a long body is read."""
    if request.actor is None:
        return _to_login(request)
    if request.person.must_change_password and name not in {"me", "password"}:
        return redirect("/me")
    if request.person.confined and name not in SECOND and not request.person.must_change_password:
        return redirect("/me/second")
    if roles and not request.actor.has(*roles):
        return refused(request, f"这个页面给{'、'.join(role.label for role in roles)}使用，您现在的角色是{own(request.actor)}。")
    return None


def own(actor) -> str:
    return "、".join(sorted(role.label for role in actor.roles)) or "（还没有角色）"


def refused(request, reason: str, status: int = 403):
    """The page for a reader who may not: `reason` in words."""
    return render(request, "403.html", {"reason": reason}, status=status)


def _to_login(request):
    """`typed=1`: a form was sent too late; its words are still in the browser and the log-in page says so."""
    sent = request.method == "POST"
    asked = _sent_from(request) if sent or request.headers.get("HX-Request") else request.get_full_path()
    where = "/login?" + urlencode({"next": asked} | ({"typed": "1"} if sent else {}))
    if request.headers.get("HX-Trigger-Name"):  # asked while a field was being typed in: the page stays, what is typed stays in it
        return toast.now(HttpResponse(status=204), "登录已结束，写的字都在这台电脑上。请在新窗口登录，再回到本页接着写。")
    if request.headers.get("HX-Request"):  # a fragment must not become a log-in page in the middle of a page
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return redirect(where)


def _sent_from(request) -> str:
    """The page that a form or a fragment was asked from, with the step that its form was about."""
    try:
        came = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/desk/"
    if came.netloc != request.get_host():
        return "/desk/"
    step = request.POST.get("step", "") if came.path == request.path else ""  # the page of an earlier error bears its form's address
    query = came.query or (urlencode({"step": step[:40]}) if step else "")
    return came.path + (f"?{query}" if query else "")
