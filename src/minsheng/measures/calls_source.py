"""Calls of citizens as facts: one a call, since it is what it is. The exchange's ledger says which moved; what they were, telephony's own sets say.

Known since it was read, not since it was rung: a ledger that was read late changes no older figure (rulings, 60).
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import BooleanField, ExpressionWrapper, Q

from minsheng.kit.feed import Feed
from minsheng.measures.facts_of_case import Entry, Fact
from minsheng.measures.sets import CALL_CLASSES
from minsheng.measures.sources import Source
from minsheng.telephony.models import Call
from minsheng.telephony.queries.call_sets import SETS
from minsheng.telephony.rules.events import Kind
from minsheng.telephony.rules.words import Direction, Result

_FEED = Feed("call_events", "telephony_callevent", ("call_id", "pbx", "kind", "at"))


def _touched(rows: list[tuple]) -> set[int]:
    """A restart of an exchange ends the calls that were open."""
    ids = {call for _, _, call, *_ in rows if call}
    for _, _, call, pbx, kind, at in rows:
        if not call and kind == Kind.PBX_RESTARTED.value:
            ids.update(Call.objects.filter(pbx=pbx, result=Result.PBX_RESTART.value, ended_at=at).values_list("id", flat=True))
    return ids


def _entries(ids: set[int]) -> dict[int, list[Entry]]:
    """Of each incoming call one line: what it is, the first of its classes that holds. One statement."""
    held = {f"is_{name}": ExpressionWrapper(SETS[name].holds, BooleanField()) for name in CALL_CLASSES}
    rows = Call.objects.filter(Q(id__in=ids), direction=Direction.IN.value).annotate(**held)
    return {row.id: [Entry(1, row.updated_at, _fact(row))] for row in rows}


def _fact(row: Call) -> Fact:
    standing = next((word for name, word in CALL_CLASSES.items() if getattr(row, f"is_{name}")), "")
    return Fact("call", row.id, 0, row.arrived_at.astimezone(UTC).isoformat(), None, None, "", None, "", "", row.language[:2], None, False, standing=standing)


def _owners(start: datetime, end: datetime) -> set[int]:
    return set(Call.objects.filter(arrived_at__gte=start, arrived_at__lt=end).values_list("id", flat=True))


CALLS = Source(2, "call", "来电", "telephony_callevent", _FEED, _touched, _entries, _owners)
