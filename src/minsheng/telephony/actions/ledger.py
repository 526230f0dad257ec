"""The one door of events: kept once, and the calls they speak of written anew from all that is known of them. In the caller's transaction or one of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from minsheng.contacts.queries import hash_of
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.notices import Notice, tell_all
from minsheng.telephony.actions import call_rows, presence
from minsheng.telephony.actions.presence import Change
from minsheng.telephony.actions.sealed_rows import sealed
from minsheng.telephony.models import Call, Callback, Recording
from minsheng.telephony.queries import numbers
from minsheng.telephony.rules import calls
from minsheng.telephony.rules.events import OF_THE_EXCHANGE, Event, Kind, from_row
from minsheng.telephony.rules.words import PauseReason, Presence

_FRESH = timedelta(minutes=1)  # older than this, a ringing is history and rings no page
_TOLD = {Kind.OFFERED: "offered", Kind.NOT_ANSWERED: "not_answered", Kind.CONNECTED: "connected", Kind.JOINED: "connected", Kind.ENDED: "ended"}
_WHY_SILENT = (PauseReason.UNANSWERED.value, Presence.LOST.value)
_COLUMNS = [name for name in calls.CallFacts.__dataclass_fields__ if name != "number"]


def keep(pbx: str, events: Sequence[Event], ahead: timedelta = timedelta()) -> int:
    """How many calls these events spoke of. The same events again change nothing. `ahead`: the exchange's clock is off by so much. Its calls keep its
    times, which fit each other; where people stand, and what is told as happening now, goes by ours."""
    if not events:
        return 0
    with transaction.atomic(savepoint=False):
        in_turn(f"telephony.ledger:{pbx}")
        of_calls = [event for event in events if event.linkedid]
        rows = _rows(pbx, of_calls)
        restarted = [event.at for event in events if event.kind == Kind.PBX_RESTARTED]
        if restarted:
            for call in Call.objects.filter(pbx=pbx, ended_at=None, arrived_at__lt=max(restarted)):
                rows.setdefault(call.linkedid, call)
        _write(pbx, rows, of_calls, restarted)
        call_rows.put_events([(rows.get(event.linkedid), event) for event in events])
        ours = [replace(event, at=event.at - ahead) for event in events] if ahead else events
        told = _of_the_exchange([event for event in ours if event.kind in OF_THE_EXCHANGE])
        tell_all([*told, *_told(rows, ours)])
    return len(rows)


def clock_jumped(pbx: str) -> int:
    """How many calls stand in doubt because a clock was set while they went on: how long they took is told by two clocks."""
    return Call.objects.filter(pbx=pbx, ended_at=None).exclude(doubtful="twice").update(doubtful="jump")


def _rows(pbx: str, events: Iterable[Event]) -> dict[str, Call]:
    """linkedid -> its row; one that is new is written with all that is known of it."""
    first: dict[str, datetime] = {}
    for event in events:
        first[event.linkedid] = min(event.at, first.get(event.linkedid, event.at))
    held = Call.objects.select_for_update().filter(pbx=pbx, linkedid__in=first).order_by("id")  # an erasure takes numbers away beside us
    rows = {call.linkedid: call for call in held}
    return rows | {linkedid: Call(pbx=pbx, linkedid=linkedid, arrived_at=at) for linkedid, at in first.items() if linkedid not in rows}


def _of_the_exchange(events: Iterable[Event]) -> list[Notice]:
    """Their window says why nothing rings any more."""
    changed = [event for event in events if event.kind == Kind.AGENT_CHANGED and event.agent]
    presence.change_many(_change(event) for event in changed)
    said = [(event, event.target.rpartition(":")[2]) for event in changed if abs(clock.now() - event.at) < _FRESH]
    return [Notice("phone", event.agent, to=event.agent, what=why) for event, why in said if why in _WHY_SILENT]


def _change(event: Event) -> Change:
    state, _, reason = event.target.partition(":")
    return Change(event.agent, state, event.at, reason, by_exchange=True)


def _write(pbx: str, rows: dict[str, Call], fresh: Sequence[Event], restarted: Sequence[datetime]) -> None:
    """Calls that are new, or another than they were; what is recorded of them."""
    if not rows:
        return
    known, restarts = _known(pbx, rows, fresh, restarted)
    given: dict[str, set[str]] = defaultdict(set)
    for event in fresh:
        if event.number:
            given[event.linkedid].add(event.number)
    ours = _numbers_of_ours(rows.values())
    withheld = {linkedid for linkedid, events in known.items() if any(event.kind == Kind.WITHHELD for event in events)}
    for linkedid in withheld:  # its beginning may have been read a moment earlier
        rows[linkedid].number_sealed = rows[linkedid].number_hash = None
        given[linkedid] = set()
    changed = [call for linkedid, call in rows.items()
               if _put(call, calls.what_was(known[linkedid], restarts), given[linkedid] or ours.get(linkedid, set())) or call.pk is None or linkedid in withheld]
    call_rows.put_calls(changed, [*_COLUMNS, "number_sealed", "number_hash", "hidden_number", "updated_at"])
    begun = [(rows[linkedid], leg) for linkedid in {event.linkedid for event in fresh if event.kind in (Kind.RECORDED, Kind.VOICEMAIL)}
             for leg in calls.legs(known[linkedid])]
    Recording.objects.bulk_create([Recording(call=call, leg=leg.leg, source=leg.path[:300], began_at=leg.began_at) for call, leg in begun], ignore_conflicts=True)


def _known(pbx: str, rows: dict[str, Call], fresh: Iterable[Event], restarted: Sequence[datetime]) -> tuple[dict[str, list[Event]], list[datetime]]:
    """All that was ever kept of these calls, with what is heard now; the exchange's restarts since the first of them."""
    found: dict[str, list[Event]] = defaultdict(list)
    restarts = list(restarted)
    since = min(min(call.arrived_at for call in rows.values()), min((event.at for event in fresh), default=datetime.max.replace(tzinfo=UTC)))
    for call_id, linkedid, kind, uniqueid, at, data in call_rows.events_of(pbx, [call.pk for call in rows.values() if call.pk], since):
        if call_id is None:
            restarts.append(at)
        else:
            found[linkedid].append(from_row(kind, pbx, linkedid, uniqueid, at, data))
    for event in fresh:
        found[event.linkedid].append(replace(event, number=""))  # as it is kept
    return found, restarts


