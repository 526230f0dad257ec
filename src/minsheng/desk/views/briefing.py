"""接听前的情况单: one page for each desk of a coming period, printed on A4."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from minsheng.accounts.permissions import needs
from minsheng.desk.views.case import hidden
from minsheng.kit.verdict import Refused
from minsheng.leader_days.queries import briefing

readers = needs(*sorted(briefing.READS))


@never_cache
@readers
@require_GET
def sheet(request, desk_id: int):
    try:
        found = briefing.sheet(desk_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/days/briefing.html", {"sheet": found})


urls = [path("desks/<int:desk_id>/briefing", sheet, name="desk-briefing")]
