"""Where a person stands at the telephone: one open row each, the history behind it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from minsheng.kit import clock
from minsheng.telephony.models import AgentState
from minsheng.telephony.rules.words import Presence


@transaction.atomic
def change(*, person_id: int, state: str, reason: str = "", at: datetime | None = None, call_id: int | None = None) -> AgentState | None:
    """The state from `at` on; what is older than the state that stands changes nothing. None: nothing changed."""
    at = at or clock.now()
    now = AgentState.objects.select_for_update().filter(person_id=person_id, until=None).first()
    if now is not None:
        if at < now.since or (now.state, now.reason, now.call_id) == (state, reason, call_id):
            return None
        now.until = at
        now.save(update_fields=["until"])
    return AgentState.objects.create(person_id=person_id, state=Presence(state).value, reason=reason[:20], since=at, call_id=call_id)