def _numbers_of_ours(rows: Iterable[Call]) -> dict[str, set[str]]:
    """Of calls that we made: the number is the call-back's, whatever the exchange shows."""
    wanted = {call.linkedid: found[0] for call in rows if (found := calls.attempt_of(call.linkedid)) and not call.number_hash}
    owed = Callback.objects.in_bulk(list(wanted.values())) if wanted else {}
    return {linkedid: {numbers.whole(owed[id_])} for linkedid, id_ in wanted.items() if id_ in owed}


def _put(call: Call, facts: calls.CallFacts, given: set[str]) -> bool:
    """Whether the call is another than it was. A second number under one id is another call of an exchange with the same name; what was seen
    beside its events stays."""
    before = {name: getattr(call, name) for name in (*_COLUMNS, "number_hash", "hidden_number")}
    for name in _COLUMNS:
        setattr(call, name, getattr(facts, name))
    hashes = {hash_of(number) for number in given} | ({bytes(call.number_hash)} if call.number_hash else set())
    if call.number_hash is None and given:
        for name, value in sealed(min(given)).items():
            setattr(call, name, value)
    call.hidden_number = not call.number_hash
    if len(hashes) > 1:
        call.doubtful = "twice"
    elif before["doubtful"] in calls.FOR_GOOD:
        call.doubtful = before["doubtful"]
    changed = any(getattr(call, name) != value for name, value in before.items())
    if changed or call.pk is None:
        call.updated_at = clock.now()
    return changed


def _told(rows: dict[str, Call], events: Iterable[Event]) -> list[Notice]:
    """Pages hear of what happens now: the person whose telephone it is, and the wallboard."""
    now, talking, told = clock.now(), [], [Notice("wallboard", 1)]
    for event in events:
        if event.kind not in _TOLD or not event.agent or abs(now - event.at) > _FRESH:
            continue
        call = rows[event.linkedid]
        told.append(Notice("call", call.pk, to=event.agent, what=_TOLD[event.kind]))
        if event.kind in (Kind.CONNECTED, Kind.JOINED) and call.ended_at is None:
            talking.append(Change(event.agent, "talking", event.at, call_id=call.pk))
    presence.change_many(talking)
    return told


def facts_of(call: Call) -> dict[str, Any]:
    """All that steps of no kind decide: for a comparison of two readings."""
    return {name: getattr(call, name) for name in _COLUMNS} | {"number": numbers.whole(call)}


