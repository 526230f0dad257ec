"""Quality: the random second calls that check a clerk's first (rulings, 13). What the clerk wrote is shown; the number for this call alone."""

from __future__ import annotations

from datetime import timedelta

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk.views.case import hidden
from minsheng.desk.views.rulings import OF_SUPERVISOR, tabs_of
from minsheng.followup import actions as followup
from minsheng.followup import queries as callbacks
from minsheng.kit import clock, toast
from minsheng.kit.verdict import Refused

quality = needs(Role.QUALITY)
READ_BACK = timedelta(days=90)


@never_cache
@quality
@require_safe
def rechecks(request):
    return _draw(request)


def _draw(request, status: int = 200, **more):
    return render(request, "desk/rechecks.html", {"rows": callbacks.rechecks(request.actor), "typed": request.POST, **more}, status=status)


@never_cache
@quality
@require_POST
def number(request, recheck_id: int):
    """The requester's number for this second call; the ledger keeps it."""
    try:
        found = followup.number_for_recheck(recheck_id=recheck_id, by=request.actor)
    except Refused as refused:
        return hidden(request, refused) if refused.verdict.code == "hidden" else _draw(request, 409, reason=refused.verdict.reason)
    return _draw(request, found=found, at=recheck_id)


@never_cache
@quality
@require_POST
def recheck(request, recheck_id: int):
    agrees = request.POST.get("agrees") == "yes"
    try:
        followup.record_recheck(recheck_id=recheck_id, agrees=agrees, note=request.POST.get("note", ""), by=request.actor)
    except Refused as refused:
        return hidden(request, refused) if refused.verdict.code == "hidden" else _draw(request, 409, reason=refused.verdict.reason, at=recheck_id)
    return toast.leave(redirect("rechecks"), "复核结果已记入：" + ("与首次一致" if agrees else "与首次不一致，已记差异"))


@never_cache
@needs(Role.QUALITY, Role.SUPERVISOR)
@require_safe
def results(request):
    """What the second calls of the last ninety days found, by clerk, and each that differs with what was said."""
    since, by = clock.now() - READ_BACK, request.actor
    tabs = tabs_of(OF_SUPERVISOR, "recheck-results") if by.has(Role.SUPERVISOR) else ()
    page = callbacks.differing(by, since, request.GET.get("after", ""))
    shown = {"title": "督办审批" if tabs else "回访复核结果", "tabs": tabs, "clerks": callbacks.second_calls(by, since), "page": page, "query": "",
             "days": READ_BACK.days}
    return render(request, "desk/recheck_results.html", shown)


urls = [
    path("rulings/recheck-results", results, name="recheck-results"),
    path("rechecks", rechecks, name="rechecks"),
    path("rechecks/<int:recheck_id>", recheck, name="recheck"),
    path("rechecks/<int:recheck_id>/number", number, name="recheck-number"),
]
