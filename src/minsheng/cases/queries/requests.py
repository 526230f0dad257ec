"""Requests that wait for a ruling, with the words they were asked in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries, rules
from minsheng.cases.models import Case, CaseAsk, CaseStep, CaseTask
from minsheng.cases.queries import case_page, lists, words
from minsheng.cases.rules import Ask, State, TaskKind, TaskState
from minsheng.kit import clock
from minsheng.kit.database import planned_once
from minsheng.kit.paging import Page, keyset
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.org import queries as org


@dataclass(frozen=True)
class RequestRow:
    """One request: the row with its case, who asked, and the labelled words of the asking step as this reader may see them."""

    ask: CaseAsk
    by_name: str
    unit: str
    given: list[tuple[str, Any]]
    ruled_by: str = ""
    ruling: Sequence[tuple[str, Any]] = ()

    @property
    def label(self) -> str:
        return Ask(self.ask.ask).label


@planned_once()
def waiting(by: Actor, *asks: Ask, after: str = "", size: int = 50) -> Page:
    """Rows of `RequestRow` that nobody has ruled yet, the oldest first, within what the reader may see. Two statements."""
    rows = queries.with_visible(CaseAsk.objects.filter(ruled_at=None, ask__in=[a.value for a in asks]), by)
    found = keyset(rows.select_related("case", "case__category", "case__lead"), ("asked_at", "id"), after, size)
    return Page(read(found.rows, by), found.next)


@planned_once()
def queue(by: Actor, *asks: Ask, after: str = "", size: int = 50) -> Page:
    """The same requests without their words, for the list beside the desk; of a restricted case that the reader only rules on no more
    than that it waits. One statement."""
    rows = CaseAsk.objects.filter(ruled_at=None, ask__in=[a.value for a in asks])
    found = keyset(queries.with_to_rule(rows, by).only(*_QUEUED), ("asked_at", "id"), after, size)
    for row in found.rows if Role.SECURITY_ADMIN in by.roles else ():
        row.case = queries.shell(row.case) if row.case.restricted else row.case
    return found


_QUEUED = ("ask", "asked_at", "due_at", "ruled_at", *(f"case__{name}" for name in lists.SHOWN))


def of_page(opened: case_page.CasePage) -> list[RequestRow]:
    """All requests of a case that is open on a page, newest first: their words are on the page already. No statement."""
    lines = {line.row.id: line for line in opened.timeline}
    made = []
    for row in reversed(opened.asks):
        asked, ruled = lines.get(row.step_id), lines.get(row.ruling_step_id or 0)
        made.append(RequestRow(row, asked.row.by_name if asked else "", org.tree().name(row.asked_unit), asked.given if asked else [],
                          ruled.row.by_name if ruled else "", ruled.given if ruled else []))
    return made


@planned_once()
def counts(by: Actor, *asks: Ask) -> dict[str, int]:
    """How many wait, by kind: one statement."""
    rows = CaseAsk.objects.filter(ruled_at=None, ask__in=[a.value for a in asks], case__in=queries.visible(by))
    return dict(rows.values_list("ask").annotate(n=Count("id")).order_by())


def history(case: Case, by: Actor) -> list[RequestRow]:
    """All requests of a case that `by` may open, with their rulings, newest first. Two statements."""
    rows = CaseAsk.objects.filter(case_id=case.id).select_related("case").order_by("-id")
    return read(rows, by)


# Each one's matter is looked up, the newest first: joined, all cases of the matter would be read, whatever year they are of.
_BEFORE = """SELECT id FROM cases_caseask a WHERE ask = %s AND granted IS NOT NULL AND case_id <> %s {more}
 AND %s = (SELECT category_id FROM cases_case WHERE id = a.case_id) ORDER BY ruled_at DESC LIMIT %s"""
_RULED = PreparedRows(lambda: CaseAsk.objects.select_related("case"), "WHERE cases_caseask.id IN "
                      f"(({_BEFORE.format(more='AND asked_unit = %s')}) UNION ({_BEFORE.format(more='')}))")


def rulings(by: Actor, ask: Ask, *, category_id: int, unit: int = 0, leave_out: int = 0, size: int = 5) -> list[RequestRow]:
    """How the same matter was ruled before: precedents, those that `unit` asked for first, then the newest. Two statements, three with
    tasks; more where what the reader may not see stood among the newest."""
    most = size
    while True:
        rows = _RULED(ask.value, leave_out, unit, category_id, most, ask.value, leave_out, category_id, most)
        beside = queries.beside(row.case for row in rows)
        seen = [row for row in rows if rules.sees(queries.facts_of(row.case, beside=beside), by)]
        own = [row for row in seen if row.asked_unit == unit]
        others_left, own_left = len(rows) >= most, sum(row.asked_unit == unit for row in rows) >= most
        if not (others_left and len(seen) < size or own_left and len(own) < size):
            break
        most *= 4
    return read(sorted(seen, key=lambda row: (row.asked_unit != unit, -(row.ruled_at or clock.now()).timestamp()))[:size], by, beside)


def read(rows: Iterable[CaseAsk], by: Actor, beside: queries.Beside | None = None) -> list[RequestRow]:
    """The rows with the words of their steps, masked where the reader may not see what is personal. One statement, two with tasks."""
    rows = list(rows)
    ids = [i for r in rows for i in (r.step_id, r.ruling_step_id) if i]
    steps = {s.id: s for s in _STEPS(ids)} if ids else {}
    beside = beside or queries.beside(row.case for row in rows)
    return [_asked(row, steps, by, beside) for row in rows]


_STEPS = PreparedRows(lambda: CaseStep.objects.select_related("text"), "WHERE cases_casestep.id = ANY(%s)")


def _asked(row: CaseAsk, steps: dict[int, CaseStep], by: Actor, beside: queries.Beside) -> RequestRow:
    view = words.view_of(row.case, queries.facts_of(row.case, beside=beside), by)
    asked, ruled = steps.get(row.step_id), steps.get(row.ruling_step_id or 0)
    return RequestRow(row, asked.by_name if asked else "", org.tree().name(row.asked_unit), case_page.words_of(asked, row.case, view) if asked else [],
                 ruled.by_name if ruled else "", case_page.words_of(ruled, row.case, view) if ruled else [])


@planned_once()
def parked(by: Actor, after: str = "", size: int = 50) -> Page:
    """Parked cases, the next review first."""
    rows = queries.visible(by).filter(state=State.PARKED, closed_at=None)
    return keyset(lists.shown(rows).filter(due_at__isnull=False), ("due_at", "id"), after, size)


def promised(cases: Iterable[Case], by: Actor) -> dict[int, RequestRow]:
    """What each parked case was parked with: ground, measures, date. Two statements."""
    rows = CaseAsk.objects.filter(case_id__in=[c.id for c in cases], ask=Ask.PARKING, granted=True).select_related("case").order_by("id")
    return {a.ask.case_id: a for a in read(rows, by)}


def tasks_astray(by: Actor, size: int = 50) -> list[CaseTask]:
    """Tasks of co-units that were returned and not given to another since, or are late. One statement."""
    after = CaseTask.objects.filter(case_id=OuterRef("case_id"), kind=TaskKind.CO, id__gt=OuterRef("id"))
    working = [TaskState.PENDING_SIGN.value, TaskState.IN_PROGRESS.value]
    astray = Q(state=TaskState.RETURNED) & ~Exists(after) | Q(state__in=working, due_at__lt=clock.now())
    rows = CaseTask.objects.filter(astray, kind=TaskKind.CO, case__in=queries.visible(by).filter(closed_at=None))
    return list(rows.select_related("case", "case__lead", "unit").order_by("due_at", "id")[:size])


@planned_once()
def problems(by: Actor, after: str = "", size: int = 50) -> Page:
    """疑难工单 that are still open, the oldest first."""
    rows = queries.visible(by).filter(problem=True, closed_at=None, state__in=[s.value for s in State if s.is_open])
    return keyset(lists.shown(rows), ("id",), after, size)
