"""四个亲自: what leaders did in person on the cases of their periods, counted and listed from the steps of the cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.models import CaseStep
from minsheng.cases.rules.procedure import IN_PERSON, PROCEDURE
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.models import Period
from minsheng.leader_days.queries import sight

STEPS = tuple(row.name for row in IN_PERSON)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Deed:
    """A step of leaders in person, and on how many cases it was taken."""

    step: str
    label: str
    cases: int


def _steps(period_ids: Iterable[int], by: Actor) -> QuerySet[CaseStep]:
    mine = cases.visible(by).filter(period_id__in=list(period_ids))
    return CaseStep.objects.filter(case_id__in=mine.values("id"), step__in=STEPS)


def counted(period_ids: Iterable[int], by: Actor) -> list[Deed]:
    """Of each how many cases, as far as the reader may see them. One statement."""
    found = dict(_steps(period_ids, by).order_by().values_list("step").annotate(n=Count("case_id", distinct=True)))
    return [Deed(name, PROCEDURE[name].label, found.get(name, 0)) for name in STEPS]


@dataclass(frozen=True)
class Listed:
    period: Period
    label: str
    page: Page


def listed(period_id: int, step: str, by: Actor, after: str = "") -> Listed:
    """Who did it on which case, the newest first. Two statements. Refused: no such period or step."""
    period = sight.periods(by).select_related("scheme").filter(id=period_id).first()
    if period is None or step not in STEPS:
        raise Refused(no("hidden", "没有这一期，或您无权查看"))
    return Listed(period, PROCEDURE[step].label, keyset(_steps([period_id], by).filter(step=step).select_related("case"), ("-id",), after, PAGE))
