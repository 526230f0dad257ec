"""When the clock says something of a commitment, and to whom: before its date, on it, and after it (rulings, 79). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from minsheng.calendar.spans import WorkCalendar, working_days_between

BEFORE = 3  # working days
FAR = timedelta(days=31)  # so many lie between at most, with the longest holidays
NEWS = timedelta(days=60)  # what is late for longer stands in the ledger: a city that begins today urges nobody for its whole past


@dataclass(frozen=True, slots=True)
class Stage:
    """
    name    of the step that the clock takes
    late    so many working days past the date
    owner   whoever answers for the unit that owes it is told
    heads   that unit's heads too
    judges  and those who will have to judge it; all stages tell the keepers of the ledger
    leader  and the leader at whose desk it was promised
    """

    name: str
    late: int = 0
    owner: bool = True
    heads: bool = False
    judges: bool = False
    leader: bool = False


STAGES = (Stage("remind_before"), Stage("remind_due"), Stage("urge_late", 1, heads=True), Stage("escalate_late", 5, owner=False, heads=True, judges=True, leader=True))
BY_NAME = {stage.name: stage for stage in STAGES}


def reached(today: date, due: date | None, made_on: date, cal: WorkCalendar) -> str:
    """The stage that it has come to; "": none. What was promised today is not reminded of today."""
    if due is None or made_on >= today or today > due + NEWS:
        return ""
    if today > due:
        late = working_days_between(due, today, cal)
        return next((stage.name for stage in reversed(STAGES) if stage.late and late >= stage.late), "")
    if today == due:
        return "remind_due"
    return "remind_before" if working_days_between(today, due, cal) <= BEFORE else ""


def is_news(stage: str, told: str) -> bool:
    """Is a stage graver than what was said last of the same date?"""
    order = ["", *BY_NAME]
    return order.index(stage) > order.index(told)
