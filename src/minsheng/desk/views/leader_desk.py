"""The desk of a leader day: one call at a time, on the leader's screen and on the assistants', each seeing the other's words."""

from __future__ import annotations

from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts import queries as people
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.desk import desk_form, phone_bar
from minsheng.desk.views.case import hidden
from minsheng.kit import toast
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days.actions import callers, desk_calls
from minsheng.leader_days.queries import desk_page
from minsheng.leader_days.queries.desk_page import Fate
from minsheng.leader_days.rules.desk_call import NAMES, SITS
from minsheng.telephony.queries import seat as seats

sits = needs(*sorted(SITS))
_ENDS = {"answer": desk_calls.answer, "hand": desk_calls.hand_over, "promise": desk_calls.promise, "pass": desk_calls.pass_on,
         "drop": desk_calls.drop}


@never_cache
@sits
@require_safe
def desks(request):
    """The desks of today; who has one alone goes straight to it."""
    found = desk_page.today(request.actor)
    if len(found) == 1:
        return redirect("desk-seat", found[0].id)
    return render(request, "desk/seat/desks.html", {"desks": found, "coming": desk_page.coming(request.actor)})


@never_cache
@sits
@require_safe
def seat(request, desk_id: int):
    """?fate= narrows the list of today's calls. ?telephone=ID: this call was answered at the reader's telephone, and begins."""
    try:
        return _page(request, desk_id)
    except Refused as refused:
        return hidden(request, refused)


def _page(request, desk_id: int, status: int = 200, typed=None, errors=None, reason: str = "", panel: str = ""):
    fate = request.GET.get("fate", "")
    page = desk_page.page(desk_id, request.actor, fate if fate in set(Fate) else "")
    before = _before(request, page.caller, page.typed["phone"].text) if page.call else {}
    begins = desk_page.begins(desk_id, request.actor, id_or_none(request.GET.get("telephone", "")) or 0)
    shown = {"begins": begins, "queue": _queue(request, desk_id), "page": page, "desk": page.desk, "call": page.call, "fate": fate, "errors": errors or {}, "reason": reason,
             **before, "fields": desk_form.fields(page, request.actor, typed), "panel": panel,
             "promise": desk_form.promise(page, request.POST, errors or {}) if panel == "promise" else []}
    return render(request, "desk/seat/seat.html", shown, status=status)


def _before(request, caller, typed: str) -> dict:
    """The caller's earlier cases, or why they are not looked for."""
    try:
        return {"earlier": callers.earlier(by=request.actor, caller=caller, typed=typed)}
    except Refused as refused:
        return {"not_sought": refused.verdict.reason}


def _queue(request, desk_id: int) -> dict | None:
    """Who answers the desk's own queue; None where there is no telephone."""
    if not phone_bar.there():
        return None
    there = seats.at_desks().get(desk_id, {})
    names = people.names(list(there))
    signed, away = ("、".join(names.get(one, "") for one, is_in in there.items() if is_in is wanted) for wanted in (True, False))
    says = f"转到本席的来电由{signed}的话机接" if signed else f"{away}的话机还没有签入，同事现在转不过来" if away else "没有话机接转到本席的来电，同事现在转不过来"
    return {"says": says, "signed": bool(signed), "mine": request.actor.id in there, "may": Role.AGENT in request.actor.roles}


