"""Steps of periods and commitments in the order in which they can be read, and the bell that says one was taken."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit import feed
from minsheng.kit.notices import Kind
from minsheng.leader_days.queries import media, meetings, reports, sight, signups

COLUMNS = ("id", "subject_id", "seq", "step", "frm", "to", "at")
PERIOD_STEPS = feed.Feed("period_steps", "leader_days_periodstep", COLUMNS)
COMMITMENT_STEPS = feed.Feed("commitment_steps", "leader_days_commitmentstep", COLUMNS)


def _periods(by: Actor, ids: list[int]) -> set[int]:
    return set(sight.periods(by).filter(id__in=ids).values_list("id", flat=True))


def _commitments(by: Actor, ids: list[int]) -> set[int]:
    return set(sight.commitments(by).filter(id__in=ids).values_list("id", flat=True))


def _keepers(by: Actor, ids: list[int]) -> set[int]:
    """Of schemes those hear who write and issue them."""
    return set(ids) if by.roles & sight.SEES_LEDGER else set()


def _reports(by: Actor, ids: list[int]) -> set[int]:
    return set(reports.visible(by).filter(id__in=ids).values_list("id", flat=True))


KINDS = (Kind("scheme", _keepers), Kind("period", _periods), Kind("commitment", _commitments), Kind("report", _reports), meetings.HEARD,
         signups.HEARD, media.HEARD)
