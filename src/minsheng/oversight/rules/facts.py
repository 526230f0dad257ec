"""What the guards may know of a slip. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from minsheng.oversight.rules.states import SlipState


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """unit_path: the ids from the root to its unit; unit_line: that unit, what it was and has become, what lies below."""

    id: int
    state: SlipState
    today: date
    unit: int = 0
    unit_path: tuple[int, ...] = ()
    unit_line: frozenset[int] = frozenset()
    drafters: tuple[int, ...] = ()
    grounds: int = 0  # how many cases and slips it rests on
    acted_on: bool = True  # its unit is in use, or a handling unit acts for it
