"""四个亲自: what leaders did in person on the cases of their periods, counted and listed from the steps of the cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules.procedure import IN_PERSON, PROCEDURE
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.models import Period
from minsheng.leader_days.queries import sight
from minsheng.leader_days.rules.report_figures import OF_DEEDS

STEPS = tuple(row.name for row in IN_PERSON)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Deed:
    """A step of leaders in person, and on how many cases it was taken."""

    step: str
    label: str
    cases: int


def _steps(by: Actor) -> QuerySet[CaseStep]:
    """What is restricted is counted, as in every other figure of a period: two figures never differ by what nobody may know of."""
    counted = Case.objects.filter(cases.counted_for(by), period_id__isnull=False)
    return CaseStep.objects.filter(case_id__in=counted.values("id"), step__in=STEPS)


def counts(by: Actor) -> dict[str, Any]:
    """Beside a period that is read: of each step on how many cases it was taken, as far as the reader may count them."""
    mine = _steps(by).filter(case__period_id=OuterRef("id")).order_by().values("case__period_id")
    return {f"n_{name}": Coalesce(Subquery(mine.filter(step=name).annotate(n=Count("case_id", distinct=True)).values("n")), 0) for name in STEPS}


def deeds(period: Period) -> list[Deed]:
    """Of a period that was read with `counts`."""
    return [Deed(name, PROCEDURE[name].label, getattr(period, f"n_{name}")) for name in STEPS]


def cases_of(periods: Iterable[int], by: Actor) -> dict[str, list[tuple[int, int]]]:
    """Step -> (case, its period) of the cases on which it was taken, the newest first. One statement."""
    rows = _steps(by).filter(case__period_id__in=list(periods), step__in=OF_DEEDS).order_by("-case_id")
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in OF_DEEDS}
    for step, case, period in rows.values_list("step", "case_id", "case__period_id").distinct():
        found[step].append((case, period or 0))
    return found


@dataclass(frozen=True)
class Listed:
    periods: list[Period]
    label: str
    page: Page
    hidden: int  # counted and not listed: the reader may not know which they are


def listed(period_ids: Iterable[int], step: str, by: Actor, after: str = "") -> Listed:
    """On which cases of these periods it was done, by whom last, the newest first, and how many more the figure counts. Three statements.
    Refused: no such period or step."""
    found = list(sight.periods(by).select_related("scheme").filter(id__in=list(period_ids)).order_by("starts"))
    if not found or step not in STEPS:
        raise Refused(no("hidden", "没有这一期，或您无权查看"))
    counted = _steps(by).filter(case__period_id__in=[one.id for one in found], step=step)
    rows = counted.filter(case_id__in=cases.visible(by).filter(period_id__isnull=False).values("id"))
    hidden = counted.order_by().exclude(case_id__in=rows.order_by().values("case_id")).aggregate(n=Count("case_id", distinct=True))["n"]
    again = CaseStep.objects.filter(case_id=OuterRef("case_id"), step=step, id__gt=OuterRef("id"))
    return Listed(found, PROCEDURE[step].label, keyset(rows.filter(~Exists(again)).select_related("case"), ("-id",), after, PAGE), hidden)
