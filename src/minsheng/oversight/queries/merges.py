"""Orders that were merged: how many of whom lie in another matter or district than the order they went into, each with its list. Whoever
merges takes an order out of every count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules.states import State
from minsheng.kit import clock, read_values
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.org import queries as org

READ_BACK = timedelta(days=90)


@dataclass(frozen=True)
class MergerLine:
    """Of an account: orders it merged that are merged still, and of these those of another matter, of another district."""

    person: int
    name: str
    total: int
    matter: int
    district: int


def _merged(by: Actor) -> QuerySet[CaseStep]:
    """The merge of each order that the reader may see and that is merged now, with whether it is of another matter or district."""
    now_merged = cases.visible(by).filter(id=OuterRef("case_id"), state=State.MERGED)
    master = Case.objects.filter(id=OuterRef("case__master_id"))
    rows = CaseStep.objects.filter(step="merge", at__gte=clock.now() - READ_BACK).filter(Exists(now_merged))
    rows = rows.annotate(into=F("case__master_id"), matter_into=Subquery(master.values("category_id")), district_into=Subquery(master.values("district_id")))
    return rows.annotate(other_matter=_differ("matter_into", "case__category_id"), other_district=_differ("district_into", "case__district_id"))


def _differ(one: str, other: str) -> Q:
    """Both are known, and they are not the same."""
    return Q(**{f"{one}__isnull": False, f"{other}__isnull": False}) & ~Q(**{one: F(other)})


def by_person(by: Actor) -> list[MergerLine]:
    """Who merged most orders of another matter or district first. One statement."""
    rows = _merged(by).values("by_id").annotate(name=Max("by_name"), total=Count("id"), matter=Count("id", filter=Q(other_matter=True)),
                                                district=Count("id", filter=Q(other_district=True)))
    lines = [MergerLine(row["by_id"] or 0, row["name"], row["total"], row["matter"], row["district"]) for row in rows.order_by()]
    return sorted(lines, key=lambda line: (-line.matter - line.district, line.name))


@dataclass(frozen=True, slots=True)
class Filters:
    person: int = 0
    other: str = ""


OTHER = (("matter", "事项不同"), ("district", "区县不同"))


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("person", read_values.record_id, label="并单人", default=0), form.read("other", read_values.choice, OTHER, label="不同", default=""))
    form.done()
    return found


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """The merges behind a figure, the newest first, each with its order and what it went into. Two statements."""
    rows = _merged(by)
    if filters.person:
        rows = rows.filter(by_id=filters.person)
    if filters.other:
        rows = rows.filter(**{f"other_{filters.other}": True})
    page = keyset(rows, ("-id",), after, size)
    known = cases.visible(by).select_related("category").in_bulk({row.case_id for row in page.rows} | {row.into for row in page.rows})
    for row in page.rows:
        row.of, row.place_of = known.get(row.case_id), None
        row.said = "，并入 ".join(_words(known.get(one)) for one in (row.case_id, row.into))
    return page


def _words(case: Case | None) -> str:
    if case is None:
        return "您无权查看的工单"
    said = [case.category.name if case.category else "未定事项", org.tree().name(case.district_id) if case.district_id else "未定区县"]
    return f"{case.number}（{'，'.join(said)}）"
