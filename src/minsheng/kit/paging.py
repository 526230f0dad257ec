"""Keyset paging: a page of any depth costs the same."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from minsheng.kit.verdict import Invalid


@dataclass(frozen=True)
class Page:
    """`rows` of one page; `next` and `back` are opaque marks for the query string, "" at an end."""

    rows: list
    next: str = ""


def _mark(values: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _unmark(mark: str) -> list:
    try:
        return json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except ValueError as wrong:
        raise Invalid({"after": "翻页标记无效，请从第一页开始"}) from wrong


def keyset(query, order: tuple[str, str], after: str = "", size: int = 50) -> Page:
    """A page of `query` ordered by two columns, e.g. ("due_at", "id") or ("-received_at", "-id"); the second is unique.

    Both columns go the same way and hold no NULL.
    """
    first, second = (name.lstrip("-") for name in order)
    query = query.order_by(*order)
    if after:
        mark = _unmark(after)
        if len(mark) != 2:
            raise Invalid({"after": "翻页标记无效，请从第一页开始"})
        op = "lt" if order[0].startswith("-") else "gt"
        from django.db.models import Q

        query = query.filter(Q(**{f"{first}__{op}": mark[0]}) | Q(**{first: mark[0], f"{second}__{op}": mark[1]}))
    rows = list(query[: size + 1])
    following = ""
    if len(rows) > size:
        rows = rows[:size]
        last = rows[-1]
        following = _mark([getattr(last, first), getattr(last, second)])
    return Page(rows, following)
