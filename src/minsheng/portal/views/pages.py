"""Start, answers found before sending, how data is used, the switches of language and print, and pages that are not there."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.kit import clock
from minsheng.knowledge import queries as knowledge
from minsheng.knowledge.rules import Validity
from minsheng.leader_days.queries import pages as days
from minsheng.portal import session_state
from minsheng.portal.views import ring
from minsheng.portal.views.page import page, remember

_STAFF = ("/desk", "/board", "/api", "/me", "/login")


@require_safe
def start(request):
    return page(request, "start", {"rings": ring.there()}, index=True)


@require_safe
def privacy(request):
    return page(request, "privacy", index=True)


def _today():
    return timezone.localdate(clock.now())


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request):
    """What is published and counts today answers; what has run out is not shown as an answer."""
    if request.method == "POST":
        session_state.ask(request, request.POST.get("q", "").replace("\x00", "").strip()[:200])
        return redirect("portal_ask")
    asked = session_state.asked(request)
    found = [f for f in knowledge.search(asked, on=_today(), limit=8) if f.is_current][:5] if asked else []
    return page(request, "ask", {"asked": asked, "found": found}, index=not asked)


@require_safe
def article(request, article_id: int):
    found = knowledge.article_page(article_id, _today())
    if found is None or found.shown is None or found.validity not in (Validity.CURRENT, Validity.EXPIRED):
        raise Http404
    return page(request, "article", {"article": found}, index=found.validity == Validity.CURRENT)


@require_safe
def leader_days(request):
    """When which units answer the phone themselves, what about, and what was signed to be said of their commitments."""
    periods, now = days.announced(), clock.now()
    ahead = any(desk.ends > now for period in periods for desk in period.seats)
    open_for = [period.id for period in periods if period.state == "announced" and period.starts and period.starts > now]
    return page(request, "leader_days", {"periods": periods, "ahead": ahead, "open_for": open_for}, index=True)


@require_POST
def language(request):
    """Both switches; back to the page it came from, within this site only."""
    where = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(where, {request.get_host()}, require_https=request.is_secure()):
        where = "/"
    response = HttpResponseRedirect(where)
    remember(request, response)
    return response


@require_safe
def robots(request):
    """What is one person's alone is not for search engines."""
    shut = ("/case", "/leader-days/mine", "/track", "/send/", "/desk", "/board", "/api")
    return HttpResponse("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in shut), content_type="text/plain")


def not_found(request, exception):
    """Django's handler404: who works here reads the desk's words, anybody else the citizen's."""
    if request.path.startswith(_STAFF) or getattr(request, "person", None):
        with translation.override(settings.LANGUAGE_CODE):
            return render(request, "404.html", status=404)
    return page(request, "gone", status=404)
