"""Who is at the telephone now."""

from __future__ import annotations

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor
from minsheng.telephony.models import AgentState
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
