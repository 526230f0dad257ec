"""The ladder of supervision as it holds, and what came to each of its rungs."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import narrowed_list, unit_choices
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
    names = {rung.code: rung.name for rung in ladder.rungs()}
    return narrowed_list.answer(request, "desk/oversight/reached.html", ladder, ladder.reached, names=names, rungs=list(names.items()),
                                units=unit_choices.handlers(townships=False))


urls = [
    path("ladder", rungs, name="ladder"),
    path("ladder/reached", reached, name="ladder-reached"),
]
