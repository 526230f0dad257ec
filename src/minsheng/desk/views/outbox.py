"""The outbox for the system administrator: what waits, failed or was held, and whether a channel is connected. Never a text."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.kit import clock, toast
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import Invalid, Refused
from minsheng.messages import actions, adapters, queries, rules

STATES = (("", "全部"), ("queued", "待发"), ("sending", "正在发"), ("failed", "失败"), ("held", "未接入留存"), ("stopped", "不再发"), ("sent", "已发"))


@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_safe
def outbox(request):
    """?state= &channel="""
    return _page(request)


def _page(request, status: int = 200, **more):
    get, by = request.GET, request.actor
    connected = {channel.code: channel for channel in adapters.channels()}
    errors, page = {}, None
    try:
        page = queries.page(get.get("state", ""), get.get("after", ""), channel=get.get("channel", ""))
    except Invalid as wrong:
        errors, status = wrong.errors, 422
    counts = queries.counts()
    channels = [
        {"channel": channel, "counts": [(label, state, counts.get((code, state), 0)) for state, label in STATES[1:] if state != "sending"],
         "again": [(label, state, rules.may_retry(by, state, channel.on)) for state, label in STATES if counts.get((code, state)) and state in ("failed", "held")]}
        for code, channel in connected.items()
    ]
    rows = [{"message": m, "template": rules.LABELS.get(m.template, m.template), "may": rules.may_retry(by, m.state, connected[m.channel].on, erased=not m.to_hint)}
            for m in page.rows] if page else []
    oldest = queries.waiting_longest()
    behind = (clock.machine_now() - oldest.next_at).total_seconds() if oldest else 0
    kept = get.copy()
    kept.pop("after", None)
    shown = {"rows": rows, "page": page, "channels": channels, "states": STATES, "errors": errors, "query": kept.urlencode(),
             "behind": int(behind // 60) if behind > queries.LATE.total_seconds() else 0}
    return render(request, "desk/outbox.html", shown | more, status=status)


@needs(Role.SYSTEM_ADMIN)
@require_POST
def again(request):
    """Posted `message`: that one; or `channel` and `state`: all of them."""
    raw, state = request.POST.get("message", ""), request.POST.get("state", "")
    try:
        if message_id := id_or_none(raw):
            actions.retry(message_id=message_id, by=request.actor)
            said = "已放回待发，十秒内再发一次"
        elif state in {"failed", "held"}:
            many = actions.retry_all(channel=request.POST.get("channel", ""), state=state, by=request.actor)
            said = f"{many} 条已放回待发"
        else:
            raise Http404
    except Refused as refused:
        return _page(request, 409, reason=refused.verdict.reason)
    return toast.leave(redirect(f"{reverse('outbox')}?state={state}" if state else "outbox"), said)


urls = [path("outbox", outbox, name="outbox"), path("outbox/again", again, name="outbox-again")]
