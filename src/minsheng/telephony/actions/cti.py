"""Calls of a centre that keeps its own exchange: told by messages, kept by the same door and the same rules as an exchange's files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.telephony.actions import ledger, presence
from minsheng.telephony.models import AgentState, Call, CallEvent
from minsheng.telephony.rules import cti
from minsheng.telephony.rules.events import Event, Kind
from minsheng.telephony.rules.words import Presence


def take(*, given: Mapping[str, object], body: bytes, stamp: str, signed: str, by: Actor) -> Call:
    """The call that the message spoke of. With MINSHENG_CTI_SECRET a message is signed and of these minutes, or refused; the same
    message again changes nothing."""
    secret, now = os.environ.get("MINSHENG_CTI_SECRET", ""), clock.machine_now()
    if secret and not (answer := cti.genuine(secret, stamp, signed, body, now)):
        raise Refused(answer)
    at = datetime.fromtimestamp(int(stamp), UTC) if secret else now
    pbx = f"cti-{by.id}"
    events = cti.events_of(given, pbx, at + clock.offset())
    ledger.keep(pbx, _new(pbx, events))
    call = Call.objects.get(pbx=pbx, linkedid=events[0].linkedid)
    _stand(call, events)
    return call


def _stand(call: Call, events: list[Event]) -> None:
    """Of people's places such an exchange tells only who talks: whoever is nobody of ours stands nowhere, and after the call each stands where they
    stood before it."""
    rows = AgentState.objects.filter(until=None, state=Presence.TALKING.value, call_id=call.pk)
    here = people.names([row.person_id for row in rows])
    for row in rows:
        if row.person_id not in here:
            row.delete()
        elif call.ended_at is not None:
            before = AgentState.objects.filter(person_id=row.person_id, until__lte=row.since).order_by("-since", "-id").first()
            back = before if before is not None and before.until == row.since and before.state != Presence.TALKING.value else None
            presence.change(person_id=row.person_id, state=back.state if back else Presence.OUT.value, reason=back.reason if back else "",
                            at=max(row.since, events[0].at))


def _new(pbx: str, events: list[Event]) -> list[Event]:
    """What this call has not been said to have done yet: a message may come twice, at two times. Who answers after another has joined it."""
    rows = CallEvent.objects.filter(pbx=pbx, linkedid=events[0].linkedid).values_list("kind", "data__agent")
    told, here = {kind for kind, _ in rows}, {agent for kind, agent in rows if kind in (Kind.CONNECTED, Kind.JOINED)}
    later = [replace(event, kind=Kind.JOINED, queue="") for event in events
             if event.kind == Kind.CONNECTED and event.kind.value in told and event.agent and event.agent not in here]
    return [*(event for event in events if event.kind.value not in told), *later]
