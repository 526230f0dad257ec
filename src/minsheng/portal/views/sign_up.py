"""Handing in a topic or a question before a period of leader days, and reading what became of it."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_noop as mark
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.cases.actions import by_citizen
from minsheng.cases.queries import dangers
from minsheng.kit import form_key
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.queries import signups as read
from minsheng.portal import forms, session_state
from minsheng.portal.views.page import address, page, switches

OVER = mark("这一期已经开始接听或不再公告，不再收报名。请直接拨打 12345，或从“提交诉求”提交。")
_LANGUAGE = {"bo": "bo", "en": "en"}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, period_id: int):
    """One page; what was typed stays whatever is wrong with it."""
    period = read.open_period(period_id)
    if period is None and request.method != "POST":
        raise Http404
    values = forms.read(request, forms.SIGN_UP) if request.method == "POST" else {}
    errors, reason, status = {}, "", 200
    if request.method == "POST" and not switches(request):
        errors = forms.wrong_in_sign_up(values) | _wrong_number(values) | forms.trapped(request)
        status = 422 if errors else 200
        try:
            if not errors:
                return _sent(request, period_id, values)
        except Invalid as wrong:
            errors, status = wrong.errors, 422
        except Refused as refused:
            over = refused.verdict.code == "over"
            reason, status = OVER if over else refused.verdict.reason, 409 if over else 429
    context = {"period": period, "fields": forms.sign_up(values, errors), "errors": errors, "reason": reason, "trap": forms.TRAP, "typing": True,
               "danger": dangers.read(values.get("said", ""), values.get("place", ""))}
    return page(request, "sign_up", context, status=status)


def _wrong_number(values: dict) -> dict[str, str]:
    try:
        by_citizen.check_phone(values["phone"])
    except Invalid as wrong:
        return wrong.errors
    return {}


def _sent(request, period_id: int, values: dict):
    made = actions.sign_up(key=form_key.of(request.POST), address=address(request), period_id=period_id,
                           language=_LANGUAGE.get(request.LANGUAGE_CODE, "zh"), **values)
    return signed_up(request, session_state.open_signup(request, made.id, made.code))


def signed_up(request, of: str):
    """To the page of the one that this mark is about; the address says which where the browser has several open."""
    return redirect(reverse("portal_signed_up") + (f"?of={of}" if session_state.several_signups(request) else ""))


@require_safe
def mine(request):
    """Where it stands: who rings back and when, why not, or the number of the request that it became."""
    opened = session_state.signup(request)
    told = read.told(opened["id"]) if opened else None
    if told is None:
        return redirect("/track?ended=1")
    return page(request, "signed_up", {"told": told, "code": opened["code"], "of": opened["of"]})


@require_POST
def case(request):
    """From a sign-up to the request that it became: the same person, so no second code is asked for."""
    opened = session_state.signup(request)
    told = read.told(opened["id"]) if opened else None
    if told is None or not told.case_id:
        return redirect("/track?ended=1")
    session_state.open_case(request, told.case_id)
    return redirect("portal_case")
