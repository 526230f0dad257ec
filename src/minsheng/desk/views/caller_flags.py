"""Flags on numbers that abuse the line (rulings, 27): proposed from a case, approved by another, with an end and an appeal."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases import queries as cases
from minsheng.contacts import actions as contacts
from minsheng.contacts import queries
from minsheng.contacts.rules import DECIDES, PROPOSES, Grade
from minsheng.desk.views.case import hidden
from minsheng.kit import clock, toast
from minsheng.kit.verdict import Invalid, Refused

DEEDS = {
    "approve": (lambda flag, words, by: contacts.approve_flag(flag=flag, by=by), "已批准，接听时会看到提示。"),
    "appeal": (lambda flag, words, by: contacts.appeal_flag(flag=flag, text=words, by=by), "已记下申诉，复核前暂停提示。"),
    "keep": (lambda flag, words, by: contacts.keep_flag(flag=flag, reason=words, by=by), "已维持，恢复提示。"),
    "lift": (lambda flag, words, by: contacts.lift_flag(flag=flag, reason=words, by=by), "已解除。"),
}
_readers = needs(Role.AGENT, Role.SHIFT_LEADER, Role.SUPERVISOR)


@never_cache
@_readers
@require_safe
def flags(request):
    return _page(request)


def _page(request, status: int = 200, **more):
    by = request.actor
    shown = {"rows": queries.flags_in_use(clock.now()), "decides": bool(by.roles & DECIDES), "answers": bool(by.roles & PROPOSES), **more}
    return render(request, "desk/caller_flags.html", shown, status=status)


@never_cache
@_readers
@require_POST
def decide(request, flag_id: int):
    """One of `DEEDS` on a flag; what was typed stays when it is wrong."""
    words = request.POST.get("words", "")
    try:
        deed, said = DEEDS.get(request.POST.get("deed", ""), (None, ""))
        if deed is None:
            raise Invalid({"deed": "请选择要办的事"})
        deed(queries.flag(flag_id), words, request.actor)
    except Invalid as wrong:
        return _page(request, 422, at=flag_id, typed=words, errors=wrong.errors)
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        return _page(request, 409, at=flag_id, typed=words, reason=refused.verdict.reason)
    return toast.leave(redirect("caller-flags"), said)


@never_cache
@needs(*sorted(PROPOSES))
@require_POST
def propose(request, case_id: int):
    """From the page of a case whose requester abuses the line."""
    typed = {"grade": request.POST.get("grade", ""), "ground": request.POST.get("ground", "")}
    shown = {"case_id": case_id, "grades": list(Grade), "typed": typed}
    try:
        contacts.flag_of_case(contact=cases.get(case_id, request.actor).contact, by=request.actor, **typed)
    except Invalid as wrong:
        return render(request, "desk/caller_flag_new.html", shown | {"errors": wrong.errors}, status=422)
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        return render(request, "desk/caller_flag_new.html", shown | {"reason": refused.verdict.reason}, status=409)
    return toast.leave(redirect("case", case_id), "已提出标记，由值班长或督办员批准后生效。")


@never_cache
@needs(*sorted(PROPOSES))
@require_safe
def new(request, case_id: int):
    try:
        cases.get(case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/caller_flag_new.html", {"case_id": case_id, "grades": list(Grade), "typed": {}})


urls = [
    path("callers", flags, name="caller-flags"),
    path("callers/<int:flag_id>", decide, name="caller-flag"),
    path("case/<int:case_id>/flag", new, name="caller-flag-new"),
    path("case/<int:case_id>/flag/propose", propose, name="caller-flag-propose"),
]
