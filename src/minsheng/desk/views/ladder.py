"""The ladder of supervision as it holds, and what came to each of its rungs."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import unit_choices
from minsheng.kit.verdict import Invalid
from minsheng.oversight.queries import ladder

readers = needs(Role.COORDINATOR, Role.INSPECTOR, Role.SUPERVISOR)


@never_cache
@readers
@require_safe
def rungs(request):
    """Each rung with how often it was reached this month; a figure opens to its list."""
    return render(request, "desk/oversight/ladder.html", {"lines": ladder.page(request.actor)})


@never_cache
@readers
@require_safe
def reached(request):
    """What was reached, the newest first."""
    errors, page, filters = {}, None, ladder.Filters()
    try:
        filters = ladder.read_filters(request.GET)
        page = ladder.reached(request.actor, filters, request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    kept = request.GET.copy()
    kept.pop("after", None)
    names = {rung.code: rung.name for rung in ladder.rungs()}
    shown = {"page": page, "rows": page.rows if page else [], "filters": filters, "errors": errors, "query": kept.urlencode(),
             "names": names, "rungs": list(names.items()), "units": unit_choices.handlers(townships=False)}
    return render(request, "desk/oversight/reached.html", shown, status=422 if errors else 200)


urls = [
    path("ladder", rungs, name="ladder"),
    path("ladder/reached", reached, name="ladder-reached"),
]
