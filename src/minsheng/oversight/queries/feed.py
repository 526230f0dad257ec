"""Steps of this room's subjects in the order in which they can be read, and the bell that says one was taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from minsheng.accounts.rules import Actor
from minsheng.kit import feed
from minsheng.kit.notices import Kind
from minsheng.oversight.queries import sight, stock_phrases

COLUMNS = ("id", "subject_id", "seq", "step", "frm", "to", "at")
SLIP_STEPS = feed.Feed("slip_steps", "oversight_slipstep", COLUMNS)
FINDING_STEPS = feed.Feed("finding_steps", "oversight_findingstep", COLUMNS)
INSPECTION_STEPS = feed.Feed("inspection_steps", "oversight_inspectionstep", COLUMNS)
POINT_STEPS = feed.Feed("point_steps", "oversight_pointstep", COLUMNS)
INSTRUCTION_STEPS = feed.Feed("instruction_steps", "oversight_instructionstep", COLUMNS)
PHRASES_STEPS = feed.Feed("phrases_steps", "oversight_stockphrasesstep", COLUMNS)
DUTY_STEPS = feed.Feed("duty_steps", "oversight_dutystep", COLUMNS)


def _those(seen: Callable[[Actor], QuerySet[Any]]) -> Callable[[Actor, list[int]], set[int]]:
    return lambda by, ids: set(seen(by).filter(id__in=ids).values_list("id", flat=True))


KINDS = tuple(Kind(name, _those(seen)) for name, seen in (
    ("slip", sight.slips), ("finding", sight.findings), ("inspection", sight.inspections), ("point", sight.points),
    ("instruction", sight.instructions), ("duty", sight.duties), ("phrases", stock_phrases.seen)))
