"""Contacts by telephone that units wrote down, beside the centre's calls."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk import narrowed_list, table_answer, unit_choices
from minsheng.oversight.queries import claimed_calls, tables
from minsheng.oversight.queries.sight import SEES_FINDINGS


@never_cache
@needs(*sorted(SEES_FINDINGS))
@require_safe
def listed(request):
    """Newest first, narrowed by what was found and by unit; above, how many of each."""
    whole, units = claimed_calls.figures(request.actor)
    return narrowed_list.answer(request, "desk/oversight/claimed_calls.html", claimed_calls, kinds=claimed_calls.KINDS, units=unit_choices.handlers(townships=False),
                                lines=[whole, *units], says=[(label, claimed_calls.SAYS[kind]) for kind, label in claimed_calls.KINDS],
                                days=claimed_calls.READ_BACK.days, there=claimed_calls.there())


@never_cache
@needs(*sorted(SEES_FINDINGS))
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "自报的电话联系", tables.CLAIMED, tables.of_claimed, claimed_calls.read_filters)


urls = [
    path("claimed-calls.csv", as_csv, name="claimed-calls-csv"),
    path("claimed-calls", listed, name="claimed-calls"),
]
