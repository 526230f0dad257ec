"""Slips of supervision (督办单, 通报, 约谈): the list, one slip with its steps, a new one, and the slip as it is printed."""

from __future__ import annotations

from functools import partial

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import narrowed_list, table_answer, unit_choices
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.subject_pages import SubjectPages, attachment
from minsheng.kit.papers import making
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Refused
from minsheng.org import queries as org
from minsheng.oversight.actions import slips as actions
from minsheng.oversight.queries import slip_paper, slips, tables
from minsheng.oversight.rules import procedures
from minsheng.oversight.rules.fields import FIELDS
from minsheng.oversight.rules.states import KINDS, READERS, SEES_ALL

readers = needs(*sorted(READERS))


@never_cache
@readers
@require_safe
def listed(request):
    """Newest first, narrowed by state, kind, unit, or to those whose answer is overdue."""
    return narrowed_list.answer(request, "desk/oversight/slips.html", slips, kinds=KINDS, states=slips.STATES, units=unit_choices.handlers(townships=False),
                                inside=bool(request.actor.roles & SEES_ALL), writes=Role.SUPERVISOR in request.actor.roles)


def _choices(by):
    return {"unit": unit_choices.handlers(), "rung": slips.drafting(by), "kind": list(KINDS)}


def _first(page, step, by):
    slip = page.subject
    return {"demand": slip.demand, "answer_due": slip.answer_due.isoformat() if slip.answer_due else ""} if step.name == "amend_slip" else {}


PAGES = SubjectPages("desk/oversight/slip.html", "slip", procedures.SLIP, FIELDS, slips.page, _choices, _first)


@never_cache
@readers
@require_safe
def slip(request, slip_id: int):
    return PAGES.show(request, slip_id)


@never_cache
@readers
@require_POST
@takes_files(PAGES.shut)
def take(request, slip_id: int):
    return PAGES.take(request, slip_id, partial(actions.take, slip_id=slip_id))


@never_cache
@readers
@require_safe
def answer_file(request, slip_id: int, file_id: int):
    """A file of the unit's answer."""
    return attachment(request, slips.open_file, slip_id, file_id)


@never_cache
@needs(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """A person's own slip; `?cases=` numbers to begin with."""
    first = {"cases": request.GET.get("cases", "")[:2000]}
    return PAGES.new(request, "draft_slip", "起草督办文书", actions.draft, "slips", first=first, said="已起草，请另一位督办员签发")


@never_cache
@readers
@require_safe
def printed(request, slip_id: int):
    """One A4 page: the slip itself, as far as the reader may see its ground."""
    try:
        page = slips.page(slip_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/oversight/slip_print.html", {"page": page, "one": page.subject, "issuer": org.issuer()})


def _paper(slip_id: int, form: str, by) -> tuple[str, bytes]:
    page = slips.page(slip_id, by)
    return slip_paper.name(page), making.made(slip_paper.paper(page), form)


@never_cache
@readers
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "督办文书", tables.SLIPS, tables.of_slips, slips.read_filters)


urls = [
    path("slips.csv", as_csv, name="slips-csv"),
    path("slips", listed, name="slips"),
    path("slips/new", new, name="slip-new"),
    path("slips/<int:slip_id>", slip, name="slip"),
    path("slips/<int:slip_id>/step", take, name="slip-step"),
    path("slips/<int:slip_id>/files/<int:file_id>", answer_file, name="slip-file"),
    path("slips/<int:slip_id>/print", printed, name="slip-print"),
    *paper_answer.addresses("slips/<int:slip_id>", "slip", readers, _paper),
]
