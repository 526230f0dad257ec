"""What another program was told of calls: each event once it was taken, in the order of the call. What happened too long ago is not said any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db.models import F, Q

from minsheng.kit import clock
from minsheng.telephony.models import Call
from minsheng.telephony.queries import numbers
from minsheng.telephony.rules import cti

STALE = timedelta(minutes=10)  # nobody's page need open for it any more
_LOOKS_BACK = timedelta(hours=6)
LINE = "12345"


def tell_some(send: Callable[[Mapping[str, object]], bool], limit: int = 200) -> bool:
    """False: one was not taken; it and what comes after it are said again. No lock is held while it is sent, so that one that was taken may
    come twice, never one not at all."""
    new, answered, ended = Q(told=0), Q(connected_at__isnull=False, agent_id__isnull=False, told=cti.NEW_CALL), Q(ended_at__isnull=False, told__lt=cti.HANGUP)
    rows = Call.objects.filter(new | answered | ended, arrived_at__gt=clock.now() - _LOOKS_BACK).exclude(pbx__startswith="cti-")
    return all(_tell(call, send) for call in rows.order_by("arrived_at", "id")[:limit])


def _tell(call: Call, send: Callable[[Mapping[str, object]], bool]) -> bool:
    known = cti.Told(call.linkedid, call.direction, numbers.whole(call), LINE, call.queue, call.agent_id, call.arrived_at, call.connected_at, call.ended_at,
                     call.result)
    for which, at, said in cti.messages(known, call.told):
        if clock.now() - at < STALE and not send(said):
            return False
        Call.objects.filter(pk=call.pk).update(told=F("told").bitor(which))
    return True
