"""Where a person stands at the telephone: one open row each, the history behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from minsheng.kit import clock
from minsheng.telephony.actions import call_rows
from minsheng.telephony.models import AgentState
from minsheng.telephony.rules.words import Presence

_LOCK = 12348
LISTENED = "listened"  # the ear is out again: back to where the person stood before


@dataclass(frozen=True, slots=True)
class Change:
    """A state from `at` on."""

    person_id: int
    state: str
    at: datetime
    reason: str = ""
    call_id: int | None = None
    by_exchange: bool = False  # read in its ledger: that it put out whom we had lost makes nobody signed out


def change(*, person_id: int, state: str, reason: str = "", at: datetime | None = None, call_id: int | None = None) -> bool:
    """Whether anything changed: what is older than the state that stands, or the same, changes nothing."""
    return bool(change_many([Change(person_id, state, at or clock.now(), reason, call_id)]))


@transaction.atomic(savepoint=False)
def change_many(changes: Iterable[Change]) -> int:
    """Of any number of people, in the order of their times. How many states began. Four statements."""
    ordered = sorted(changes, key=lambda one: one.at)
    if not ordered:
        return 0
    people = sorted({one.person_id for one in ordered})
    with connection.cursor() as cursor:  # two at once, a window's press and the exchange's ledger: the later one sees the row that the earlier one began
        cursor.execute("SELECT pg_advisory_xact_lock(%s, (who %% 2147483647)::int) FROM unnest(%s::bigint[]) AS who", [_LOCK, people])
    open_ = {row.person_id: row for row in AgentState.objects.select_for_update().filter(person_id__in=people, until=None).order_by("person_id")}
    ended: list[AgentState] = []
    begun: list[AgentState] = []
    for asked in ordered:
        now = open_.get(asked.person_id)
        one = _back(asked, now, ended) if asked.state == LISTENED else asked
        if now is not None and (_stays_lost(now, one) or one.at < now.since or (now.state, now.reason, now.call_id) == (one.state, one.reason[:20], one.call_id)):
            continue
        if now is not None:
            now.until = one.at
            if now.pk is not None:
                ended.append(now)
        open_[one.person_id] = AgentState(person_id=one.person_id, state=Presence(one.state).value, reason=one.reason[:20], since=one.at, call_id=one.call_id)
        begun.append(open_[one.person_id])
    call_rows.put_states(ended, begun)
    return len(begun)


def _stays_lost(now: AgentState, one: Change) -> bool:
    return now.state == Presence.LOST and one.by_exchange


def _back(asked: Change, now: AgentState | None, ended: list[AgentState]) -> Change:
    """Where who listened stood before. Who has done something else meanwhile stays where they are."""
    if now is None or now.state != Presence.LISTENING:
        return replace(asked, state=now.state, reason=now.reason, call_id=now.call_id) if now is not None else replace(asked, state=Presence.OUT.value)
    before = next((row for row in reversed(ended) if row.person_id == asked.person_id), None)
    before = before or AgentState.objects.filter(person_id=asked.person_id, until__lte=now.since).exclude(pk=now.pk).order_by("-since", "-id").first()
    return replace(asked, state=before.state if before else Presence.OUT.value, reason=before.reason if before else "")
