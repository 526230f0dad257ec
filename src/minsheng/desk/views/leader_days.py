"""Leader days: schemes, the list of periods, one period's page with its desks, notices, figures and commitments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import day_form, report_lines, step_form
from minsheng.desk.views.case import hidden
from minsheng.kit import form_key, toast
from minsheng.kit.read_values import Fields, record_ids
from minsheng.kit.refusals import on_its_page
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.queries import in_person, media, meetings, pages, signups
from minsheng.leader_days.rules import procedures
from minsheng.leader_days.rules.states import READERS, SEES_ALL

readers = needs(*sorted(READERS))


@never_cache
@readers
@require_safe
@on_its_page("desk/days/periods.html")
def periods(request):
    """All that the reader may see, the newest first."""
    page = pages.periods(request.actor, request.GET.get("after", ""))
    plans = pages.schemes(request.actor)
    return render(request, "desk/days/periods.html", {"page": page, "rows": page.rows, "schemes": plans, "writes": Role.COORDINATOR in request.actor.roles,
                                                      "counts": bool(request.actor.roles & SEES_ALL),
                                                      "meets": request.actor.has(*meetings.READERS),
                                                      "issued": any(plan.state == "issued" for plan in plans)})


# --- made new ---------------------------------------------------------------------------


def _new(request, step, title: str, make: Callable[..., Any], done: Callable[[Any], Any], first: dict | None = None):
    """An empty form, or what was typed with what is wrong; made, its page."""
    errors, reason = {}, ""
    if request.method == "POST":
        try:
            return done(make(by=request.actor, given=day_form.given(step, request.POST, request.actor), key=form_key.of(request.POST)))
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    typed = request.POST if request.method == "POST" else None
    shown = {"title": title, "step": step, "errors": errors, "reason": reason, "fields": day_form.draw(step, request.actor, typed, errors, first)}
    return render(request, "desk/days/new.html", shown, status=422 if errors else 409 if reason else 200)


@never_cache
@needs(Role.COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new_scheme(request):
    return _new(request, procedures.SCHEME["draft_scheme"], "起草方案", actions.draft_scheme,
                lambda row: toast.leave(redirect("scheme", row.subject_id), "方案已起草，请督办员印发"))


@never_cache
@needs(Role.COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new_period(request):
    return _new(request, procedures.PERIOD["draft_period"], "筹备一期", actions.draft_period,
                lambda row: toast.leave(redirect("period", row.subject_id), "已建立，接着添加接听席"), {"scheme": request.GET.get("scheme", "")})


# --- a page with its steps ----------------------------------------------------------------


def draw_subject(request, page: pages.SubjectPage, template: str, url: str, step=None, typed=None, errors=None, reason: str = "", status: int = 200,
                 first: dict | None = None):
    subject = page.subject
    seats, notices = getattr(subject, "seats", ()), getattr(subject, "published", ())
    fields = day_form.draw(step, request.actor, typed, errors, first, seats, notices, offered=page.more.get("to_choose")) if step else []
    shown = {"page": page, "one": subject, **page.more, "bar": day_form.bar(page.steps, url, subject.id, bool(step)), "step": step, "fields": fields,
             "errors": errors, "reason": reason, "take_url": f"{url}-step", "file_url": f"{url}-file"}
    if page.more.get("report"):
        shown |= report_lines.of_period(page.more["report"], request.actor)
    return render(request, f"desk/days/{template}.html", shown, status=status)


def _first(page: pages.SubjectPage, step) -> dict:
    """What a form that edits begins with: what stands there."""
    if step is None or not step.name.startswith("amend"):
        return {}
    return {name: getattr(page.subject, name, "") or "" for name in step.fields}


def show_subject(request, open_page: Callable, procedure, template: str, url: str, id_: int, first: Callable = _first):
    """?step=NAME opens the form of that step under the bar."""
    try:
        page = open_page(id_, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step, shut = step_form.opened(page.steps, request.GET.get("step", ""), procedure)
    return draw_subject(request, page, template, url, step, first=first(page, step), reason=shut)


def take_subject(request, open_page: Callable, procedure, template: str, url: str, id_: int, take: Callable):
    """Take the step that the button names. What was typed stays when it is refused; nothing is written then."""
    step = procedure.get(request.POST.get("step", ""))
    if step is None:
        return redirect(url, id_)
    said: dict[str, Any] = {}
    try:
        take(step=step.name, by=request.actor, given=day_form.given(step, request.POST, request.actor, uploads=request.FILES),
             key=form_key.of(request.POST))
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        said = {"reason": refused.verdict.reason, "status": 409}
    except Invalid as wrong:
        said = {"errors": wrong.errors, "status": 422}
    try:
        page = open_page(id_, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    if said:
        return draw_subject(request, page, template, url, step if step.asks else None, request.POST, **said)
    return toast.leave(redirect(url, id_), f"{step.label}：已记入，现为“{page.subject.get_state_display()}”")


@never_cache
@readers
@require_safe
def scheme(request, scheme_id: int):
    return show_subject(request, pages.scheme, procedures.SCHEME, "scheme", "scheme", scheme_id)


@never_cache
@readers
@require_POST
def take_scheme(request, scheme_id: int):
    return take_subject(request, pages.scheme, procedures.SCHEME, "scheme", "scheme", scheme_id,
                        lambda **more: actions.take_scheme_step(scheme_id=scheme_id, **more))


def _period(period_id: int, by):
    """With its coordination meetings."""
    page = pages.period(period_id, by, signups.beside(by))
    page.more["meetings"] = meetings.of_period(period_id, by)
    page.more["leads"], page.more["reports_leads"] = by.has(*media.KEEPS), Role.COORDINATOR in by.roles
    page.more["signed_up"] = page.subject.signed_up
    page.more["plans"] = Role.COORDINATOR in by.roles and page.more["facts"].takes_calls
    return page


@never_cache
@readers
@require_safe
def period(request, period_id: int):
    return show_subject(request, _period, procedures.PERIOD, "period", "period", period_id)


@never_cache
@readers
@require_POST
def take_period(request, period_id: int):
    return take_subject(request, _period, procedures.PERIOD, "period", "period", period_id,
                        lambda **more: actions.take_period_step(period_id=period_id, **more))


@never_cache
@readers
@require_safe
@on_its_page("desk/days/in_person.html")
def done_in_person(request, step: str):
    """?period=: on which cases of these periods leaders did it in person."""
    form = Fields(request.GET)
    periods = form.read("period", record_ids, label="期", default=[])
    try:
        form.done()
        found = in_person.listed(periods, step, request.actor, request.GET.get("after", ""))
    except Refused as refused:
        return hidden(request, refused)
    kept = urlencode({"period": ",".join(str(one.id) for one in found.periods)})
    return render(request, "desk/days/in_person.html", {"found": found, "page": found.page, "rows": found.page.rows, "query": kept})


urls = [
    path("in-person/<slug:step>", done_in_person, name="in-person"),
    path("periods", periods, name="periods"),
    path("periods/new", new_period, name="period-new"),
    path("periods/<int:period_id>", period, name="period"),
    path("periods/<int:period_id>/step", take_period, name="period-step"),
    path("schemes/new", new_scheme, name="scheme-new"),
    path("schemes/<int:scheme_id>", scheme, name="scheme"),
    path("schemes/<int:scheme_id>/step", take_scheme, name="scheme-step"),
]
