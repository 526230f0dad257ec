"""One way to answer a citizen: language, large print, no index for what is personal, and no word lost by a switch."""

from __future__ import annotations

from django.conf import settings
from django.shortcuts import render
from django.utils import translation

from minsheng.kit.translatable import Said
from minsheng.kit.verdict import Invalid
from minsheng.messages import queries as messages
from minsheng.portal import forms

LANGUAGES = (("zh-hans", "中文"), ("bo", "བོད་ཡིག"), ("en", "English"))
LARGE = "large"
_YEAR_S = 365 * 24 * 3600


def page(request, template: str, context: dict | None = None, status: int = 200, index: bool = False):
    given = {"languages": LANGUAGES, "large_print": _large(request), "demo": settings.DEMO, "index": index, "sms": messages.connected()}
    response = render(request, f"portal/{template}.html", {**given, **(context or {})}, status=status)
    if not index:
        response["X-Robots-Tag"] = "noindex, nofollow"
    if switches(request):
        remember(request, response)
    return response


def _large(request) -> bool:
    asked = request.POST.get("large") if switches(request) else None
    return (asked or request.COOKIES.get(LARGE)) == "1"


def switches(request) -> bool:
    """A form came because its writer switched language or print in the middle of it: the same page again, all that was typed in it."""
    asked = request.POST.get("language") if request.method == "POST" else None
    if asked in dict(LANGUAGES):
        translation.activate(asked)
        request.LANGUAGE_CODE = asked
    return request.method == "POST" and ("language" in request.POST or "large" in request.POST)


def remember(request, response) -> None:
    """The choice of language or print that was posted."""
    if request.POST.get("language") in dict(LANGUAGES):
        _keep(response, settings.LANGUAGE_COOKIE_NAME, request.POST["language"])
    if request.POST.get("large") in ("0", "1"):
        _keep(response, LARGE, request.POST["large"])


def _keep(response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR_S, samesite="Lax", secure=settings.HTTPS, httponly=True)


def address(request) -> str:
    """Whom the slowing-down counts."""
    return request.META.get("REMOTE_ADDR", "")


def uploads(request) -> list[tuple[str, bytes]]:
    """(name, content) of the files sent. Invalid({"files": …}) before anything large is read."""
    sent = request.FILES.getlist("files")
    big = next((f.name for f in sent if f.size > forms.ONE), "")
    if big:
        raise Invalid({"files": Said(forms.ONE_TOO_LARGE, name=big[:40])})
    if sum(f.size for f in sent) > forms.MAX_BYTES:
        raise Invalid({"files": forms.ALL_TOO_LARGE})
    return [(f.name, f.read()) for f in sent]
