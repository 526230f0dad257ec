"""How many people each half hour needs, against who was there: from the centre's own calls."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk.views.calls import tabs
from minsheng.kit.verdict import Invalid
from minsheng.telephony.queries import staffing
from minsheng.telephony.queries.lists import today
from minsheng.telephony.rules.readers import READS_ALL


@never_cache
@needs(*sorted(READS_ALL))
@require_safe
def page(request):
    errors, asked = {}, staffing.Asked(today())
    try:
        asked = staffing.read(request.GET)
    except Invalid as wrong:
        errors = wrong.errors
    shown = {**tabs(request, "staffing"), "asked": asked, "errors": errors, "plan": staffing.plan(asked)}
    return render(request, "desk/telephony/staffing.html", shown, status=422 if errors else 200)


urls = [path("calls/staffing", page, name="staffing")]
