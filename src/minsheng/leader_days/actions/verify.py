"""For `doctor`: every row of the histories of leader days' subjects that was changed, deleted or cut off."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.kit import stepped
from minsheng.leader_days.actions import kinds
from minsheng.leader_days.actions.media import LEADS
from minsheng.leader_days.actions.meetings import MEETINGS
from minsheng.leader_days.actions.signups import SIGNUPS

ALL = (*kinds.ALL, MEETINGS, SIGNUPS, LEADS)


def verify_history() -> Iterator[str]:
    for kind in ALL:
        yield from stepped.broken(kind)
