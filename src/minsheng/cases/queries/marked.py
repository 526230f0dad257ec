"""What lists and figures ask of the marks of a case: one expression for each, and nobody asks for a mark in SQL otherwise.

They stay in the JSON column, because the history of a case seals them by that name. The first four stand in partial indexes of
`Case`, made by the same expressions, and `DRAFTED` narrows an index of open cases: no list reads more rows than it shows.
"""

from __future__ import annotations

from django.db.models import Q

from minsheng.cases.rules import Ask, State
from minsheng.cases.rules.marks import NAMES


def _has(mark: str, of: str = "") -> Q:
    if mark not in NAMES:
        raise LookupError(mark)
    return Q(**{f"{of}marks__has_key": mark})


UNCONFIRMED = _has("unconfirmed")  # a restriction that set itself
ALARM = _has("alarm")  # words of danger that nobody has looked at
DECLINE_OPEN = Q(state=State.DECLINED.value) & ~_has("decline_ok")  # nobody has confirmed it
NIGHT_OPEN = _has("night") & ~_has("night_ok")  # dispatched by night, not reviewed yet
DRAFTED = _has("draft_by")  # a reply waits for the head of the unit
WOKEN = _has("woken")  # the duty list was rung through
MERGED_COUNT = "marks__merged"  # how many cases are merged into this one; None: none ever was
HOLDS_MERGED = Q(marks__merged__gt=0)


def at_desk(desk: int) -> Q:
    """Of leader days: taken at that desk."""
    return Q(marks__desk=desk)


def left(case: str = "") -> Q:
    """The case's own requester has withdrawn. `case`: the path to it, with its underscores."""
    return _has("left", case)


def waits_for(ask: Ask) -> Q:
    """A request of that kind waits for a ruling."""
    return Q(marks__pending__has_key=ask.value)
