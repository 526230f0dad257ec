"""Schemes of the composite: what holds today, a new one, its confirmation."""

from __future__ import annotations

from functools import partial

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk.views.subject_pages import SubjectPages
from minsheng.kit.refusals import on_its_page
from minsheng.measures import queries as measures
from minsheng.measures import scheme_actions as actions
from minsheng.measures import schemes
from minsheng.measures.score_rules import FIELDS, READERS, SCORING, SLOTS

readers = needs(*sorted(READERS))
PAGES = SubjectPages("desk/scorings/scoring.html", "scoring", SCORING, FIELDS, schemes.page)


@never_cache
@readers
@require_safe
@on_its_page("desk/scorings/scorings.html")
def listed(request):
    page = schemes.listed(request.actor, request.GET.get("after", ""))
    today = measures.today()
    held = [(one, schemes.in_words(one)) for one in (schemes.on(today), *schemes.others(today))]
    shown = {"page": page, "rows": page.rows, "held": held, "slots": dict(SLOTS), "writes": Role.ANALYST in request.actor.roles}
    return render(request, "desk/scorings/scorings.html", shown)


@never_cache
@needs(Role.ANALYST)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """Begins with one of those that come with the program (?from=CODE)."""
    samples = {one.code: (one, text) for one, text in schemes.to_begin_with()}
    one, text = samples.get(request.GET.get("from", ""), next(iter(samples.values())))
    first = {"parts": text, "name": one.name, "basis": one.basis, "slot": "own"}
    return PAGES.new(request, "propose_scoring", "提出计分方案", actions.propose, "scorings", first=first, said="已提出，请督办员确认")


@never_cache
@readers
@require_safe
def show(request, scoring_id: int):
    return PAGES.show(request, scoring_id)


@never_cache
@readers
@require_POST
def take(request, scoring_id: int):
    return PAGES.take(request, scoring_id, partial(actions.take, scoring_id=scoring_id))


urls = [
    path("scorings", listed, name="scorings"),
    path("scorings/new", new, name="scoring-new"),
    path("scorings/<int:scoring_id>", show, name="scoring"),
    path("scorings/<int:scoring_id>/step", take, name="scoring-step"),
]
