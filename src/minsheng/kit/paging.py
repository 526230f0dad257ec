"""Keyset paging: a page of any depth costs the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import models
from django.db.models import Q

from minsheng.kit.read_values import BIGGEST, BadValue, from_json, line, number
from minsheng.kit.verdict import Invalid

COUNTED, UNCOUNTED = 2000, -1


@dataclass(frozen=True)
class Page:
    """`rows` of one page; `next` is an opaque mark for the query string, "" at the end. `whole`: all rows of the list, not read."""

    rows: list
    next: str = ""
    whole: models.QuerySet | None = field(default=None, compare=False)

    def lacks(self, counted: int, after: str) -> int:
        """How many of those that a figure counts its list never shows this reader, the same on each of its pages. UNCOUNTED where so many
        are counted that nobody waits for it."""
        if not self.next and not after:
            return max(0, counted - len(self.rows))
        if counted > COUNTED or self.whole is None:
            return UNCOUNTED
        return max(0, counted - self.whole.order_by().count())


def _mark(values: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


_BROKEN = {"after": "翻页标记无效，请从第一页开始"}


def _instant(raw: object) -> datetime:
    """As `_mark` writes it. Of any year: a row with a broken time must not end the list."""
    try:
        at = datetime.fromisoformat(raw) if isinstance(raw, str) and len(raw) < 40 else None
    except ValueError:
        at = None
    if at is None or at.utcoffset() != timedelta(0):
        raise BadValue("应为时间")
    return at


_READERS = {models.DateTimeField: _instant, models.IntegerField: partial(number, least=-BIGGEST)}


def _unmark(mark: str) -> list:
    """The values in a mark; Invalid for whatever did not come from `_mark`."""
    try:
        found = from_json(base64.urlsafe_b64decode(mark.encode("ascii") + b"=" * (-len(mark) % 4)))
    except (ValueError, Invalid) as wrong:
        raise Invalid(_BROKEN) from wrong
    if not isinstance(found, list):
        raise Invalid(_BROKEN)
    return found


def _values(mark: str, columns: list) -> list:
    """One value a column, of that column's kind."""
    found = _unmark(mark)
    if len(found) != len(columns):
        raise Invalid(_BROKEN)
    try:
        return [_reader(column)(value) for value, column in zip(found, columns, strict=True)]
    except BadValue as wrong:
        raise Invalid(_BROKEN) from wrong


def _reader(column):
    return next((reader for kind, reader in _READERS.items() if isinstance(column, kind)), line)


def keyset(query, order: tuple[str, ...], after: str = "", size: int = 50, read: Callable | None = None) -> Page:
    """A page of `query` ordered by one unique column, e.g. ("-id",), or by one column and a unique one, e.g. ("due_at", "id").

    The columns hold no NULL and go the same way. `read`: what is read of the rows of the page, once an index that has all that `query` asks
    for has said which they are; else every row that is sorted is read whole.
    """
    names = [name.lstrip("-") for name in order]
    whole = query = query.order_by(*order)
    if after:
        mark = _values(after, [query.model._meta.get_field(name) for name in names])
        op = "lt" if order[0].startswith("-") else "gt"
        beyond = Q(**{f"{names[0]}__{op}": mark[0]})
        if len(names) == 2:
            beyond |= Q(**{names[0]: mark[0], f"{names[1]}__{op}": mark[1]})
        query = query.filter(beyond)
    if read is not None:
        return cut(list(read(query.model.objects.filter(pk__in=query.values("pk")[: size + 1])).order_by(*order)), names, size, whole)
    return cut(list(query[: size + 1]), names, size, whole)


def every(query, size: int = 500) -> Iterator[list]:
    """All rows of `query` by id, the oldest first, so many at once: for a table that leaves whole."""
    after = ""
    while True:
        page = keyset(query, ("id",), after, size)
        yield page.rows
        if not (after := page.next):
            return


def cut(rows: list, names: list[str], size: int, whole: models.QuerySet | None = None) -> Page:
    """The page of `rows`, of which one more than `size` was read when there are more."""
    if len(rows) <= size:
        return Page(rows, whole=whole)
    last = rows[size - 1]
    return Page(rows[:size], _mark([getattr(last, name) for name in names]), whole)


def time_after(mark: str) -> tuple[datetime, int] | None:
    """Where a page ordered by a time and an id, both descending, goes on. None: at the beginning."""
    if not mark:
        return None
    at, id_ = _values(mark, [models.DateTimeField(), models.IntegerField()])
    return at, id_


def id_after(mark: str) -> int | None:
    """Where a page ordered by ("-id",) goes on: ids below this one. None: at the beginning."""
    if not mark:
        return None
    found = _unmark(mark)
    if len(found) != 1:
        raise Invalid(_BROKEN)
    try:
        return number(found[0])
    except BadValue as wrong:
        raise Invalid(_BROKEN) from wrong
