"""Steps of periods and objections in the order in which they can be read, and the bell that says one was taken."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit import feed
from minsheng.kit.notices import Kind
from minsheng.month_end.queries import sight

COLUMNS = ("id", "subject_id", "seq", "step", "frm", "to", "at")
ASSESSMENT_STEPS = feed.Feed("assessment_steps", "month_end_assessmentstep", COLUMNS)
OBJECTION_STEPS = feed.Feed("objection_steps", "month_end_objectionstep", COLUMNS)


def _assessments(by: Actor, ids: list[int]) -> set[int]:
    return set(sight.assessments(by).filter(id__in=ids).values_list("id", flat=True))


def _objections(by: Actor, ids: list[int]) -> set[int]:
    return set(sight.objections(by).filter(id__in=ids).values_list("id", flat=True))


KINDS = (Kind("assessment", _assessments), Kind("objection", _objections))
