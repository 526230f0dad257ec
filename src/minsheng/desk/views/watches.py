"""Watches over places (蹲点): the list, one watch with its visits, a new one. On a phone as at a desk."""

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
from minsheng.field_work.actions import watches as actions
from minsheng.field_work.queries import watches
from minsheng.field_work.rules.watches import FIELDS, READERS, SEES_ALL, WATCH
from minsheng.kit import clock, form_key, toast
from minsheng.kit.verdict import Invalid, Refused

readers = needs(*sorted(READERS))


@never_cache
@readers
@require_GET
def listed(request):
    """Newest first, narrowed by state and unit."""
    errors, page, filters = {}, None, watches.Filters()
    try:
        filters = watches.read_filters(request.GET)
        page = watches.listed(request.actor, filters, request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    kept = request.GET.copy()
    kept.pop("after", None)
    shown = {"page": page, "rows": page.rows if page else [], "filters": filters, "errors": errors, "query": kept.urlencode(), "states": watches.STATES,
             "units": unit_choices.handlers(townships=False), "inside": bool(request.actor.roles & SEES_ALL), "writes": Role.UNIT_LIAISON in request.actor.roles}
    return render(request, "desk/watches/list.html", shown, status=422 if errors else 200)


def _draw(request, page: watches.WatchPage, step=None, typed=None, errors=None, reason: str = "", status: int = 200):
    first = {"visited_on": watches.local_day(clock.now()).isoformat(), "who": request.actor.name}
    shown: dict[str, Any] = {"page": page, "one": page.subject, "bar": day_form.bar(page.steps, "watch", page.subject.id, bool(step)), "step": step,
                             "fields": step_form.draw(step, FIELDS, {}, typed, errors, first) if step else [], "errors": errors, "reason": reason,
                             "take_url": "watch-step"}
    return render(request, "desk/watches/one.html", shown, status=status)


@never_cache
@readers
@require_GET
def watch(request, watch_id: int):
    """?step=NAME opens the form of that step under the bar."""
    try:
        page = watches.page(watch_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step = WATCH.get(request.GET.get("step", ""))
    return _draw(request, page, step if step and any(step is one for one, _ in page.steps) else None)


@never_cache
@readers
@require_POST
def take(request, watch_id: int):
    """The step that the button names. What was typed stays when it is refused; nothing is written then."""
    step = WATCH.get(request.POST.get("step", ""))
    if step is None:
        return redirect("watch", watch_id)
    said: dict[str, Any] = {}
    try:
        actions.take(watch_id=watch_id, step=step.name, by=request.actor, given=step_form.given(step, request.POST), key=form_key.of(request.POST))
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        said = {"reason": refused.verdict.reason, "status": 409}
    except Invalid as wrong:
        said = {"errors": wrong.errors, "status": 422}
    page = watches.page(watch_id, request.actor)
    if said:
        return _draw(request, page, step, request.POST, **said)
    return toast.leave(redirect("watch", watch_id), f"{step.label}：已记入")


@never_cache
@needs(Role.UNIT_LIAISON)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """The unit of whoever begins it watches."""
    step, errors, reason = WATCH["open_watch"], {}, ""
    if request.method == "POST":
        try:
            row = actions.begin(by=request.actor, given=step_form.given(step, request.POST), key=form_key.of(request.POST))
            return toast.leave(redirect("watch", row.subject_id), "已开始，每次到场记一次")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    typed, today = request.POST if request.method == "POST" else None, watches.local_day(clock.now())
    fields = step_form.draw(step, FIELDS, {}, typed, errors, {"since": today.isoformat()})
    shown = {"title": "开始蹲点", "step": step, "errors": errors, "reason": reason, "fields": fields, "back": "watches"}
    return render(request, "desk/oversight/new.html", shown, status=422 if errors else 409 if reason else 200)


urls = [
    path("watches", listed, name="watches"),
    path("watches/new", new, name="watch-new"),
    path("watches/<int:watch_id>", watch, name="watch"),
    path("watches/<int:watch_id>/step", take, name="watch-step"),
]
