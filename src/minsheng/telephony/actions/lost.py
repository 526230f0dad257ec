"""People whose telephone fell silent: a browser that was killed, a machine without power, a cable. They are shown as lost and leave the queues.

The exchange rings no telephone that is not there; here the person stops counting as somebody who is ready. Their window, when it is back, says
again where they stand (phone_line.js). Whose log-in has ended is out: whoever is rung could open no page of the caller's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from minsheng.accounts import queries as people
from minsheng.kit import clock
from minsheng.kit.notices import Notice, tell
from minsheng.kit.verdict import Refused
from minsheng.telephony import gateway
from minsheng.telephony.actions import desk_queue, presence
from minsheng.telephony.models import AgentState, Call
from minsheng.telephony.queries.link import ENDLESS
from minsheng.telephony.queries.ringing import SEATED
from minsheng.telephony.rules.words import Presence

SILENT = timedelta(seconds=25)  # longer than a window takes to register anew
DEAD_RING = timedelta(seconds=2)  # a telephone that signs on anew needs a moment
_WAITS = Q(connected_at=None) | Q(left_at__isnull=False)  # not answered yet, or passed on
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
    for id_ in given_up:
        desk_queue.sign_out(id_)
    return done + sum(_lose(there, id_, silent.pop(id_)) for id_ in gone)


def leave_ended() -> int:
    """How many were put out because their log-in has ended (its hours were over, it was ended elsewhere), or because they hold no telephone any more.
    A talk goes on to its end first."""
    there = gateway.now()
    if there is None or there.name == "simulator":  # whose people are always there
        return 0
    rows = {row.person_id: row for row in AgentState.objects.filter(until=None).exclude(state=Presence.OUT.value)}
    ended = people.logged_off(rows) | _without_telephone(list(rows)) if rows else frozenset()
    talk = talking([row for id_, row in rows.items() if id_ in ended])
    return sum(_leaves(there, id_) for id_ in sorted(ended - talk))


def _without_telephone(ids: list[int]) -> set[int]:
    """Of these accounts in use: whose roles give them none now. Two statements."""
    roles = people.roles_among(ids)
    return {id_ for id_ in people.active_among(ids) if not roles.get(id_, frozenset()) & SEATED}


def talking(rows: list[AgentState]) -> set[int]:
    """Who of these is still in the talk where they stand: also one who got the caller when another had passed them on. One statement."""
    calls = {row.call_id for row in rows if row.state == Presence.TALKING and row.call_id is not None}
    open_ = dict(Call.objects.filter(pk__in=calls, ended_at=None).values_list("id", "left_at")) if calls else {}
    return {row.person_id for row in rows if row.state == Presence.TALKING and row.call_id in open_
            and ((left := open_[row.call_id]) is None or row.since > left)}


def _leaves(there: gateway.Gateway, person_id: int) -> int:
    try:
        with transaction.atomic():
            left = presence.change_many([presence.Change(person_id, Presence.OUT.value, clock.now())])
            desk_queue.sign_out(person_id)
            there.agent_logout(person_id)
            there.no_line(person_id)
            tell(Notice("wallboard", 1))
            return left
    except gateway.Refused:
        return 0


def end_dead_rings(seen: dict[gateway.DeadRing, datetime]) -> int:
    """How many callers were sent on from a telephone that was gone while it rang: a browser that was killed, a window loaded anew. Asked while
    somebody waits to be answered, or is rung by us. `seen`: since when, kept by the caller between two looks."""
    there, now = gateway.now(), clock.now()
    if there is None or not Call.objects.filter(_WAITS, ended_at=None, arrived_at__gt=now - ENDLESS).exists():
        seen.clear()
        return 0
    try:
        rings = there.dead_rings()
    except gateway.Refused:
        seen.clear()
        return 0
    for ring in set(seen) - set(rings):
        del seen[ring]
    dead = [ring for ring in rings if now - seen.setdefault(ring, now) >= DEAD_RING]
    return sum(_end(there, ring) for ring in dead)


def _end(there: gateway.Gateway, ring: gateway.DeadRing) -> int:
    """Whose telephone is back says again by itself where they stand; who is gone is lost at once."""
    try:
        with transaction.atomic():
            if not ring.anew:
                presence.change_many([presence.Change(ring.person_id, Presence.LOST.value, clock.now())])
                tell(Notice("wallboard", 1))
            there.end_ring(ring)
            desk_queue.draw_for(ring.person_id)
            return 1
    except (gateway.Refused, Refused):
        return 0


def _lose(there: gateway.Gateway, person_id: int, since: datetime) -> int:
    try:
        with transaction.atomic():
            lost = presence.change_many([presence.Change(person_id, Presence.LOST.value, clock.now())])
            there.agent_logout(person_id)
            desk_queue.draw_for(person_id)
            tell(Notice("wallboard", 1))
            return lost
    except (gateway.Refused, Refused):
        return 0
