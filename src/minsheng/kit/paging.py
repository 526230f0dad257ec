"""Keyset paging: a page of any depth costs the same."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q

from minsheng.kit.verdict import Invalid


@dataclass(frozen=True)
class Page:
    """`rows` of one page; `next` is an opaque mark for the query string, "" at the end."""

    rows: list
    next: str = ""


def _mark(values: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _unmark(mark: str) -> list:
    try:
        return json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except ValueError as wrong:
        raise Invalid({"after": "翻页标记无效，请从第一页开始"}) from wrong


def keyset(query, order: tuple[str, ...], after: str = "", size: int = 50) -> Page:
    """A page of `query` ordered by one unique column, e.g. ("-id",), or by one column and a unique one, e.g. ("due_at", "id").

    The columns hold no NULL and go the same way.
    """
    names = [name.lstrip("-") for name in order]
    query = query.order_by(*order)
    if after:
        mark = _unmark(after)
        if not isinstance(mark, list) or len(mark) != len(names):
            raise Invalid({"after": "翻页标记无效，请从第一页开始"})
        op = "lt" if order[0].startswith("-") else "gt"
        beyond = Q(**{f"{names[0]}__{op}": mark[0]})
        if len(names) == 2:
            beyond |= Q(**{names[0]: mark[0], f"{names[1]}__{op}": mark[1]})
        try:
            query = query.filter(beyond)
        except (ValueError, TypeError, ValidationError) as wrong:
            raise Invalid({"after": "翻页标记无效，请从第一页开始"}) from wrong
    return cut(list(query[: size + 1]), names, size)


def cut(rows: list, names: list[str], size: int) -> Page:
    """The page of `rows`, of which one more than `size` was read when there are more."""
    if len(rows) <= size:
        return Page(rows)
    last = rows[size - 1]
    return Page(rows[:size], _mark([getattr(last, name) for name in names]))


def id_after(mark: str) -> int | None:
    """Where a page ordered by ("-id",) goes on: ids below this one. None: at the beginning."""
    if not mark:
        return None
    found = _unmark(mark)
    if not (isinstance(found, list) and len(found) == 1 and isinstance(found[0], int) and 0 <= found[0] < 2**63):
        raise Invalid({"after": "翻页标记无效，请从第一页开始"})
    return found[0]
