"""Calls of the centre: the list behind every figure, one call, the figures; the wallboard. What is simulated says so."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk.views.case import hidden
from minsheng.kit.replicas import reads_replica
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony.actions import recordings as hearing
from minsheng.telephony.queries import figures as counted
from minsheng.telephony.queries import link, lists, live, owed, recordings
from minsheng.telephony.queries.call_sets import SETS, WAITS
from minsheng.telephony.rules import callbacks
from minsheng.telephony.rules.readers import READS, READS_ALL

readers, counts = needs(*sorted(READS)), needs(*sorted(READS_ALL))


def _sees_ring_back(request) -> bool:
    return bool(request.actor.roles & callbacks.READS)


def tabs(request, here: str) -> dict:
    """What stands above each of these pages."""
    roles = request.actor.roles
    shown = [("calls", "通话", True), ("ring-back", "回拨", _sees_ring_back(request)), ("call-figures", "指标", bool(roles & READS_ALL)),
             ("wallboard", "大屏", bool(roles & READS_ALL)), ("staffing", "排班", bool(roles & READS_ALL))]
    return {"tabs": [(name, label) for name, label, may in shown if may], "here": here, "link": link.link(), "sees_ring_back": _sees_ring_back(request)}


@never_cache
@readers
@require_safe
@reads_replica
def listed(request):
    """Newest first, narrowed by day, set, language, wait."""
    errors, page, count, filters = {}, None, 0, lists.Filters(lists.today(), lists.today())
    try:
        filters = lists.read_filters(request.GET)
        page, count = lists.listed(request.actor, filters, request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    kept = request.GET.copy()
    kept.pop("after", None)
    shown = {**tabs(request, "calls"), "page": page, "rows": page.rows if page else [], "count": count, "filters": filters, "errors": errors,
             "query": kept.urlencode(), "sets": lists.SET_CHOICES, "languages": list(counted.LANGUAGES.items()), "waits": lists.WAIT_CHOICES,
             "own": not request.actor.roles & READS_ALL}
    return render(request, "desk/telephony/calls.html", shown, status=422 if errors else 200)


@never_cache
@readers
@require_http_methods(["GET", "HEAD", "POST"])
def call(request, call_id: int):
    """POST: a recording of it is asked for, with a reason that the ledger keeps."""
    shown: dict[str, Any] = {"hear_url": request.path}
    opened = 0
    try:
        page = lists.page(call_id, request.actor)
        if request.method == "POST":
            wanted = request.POST.get("recording", "")
            opened = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
            shown |= {"opened": opened, "reason": request.POST.get("reason", "")}
            shown["sound"] = hearing.hear(recording_id=opened, by=request.actor, reason=shown["reason"])
    except Refused as refused:
        return hidden(request, refused)
    except Invalid as wrong:
        shown["errors"] = wrong.errors
    shown |= {**tabs(request, "calls"), "page": page, "row": page.row, "call": page.row.call,
              "recordings": recordings.of_call(page.row.call, request.actor, opened if shown.get("sound") else 0)}
    return render(request, "desk/telephony/call.html", shown, status=422 if shown.get("errors") else 200)


_RATES = (("connect", "接通率", "answered", "offered_kept", "人工接听 ÷ 进入排队；排队不足 5 秒挂断的、还在排队的不计"),
          ("connect_all", "接通率（含秒挂）", "answered", "offered_over", "人工接听 ÷ 进入排队，秒挂的也算，还在排队的不计"),
          ("in_time", "15 秒接通率", "answered_15s", "answered", "15 秒内接听 ÷ 人工接听（GB/T 33358）"),
          ("in_time_of_offered", "15 秒内接听占排队", "answered_15s", "offered_kept", "15 秒内接听 ÷ 进入排队；放弃的拉低它，还在排队的不计"),
          ("abandoned", "放弃率", "abandoned", "offered_over", "排队时挂断 ÷ 进入排队，还在排队的不计"))
_TIMES = (("wait_mean", "平均等待（自排队）"), ("wait_95", "95% 等待不超过（自排队）"), ("arrival_mean", "平均等待（自来电）"),
          ("arrival_95", "95% 等待不超过（自来电）"), ("talk", "平均通话"))


@never_cache
@counts
@require_safe
@reads_replica
def figures(request):
    """Every number opens to its calls."""
    errors, filters = {}, lists.Filters(lists.today(), lists.today())
    try:
        filters = lists.read_filters(request.GET)
    except Invalid as wrong:
        errors = wrong.errors
    all_ = counted.figures(*filters.span)
    whole = all_[0]
    period = urlencode({"from": filters.since, "to": filters.until})
    rates = [(label, said, top, bottom, [(one.language, getattr(one, name), one.counts[top], one.counts[bottom]) for one in all_])
             for name, label, top, bottom, said in _RATES]
    shown = {**tabs(request, "call-figures"), "filters": filters, "errors": errors, "all": all_, "whole": whole, "period": period, "rates": rates,
             "times": [(label, [getattr(one, name) for one in all_]) for name, label in _TIMES], "work": counted.work(*filters.span),
             "owed": counted.owed(*filters.span), "span": whole.connect_span,
             "sets": [(name, one.label, [(f.language, f.counts[name]) for f in all_]) for name, one in SETS.items() if name not in ("offered_over", "offered_kept", "live")],
             "waits": [(place, f"{least} 至 {most} 秒" if most else f"{least} 秒以上", whole.waits[place]) for place, (least, most) in enumerate(WAITS)]}
    return render(request, "desk/telephony/figures.html", shown, status=422 if errors else 200)


def _wall(request) -> dict:
    span = lists.Filters(lists.today(), lists.today()).span
    day = counted.figures(*span)
    return {"now": live.now(), "day": day[0], "languages": day[1:], "owed": owed.counts(), "link": link.link(), "sees_ring_back": _sees_ring_back(request),
            "today": urlencode({"from": lists.today(), "to": lists.today()})}


@never_cache
@counts
@require_safe
def wallboard(request):
    """For the wall: large, without controls, read anew by itself."""
    return render(request, "desk/telephony/wallboard.html", _wall(request))


@never_cache
@counts
@require_safe
def wallboard_numbers(request):
    return render(request, "desk/telephony/wallboard_numbers.html", _wall(request))


urls = [
    path("calls", listed, name="calls"),
    path("calls/figures", figures, name="call-figures"),
    path("calls/wallboard", wallboard, name="wallboard"),
    path("calls/wallboard/numbers", wallboard_numbers, name="wallboard-numbers"),
    path("calls/<int:call_id>", call, name="call"),
]
