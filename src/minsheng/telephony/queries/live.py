"""What goes on at this moment: who waits, who talks, who is at the desk. For the wallboard and an exchange's snapshot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from minsheng.accounts import queries as people
from minsheng.kit import clock
from minsheng.kit.notices import Kind
from minsheng.telephony.models import AgentState, Call, CallEvent
from minsheng.telephony.queries.link import ENDLESS
from minsheng.telephony.rules.calls import alone_since
from minsheng.telephony.rules.events import Event, from_row
from minsheng.telephony.rules.readers import READS_ALL
from minsheng.telephony.rules.words import Direction, Presence

_SHOWN = (Presence.READY, Presence.RINGING, Presence.TALKING, Presence.LISTENING, Presence.WRAP_UP, Presence.PAUSED, Presence.LOST)
_SELDOM = (Presence.LISTENING, Presence.LOST)
WALLBOARD = Kind("wallboard", lambda by, ids: set(ids) if by.roles & READS_ALL else set())


@dataclass(frozen=True, slots=True)
class Waiting:
    linkedid: str
    queue: str
    language: str
    waits_s: int


@dataclass(frozen=True, slots=True)
class AtDesk:
    person_id: int
    name: str
    state: str
    label: str
    reason: str
    since_s: int


@dataclass(frozen=True, slots=True)
class Now:
    waiting: tuple[Waiting, ...]  # the longest first
    talking: int
    greeting: int
    agents: tuple[AtDesk, ...]

    @property
    def longest_s(self) -> int:
        return self.waiting[0].waits_s if self.waiting else 0

    @property
    def by_state(self) -> list[tuple[str, str, int]]:
        counts = Counter(agent.state for agent in self.agents)
        return [(s.value, s.label, counts[s.value]) for s in _SHOWN if s not in _SELDOM or counts[s.value]]


def _passed_on(open_: list[Call]) -> dict[int, datetime]:
    """Call -> since when it waits again: answered, and the person is done with it. No statement where there is none."""
    of: dict[int, list[Event]] = {c.pk: [] for c in open_ if c.left_at is not None and c.direction == Direction.IN}
    for row in CallEvent.objects.filter(call__in=of) if of else ():
        of[row.call_id or 0].append(from_row(row.kind, row.pbx, row.linkedid, row.uniqueid, row.at, row.data))
    return {pk: since for pk, events in of.items() if (since := alone_since(events)) is not None}


def now() -> Now:
    """Three statements, four where somebody was passed on."""
    at = clock.now()
    rows = Call.objects.filter(ended_at=None, arrived_at__gt=at - ENDLESS).order_by("queued_at")
    open_ = list(rows.only("linkedid", "queue", "language", "queued_at", "connected_at", "left_at", "direction"))
    since = {c.pk: c.queued_at for c in open_ if c.connected_at is None and c.queued_at is not None} | _passed_on(open_)
    waiting = tuple(sorted((Waiting(c.linkedid, c.queue, c.language, max(0, int((at - since[c.pk]).total_seconds()))) for c in open_ if c.pk in since),
                           key=lambda one: -one.waits_s))
    talking = sum(c.connected_at is not None and c.pk not in since for c in open_)
    states = list(AgentState.objects.filter(until=None).exclude(state=Presence.OUT.value).order_by("since"))
    names = people.names([row.person_id for row in states])
    agents = tuple(AtDesk(row.person_id, names.get(row.person_id, ""), row.state, Presence(row.state).label, row.reason,
                          max(0, int((at - row.since).total_seconds()))) for row in states)
    return Now(waiting, talking, len(open_) - talking - len(waiting), agents)