@never_cache
@sits
@require_POST
def queue(request, desk_id: int):
    """The telephone of the agent beside is in the desk's queue, or in those of their languages again."""
    try:
        desk_page.seat(desk_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    try:
        if request.POST.get("deed") == "leave":
            said = "您的话机已回到热线的队列" if desk_calls.leave_queue(desk_id=desk_id, by=request.actor) else "您的话机不在接听席的队列里"
        else:
            desk_calls.answer_queue(desk_id=desk_id, by=request.actor, languages=request.person.languages)
            said = "您的话机在本席的队列里：签入着就响"
    except Refused as refused:
        return _page(request, desk_id, 409, reason=refused.verdict.reason)
    return toast.leave(redirect("desk-seat", desk_id), said)


@never_cache
@sits
@require_POST
def begin(request, desk_id: int):
    try:
        telephone, again = (id_or_none(request.POST.get(name, "")) or 0 for name in ("telephone", "again"))
        desk_calls.begin(desk_id=desk_id, by=request.actor, telephone_id=telephone, again=again)
    except Refused as refused:
        return hidden(request, refused)
    return redirect("desk-seat", desk_id)


@never_cache
@sits
@require_safe
def state(request, desk_id: int):
    """For a page that is open."""
    try:
        return JsonResponse(desk_page.told(desk_id, request.actor) | {"queue": (_queue(request, desk_id) or {}).get("says", "")})
    except Refused as refused:
        return JsonResponse({"reason": refused.verdict.reason}, status=404)


@never_cache
@sits
@require_safe
def earlier(request, desk_id: int):
    """The caller's earlier cases, asked anew when the number changes."""
    try:
        return render(request, "desk/seat/earlier.html", _before(request, *desk_page.on_line(desk_id, request.actor)))
    except Refused as refused:
        return hidden(request, refused)


@never_cache
@sensitive_post_parameters()
@sits
@require_POST
def words(request, desk_id: int):
    """What was typed into one field, as it is typed."""
    post = request.POST
    try:
        done = desk_calls.type_words(
            desk_id=desk_id, call_id=id_or_none(post.get("call", "")) or 0, by=request.actor, name=post.get("name", ""), text=post.get("text", ""),
            rev=id_or_none(post.get("rev", "")) or 0, tab=post.get("tab", ""), settles=id_or_none(post.get("settles", "")) or 0)
    except Refused as refused:
        return JsonResponse({"reason": refused.verdict.reason, "code": refused.verdict.code}, status=409)
    except Invalid as wrong:
        return JsonResponse({"reason": "；".join(wrong.errors.values())}, status=422)
    return JsonResponse({"stands": done.stands, "field": desk_page.shown(post.get("name", ""), done.word, request.actor)})


# --- the end of the call ------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@sits
@require_POST
def end(request, desk_id: int):
    """One of the ends. A press that only opens the form of a promise, or that is refused, comes back with the page as typed."""
    post, then = request.POST, request.POST.get("then", "")
    call_id = id_or_none(post.get("call", "")) or 0
    opens = then == "promise" and post.get("panel") != "promise"
    try:
        try:
            stands = _keep(request, desk_id, call_id)
            if not stands or opens or then not in _ENDS:
                reason = "" if stands else "您写的和另一位同时写的不一样，两份都在，请先选用"
                return _page(request, desk_id, 200 if stands else 409, reason=reason, panel="promise" if then == "promise" else "")
            made = _ENDS[then](desk_id=desk_id, call_id=call_id, by=request.actor, given=post.dict())
        except Invalid as wrong:
            return _page(request, desk_id, 422, post, wrong.errors, panel="promise" if then == "promise" else "")
        except Refused as refused:
            if refused.verdict.code == "ended":
                return toast.leave(redirect("desk-seat", desk_id), refused.verdict.reason)
            return _page(request, desk_id, 409, post, reason=refused.verdict.reason, panel="promise" if then == "promise" else "")
    except Refused as refused:
        return hidden(request, refused)
    return toast.leave(redirect("desk-seat", desk_id), _said(then, made))


def _keep(request, desk_id: int, call_id: int) -> bool:
    """What stands in the form and has not gone up yet. False: it would have overwritten another's words."""
    stands = True
    for name in NAMES:
        text, rev = request.POST.get(name), id_or_none(request.POST.get(f"rev-{name}", "")) or 0
        if text is None or (name == "phone" and not text.strip()):
            continue
        tab = request.POST.get("tab", "")
        done = desk_calls.type_words(desk_id=desk_id, call_id=call_id, by=request.actor, name=name, text=text.replace("\r\n", "\n"), rev=rev, tab=tab)
        stands = stands and done.stands
    return stands


def _said(then: str, made) -> str:
    if then == "pass":
        return "已转给旁边话务员，您写的都在他的登记页上"
    if then == "drop":
        return "已结束，没有登记"
    said = {"answer": "已记为当场答复，热线会回访来电人", "hand": f"已{PROCEDURE['hand_over_in_person'].label}，转派单", "promise": "承诺已记入台账，工单转派单"}[then]
    return f"{made.case.number}：{said}"


urls = [
    path("desks", desks, name="desks"),
    path("desks/<int:desk_id>", seat, name="desk-seat"),
    path("desks/<int:desk_id>/queue", queue, name="desk-queue"),
    path("desks/<int:desk_id>/begin", begin, name="desk-begin"),
    path("desks/<int:desk_id>/state", state, name="desk-state"),
    path("desks/<int:desk_id>/earlier", earlier, name="desk-earlier"),
    path("desks/<int:desk_id>/words", words, name="desk-words"),
    path("desks/<int:desk_id>/end", end, name="desk-end"),
]
