"""Facts of cases for the rules: what a row, its tasks and its readers say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from minsheng.calendar import queries as calendar
from minsheng.calendar import rules as time_rules
from minsheng.cases.models import Case, CaseReader, CaseTask
from minsheng.cases.queries import parties
from minsheng.cases.queries.categories import categories
from minsheng.cases.rules import CaseFacts, Kind, State, TaskFacts, TaskKind, TaskState
from minsheng.cases.rules.facts import AtDesk, CallBack, Complaint, Lead, Merge, Reply, Requests, Restriction
from minsheng.kit import clock
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.org import queries as org
from minsheng.org.rules import Tree, UnitFacts


def facts_of(case: Case, at: datetime | None = None, beside: Beside | None = None) -> CaseFacts:
    """What the rules may know. No statement for a case without tasks and restriction: small facts ride on the row.

    beside  tasks and readers of many cases, read before (`beside`), for a page of cases
    """
    marks, at, tree = case.marks, at or clock.now(), org.tree()
    matter = categories().get(case.category_id) if case.category_id else None
    order = _order(case, beside)
    return CaseFacts(
        id=case.id, state=State(case.state), kind=Kind(case.kind), lead=_lead(case, at, tree), reply=_reply(case),
        callback=_callback(case, order, beside), requests=Requests(marks.pending, tree.path(marks.proposed), case.extensions),
        restriction=_restriction(case, at, beside), complaint=_complaint(case, tree), merge=_merge(case, order),
        desk=AtDesk(marks.desk or 0, marks.leader or 0), urgent=case.urgent,
        alarm=marks.alarm is not None, sealed=case.sealed, agent=agent_of(case), asked_more=order is not None and order.state == State.DRAFT and order.marks.asked_more,
        category=matter.code if matter else "", no_push_down=bool(matter and matter.no_push_down),
        evidence=matter.evidence if matter else "answer",
        received_at=case.received_at, submitted_at=case.submitted_at,
        is_office_time=time_rules.is_office_time(at, calendar.current(settings.CALENDAR)) if case.urgent else True,
        returns=case.returns, redos=case.redos, statutory=case.statutory, excluded=case.excluded,
        imported=case.imported, erased=case.erased, marks=marks,
        did={step: frozenset(people) for step, people in marks.did.items()}, tasks=_tasks(case, beside) if marks.tasks else (), now=at,
    )


# --- the parts ------------------------------------------------------------


def _lead(case: Case, at: datetime, tree: Tree) -> Lead:
    marks, unit = case.marks, tree.by_id.get(case.lead_id) if case.lead_id else None
    return Lead(
        case.lead_id or 0, _holder(tree, unit), unit.path if unit else (), frozenset(marks.bound), frozenset(marks.released), marks.sent_by,
        marks.sent_at, is_late_to_sign=not case.signed_at and _is_past(case, case.sign_due_at, at),
        is_overdue=_is_past(case, case.handle_due_at, at), body=tree.body(case.lead_id))


def _is_past(case: Case, due_at: datetime | None, at: datetime) -> bool:
    """Is the limit past, and did time run when it passed? What was late already when it came to stand still stays late."""
    return due_at is not None and at > due_at and not (case.stands_since is not None and case.stands_since <= due_at)


def _reply(case: Case) -> Reply:
    marks = case.marks
    return Reply(marks.contact, marks.contact_waived, marks.field, marks.photo, marks.position, marks.draft_by)


def _order(case: Case, known: Beside | None) -> Case | None:
    """The order that is handled: this case, or the one that it is merged into."""
    if case.state != State.MERGED:
        return case
    return (known.orders if known is not None else _orders([case])).get(case.master_id or 0)


def _callback(case: Case, order: Case | None, known: Beside | None) -> CallBack:
    found = _parties(order, known) if order is not None else ()
    mine = next((p for p in found if p.id == case.id), None)
    return CallBack(found if order is case else (), handed_to(case), mine, case.marks.rated)


def _merge(case: Case, order: Case | None) -> Merge:
    marks, state = case.marks, State(order.state) if order is not None and order is not case else None
    return Merge(case.master_id or 0, state, marks.before_merge, marks.merged, marks.left)


def _restriction(case: Case, at: datetime, known: Beside | None) -> Restriction:
    unconfirmed = case.marks.unconfirmed is not None
    return Restriction(case.restricted, _readers(case, at, known) if case.restricted else frozenset(), unconfirmed)


def _complaint(case: Case, tree: Tree) -> Complaint:
    """Who may not know of the case, and who alone hears it, by the tree as it is now."""
    panel = tree.outside_panel
    line = line_of(tree, case.complained_unit_id, case.complained_line)
    return Complaint(case.complained_unit_id or 0, line, any(c in line for c in tree.centres), panel.id if panel else 0)


def line_of(tree: Tree, complained: int | None, kept: list[int] | None) -> frozenset[int]:
    """The line of a unit complained of: what it was and becomes, from itself and from what lay below it when it was named."""
    return frozenset().union(*(tree.line(i) for i in kept or ([complained] if complained else [])))


def led_by_line(case: Case) -> bool:
    """Is the unit that has the order of the line complained of, since the tree changed?"""
    return case.complained_line is not None and case.lead_id in line_of(org.tree(), case.complained_unit_id, case.complained_line)


def _holder(tree: Tree, lead: UnitFacts | None) -> int:
    """Whose people act: the lead, or, when it was merged away, the nearest unit in use above it."""
    while lead is not None and not lead.active:
        lead = tree.parent(lead.id)
    return lead.id if lead else 0


def acting_for(unit_id: int | None) -> int:
    """The unit whose people act on the orders of `unit_id`: itself, or, when it is out of use, the nearest one in use above."""
    tree = org.tree()
    return _holder(tree, tree.by_id.get(unit_id or 0))


@dataclass(frozen=True)
class Beside:
    """Tasks, with their units, and readers of several cases."""

    tasks: dict[int, list[CaseTask]]
    readers: dict[int, set[int]]
    parties: dict[int, parties.Parties]
    orders: dict[int, Case]


def beside(cases: Iterable[Case]) -> Beside:
    """One statement for the tasks of all cases that have any, one for the readers of all restricted ones, one for the orders
    of merged ones, two for whom to call back."""
    cases = list(cases)
    readers = defaultdict(set)
    if ids := {c.id for c in cases if c.restricted}:
        for case_id, person in CaseReader.objects.filter(case_id__in=ids, until__gt=clock.now()).values_list("case_id", "person_id"):
            readers[case_id].add(person)
    orders = _orders(cases)
    return Beside(_tasks_of(cases), readers, parties.of([*cases, *orders.values()]), orders)


def _orders(cases: Iterable[Case]) -> dict[int, Case]:
    """The orders that merged cases are handled in. One statement, none without a merged case."""
    ids = {c.master_id for c in cases if c.state == State.MERGED and c.master_id}
    return {c.id: c for c in Case.objects.filter(id__in=ids)} if ids else {}


def _tasks_of(cases: Iterable[Case]) -> dict[int, list[CaseTask]]:
    found = defaultdict(list)
    if ids := {c.id for c in cases if c.marks.tasks}:
        for task in CaseTask.objects.filter(case_id__in=ids).select_related("unit").order_by("id"):
            found[task.case_id].append(task)
    return found


def handed_to(case: Case) -> frozenset[int]:
    """Clerks whom the system handed this round's call-back to, and who have not put it back."""
    return frozenset(case.marks.clerks)


def agent_of(case: Case) -> int:
    """Who goes on with a draft: whoever it was handed to, else who registered it; 0: nobody here."""
    return case.agent_id if case.marks.draft_agent is None else case.marks.draft_agent


def _parties(case: Case, known: Beside | None) -> parties.Parties:
    return (known.parties if known is not None else parties.of([case])).get(case.id, ())


def _readers(case: Case, at: datetime, known: Beside | None) -> frozenset[int]:
    if known is not None:
        return frozenset(known.readers.get(case.id, ()))
    return frozenset(CaseReader.objects.filter(case_id=case.id, until__gt=at).values_list("person_id", flat=True))


def _tasks(case: Case, known: Beside | None) -> tuple[TaskFacts, ...]:
    tree, rows = org.tree(), known.tasks.get(case.id, ()) if known is not None else _TASKS(case.id)
    return tuple(TaskFacts(t.id, TaskKind(t.kind), t.unit_id, tree.path(t.unit_id), TaskState(t.state), t.given_by_unit) for t in rows)


_TASKS = PreparedRows(CaseTask.objects.all, "WHERE case_id = %s ORDER BY id")
