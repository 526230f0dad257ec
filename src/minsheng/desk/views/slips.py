"""Slips of supervision (督办单, 通报, 约谈): the list, one slip with its steps, a new one, and the slip as it is printed."""

from __future__ import annotations

from typing import Any

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import day_form, step_form, unit_choices
from minsheng.desk.views.case import hidden
from minsheng.kit import form_key, toast
from minsheng.kit.verdict import Invalid, Refused
from minsheng.oversight.actions import slips as actions
from minsheng.oversight.queries import slips
from minsheng.oversight.rules import procedures
from minsheng.oversight.rules.fields import FIELDS
from minsheng.oversight.rules.states import KINDS, READERS, SEES_ALL

readers = needs(*sorted(READERS))


@never_cache
@readers
@require_GET
def listed(request):
    """Newest first, narrowed by state, kind, unit, or to those whose answer is overdue."""
    errors, page, filters = {}, None, slips.Filters()
    try:
        filters = slips.read_filters(request.GET)
        page = slips.listed(request.actor, filters, request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    kept = request.GET.copy()
    kept.pop("after", None)
    inside = bool(request.actor.roles & SEES_ALL)
    shown = {"page": page, "rows": page.rows if page else [], "filters": filters, "errors": errors, "query": kept.urlencode(), "kinds": KINDS,
             "states": slips.STATES, "units": unit_choices.handlers(townships=False), "inside": inside, "writes": Role.SUPERVISOR in request.actor.roles}
    return render(request, "desk/oversight/slips.html", shown, status=422 if errors else 200)


def _draw(request, page: slips.SlipPage, step=None, typed=None, errors=None, reason: str = "", status: int = 200):
    slip = page.subject
    first = {"demand": slip.demand, "answer_due": slip.answer_due.isoformat() if slip.answer_due else ""} if step and step.name == "amend_slip" else {}
    fields = step_form.draw(step, FIELDS, {}, typed, errors, first) if step else []
    shown: dict[str, Any] = {"page": page, "one": slip, "bar": day_form.bar(page.steps, "slip", slip.id, bool(step)), "step": step, "fields": fields,
                             "errors": errors, "reason": reason, "take_url": "slip-step", "inside": bool(request.actor.roles & SEES_ALL)}
    return render(request, "desk/oversight/slip.html", shown, status=status)


@never_cache
@readers
@require_GET
def slip(request, slip_id: int):
    """?step=NAME opens the form of that step under the bar."""
    try:
        page = slips.page(slip_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step = procedures.SLIP.get(request.GET.get("step", ""))
    return _draw(request, page, step if step and any(step is one for one, _ in page.steps) else None)


@never_cache
@readers
@require_POST
def take(request, slip_id: int):
    """The step that the button names. What was typed stays when it is refused; nothing is written then."""
    step = procedures.SLIP.get(request.POST.get("step", ""))
    if step is None:
        return redirect("slip", slip_id)
    said: dict[str, Any] = {}
    try:
        actions.take(slip_id=slip_id, step=step.name, by=request.actor, given=step_form.given(step, request.POST), key=form_key.of(request.POST))
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        said = {"reason": refused.verdict.reason, "status": 409}
    except Invalid as wrong:
        said = {"errors": wrong.errors, "status": 422}
    try:
        page = slips.page(slip_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    if said:
        return _draw(request, page, step if step.needs else None, request.POST, **said)
    return toast.leave(redirect("slip", slip_id), f"{step.label}：已记入，现为“{page.subject.get_state_display()}”")


@never_cache
@needs(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """A person's own slip; `?cases=` numbers to begin with."""
    step, errors, reason = procedures.SLIP["draft_slip"], {}, ""
    if request.method == "POST":
        try:
            row = actions.draft(by=request.actor, given=step_form.given(step, request.POST), key=form_key.of(request.POST))
            return toast.leave(redirect("slip", row.subject_id), "已起草，请另一位督办员签发")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    choices = {"unit": unit_choices.handlers(), "rung": slips.drafting(request.actor), "kind": list(KINDS)}
    typed = request.POST if request.method == "POST" else None
    fields = step_form.draw(step, FIELDS, choices, typed, errors, {"cases": request.GET.get("cases", "")[:2000]})
    shown = {"title": "起草督办文书", "step": step, "errors": errors, "reason": reason, "fields": fields, "back": "slips"}
    return render(request, "desk/oversight/new.html", shown, status=422 if errors else 409 if reason else 200)


@never_cache
@readers
@require_GET
def printed(request, slip_id: int):
    """One A4 page: the slip itself, as far as the reader may see its ground."""
    try:
        page = slips.page(slip_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/oversight/slip_print.html", {"page": page, "one": page.subject})


urls = [
    path("slips", listed, name="slips"),
    path("slips/new", new, name="slip-new"),
    path("slips/<int:slip_id>", slip, name="slip"),
    path("slips/<int:slip_id>/step", take, name="slip-step"),
    path("slips/<int:slip_id>/print", printed, name="slip-print"),
]
