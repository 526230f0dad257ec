"""People whose telephone fell silent: a browser that was killed, a machine without power, a cable. They are shown as lost and leave the queues.

The exchange rings no telephone that is not there; here the person stops counting as somebody who is ready. Their window, when it is back, says
again where they stand (phone_line.js).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from minsheng.kit import clock
from minsheng.kit.notices import Notice, tell
from minsheng.telephony import gateway
from minsheng.telephony.actions import presence
from minsheng.telephony.models import AgentState
from minsheng.telephony.rules.words import Presence

SILENT = timedelta(seconds=25)  # longer than a window takes to register anew
SHOWN = timedelta(hours=1)  # for so long a lost person stands on the wall; then they are out


def settle(silent: dict[int, datetime]) -> int:
    """How many were lost, or given up. `silent`: since when, kept by the caller between two looks. Safe to repeat."""
    there, now = gateway.now(), clock.now()
    if there is None:
        return 0
    rows = AgentState.objects.filter(until=None).exclude(state=Presence.OUT.value)
    stand = {row.person_id: row for row in rows}
    given_up = [id_ for id_, row in stand.items() if row.state == Presence.LOST and row.since < now - SHOWN]
    known = frozenset(id_ for id_, row in stand.items() if row.state != Presence.LOST)
    try:
        absent = there.absent(known) if known else frozenset()
    except gateway.Refused:  # no exchange: nothing is known of anybody
        silent.clear()
        return 0
    for id_ in set(silent) - absent:
        del silent[id_]
    gone = [id_ for id_ in sorted(absent) if now - silent.setdefault(id_, now) >= SILENT]
    done = presence.change_many(presence.Change(id_, Presence.OUT.value, now) for id_ in given_up)
    return done + sum(_lose(there, id_, silent.pop(id_)) for id_ in gone)


def _lose(there: gateway.Gateway, person_id: int, since: datetime) -> int:
    try:
        with transaction.atomic():
            lost = presence.change_many([presence.Change(person_id, Presence.LOST.value, clock.now())])
            there.agent_logout(person_id)
            tell(Notice("wallboard", 1))
            return lost
    except gateway.Refused:
        return 0
