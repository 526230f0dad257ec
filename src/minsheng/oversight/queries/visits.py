"""Visits to matters that ask for a position: how many came without one, or with one that does not fit, by unit, each with its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.queries.case_page import place_words
from minsheng.cases.rules.fields import NO_POSITION
from minsheng.cases.rules.places import Fit
from minsheng.kit import clock, read_values
from minsheng.kit.intervals import wilson
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.org import queries as org

READ_BACK = timedelta(days=90)
LOOKED_AT = (Fit.NONE, Fit.OUTSIDE, Fit.ELSEWHEN)
FEW = 30  # visits: below, no share is compared


@dataclass(frozen=True)
class UnitVisits:
    """Of a unit's visits how many came to each of LOOKED_AT."""

    unit: int
    total: int
    counts: dict[str, int]

    @property
    def few(self) -> bool:
        return self.total < FEW

    @property
    def cells(self) -> list[dict[str, Any]]:
        return [{"place": one.value, "n": n, "share": n / self.total, "span": wilson(n, self.total)} for one in LOOKED_AT for n in [self.counts.get(one.value, 0)]]


def _visits(by: Actor) -> QuerySet[CaseStep]:
    """Of ninety days, on cases that the reader may see."""
    rows = CaseStep.objects.filter(step="field_record", at__gte=clock.now() - READ_BACK, given__has_key="place")
    return rows.filter(Exists(cases.visible(by).filter(id=OuterRef("case_id"))))


def by_unit(by: Actor) -> list[UnitVisits]:
    """Units of which a visit has to be looked at, who has most of them first. One statement."""
    found: dict[int, dict[str, int]] = {}
    for unit, place, n in _visits(by).values_list("unit_id", "given__place").annotate(n=Count("id")).order_by():
        found.setdefault(unit or 0, {})[place] = n
    lines = [UnitVisits(unit, sum(counts.values()), counts) for unit, counts in found.items()]
    asked = [line for line in lines if any(cell["n"] for cell in line.cells)]
    return sorted(asked, key=lambda line: (-sum(cell["n"] for cell in line.cells), org.tree().name(line.unit)))


@dataclass(frozen=True, slots=True)
class Filters:
    unit: int = 0
    place: str = ""


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("unit", read_values.record_id, label="单位", default=0),
                    form.read("place", read_values.choice, Fit.choices(), label="位置", default=""))
    form.done()
    return found


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """The visits behind a figure, the newest first, each with its case. Two statements."""
    rows = _visits(by)
    if filters.unit:
        rows = rows.filter(unit_id=filters.unit)
    if filters.place:
        rows = rows.filter(given__place=filters.place)
    page = keyset(rows, ("-id",), after, size)
    known, why = Case.objects.in_bulk({row.case_id for row in page.rows}), dict(NO_POSITION)
    for row in page.rows:
        row.place_of = row.unit_id
        row.of, row.said = known.get(row.case_id), "：".join(filter(None, (place_words(row.given), why.get(row.given.get("no_position", ""), ""))))
    return page
