"""Findings on replies, judged by a supervisor, and what a unit or a clerk could bend, with the lists behind its figures."""

from __future__ import annotations

from functools import partial

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk import narrowed_list, table_answer, unit_choices
from minsheng.desk.views.subject_pages import SubjectPages, attachment
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid
from minsheng.oversight.actions import replies as actions
from minsheng.oversight.queries import bends as bent
from minsheng.oversight.queries import merges as merged
from minsheng.oversight.queries import replies, tables
from minsheng.oversight.queries import visits as visited
from minsheng.oversight.queries.sight import SEES_FINDINGS
from minsheng.oversight.rules.findings import FIELDS, FINDING

readers = needs(*sorted(SEES_FINDINGS))


def _rest(request) -> str:
    kept = request.GET.copy()
    kept.pop("after", None)
    return kept.urlencode()


@never_cache
@readers
@require_safe
def listed(request):
    """Newest first, narrowed by state, check, unit; above, how many of each check wait, hold and do not."""
    return narrowed_list.answer(request, "desk/oversight/findings.html", replies, states=replies.STATES, checks=replies.CHECKS,
                                units=unit_choices.handlers(townships=False), figures=replies.figures(request.actor))


PAGES = SubjectPages("desk/oversight/finding.html", "finding", FINDING, FIELDS, replies.page)


@never_cache
@readers
@require_safe
def finding(request, finding_id: int):
    return PAGES.show(request, finding_id)


@never_cache
@readers
@require_POST
@takes_files(PAGES.shut)
def judge(request, finding_id: int):
    return PAGES.take(request, finding_id, partial(actions.judge, finding_id=finding_id))


@never_cache
@readers
@require_safe
def finding_file(request, finding_id: int, file_id: int):
    """A file of the judgement."""
    return attachment(request, replies.open_file, finding_id, file_id)


@never_cache
@readers
@require_safe
def bends(request):
    return render(request, "desk/oversight/bends.html", {"seen": bent.page(request.actor), "few": bent.FEW, "days": bent.READ_BACK.days})


@never_cache
@readers
@require_safe
def bend_calls(request):
    """The calls behind a clerk's figure."""
    return _behind(request, "回访记录", lambda after: bent.calls(request.actor, bent.read_filters(request.GET), after))


@never_cache
@readers
@require_safe
def bend_visits(request):
    """The visits behind a unit's figure."""
    return _behind(request, "到场记录", lambda after: visited.listed(request.actor, visited.read_filters(request.GET), after))


@never_cache
@readers
@require_safe
def bend_merges(request):
    """The merges behind a person's figure."""
    return _behind(request, "并单记录", lambda after: merged.listed(request.actor, merged.read_filters(request.GET), after))


def _behind(request, title: str, read):
    """The steps behind a figure, each with its case; or what is wrong with the address."""
    errors, page = {}, None
    try:
        page = read(request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    shown = {"title": title, "page": page, "rows": page.rows if page else [], "errors": errors, "query": _rest(request)}
    return render(request, "desk/oversight/bend_steps.html", shown, status=422 if errors else 200)


@never_cache
@readers
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "答复核查", tables.FINDINGS, tables.of_findings, replies.read_filters)


urls = [
    path("findings.csv", as_csv, name="findings-csv"),
    path("findings", listed, name="findings"),
    path("findings/<int:finding_id>", finding, name="finding"),
    path("findings/<int:finding_id>/step", judge, name="finding-step"),
    path("findings/<int:finding_id>/files/<int:file_id>", finding_file, name="finding-file"),
    path("bends", bends, name="bends"),
    path("bends/calls", bend_calls, name="bend-calls"),
    path("bends/visits", bend_visits, name="bend-visits"),
    path("bends/merges", bend_merges, name="bend-merges"),
]
