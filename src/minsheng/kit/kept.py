"""Small tables that nearly every page needs, kept five seconds a process: a change is seen everywhere no later than that.

Whoever finds one of them too old reads all that are, in one statement: a process that has nothing yet asks once and not once a table.
What is made of the rows is made anew only when they are others than before, so that the first page after a pause costs little more.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db import connection, models

from minsheng.kit import replicas
from minsheng.kit.prepared_rows import prepared

KEEP_S = 5.0
T = TypeVar("T")
_all: list[Kept] = []
_still = threading.local()


class Kept(Generic[T]):
    """What `make` says of all rows of some tables, each in the order of its model."""

    value: T

    def __init__(self, make: Callable[..., T], *tables: type[models.Model]):
        self.make, self.tables, self.read_at = make, tables, 0.0
        self.made_of: list[str] = []  # the rows as the server wrote them
        _all.append(self)

    def get(self) -> T:
        if self.is_old():
            _read([each for each in _all if each.is_old()])
        return self.value

    def is_old(self) -> bool:
        return not self.read_at or (not getattr(_still, "on", False) and time.monotonic() - self.read_at > KEEP_S)

    def forget(self) -> None:
        """Read it anew at the next question."""
        self.read_at = 0.0


@contextmanager
def still() -> Iterator[None]:
    """Inside, what is kept stays as it is now: a deed is judged and done by one and the same tables."""
    if getattr(_still, "on", False):
        yield
        return
    if old := [each for each in _all if each.is_old()]:
        _read(old)
    _still.on = True
    try:
        yield
    finally:
        _still.on = False


def _read(wanted: list[Kept]) -> None:
    tables = list(dict.fromkeys(table for each in wanted for table in each.tables))
    with replicas.on_primary(), prepared() as cursor:  # deeds are judged by it, too
        cursor.execute("SELECT " + ", ".join(f"(SELECT json_agg(q)::text FROM ({_select(table)}) q)" for table in tables))
        texts = dict(zip(tables, cursor.fetchone(), strict=True))
    for each in wanted:
        made_of = [texts[table] or "[]" for table in each.tables]
        if made_of != each.made_of:
            rows = ([_row(table, given) for given in json.loads(text)] for table, text in zip(each.tables, made_of, strict=True))
            each.value, each.made_of = each.make(*rows), made_of
        each.read_at = time.monotonic()


def _select(table: type[models.Model]) -> str:
    """In the order of the model, whose keys are names of its own columns; of one that has none, by key."""
    quoted, about = connection.ops.quote_name, table._meta
    order = ", ".join(quoted(str(name)) for name in about.ordering or [about.pk.name])
    return f"SELECT {', '.join(quoted(column) for column in _columns(table))} FROM {quoted(about.db_table)} ORDER BY {order}"


def _columns(table: type[models.Model]) -> list[str]:
    return [str(field.column) for field in table._meta.concrete_fields]


def _row(table: type[models.Model], given: dict[str, Any]) -> models.Model:
    fields = table._meta.concrete_fields
    values = [_value(field, given[column]) for field, column in zip(fields, _columns(table), strict=True)]
    return table.from_db(connection.alias, [field.attname for field in fields], values)


def _value(field: models.Field, value: Any) -> Any:
    """As the field has it: JSON knows no dates."""
    if value is None or not isinstance(field, models.DateField):
        return value
    return datetime.fromisoformat(value) if isinstance(field, models.DateTimeField) else date.fromisoformat(value)
