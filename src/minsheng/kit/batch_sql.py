"""Several tables in one statement: one way to the server and back instead of one a table, and one transaction by itself.

The values of a table travel as JSON, so that a statement's text depends on the tables alone: the server plans it once per
connection (kit/postgresql).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models

from minsheng.kit.columns import Value
from minsheng.kit.copy_rows import Twin
from minsheng.kit.prepared_rows import prepared
from minsheng.kit.search import Vector

Question = tuple[str, list]  # a SELECT with its values


def ask_together(**questions: Question) -> dict[str, list[dict]]:
    """Answers of several SELECTs by name, from one statement: rows as dictionaries of JSON values (bytes: see `as_bytes`)."""
    parts = ", ".join(f"(SELECT json_agg(q) FROM ({text}) q)" for text, _ in questions.values())
    with prepared() as cursor:
        cursor.execute(f"SELECT {parts}", [value for _, values in questions.values() for value in values])
        return {name: rows or [] for name, rows in zip(questions, cursor.fetchone(), strict=True)}


def as_bytes(value: str | None) -> bytes | None:
    """A bytea as JSON has it."""
    return None if value is None else bytes.fromhex(value[2:])


def write_together(new: Iterable[models.Model], changed: Iterable[models.Model], *, notice: str = "") -> None:
    """Insert new rows and write all columns of changed ones, of several tables, in one statement.

    notice  told to everybody who listens, when the transaction is kept

    For changed rows that the transaction holds locked. Keys that the database makes are not read back.
    """
    inserted, updated = _by_table(new), _by_table(changed)
    values = [_as_json(table, objects) for group in (inserted, updated) for table, objects in group.items()]
    with prepared(raw=True) as cursor:
        cursor.execute(_writes(tuple(inserted), tuple(updated)), [*values, notice])
    _kept(inserted)


def _by_table(rows: Iterable[models.Model]) -> dict[Table, list[models.Model]]:
    tables: dict[Table, list[models.Model]] = {}
    for row in rows:
        tables.setdefault(_table(row), []).append(row)
    return tables


def _kept(tables: dict[Table, list[models.Model]]) -> None:
    for (model, _), objects in tables.items():
        for row in objects if not issubclass(model, Twin) else ():
            row._state.adding, row._state.db = False, connection.alias


def insert_together(rows: Iterable[models.Model], *, once: models.Model | None = None, notice: str = "") -> bool:
    """Insert unsaved objects of several tables (foreign keys are checked at the end of the transaction).

    once    a row with a unique key: when that key is there already nothing is inserted, and the answer is False; of two
            senders the second waits here for the first
    notice  told to everybody who listens, when the transaction is kept

    Keys that the database makes are not read back: for rows whose key is known or not needed.
    """
    tables = _by_table(rows)
    values = [_as_json(table, objects) for table, objects in tables.items()]
    first = None
    if once is not None:
        first = _table(once)
        values.insert(0, _as_json(first, [once]))
    with prepared(raw=True) as cursor:
        cursor.execute(_statement(tuple(tables), first), [*values, notice])
        if not cursor.fetchone()[0]:
            return False
    _kept(tables)
    return True


Table = tuple[type[models.Model], bool]  # a model, and whether its rows bring their key


def _table(row: models.Model) -> Table:
    return type(row), row.pk is not None


@lru_cache(maxsize=256)
def _statement(tables: tuple[Table, ...], first: Table | None) -> str:
    """`first` keeps the key or finds it taken; every other table is filled only when it was kept."""
    parts, guard, kept = [], "true", "true"
    if first is not None:
        guard = kept = "EXISTS (SELECT FROM first)"
        parts.append(f"first AS ({_insert(first)} ON CONFLICT DO NOTHING RETURNING 1)")
    parts += [f"part{n} AS ({_insert(table)} WHERE {guard})" for n, table in enumerate(tables)]
    told = f"told AS (SELECT pg_notify('minsheng', v.notice) FROM (VALUES (%s::text)) AS v(notice) WHERE v.notice <> '' AND {guard})"
    return _numbered(f"WITH {', '.join([*parts, told])} SELECT {kept}, (SELECT count(*) FROM told)")


def _numbered(text: str) -> str:
    """With `$1`, `$2` … for each `%s`."""
    first, *rest = text.split("%s")
    return first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))


@lru_cache(maxsize=256)
def _writes(new: tuple[Table, ...], changed: tuple[Table, ...]) -> str:
    parts = [_insert(table) for table in new] + [_update(table) for table in changed]
    together = ", ".join(f"part{n} AS ({part})" for n, part in enumerate(parts))
    return _numbered(f"WITH {together} SELECT pg_notify('minsheng', v.notice) FROM (VALUES (%s::text)) AS v(notice) WHERE v.notice <> ''")


def _update(table: Table) -> str:
    quoted = connection.ops.quote_name
    name, key = quoted(table[0]._meta.db_table), quoted(table[0]._meta.pk.attname)
    columns = ", ".join(f"{quoted(column)} = v.{quoted(column)}" for column, _ in _columns((table[0], False)))
    return f"UPDATE {name} AS o SET {columns} FROM json_populate_recordset(NULL::{name}, %s::json) AS v WHERE o.{key} = v.{key}"


def _insert(table: Table) -> str:
    quoted = connection.ops.quote_name
    name = quoted(table[0]._meta.db_table)
    columns = ", ".join(quoted(column) for column, _ in _columns(table))
    return f"INSERT INTO {name} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{name}, %s::json)"


@lru_cache(maxsize=64)
def _columns(table: Table) -> tuple[tuple[str, str], ...]:
    """(column, attribute) of all fields, but not of a key that the database makes."""
    model, keyed = table
    return tuple((f.column, f.attname) for f in model._meta.concrete_fields if f.column and (keyed or not f.primary_key))


def _as_json(table: Table, objects: list[models.Model]) -> str:
    columns, rows = _columns(table), []
    defaults = table[0].defaults if issubclass(table[0], Twin) else {}
    for have in ({**defaults, **each.__dict__} if defaults else each.__dict__ for each in objects):
        rows.append({column: have[name] for column, name in columns if have[name] is not None})
    return _encode(rows)


def _text_of(value: Any) -> str:
    """What JSON does not know, as PostgreSQL reads it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, Vector):
        return value.literal
    if isinstance(value, Value):
        return value.written()
    raise TypeError(f"{type(value).__name__} cannot be inserted this way")


_encode = json.JSONEncoder(default=_text_of, ensure_ascii=False).encode
