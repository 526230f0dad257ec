"""The one door of events: kept once, and the calls they speak of written anew from all that is known of them. In the caller's transaction or one of its own."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from minsheng.contacts.queries import hash_of
from minsheng.kit import clock
from minsheng.kit.notices import Notice, tell
from minsheng.telephony.actions import presence
from minsheng.telephony.actions.presence import Change
from minsheng.telephony.actions.sealed_rows import sealed
from minsheng.telephony.models import Call, Callback, CallEvent, Recording
from minsheng.telephony.queries import numbers
from minsheng.telephony.rules import calls
from minsheng.telephony.rules.events import OF_THE_EXCHANGE, Event, Kind, from_row
from minsheng.telephony.rules.words import PauseReason

_LOCK = 12347
_FRESH = timedelta(minutes=1)  # older than this, a ringing is history and rings no page
_TOLD = {Kind.OFFERED: "offered", Kind.NOT_ANSWERED: "not_answered", Kind.CONNECTED: "connected", Kind.JOINED: "connected", Kind.ENDED: "ended"}
_COLUMNS = [name for name in calls.CallFacts.__dataclass_fields__ if name != "number"]


@transaction.atomic
def keep(pbx: str, events: Sequence[Event]) -> int:
    """How many calls these events spoke of. The same events again change nothing."""
    if not events:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, pbx])
    of_calls = [event for event in events if event.linkedid]
    rows = _rows(pbx, of_calls)
    _insert(events, rows)
    _of_the_exchange([event for event in events if event.kind in OF_THE_EXCHANGE])
    restarted = [event.at for event in events if event.kind == Kind.PBX_RESTARTED]
    if restarted:
        for call in Call.objects.filter(pbx=pbx, ended_at=None, arrived_at__lt=max(restarted)):
            rows.setdefault(call.linkedid, call)
    _write(pbx, rows, of_calls)
    _tell(rows, events)
    return len(rows)


def _rows(pbx: str, events: Iterable[Event]) -> dict[str, Call]:
    """linkedid -> its row, made when the call is new."""
    first: dict[str, datetime] = {}
    for event in events:
        first[event.linkedid] = min(event.at, first.get(event.linkedid, event.at))
    held = Call.objects.select_for_update().filter(pbx=pbx, linkedid__in=first).order_by("id")  # an erasure takes numbers away beside us
    rows = {call.linkedid: call for call in held}
    made = [Call(pbx=pbx, linkedid=linkedid, arrived_at=at, updated_at=at) for linkedid, at in first.items() if linkedid not in rows]
    return rows | {call.linkedid: call for call in Call.objects.bulk_create(made)}


def _insert(events: Iterable[Event], rows: dict[str, Call]) -> None:
    CallEvent.objects.bulk_create([
        CallEvent(call=rows.get(e.linkedid), pbx=e.pbx, linkedid=e.linkedid, kind=e.kind.value, uniqueid=e.uniqueid, at=e.at, data=e.data, digest=_digest(e))
        for e in events], ignore_conflicts=True, batch_size=1000)


def _digest(event: Event) -> bytes:
    return hashlib.sha256(json.dumps(event.data, sort_keys=True, ensure_ascii=False).encode()).digest()


def _of_the_exchange(events: Iterable[Event]) -> None:
    told = [event for event in events if event.kind == Kind.AGENT_CHANGED and event.agent]
    presence.change_many(_change(event) for event in told)
    for event in told:
        if event.target.endswith(f":{PauseReason.UNANSWERED.value}") and abs(clock.now() - event.at) < _FRESH:
            tell(Notice("phone", event.agent, to=event.agent, what=PauseReason.UNANSWERED.value))  # their window says why nothing rings any more


def _change(event: Event) -> Change:
    state, _, reason = event.target.partition(":")
    return Change(event.agent, state, event.at, reason, by_exchange=True)


def _write(pbx: str, rows: dict[str, Call], fresh: Iterable[Event]) -> None:
    if not rows:
        return
    known = _known(pbx, rows)
    given: dict[str, set[str]] = defaultdict(set)
    for event in fresh:
        if event.number:
            given[event.linkedid].add(event.number)
    restarts = _restarts(pbx, min(e.at for events in known.values() for e in events))
    ours = _numbers_of_ours(rows.values())
    for linkedid, call in rows.items():
        _put(call, calls.what_was(known[linkedid], restarts), given[linkedid] or ours.get(linkedid, set()))
    columns = [*_COLUMNS, "number_sealed", "number_hash", "hidden_number", "updated_at"]
    Call.objects.bulk_create(list(rows.values()), update_conflicts=True, unique_fields=["id"], update_fields=columns, batch_size=500)
    Recording.objects.bulk_create(
        [Recording(call=rows[linkedid], leg=leg.leg, source=leg.path[:300], began_at=leg.began_at) for linkedid, events in known.items()
         for leg in calls.legs(events)], ignore_conflicts=True)


def _known(pbx: str, rows: dict[str, Call]) -> dict[str, list[Event]]:
    """All that was ever kept of these calls."""
    found: dict[str, list[Event]] = defaultdict(list)
    for row in CallEvent.objects.filter(call__in=[call.pk for call in rows.values()]):
        found[row.linkedid].append(from_row(row.kind, pbx, row.linkedid, row.uniqueid, row.at, row.data))
    return found


def _restarts(pbx: str, since: datetime) -> list[datetime]:
    rows = CallEvent.objects.filter(call=None, pbx=pbx, kind=Kind.PBX_RESTARTED.value, at__gte=since)
    return list(rows.values_list("at", flat=True))


def _numbers_of_ours(rows: Iterable[Call]) -> dict[str, set[str]]:
    """Of calls that we made: the number is the call-back's, whatever the exchange shows."""
    wanted = {call.linkedid: found[0] for call in rows if (found := calls.attempt_of(call.linkedid)) and not call.number_hash}
    owed = Callback.objects.in_bulk(list(wanted.values())) if wanted else {}
    return {linkedid: {numbers.whole(owed[id_])} for linkedid, id_ in wanted.items() if id_ in owed}


def _put(call: Call, facts: calls.CallFacts, given: set[str]) -> None:
    """A second number under one id is another call of an exchange with the same name; what was once doubtful stays so."""
    before = call.doubtful
    for name in _COLUMNS:
        setattr(call, name, getattr(facts, name))
    hashes = {hash_of(number) for number in given} | ({bytes(call.number_hash)} if call.number_hash else set())
    if call.number_hash is None and given:
        for name, value in sealed(min(given)).items():
            setattr(call, name, value)
    call.hidden_number = not call.number_hash
    if len(hashes) > 1 or before == "twice":
        call.doubtful = "twice"
    call.updated_at = clock.now()


def _tell(rows: dict[str, Call], events: Iterable[Event]) -> None:
    """Pages hear of what happens now: the person whose telephone it is, and the wallboard."""
    now, talking = clock.now(), []
    for event in events:
        if event.kind not in _TOLD or not event.agent or abs(now - event.at) > _FRESH:
            continue
        call = rows[event.linkedid]
        tell(Notice("call", call.pk, to=event.agent, what=_TOLD[event.kind]))
        if event.kind in (Kind.CONNECTED, Kind.JOINED) and call.ended_at is None:
            talking.append(Change(event.agent, "talking", event.at, call_id=call.pk))
    presence.change_many(talking)
    tell(Notice("wallboard", 1))


def facts_of(call: Call) -> dict[str, Any]:
    """All that steps of no kind decide: for a comparison of two readings."""
    return {name: getattr(call, name) for name in _COLUMNS} | {"number": numbers.whole(call)}


