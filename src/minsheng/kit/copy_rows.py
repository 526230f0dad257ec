"""Rows into a table by COPY: for imports, where an INSERT with its parameters costs more than the row itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar, cast

from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models

_encode = json.JSONEncoder(ensure_ascii=False, default=lambda value: value.written()).encode  # `columns.Value`


M = TypeVar("M", bound=models.Model)


class Twin:
    """A row to be written and nothing else: the columns of its model, with their defaults. See `twin`."""

    _meta: Any = None
    defaults: dict[str, Any] = {}

    @property
    def pk(self) -> Any:
        return self.__dict__.get(self._meta.pk.attname)

    def __init__(self, **given: Any):
        self.__dict__.update(given)


def twin(model: type[M]) -> type[M]:
    """A plain class with a model's columns: a tenth of what the model's own constructor costs. Its defaults are shared: set, never change."""
    defaults = {f.attname: f.get_default() for f in model._meta.concrete_fields}
    return cast(type[M], type(f"{model.__name__}Row", (Twin,), {"_meta": model._meta, "defaults": defaults, **defaults}))


def copy_in(rows: Sequence[Any], skip: Iterable[str] = (), keys: bool = False) -> None:
    """Insert unsaved objects (or twins) of one model as they stand, in the caller's transaction.

    An automatic key is left to the database and not read back; with `keys` the rows bring theirs. A column in `skip` keeps the
    database's default. Words for search (`kit.search.to_vector`) are written as the vector that they make.
    """
    if not rows:
        return
    meta = rows[0]._meta
    left_out = set(skip)
    fields = [f for f in meta.concrete_fields if f.name not in left_out and (keys or not isinstance(f, models.AutoField))]
    columns = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    values = attrgetter(*(f.attname for f in fields))
    readers = [(n, read, _JSON if isinstance(f, models.JSONField) else _PLAIN) for n, f in enumerate(fields) if (read := _reader(f))]
    with connection.cursor() as cursor, cursor.copy(f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN") as out:
        for row in rows:
            line = [*values(row)]
            for n, read, plain in readers:
                if line[n].__class__ not in plain:
                    line[n] = read(line[n])
            out.write_row(line)


def _as_json(value: Any) -> str:
    return _encode(value) if value or value.__class__ not in _EMPTY else _EMPTY[value.__class__]


_EMPTY: dict[Any, str] = {dict: "{}", list: "[]"}


class Encoded(str):
    """JSON as it is written: of a value that many rows share, put into text once."""


_PLAIN, _JSON = frozenset((str, type(None))), frozenset((Encoded,))  # written as they are


def _reader(field: models.Field) -> Callable[[Any], Any] | None:
    """How a column's value is written; None: as it is."""
    if isinstance(field, models.JSONField):
        return _as_json
    if isinstance(field, models.DateTimeField):
        return datetime.isoformat  # a third of what psycopg's own adaptation costs
    if isinstance(field, (models.CharField, models.TextField)):
        return str  # a member of an enum of strings
    return _vector if isinstance(field, SearchVectorField) else None


def _vector(value: Any) -> Any:
    return vector_text(value.get_source_expressions()[0].value) if isinstance(value, models.Func) else value


def vector_text(words: Sequence[str]) -> str:
    """The words as PostgreSQL writes a tsvector without positions."""
    text = "' '".join(words)
    if "\\" in text or text.count("'") != 2 * (len(words) - 1):
        text = "' '".join(w.replace("\\", "\\\\").replace("'", "''") for w in words)
    return f"'{text}'" if words else ""
