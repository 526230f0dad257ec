"""Pages of those who keep the machine: the ledger, for the audit administrator."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from minsheng.accounts.access import needs
from minsheng.accounts.rules import Role
from minsheng.kit.verdict import Invalid
from minsheng.ledger import queries
from minsheng.ledger.rules import Kind


@never_cache
@needs(Role.AUDIT_ADMIN)
@require_GET
def ledger(request):
    """?kind= &about= &since= &until= (both days included) &verify=1: reads the whole chain and says whether it is whole."""
    errors, page = {}, None
    try:
        page = queries.page(_filters(request.GET), request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    kept = request.GET.copy()
    for name in ("after", "verify"):
        kept.pop(name, None)
    rows = [{"entry": entry, "kind": Kind.name_of(entry.kind)} for entry in page.rows] if page else []
    broken = queries.verify() if request.GET.get("verify") else None
    shown = {"rows": rows, "page": page, "errors": errors, "kinds": [(k.value, k.label) for k in Kind], "query": kept.urlencode(),
             "broken": broken[:50] if broken else [], "verified": broken is not None}
    return render(request, "desk/machine/ledger.html", shown, status=422 if errors else 200)


def _filters(get) -> queries.Filters:
    since, until = _day(get, "since"), _day(get, "until")
    return queries.Filters(kind=get.get("kind", "")[:20], about=get.get("about", "").strip()[:80], since=since,
                           until=until + timedelta(days=1) if until else None)


def _day(get, name: str) -> datetime | None:
    raw = get.get(name, "").strip()
    try:
        on = parse_date(raw) if raw else None
    except ValueError:
        on = None
    if raw and on is None:
        raise Invalid({name: "日期应如 2025-01-10"})
    return timezone.make_aware(datetime.combine(on, datetime.min.time())) if on else None


urls = [path("ledger", ledger, name="ledger")]
