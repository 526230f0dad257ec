"""110 and us: what came from there, what went there, what is still owed."""

from __future__ import annotations

from urllib.parse import urlencode

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.inter_agency import outgoing
from minsheng.inter_agency.actions import telling
from minsheng.inter_agency.queries import lists
from minsheng.kit import toast
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony.rules.readers import READS_ALL

readers, senders = needs(*sorted(lists.READS)), needs(*sorted(lists.SENDS_AGAIN))


def _draw(request, reason: str = "", status: int = 200):
    errors, page, filters, by = {}, None, lists.Filters(), request.actor
    try:
        filters = lists.read_filters(request.GET)
        page = lists.listed(by, filters, request.GET.get("after", ""))
    except Invalid as wrong:
        errors, status = wrong.errors, 422
    unsigned, n = lists.unsigned()
    shown = {"page": page, "rows": page.rows if page else [], "filters": filters, "errors": errors, "reason": reason,
             "query": urlencode({"set": filters.set, "ref": filters.ref}), "counts": lists.counts(by),
             "unsigned": unsigned, "n_unsigned": n, "off": outgoing.state(), "opens_calls": bool(by.roles & READS_ALL), "sends": bool(by.roles & lists.SENDS_AGAIN)}
    return render(request, "desk/police.html", shown, status=status)


@never_cache
@readers
@require_safe
def listed(request):
    return _draw(request)


@never_cache
@senders
@require_POST
def again(request, feedback_id: int):
    """Sent once more after a word with 110."""
    try:
        row = telling.send_again(feedback_id=feedback_id, by=request.actor)
    except Refused as refused:
        return _draw(request, refused.verdict.reason, 409)
    return toast.leave(redirect("police"), f"{row.get_kind_display()}已放回待发，十五秒内再发一次")


urls = [path("police", listed, name="police"), path("police/<int:feedback_id>/again", again, name="police-again")]
