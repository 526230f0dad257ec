"""A list that is narrowed by its address, as a page: what is wrong with the address stands above an empty list (422)."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from django.shortcuts import render

from minsheng.kit.verdict import Invalid


def answer(request, template: str, room: ModuleType, listed: Callable[..., Any] | None = None, **more: Any):
    """`room`: queries with `Filters`, `read_filters(GET)` and `listed(actor, filters, mark)`, where the last is not given here."""
    errors, page, filters = {}, None, room.Filters()
    try:
        filters = room.read_filters(request.GET)
        page = (listed or room.listed)(request.actor, filters, request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    kept = request.GET.copy()
    kept.pop("after", None)
    shown = {"page": page, "rows": page.rows if page else [], "filters": filters, "errors": errors, "query": kept.urlencode(), **more}
    return render(request, template, shown, status=422 if errors else 200)
