"""A list whole, as a CSV file: the rows that its page would show this reader, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.http import StreamingHttpResponse

from minsheng.kit.replicas import reads_replica
from minsheng.kit.tables import csv_lines


@reads_replica
def answer(request, name: str, columns: Sequence[str], lines: Callable[..., Iterable[Iterable[Any]]], read_filters: Callable[[Any], Any] | None = None):
    """`lines(actor)`, or `lines(actor, filters)` where the list can be narrowed; 422 in words for filters that cannot be read."""
    asked = [read_filters(request.GET)] if read_filters else []
    found = StreamingHttpResponse(csv_lines(columns, lines(request.actor, *asked)), content_type="text/csv; charset=utf-8")
    found["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.csv"
    return found
