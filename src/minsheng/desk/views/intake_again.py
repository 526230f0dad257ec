"""A case that came back to its agent, sent back for more or taken back: the page it was written on, the dispatcher's question on top."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases.actions import any_step
from minsheng.cases.queries import intake_desk
from minsheng.desk import intake_form as form
from minsheng.desk import outcome
from minsheng.desk.views.case import hidden
from minsheng.kit import form_key, toast
from minsheng.kit.verdict import Invalid, Refused


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.AGENT, Role.SHIFT_LEADER)
def again(request, case_id: int):
    """Read it, or send it again: one press amends and submits, or does neither."""
    try:
        back = intake_desk.sent_back(case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    if request.method != "POST":
        return _page(request, back, form.of_case(back))
    values = form.typed(request.POST)
    try:
        row = any_step.amend_and_submit(case_id=case_id, by=request.actor, given=form.amended(values), key=form_key.of(request.POST))
    except Invalid as wrong:
        return _page(request, back, values, 422, errors=form.field_errors("submit", wrong.errors))
    except Refused as refused:
        return _page(request, back, values, 409, reason=refused.verdict.reason)
    return toast.leave(redirect(f"{reverse('intake')}?new=1"), f"{row.case.number} {outcome.told(row, request.actor)}")


def _page(request, back, values: dict, status: int = 200, **more):
    errors = more.get("errors", {})
    shown = {"back": back, "case": back.case, "v": values, "fields": form.elements(values, errors), "errors": errors,
             **form.lists(), **form.reading(values), **more}
    return render(request, "desk/intake_again.html", shown, status=status)


urls = [path("intake/case/<int:case_id>", again, name="intake-again")]
