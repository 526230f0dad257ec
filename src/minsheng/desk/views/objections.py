"""Objections to figures of a period: raised from the list behind a number, ruled on at the review one after another."""

from __future__ import annotations

from functools import partial

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import table_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.subject_pages import SubjectPages, attachment
from minsheng.kit import toast
from minsheng.kit.read_values import Fields, record_id
from minsheng.kit.refusals import on_its_page
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Refused
from minsheng.measures.rules import BY_CODE
from minsheng.month_end.actions import objections as actions
from minsheng.month_end.queries import pages, sheets, tables
from minsheng.month_end.rules.assessments import SEES_ALL, SEES_OWN
from minsheng.month_end.rules.objections import FIELDS, OBJECTION

readers = needs(*sorted(SEES_ALL | SEES_OWN))
RULES = {"grant_exclusion_objection", "correct_figure", "refuse_objection"}
PAGES = SubjectPages("desk/month_end/objection.html", "objection", OBJECTION, FIELDS, pages.objection)


@never_cache
@readers
@require_safe
@on_its_page("desk/month_end/objections.html")
def listed(request):
    """?assessment=ID: those of one period."""
    period = _period(request.GET)
    page = pages.objections_of(request.actor, period, request.GET.get("after", ""))
    return render(request, "desk/month_end/objections.html", {"page": page, "rows": page.rows, "query": f"assessment={period}" if period else ""})


def _period(given) -> int:
    form = Fields(given)
    period = form.read("assessment", record_id, label="考核期", default=0)
    form.done()
    return period


@never_cache
@needs(*OBJECTION["raise_objection"].takers)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files()
def new(request, assessment_id: int):
    """?measure=solve&case=ID, from the list behind that number."""
    form, measure = Fields(request.GET), request.GET.get("measure", "")
    try:
        case_id = form.read("case", record_id, label="工单", default=0)
        form.done()
        one, unit, number = pages.raising(assessment_id, measure, case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    label = BY_CODE[measure].label if measure in BY_CODE else measure
    return PAGES.new(request, "raise_objection", f"{unit} {label} {number}：提出异议", actions.raise_one, "assessments",
                     {"assessment": one.id, "case": case_id, "measure": measure}, said="异议已提出，评审后在这里看裁定")


@never_cache
@readers
@require_safe
def show(request, objection_id: int):
    return PAGES.show(request, objection_id)


@never_cache
@readers
@require_POST
@takes_files(PAGES.shut)
def take(request, objection_id: int):
    """A ruling leads on to the next that waits."""
    answer = PAGES.take(request, objection_id, partial(actions.take, objection_id=objection_id))
    if answer.status_code == 302 and request.POST.get("step", "") in RULES:
        period = pages.objection(objection_id, request.actor).subject.assessment_id
        answer["Location"] = f"{reverse('assessment-review', args=[period])}?after={objection_id}"
    return answer


@never_cache
@readers
@require_safe
def opened_file(request, objection_id: int, file_id: int):
    return attachment(request, pages.open_file, objection_id, file_id)


@never_cache
@needs(Role.SUPERVISOR)
@require_safe
def review(request, assessment_id: int):
    """The next objection that waits for its ruling, behind ?after=ID."""
    try:
        sheets.opened(assessment_id, request.actor)
        form = Fields(request.GET)
        found = pages.next_to_rule(assessment_id, request.actor, form.read("after", record_id, label="异议", default=0))
    except Refused as refused:
        return hidden(request, refused)
    if found is None:
        return toast.leave(redirect("assessment", assessment_id), "没有等待裁定的异议")
    return redirect("objection", found.id)


@never_cache
@readers
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "异议", tables.OBJECTIONS, tables.of_objections, _period)


urls = [
    path("objections.csv", as_csv, name="objections-csv"),
    path("objections", listed, name="objections"),
    path("objections/<int:objection_id>", show, name="objection"),
    path("objections/<int:objection_id>/step", take, name="objection-step"),
    path("objections/<int:objection_id>/files/<int:file_id>", opened_file, name="objection-file"),
    path("month-end/<int:assessment_id>/objections/new", new, name="objection-new"),
    path("month-end/<int:assessment_id>/review", review, name="assessment-review"),
]
