"""Rows into a table by COPY: for imports, where an INSERT with its parameters costs more than the row itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def copy_in(rows: Sequence[models.Model], skip: Iterable[str] = ()) -> None:
    """Insert unsaved objects of one model as they stand, in the caller's transaction.

    An automatic key is left to the database and not read back. A column in `skip` keeps the database's default. Words for
    search (`kit.search.to_vector`) are written as the vector that they make.
    """
    if not rows:
        return
    meta = rows[0]._meta
    left_out = set(skip)
    fields = [f for f in meta.concrete_fields if f.name not in left_out and not isinstance(f, models.AutoField)]
    columns = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    readers = [(f.attname, isinstance(f, models.JSONField)) for f in fields]
    with connection.cursor() as cursor, cursor.copy(f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN") as out:
        for row in rows:
            out.write_row([_cell(getattr(row, name), is_json) for name, is_json in readers])


def _cell(value: Any, is_json: bool) -> Any:
    if is_json:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, models.Func):
        return vector_text(value.get_source_expressions()[0].value)
    return str(value) if isinstance(value, str) else value


def vector_text(words: Iterable[str]) -> str:
    """The words as PostgreSQL writes a tsvector without positions."""
    return " ".join("'" + w.replace("\\", "\\\\").replace("'", "''") + "'" for w in words)
