"""接听前的情况单: one page for each desk of a coming period, printed on A4."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.kit.papers import making
from minsheng.kit.verdict import Refused
from minsheng.leader_days.queries import briefing, briefing_paper

readers = needs(*sorted(briefing.READS))


@never_cache
@readers
@require_safe
def sheet(request, desk_id: int):
    try:
        found = briefing.sheet(desk_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/days/briefing.html", {"sheet": found})


@never_cache
@readers
@require_safe
def as_pdf(request, desk_id: int):
    """The same on paper."""
    def read() -> tuple[str, bytes]:
        found = briefing.sheet(desk_id, request.actor)
        return f"接听前情况单 {found.leader}", making.pdf(briefing_paper.paper(found))

    return paper_answer.answer(request, "pdf", read, unseen=("hidden", "over"))


urls = [path("desks/<int:desk_id>/briefing", sheet, name="desk-briefing"),
        path("desks/<int:desk_id>/briefing.pdf", as_pdf, name="desk-briefing-pdf")]
