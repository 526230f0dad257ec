"""What the clock says of commitments: a step of each, with its messages, once for a stage and a date."""

from __future__ import annotations

from datetime import datetime

from minsheng.accounts.rules import clock_actor
from minsheng.calendar.rules import is_office_time
from minsheng.cases.effects import clocks
from minsheng.kit import clock, engine
from minsheng.kit.each_alone import each
from minsheng.kit.verdict import Refused
from minsheng.leader_days.actions.kinds import COMMITMENTS
from minsheng.leader_days.queries import ledger


def remind(*, at: datetime | None = None) -> int:
    """In office hours. How many commitments something was said of. Safe to repeat, and at once: the guards look again under the lock."""
    at = at or clock.now()
    if not is_office_time(at, clocks.city_calendar()):
        return 0
    return each(ledger.to_remind(at), lambda owed: _take(*owed, at), "remind of commitments")


def _take(commitment_id: int, stage: str, at: datetime) -> bool:
    try:
        engine.take(COMMITMENTS, commitment_id, stage, by=clock_actor("承诺到期提醒"), given={}, at=at)
    except Refused:  # done, ruled or said meanwhile
        return False
    return True
