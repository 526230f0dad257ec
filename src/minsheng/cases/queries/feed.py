"""Steps in the order in which they can be read: what upper rooms and other systems follow (kit.feed)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.cases.queries.visibility import visible_to
from minsheng.kit import feed

COLUMNS = ("id", "case_id", "seq", "step", "frm", "to", "at", "recorded_at")
STEPS = feed.Feed("steps", "cases_casestep", COLUMNS)


@dataclass(frozen=True)
class StepTaken:
    """A step without a word of anybody: ids, names, states, when it happened and when we were told."""

    id: int
    case_id: int
    seq: int
    step: str
    frm: str
    to: str
    at: datetime
    recorded_at: datetime | None  # None: of a version that did not keep it


@dataclass(frozen=True)
class Steps:
    rows: list[StepTaken]
    cursor: str
    more: bool


def steps_since(cursor: str = "", size: int = feed.MOST) -> Steps:
    """Every step after `cursor`, once. For rooms of this house: nobody's rights are asked."""
    page = STEPS.since(cursor, size)
    return Steps([StepTaken(*row) for row in page.rows], page.cursor, page.more)


def followed_by(by: Actor, cursor: str, size: int, *, restricted: bool) -> Steps:
    """Those of `steps_since` whose case the reader may see now; of restricted cases only where that is asked for. A step that was
    withheld is passed over: it does not come later."""
    page = steps_since(cursor, size)
    seen = _seen(by, {row.case_id for row in page.rows})
    return Steps([row for row in page.rows if row.case_id in seen and (restricted or not seen[row.case_id])], page.cursor, page.more)


def _seen(by: Actor, ids: set[int]) -> Mapping[int, bool]:
    """case -> is it restricted, of those that the reader may see."""
    return dict(Case.objects.filter(visible_to(by), id__in=ids).values_list("id", "restricted")) if ids else {}
