"""The bell of schemes: who may hear of one. Part of queries by kind."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit import feed
from minsheng.kit.notices import Kind
from minsheng.measures import schemes


def _scorings(by: Actor, ids: list[int]) -> set[int]:
    return set(schemes.seen(by).filter(id__in=ids).values_list("id", flat=True))


SCORING_STEPS = feed.Feed("scoring_steps", "measures_scoringstep", ("id", "subject_id", "seq", "step", "frm", "to", "at"))
KIND = Kind("scoring", _scorings)
