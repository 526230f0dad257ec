"""Rows of calls and their events by statements that are written once: an exchange's ledger is read each second, and the ORM takes longer to
write these than the server to answer. Values go as one JSON text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import models

from minsheng.kit.prepared_rows import prepared
from minsheng.telephony.models import AgentState, Call, CallEvent, LedgerOffset
from minsheng.telephony.rules.events import Event, Kind

_EVENT = ("call_id", "pbx", "linkedid", "kind", "uniqueid", "at", "data", "digest")
_OFFSET = ("offset", "lines", "read_at", "last_at", "skew_s", "closed")
_STATE = ("person_id", "state", "reason", "since", "until", "call_id")


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def put_calls(calls: Sequence[Call], columns: Sequence[str]) -> None:
    """New ones get their ids; of others these columns are written."""
    new, old = [call for call in calls if call.pk is None], [call for call in calls if call.pk is not None]
    if new:
        names = [str(field.column) for field in Call._meta.concrete_fields if not field.primary_key]
        listed = ", ".join(names)
        text = f"INSERT INTO {_table(Call)} ({listed}) SELECT {listed} FROM jsonb_populate_recordset(NULL::{_table(Call)}, %s::jsonb) RETURNING linkedid, id"
        ids: dict[str, int] = dict(_do(text, [{name: getattr(call, name) for name in names} for call in new]))
        for call in new:
            call.pk = ids[call.linkedid]
    if old:
        sets = ", ".join(f"{name} = r.{name}" for name in columns)
        text = f"UPDATE {_table(Call)} c SET {sets} FROM jsonb_populate_recordset(NULL::{_table(Call)}, %s::jsonb) r WHERE c.id = r.id RETURNING c.id"
        _do(text, [{"id": call.pk} | {name: getattr(call, name) for name in columns} for call in old])


def put_events(events: Iterable[tuple[Call | None, Event]]) -> None:
    """Each once, however often it is told."""
    listed = ", ".join(_EVENT)
    rows = [(call.pk if call else None, e.pbx, e.linkedid, e.kind.value, e.uniqueid, e.at, e.data, _digest(e)) for call, e in events]
    _do(f"INSERT INTO {_table(CallEvent)} ({listed}) SELECT {listed} FROM jsonb_populate_recordset(NULL::{_table(CallEvent)}, %s::jsonb)"
        " ON CONFLICT DO NOTHING RETURNING id", [dict(zip(_EVENT, row, strict=True)) for row in rows])


def _digest(event: Event) -> bytes:
    return hashlib.sha256(json.dumps(event.data, sort_keys=True, ensure_ascii=False).encode()).digest()


def events_of(pbx: str, ids: list[int], since: datetime) -> list[tuple[Any, ...]]:
    """(call, linkedid, kind, uniqueid, at, data) of all that is kept of these calls; and, of no call, the restarts of the exchange since then."""
    names = "call_id, linkedid, kind, uniqueid, at, data::text"
    with prepared() as cursor:
        cursor.execute(f"SELECT {names} FROM {_table(CallEvent)} WHERE call_id = ANY(%s::bigint[]) UNION ALL"
                       f" SELECT {names} FROM {_table(CallEvent)} WHERE call_id IS NULL AND pbx = %s AND kind = %s AND at >= %s",
                       [ids, pbx, Kind.PBX_RESTARTED.value, since])
        return [(*row[:5], json.loads(row[5])) for row in cursor.fetchall()]


def put_offsets(rows: Sequence[LedgerOffset]) -> None:
    """How far the files have been read."""
    if rows:
        sets = ", ".join(f'"{name}" = r."{name}"' for name in _OFFSET)
        _do(f"UPDATE {_table(LedgerOffset)} o SET {sets} FROM jsonb_populate_recordset(NULL::{_table(LedgerOffset)}, %s::jsonb) r WHERE o.id = r.id RETURNING o.id",
            [{"id": row.pk} | {name: getattr(row, name) for name in _OFFSET} for row in rows])


def put_states(ended: Sequence[AgentState], begun: Sequence[AgentState]) -> None:
    """States of people that are over now, and those that begin: they get no ids."""
    if ended:
        _do(f"UPDATE {_table(AgentState)} s SET until = r.until FROM jsonb_populate_recordset(NULL::{_table(AgentState)}, %s::jsonb) r"
            " WHERE s.id = r.id RETURNING s.id", [{"id": row.pk, "until": row.until} for row in ended])
    if begun:
        listed = ", ".join(_STATE)
        _do(f"INSERT INTO {_table(AgentState)} ({listed}) SELECT {listed} FROM jsonb_populate_recordset(NULL::{_table(AgentState)}, %s::jsonb) RETURNING id",
            [{name: getattr(row, name) for name in _STATE} for row in begun])


def _do(text: str, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    with prepared() as cursor:
        cursor.execute(text, [json.dumps(rows, default=_said)])
        return list(cursor.fetchall())


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    raise TypeError(type(value).__name__)
