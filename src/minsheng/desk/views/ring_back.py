"""Numbers that the centre owes a call: the list, taking one, its result. The order is the system's; one in hand at a time."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk.views.calls import tabs
from minsheng.kit import toast
from minsheng.kit.read_values import BadValue, record_id
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony import gateway
from minsheng.telephony.actions import callbacks
from minsheng.telephony.queries import owed
from minsheng.telephony.rules.callbacks import READS, RINGS

readers, ringers = needs(*sorted(READS)), needs(*sorted(RINGS))


def _draw(request, errors=None, reason: str = "", typed=None, status: int = 200, phone: str = ""):
    state, page, wrong = "open", None, errors or {}
    try:
        state = owed.read_state(request.GET)
        page = owed.listed(state, request.GET.get("after", ""))
    except Invalid as bad:
        wrong, status = bad.errors, 422
    rings = bool(request.actor.roles & RINGS)
    shown = {**tabs(request, "ring-back"), "page": page, "rows": page.rows if page else [], "state": state, "states": list(owed.STATES.items()),
             "query": f"state={state}", "counts": owed.counts(), "mine": owed.in_hand(request.actor) if rings else None, "rings": rings, "errors": wrong,
             "reason": reason, "typed": typed or {}, "results": owed.RESULTS, "quiet": owed.quiet_now(), "revealed": phone, "dials": gateway.now() is not None}
    return render(request, "desk/telephony/ring_back.html", shown, status=status)


@never_cache
@readers
@require_safe
def listed(request):
    return _draw(request)


@never_cache
@ringers
@require_POST
def take(request):
    """The next by the system's order, or the one that the button names."""
    try:
        row = callbacks.take(by=request.actor, callback_id=record_id(request.POST["id"]) if request.POST.get("id") else 0)
    except BadValue:
        return redirect("ring-back")
    except Refused as refused:
        return _draw(request, reason=refused.verdict.reason, status=409)
    return toast.leave(redirect("ring-back"), f"已取第 {row.attempts} 次回拨，15 分钟内请记下结果")


@never_cache
@ringers
@require_POST
def number(request, callback_id: int):
    """The full number of the one in hand, for a telephone on the desk: this once, and written down."""
    try:
        return _draw(request, phone=callbacks.reveal(callback_id=callback_id, by=request.actor).phone)
    except Refused as refused:
        return _draw(request, reason=refused.verdict.reason, status=409)


@never_cache
@ringers
@require_POST
def dial(request, callback_id: int):
    """Through the exchange: the clerk's telephone rings first. Neither sees the other's number."""
    try:
        callbacks.dial(callback_id=callback_id, by=request.actor)
    except Refused as refused:
        return _draw(request, reason=refused.verdict.reason, status=409)
    return toast.leave(redirect("ring-back"), "正在接通：您的话机先接上，再拨对方；结果由话务平台记下")


@never_cache
@ringers
@require_POST
def record(request, callback_id: int):
    try:
        row = callbacks.record(callback_id=callback_id, by=request.actor, result=request.POST.get("result", ""), note=request.POST.get("note", ""))
    except Refused as refused:
        return _draw(request, reason=refused.verdict.reason, typed=request.POST, status=409)
    except Invalid as wrong:
        return _draw(request, errors=wrong.errors, typed=request.POST, status=422)
    return toast.leave(redirect("ring-back"), f"已记下：{row.get_state_display()}")


@never_cache
@ringers
@require_safe
def told(request, callback_id: int):
    """What the exchange says of the attempt in hand, asked every few seconds by the page that has it."""
    said = owed.told(callback_id, request.actor)
    return render(request, "desk/telephony/ring_back_told.html", {"said": said, "id": callback_id}) if said else HttpResponse(status=204)


urls = [
    path("ring-back", listed, name="ring-back"),
    path("ring-back/take", take, name="ring-back-take"),
    path("ring-back/<int:callback_id>/number", number, name="ring-back-number"),
    path("ring-back/<int:callback_id>/dial", dial, name="ring-back-dial"),
    path("ring-back/<int:callback_id>/record", record, name="ring-back-record"),
    path("ring-back/<int:callback_id>/told", told, name="ring-back-told"),
]
