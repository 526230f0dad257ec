"""Steps of slips and findings in the order in which they can be read, and the bell that says one was taken."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit import feed
from minsheng.kit.notices import Kind
from minsheng.oversight.queries import sight

COLUMNS = ("id", "subject_id", "seq", "step", "frm", "to", "at")
SLIP_STEPS = feed.Feed("slip_steps", "oversight_slipstep", COLUMNS)
FINDING_STEPS = feed.Feed("finding_steps", "oversight_findingstep", COLUMNS)


def _slips(by: Actor, ids: list[int]) -> set[int]:
    return set(sight.slips(by).filter(id__in=ids).values_list("id", flat=True))


def _findings(by: Actor, ids: list[int]) -> set[int]:
    return set(sight.findings(by).filter(id__in=ids).values_list("id", flat=True))


KINDS = (Kind("slip", _slips), Kind("finding", _findings))
