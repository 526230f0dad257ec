"""What a unit or a clerk could bend: records that better their own figure and that nobody else has confirmed. Figures of ninety days, each
with its list; a high share is a question, not a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules.states import Outcome
from minsheng.followup import queries as followup
from minsheng.kit import clock, read_values
from minsheng.kit.intervals import wilson
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.measures.rules import Row
from minsheng.oversight.queries import merges, visits
from minsheng.oversight.queries.merges import MergerLine
from minsheng.oversight.queries.visits import UnitVisits

READ_BACK = timedelta(days=90)
OF_UNITS = ("contact_waived", "response_gap", "contact_typed_late")
OF_CLERKS = (Outcome.REFUSED, Outcome.NOT_REACHED)
FEW = 30  # calls: below, no share is compared


@dataclass(frozen=True)
class UnitLine:
    """`rows`: of OF_UNITS, in their order."""

    name: str
    key: str
    rows: list[Row]


@dataclass(frozen=True)
class ClerkLine:
    """Of a clerk's call-backs how many ended as refused and as not reached."""

    clerk: int
    name: str
    total: int
    counts: dict[str, int]

    @property
    def few(self) -> bool:
        return self.total < FEW

    @property
    def cells(self) -> list[dict[str, Any]]:
        return [{"outcome": one.value, "n": n, "share": n / self.total if self.total else None, "span": wilson(n, self.total)}
                for one in OF_CLERKS for n in [self.counts.get(one.value, 0)]]


@dataclass(frozen=True)
class Bends:
    asked: Asked
    units: list[UnitLine]
    clerks: list[ClerkLine]
    second_calls: list[Any]
    visits: list[UnitVisits]
    mergers: list[MergerLine]


def page(by: Actor) -> Bends:
    """At most nine statements."""
    today = measures.today()
    asked = Asked(today - READ_BACK, today, by="unit")
    lines: dict[str, UnitLine] = {}
    for row in measures.rows(asked, by, OF_UNITS):
        lines.setdefault(row.key_text, UnitLine(row.group, row.key_text, [])).rows.append(row)
    units = [line for line in lines.values() if any(row.numerator for row in line.rows)]
    return Bends(asked, units, clerks(by), followup.second_calls(by, clock.now() - READ_BACK), visits.by_unit(by),
                 merges.by_person(by))


def _calls(by: Actor, since: datetime) -> QuerySet[CaseStep]:
    """Call-backs on cases that the reader may see."""
    return CaseStep.objects.filter(step="record_callback", at__gte=since).filter(Exists(cases.visible(by).filter(id=OuterRef("case_id"))))


def clerks(by: Actor) -> list[ClerkLine]:
    """By account. Three statements."""
    made = _calls(by, clock.now() - READ_BACK)
    total = dict(made.values_list("by_id").annotate(n=Count("id")).order_by("by_id"))
    names = dict(made.order_by("by_id").values_list("by_id", "by_name").distinct())
    counts: dict[int, dict[str, int]] = {}
    ended = made.filter(given__outcome__in=[one.value for one in OF_CLERKS])
    for clerk, outcome, n in ended.values_list("by_id", "given__outcome").annotate(n=Count("id")).order_by():
        counts.setdefault(clerk, {})[outcome] = n
    return [ClerkLine(clerk, names.get(clerk, ""), n, counts.get(clerk, {})) for clerk, n in total.items()]


@dataclass(frozen=True, slots=True)
class CallFilters:
    clerk: int = 0
    outcome: str = ""


def read_filters(given: Mapping[str, str]) -> CallFilters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = CallFilters(form.read("clerk", read_values.record_id, label="回访员", default=0),
                        form.read("outcome", read_values.choice, Outcome.choices(), label="结果", default=""))
    form.done()
    return found


def calls(by: Actor, filters: CallFilters, after: str = "", size: int = 50) -> Page:
    """The calls behind a figure, the newest first, each with its case. Two statements."""
    rows = _calls(by, clock.now() - READ_BACK)
    if filters.clerk:
        rows = rows.filter(by_id=filters.clerk)
    if filters.outcome:
        rows = rows.filter(given__outcome=filters.outcome)
    page = keyset(rows, ("-id",), after, size)
    known = Case.objects.select_related("lead").in_bulk({row.case_id for row in page.rows})
    labels = dict(Outcome.choices())
    for row in page.rows:
        row.of, row.said = known.get(row.case_id), labels.get(row.given.get("outcome", ""), "")
        row.place_of = row.of.lead_id if row.of else None
    return page
