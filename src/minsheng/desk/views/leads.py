"""Leads for the media (报道线索): the list, one lead's page, and proposing one on a case of a period. The desk of the media liaison."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import day_form
from minsheng.desk.views.case import hidden
from minsheng.desk.views.leader_days import show_subject, take_subject
from minsheng.kit import form_key, read_values, toast
from minsheng.kit.read_values import Fields
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.queries import media as read
from minsheng.leader_days.queries import pages
from minsheng.leader_days.rules.media import LEAD

readers = needs(*sorted(read.READERS))


@never_cache
@readers
@require_safe
def leads(request):
    """The newest first."""
    errors, page, period = {}, None, 0
    try:
        form = Fields(request.GET)
        period = form.read("period", read_values.record_id, label="期", default=0)
        form.done()
        page = read.listed(request.actor, period, request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    shown = {"page": page, "rows": page.rows if page else [], "errors": errors, "query": f"period={period}" if period else "",
             "media": Role.MEDIA in request.actor.roles}
    return render(request, "desk/days/leads.html", shown, status=422 if errors else 200)


@never_cache
@readers
@require_safe
def lead(request, lead_id: int):
    return show_subject(request, read.page, LEAD, "lead", "lead", lead_id)


@never_cache
@readers
@require_POST
def take(request, lead_id: int):
    return take_subject(request, read.page, LEAD, "lead", "lead", lead_id, lambda **more: actions.take_lead_step(lead_id=lead_id, **more))


@never_cache
@needs(Role.COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, period_id: int):
    """First a case is chosen, among those that may be a lead; then its masked words stand in the form."""
    try:
        period = pages.period(period_id, request.actor).subject
    except Refused as refused:
        return hidden(request, refused)
    offered = read.offered(period, request.actor)
    chosen = next((case for case in offered if case.number == request.GET.get("case", "")), None)
    if request.method != "POST" and chosen is None:
        return render(request, "desk/days/lead_cases.html", {"one": period, "offered": offered})
    step, errors, reason = LEAD["propose_lead"], {}, ""
    if request.method == "POST":
        try:
            row = actions.propose_lead(by=request.actor, given=day_form.given(step, request.POST, request.actor, {"period": period_id}),
                                       key=form_key.of(request.POST))
            return toast.leave(redirect("lead", row.subject_id), "已报线索，接着告知承办单位")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    headline, text = read.masked(chosen) if chosen else ("", "")
    typed = request.POST if request.method == "POST" else None
    first = {"case": chosen.number if chosen else "", "headline": headline, "lead_text": text, "asked_by": request.actor.name}
    fields = day_form.draw(step, request.actor, typed, errors, first, without=("period",))
    shown = {"title": f"{period}：{step.label}", "step": step, "errors": errors, "reason": reason, "fields": fields}
    return render(request, "desk/days/new.html", shown, status=422 if errors else 409 if reason else 200)


urls = [
    path("leads", leads, name="leads"),
    path("leads/<int:lead_id>", lead, name="lead"),
    path("leads/<int:lead_id>/step", take, name="lead-step"),
    path("periods/<int:period_id>/lead", new, name="lead-new"),
]
