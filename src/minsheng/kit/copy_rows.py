"""Rows into a table by COPY: for imports, where an INSERT with its parameters costs more than the row itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models

_as_json = json.JSONEncoder(ensure_ascii=False, default=lambda value: value.written()).encode  # `columns.Value`


class Twin:
    """A row for COPY and nothing else: the columns of its model, with their defaults. See `twin`."""

    _meta: Any = None

    def __init__(self, **given: Any):
        self.__dict__.update(given)


def twin(model: type[models.Model]) -> type[Twin]:
    """A plain class with a model's columns: a tenth of what the model's own constructor costs. Its defaults are shared: set, never change."""
    return type(f"{model.__name__}Row", (Twin,), {"_meta": model._meta, **{f.attname: f.get_default() for f in model._meta.concrete_fields}})


def copy_in(rows: Sequence[Any], skip: Iterable[str] = ()) -> None:
    """Insert unsaved objects (or twins) of one model as they stand, in the caller's transaction.

    An automatic key is left to the database and not read back. A column in `skip` keeps the database's default. Words for
    search (`kit.search.to_vector`) are written as the vector that they make.
    """
    if not rows:
        return
    meta = rows[0]._meta
    left_out = set(skip)
    fields = [f for f in meta.concrete_fields if f.name not in left_out and not isinstance(f, models.AutoField)]
    columns = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    readers = [(f.attname, _reader(f)) for f in fields]
    with connection.cursor() as cursor, cursor.copy(f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN") as out:
        for row in rows:
            out.write_row([getattr(row, name) if read is None else read(getattr(row, name)) for name, read in readers])


def _reader(field: models.Field) -> Callable[[Any], Any] | None:
    """How a column's value is written; None: as it is."""
    if isinstance(field, models.JSONField):
        return _as_json
    if isinstance(field, (models.CharField, models.TextField)):
        return _plain
    return _vector if isinstance(field, SearchVectorField) else None


def _plain(value: Any) -> Any:
    """A member of an enum of strings is written as its string."""
    return value if value is None or value.__class__ is str else str(value)


def _vector(value: Any) -> Any:
    return vector_text(value.get_source_expressions()[0].value) if isinstance(value, models.Func) else value


def vector_text(words: Sequence[str]) -> str:
    """The words as PostgreSQL writes a tsvector without positions."""
    text = "' '".join(words)
    if "\\" in text or text.count("'") != 2 * (len(words) - 1):
        text = "' '".join(w.replace("\\", "\\\\").replace("'", "''") for w in words)
    return f"'{text}'" if words else ""
