"""Month-end: the periods, one with its progress, the sheet of all units and of one, the list behind every number, corrections, papers."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import sheet_cells, table_answer
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.subject_pages import SubjectPages
from minsheng.kit.papers import making
from minsheng.kit.read_values import Fields, record_id
from minsheng.kit.refusals import on_its_page
from minsheng.kit.verdict import Refused
from minsheng.measures.rules import BY_CODE
from minsheng.month_end.actions import assessments as actions
from minsheng.month_end.queries import pages, papers, sheets, tables
from minsheng.month_end.rules import sheet
from minsheng.month_end.rules.assessments import ASSESSMENT, FIELDS, SEES_ALL, SEES_OWN
from minsheng.month_end.rules.objections import OBJECTION

readers, centre = needs(*sorted(SEES_ALL | SEES_OWN)), needs(*sorted(SEES_ALL))


def _first(page, step, by):
    one = page.subject
    if step.name == "amend_assessment":
        return {"title": one.title, "since": one.since.isoformat(), "until": one.until.isoformat()}
    return {"check_until": one.check_until.isoformat()} if step.name == "extend_checking" else {}


PAGES = SubjectPages("desk/month_end/assessment.html", "assessment", ASSESSMENT, FIELDS, pages.page, first=_first)


@never_cache
@readers
@require_safe
@on_its_page("desk/month_end/assessments.html")
def listed(request):
    page = pages.listed(request.actor, request.GET.get("after", ""))
    return render(request, "desk/month_end/assessments.html", {"page": page, "rows": page.rows, "plans": Role.ANALYST in request.actor.roles})


@never_cache
@needs(Role.ANALYST)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    return PAGES.new(request, "plan_assessment", "设定考核期", actions.plan, "assessments")


@never_cache
@readers
@require_safe
def show(request, assessment_id: int):
    return PAGES.show(request, assessment_id)


@never_cache
@readers
@require_POST
def take(request, assessment_id: int):
    return PAGES.take(request, assessment_id, partial(actions.take, assessment_id=assessment_id))


@never_cache
@centre
@require_safe
def whole(request, assessment_id: int):
    """The sheet of all units. ?rank=solve: in the order of a measure, for the centre's own eyes."""
    try:
        found = sheets.whole(assessment_id, request.actor, request.GET.get("rank", ""))
    except Refused as refused:
        return hidden(request, refused)
    cells = partial(sheet_cells.cell, assessment_id)
    groups = [(label, [{"unit": line.unit, "name": line.name, "cells": [cells(one, _shown_band(line, one)) for one in line.cells]}
                       for line in lines]) for label, lines in found.groups]
    shown = {"one": found.one, "columns": [BY_CODE[code].label for code in sheet.COLUMNS], "total": [cells(one) for one in found.total], "groups": groups,
             "ranks": [(code, BY_CODE[code].label) for code in sheet.GRADED], "rank": request.GET.get("rank", ""),
             "ranked": [{"place": place, "name": name, "cell": cells(one)} for place, name, one in found.ranked]}
    return render(request, "desk/month_end/sheet.html", shown)


def _shown_band(line, one) -> str:
    """What is not compared has no word in each of its cells: the page says it once."""
    band = line.bands.get(one.measure, "") if one else ""
    return "" if band == "few" else band


@never_cache
@readers
@require_safe
def unit(request, assessment_id: int):
    """?unit=ID: that unit's sheet; without, the reader's own."""
    form = Fields(request.GET)
    try:
        wanted = form.read("unit", record_id, label="单位", default=0)
        form.done()
        own = sheets.own(assessment_id, request.actor, wanted)
    except Refused as refused:
        return hidden(request, refused)
    lines = [{"label": line.label, "notes": line.notes, **sheet_cells.cell(assessment_id, line.figure, line.band)} for line in own.lines]
    corrected = pages.with_cases([row for row in pages.own_corrections(own.one, request.actor).order_by("number") if row.unit_id == own.unit][:100], request.actor,
                                 sheets.names(own.one))
    shown = {"own": own, "one": own.one, "lines": lines, "corrected": corrected, "shut": pages.may_object(own.one, own.unit, request.actor),
             "objects": OBJECTION["raise_objection"].fits(request.actor)}
    return render(request, "desk/month_end/unit.html", shown)


@never_cache
@readers
@require_safe
def behind(request, assessment_id: int):
    """?unit=4&measure=solve&part=numerator: the list behind a kept number, as far as the reader may see it."""
    form = Fields(request.GET)
    try:
        unit_id = form.read("unit", record_id, label="单位", default=0) if request.GET.get("unit", "0") != "0" else 0
        form.done()
        found = sheets.behind(assessment_id, unit_id, request.GET.get("measure", "")[:40], request.GET.get("part", ""), request.actor,
                              request.GET.get("after", ""))
    except Refused as refused:
        return hidden(request, refused)
    short = found.page.lacks(found.size, request.GET.get("after", ""))
    shut = pages.may_object(found.one, unit_id, request.actor) if unit_id and OBJECTION["raise_objection"].fits(request.actor) else "-"
    shown = {"found": found, "one": found.one, "page": found.page, "short": short, "shut": shut, "objects": not shut, "part": sheet.PARTS[found.part],
             "measure": found.figure.measure, "query": urlencode({"unit": unit_id, "measure": found.figure.measure, "part": found.part})}
    return render(request, "desk/month_end/behind.html", shown)


@never_cache
@readers
@require_safe
def corrections(request, assessment_id: int):
    try:
        one = sheets.opened(assessment_id, request.actor)
        page = pages.corrections(one, request.actor, request.GET.get("after", ""))
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/month_end/corrections.html", {"one": one, "page": page, "rows": pages.with_cases(page.rows, request.actor, sheets.names(one))})


def _table(request, assessment_id: int, name: str, columns, lines):
    try:
        one = sheets.opened(assessment_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return table_answer.answer(request, f"{one.title}{name}", columns, partial(lines, one))


@never_cache
@readers
@require_safe
def sheet_csv(request, assessment_id: int):
    """Every figure of the units that the reader sees."""
    return _table(request, assessment_id, "考核表", tables.SHEET, tables.of_sheet)


@never_cache
@readers
@require_safe
def corrections_csv(request, assessment_id: int):
    return _table(request, assessment_id, "更正表", tables.CORRECTIONS, tables.of_corrections)


def _paper(assessment_id: int, form: str, by) -> tuple[str, bytes]:
    one, signed = papers.file_of(assessment_id, form, by)
    name = f"{one.title}考核表"
    return (name, signed) if signed is not None else (name + paper_answer.DRAFT, making.made(papers.of(one), form))


urls = [
    path("month-end", listed, name="assessments"),
    path("month-end/new", new, name="assessment-new"),
    path("month-end/<int:assessment_id>", show, name="assessment"),
    path("month-end/<int:assessment_id>/step", take, name="assessment-step"),
    path("month-end/<int:assessment_id>/sheet", whole, name="assessment-sheet"),
    path("month-end/<int:assessment_id>/sheet.csv", sheet_csv, name="assessment-sheet-csv"),
    path("month-end/<int:assessment_id>/unit", unit, name="assessment-unit"),
    path("month-end/<int:assessment_id>/list", behind, name="assessment-list"),
    path("month-end/<int:assessment_id>/corrections", corrections, name="assessment-corrections"),
    path("month-end/<int:assessment_id>/corrections.csv", corrections_csv, name="assessment-corrections-csv"),
    *paper_answer.addresses("month-end/<int:assessment_id>", "assessment", readers, _paper),
]
