"""Who is at the telephone now."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.telephony.models import AgentState, DeskQueue
from minsheng.telephony.queries.ringing import SEATED
from minsheng.telephony.rules.words import PauseReason, Presence


def name_of(person_id: int) -> str:
    """"" for nobody."""
    return people.names([person_id]).get(person_id, "") if person_id else ""


def stands() -> dict[int, str]:
    """person -> where they stand at the telephone, of all who are signed in. One statement."""
    rows = AgentState.objects.filter(until=None).exclude(state=Presence.OUT.value)
    words = {reason.value: reason.label for reason in PauseReason}
    return {row.person_id: Presence(row.state).label + (f"（{words[row.reason]}）" if row.reason in words else "") for row in rows}


def free(by: Actor) -> list[tuple[int, str]]:
    """(person, name) of all others who are ready at this moment, by name. Two statements."""
    ids = list(AgentState.objects.filter(until=None, state=Presence.READY).exclude(person_id=by.id).values_list("person_id", flat=True)[:200])
    return sorted(people.names(ids).items(), key=lambda pair: pair[1])


def beside_the_queues(start: datetime, end: datetime) -> set[int]:
    """Who signed in without being an agent on these days: shift leaders listen, clerks ring back, and no queue rings them. Two statements."""
    return people.held(SEATED - {Role.AGENT}, start, end) - people.held({Role.AGENT}, start, end)


def at_desks() -> dict[int, dict[int, bool]]:
    """desk -> {who answers its queue: whether their telephone is signed in}. One statement."""
    there = AgentState.objects.filter(person_id=OuterRef("person_id"), until=None).exclude(state__in=[Presence.OUT.value, Presence.LOST.value])
    found: dict[int, dict[int, bool]] = {}
    for desk, person, signed in DeskQueue.objects.order_by("desk_id", "since").values_list("desk_id", "person_id", Exists(there)):
        found.setdefault(desk, {})[person] = signed
    return found
