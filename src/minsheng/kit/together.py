"""Many new rows of several tables in one statement: one way to the server and back instead of one a table."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, models
from django.db.models import sql


def insert_together(rows: Iterable[models.Model]) -> None:
    """Insert unsaved objects, table by table in the order given (foreign keys are checked at the end of the transaction).

    Keys that the database makes are not read back: for rows whose key is known or not needed.
    """
    tables: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        tables.setdefault(type(row), []).append(row)
    parts, params = [], []
    for model, objects in tables.items():
        text, values = _insert(model, objects)
        parts.append(text)
        params.extend(values)
    if not parts:
        return
    head = ", ".join(f"part{n} AS ({text})" for n, text in enumerate(parts[:-1]))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {head} {parts[-1]}" if head else parts[-1], params)
    for objects in tables.values():
        for row in objects:
            row._state.adding, row._state.db = False, connection.alias


def _insert(model: type[models.Model], objects: list[models.Model]) -> tuple[str, list]:
    """Django's own INSERT of these objects, with its parameters."""
    fields = [f for f in model._meta.concrete_fields if not (f is model._meta.auto_field and objects[0].pk is None)]
    query = sql.InsertQuery(model)
    query.insert_values(fields, objects, raw=True)
    [(text, values)] = query.get_compiler(connection=connection).as_sql()
    return text, list(values)
