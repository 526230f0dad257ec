"""The call-back clerk: only "next". The order is the system's; there is no list to pick from."""

from __future__ import annotations

from functools import wraps

from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases.actions import reveal_contact
from minsheng.cases.queries import case_page as pages
from minsheng.cases.queries import reply_review
from minsheng.cases.rules import Dissatisfaction, Outcome, Satisfaction, Standing, fields
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.desk import forms, phone_bar
from minsheng.desk.views.case import hidden
from minsheng.followup import actions, queries
from minsheng.followup.rules import SCRIPT
from minsheng.kit import form_key, toast
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony.actions import dial

clerk = needs(Role.CALLBACK_CLERK)
WHY_RING = "回访诉求人"
_FIELDS = ("outcome", "contacted", "solved", "satisfaction", "dissatisfaction", "verbatim", "appointment")


@never_cache
@clerk
@require_safe
def start(request):
    """How many wait, what is in hand, one button."""
    return render(request, "desk/callback.html", {"counts": queries.own_count(request.actor)})


@never_cache
@clerk
@require_POST
def take_next(request):
    """The next one by the system's order; nothing due says so."""
    return _next(request)


def _next(request, said: str = ""):
    """The next call itself; the first page only when nothing is due. `said`: what the last call came to."""
    row = actions.take_next(by=request.actor, languages=request.person.languages)
    if row is None:
        return toast.leave(redirect("callback"), said or "现在没有到时间的回访；约定时间或下一时段到了会再出现")
    call_page = redirect("callback-call", row.id)
    return toast.leave(call_page, said) if said else call_page


@never_cache
@clerk
@require_safe
def call(request, row_id: int):
    try:
        return _call(request, queries.in_hand(row_id, request.actor))
    except Refused as refused:
        return hidden(request, refused)


def _call(request, row, status: int = 200, typed=None, errors=None, reason: str = "", found=None):
    """First who is on the line (nothing of the matter is said before), then, ?who=self, the three questions."""
    page = pages.open_case(row.case_id, request.actor)
    other = pages.open_case(row.party_id, request.actor) if row.party_id != row.case_id else page
    replies = reply_review.replies_of(page.timeline)
    everybody = queries.parties(row.case_id, row.round) if page.facts.merge.count else []
    known = request.GET.get("who") == "self" or bool(typed) and typed.get("outcome") == Outcome.ANSWERED
    name = reveal_contact.name_to_ask_for(other.case, request.actor) or "诉求人"
    shown = {"row": row, "page": page, "party": other, "reply": replies[-1] if replies else None, "known": known,
             "script": {k: w.format(name=name) for k, w in SCRIPT}, "typed": typed or {}, "errors": errors, "reason": reason, "found": found,
             "levels": Satisfaction.choices(), "kinds": list(zip("asdf", Dissatisfaction.choices(), strict=True)),
             "outcomes": queries.choices(row), "offers": queries.offers(), "everybody": everybody,
             "place": next((n for n, p in enumerate(everybody, 1) if p.id == row.id), 0), "without_number": row.standing == Standing.NO_NUMBER,
             "grounds": fields.FIELDS["no_callback"].choices}
    return render(request, "desk/callback_call.html", shown, status=status)


def _in_hand(deed):
    """A deed on the call that lies in the clerk's hand: refused or wrong, the same page again with all that was typed."""

    @never_cache
    @clerk
    @require_POST
    @wraps(deed)
    def view(request, row_id: int):
        try:
            row = queries.in_hand(row_id, request.actor)
            try:
                return deed(request, row)
            except Invalid as wrong:
                return _call(request, row, 422, request.POST, wrong.errors)
            except Refused as refused:
                if refused.verdict.code == "hidden":
                    raise
                return _call(request, row, 409, request.POST, reason=refused.verdict.reason)
        except Refused as refused:
            return hidden(request, refused)

    return view


@_in_hand
def number(request, row):
    queries.to_ring(row.id, request.actor)
    return _call(request, row, found=reveal_contact.reveal(case_id=row.party_id, by=request.actor, reason=WHY_RING, in_hand=True))


@never_cache
@clerk
@require_POST
def ring(request, row_id: int):
    """Through the exchange: the clerk's telephone first, then the number of the record, which the clerk does not see."""
    try:
        row = queries.to_ring(row_id, request.actor)
        dial.to_requester(case_id=row.party_id, about=row.id, key=request.POST.get("key", ""), by=request.actor)
    except Invalid as wrong:
        return JsonResponse({"reason": "；".join(wrong.errors.values())}, status=422)
    except Refused as refused:
        return JsonResponse({"reason": refused.verdict.reason}, status=409)
    return JsonResponse({})


@_in_hand
def save(request, row):
    """Write down what was said and go on to the next one. A call through the exchange is the evidence."""
    given = {n: request.POST.get(n, "").strip() for n in _FIELDS if request.POST.get(n, "").strip()}
    if call := dial.evidence(row.id) if phone_bar.there() else None:
        given["call"] = call
    if "appointment" in given:
        given["appointment"] = forms.local_time(fields.FIELDS["appointment"], given["appointment"])
    followed = actions.record(case_id=row.case_id, party_id=row.party_id, by=request.actor, given=given, key=form_key.of(request.POST))
    return _next(request, f"{row.case.number}：{PROCEDURE[followed].desk.said if followed else '已记录，这位诉求人稍后再回访'}")


@_in_hand
def no_callback(request, row):
    """Nobody can be rung: ask for the ruling, or leave it for an answer on the page."""
    if request.POST.get("wait"):
        actions.wait_for_page(row_id=row.id, by=request.actor)
        return _next(request, f"{row.case.number}：留待诉求人在查询页回答")
    given = {n: request.POST.get(n, "").strip() for n in ("no_callback", "reason")}
    actions.ask_no_callback(row_id=row.id, by=request.actor, given=given)
    return _next(request, f"{row.case.number}：已申请无法回访，等督办员裁定")


@_in_hand
def here(request, row):
    """The call goes on: it stays in this clerk's hand. Says who else has it when it does not."""
    kept = actions.keep_in_hand(row_id=row.id, by=request.actor)
    return JsonResponse({"people": [] if kept or row.done_at else ["另一位回访员"]})


@never_cache
@clerk
@require_POST
def put_back(request, row_id: int):
    actions.put_back(row_id=row_id, by=request.actor)
    return toast.leave(redirect("callback"), "已放回，其他回访员可以取到")


urls = [
    path("callback", start, name="callback"),
    path("callback/next", take_next, name="callback-next"),
    path("callback/<int:row_id>", call, name="callback-call"),
    path("callback/<int:row_id>/number", number, name="callback-number"),
    path("callback/<int:row_id>/ring", ring, name="callback-ring"),
    path("callback/<int:row_id>/save", save, name="callback-save"),
    path("callback/<int:row_id>/unable", no_callback, name="callback-unable"),
    path("callback/<int:row_id>/here", here, name="callback-here"),
    path("callback/<int:row_id>/back", put_back, name="callback-back"),
]
