"""Which cases a call was about."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit import clock
from minsheng.telephony.models import Call, CallCase


def link(*, call_id: int, case_id: int, by: Actor) -> bool:
    """Whether the call is known. Twice is once."""
    if not Call.objects.filter(id=call_id).exists():
        return False
    CallCase.objects.bulk_create([CallCase(call_id=call_id, case_id=case_id, by_id=by.id, at=clock.now())], ignore_conflicts=True)
    return True
