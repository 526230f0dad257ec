"""Reads of cases: facts for the rules, who may see what, lists and the case page. A fixed number of statements each."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.calendar import queries as calendar
from minsheng.calendar import rules as time_rules
from minsheng.cases import rules
from minsheng.cases.models import Case, CaseNumber, CaseReader, CaseStep, CaseTask, Category
from minsheng.cases.procedure import PROCEDURE
from minsheng.cases.rules import Ask, CaseFacts, Kind, State, TaskFacts, TaskKind, TaskState
from minsheng.kit import clock
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Refused, Verdict, no
from minsheng.org import queries as org

_categories: dict[int, Category] = {}
_codes: dict[str, Category] = {}
_read_at = 0.0
_KEEP_S = 5.0


def categories() -> dict[int, Category]:
    """All matters by id; kept five seconds per process."""
    global _categories, _codes, _read_at
    if not _categories or time.monotonic() - _read_at > _KEEP_S:
        _categories = {c.id: c for c in Category.objects.all()}
        _codes = {c.code: c for c in _categories.values()}
        _read_at = time.monotonic()
    return _categories


def category(code: str) -> Category | None:
    categories()
    return _codes.get(code)


def forget() -> None:
    global _read_at
    _read_at = 0.0
    _categories.clear()


# --- facts ------------------------------------------------------------


def facts_of(case: Case, at: datetime | None = None, beside: Beside | None = None) -> CaseFacts:
    """What the rules may know. No statement for a case without tasks and restriction: small facts ride on the row.

    beside  tasks and readers of many cases, read before (`beside`), for a page of cases
    """
    at = at or clock.now()
    tree, marks = org.tree(), case.marks
    matter = categories().get(case.category_id) if case.category_id else None
    lead = tree.by_id.get(case.lead_id) if case.lead_id else None
    pending = {Ask(a): by for a, by in marks.get("pending", {}).items()}
    return CaseFacts(
        id=case.id, state=State(case.state), kind=Kind(case.kind), urgent=case.urgent, sealed=case.sealed, restricted=case.restricted,
        readers=_readers(case, at, beside) if case.restricted else frozenset(), agent=case.agent_id, category=matter.code if matter else "",
        no_push_down=bool(matter and matter.no_push_down), evidence=matter.evidence if matter else "answer",
        missing_elements=tuple(marks.get("missing", ())), elements_waived=marks.get("waived", False),
        lead=case.lead_id or 0, holder=_holder(tree, lead), lead_path=lead.path if lead else (), complained=case.complained_unit_id or 0,
        bound=frozenset(marks.get("bound", ())), released=frozenset(marks.get("released", ())), pending=frozenset(pending),
        asked_by=tuple(pending.items()), proposed_unit_path=tree.path(marks.get("proposed")),
        is_late_to_sign=bool(case.sign_due_at and at > case.sign_due_at and not case.paused and not case.signed_at),
        is_overdue=bool(case.handle_due_at and at > case.handle_due_at and not case.paused),
        is_office_time=time_rules.is_office_time(at, calendar.current(settings.CALENDAR)) if case.urgent else True,
        extensions=case.extensions, returns=case.returns, redos=case.redos, has_contact=marks.get("contact", False),
        contact_waived=marks.get("contact_waived", False), has_field_record=marks.get("field", False), has_photo=marks.get("photo", False),
        has_draft_reply="draft_by" in marks, drafted_by=marks.get("draft_by", 0), statutory=case.statutory, excluded=case.excluded,
        decline_confirmed=marks.get("decline_ok", False), night_dispatched=marks.get("night", False),
        night_reviewed=marks.get("night_ok", False), tries=case.tries, outcome=marks.get("outcome", ""),
        unhappy=bool(marks.get("unhappy")), clerk=marks.get("clerk", 0), imported=case.imported, master=case.master_id or 0,
        merged_count=marks.get("merged", 0), erased=case.erased,
        before_merge=State(marks["before_merge"]) if "before_merge" in marks else None,
        tasks=_tasks(case, beside) if marks.get("tasks") else (), now=at, submitted_at=case.submitted_at,
    )


def _holder(tree, lead) -> int:
    """Whose people act: the lead, or, when it was merged away, the nearest unit in use above it."""
    while lead is not None and not lead.active:
        lead = tree.parent(lead.id)
    return lead.id if lead else 0


def acting_for(unit_id: int) -> int:
    """The unit whose people act on the orders of `unit_id`: itself, or, when it is out of use, the nearest one in use above."""
    tree = org.tree()
    return _holder(tree, tree.by_id.get(unit_id))


@dataclass(frozen=True)
class Beside:
    """Tasks, with their units, and readers of several cases."""

    tasks: dict[int, list[CaseTask]]
    readers: dict[int, set[int]]


def beside(cases: Iterable[Case]) -> Beside:
    """One statement for the tasks of all cases that have any, one for the readers of all restricted ones."""
    cases = list(cases)
    tasks, readers = defaultdict(list), defaultdict(set)
    if ids := {c.id for c in cases if c.marks.get("tasks")}:
        for task in CaseTask.objects.filter(case_id__in=ids).select_related("unit").order_by("id"):
            tasks[task.case_id].append(task)
    if ids := {c.id for c in cases if c.restricted}:
        for case_id, person in CaseReader.objects.filter(case_id__in=ids, until__gt=clock.now()).values_list("case_id", "person_id"):
            readers[case_id].add(person)
    return Beside(tasks, readers)


def _readers(case: Case, at: datetime, known: Beside | None) -> frozenset[int]:
    if known is not None:
        return frozenset(known.readers.get(case.id, ()))
    return frozenset(CaseReader.objects.filter(case_id=case.id, until__gt=at).values_list("person_id", flat=True))


def _tasks(case: Case, known: Beside | None) -> tuple[TaskFacts, ...]:
    tree = org.tree()
    return tuple(
        TaskFacts(t.id, TaskKind(t.kind), t.unit_id, tree.path(t.unit_id), TaskState(t.state), t.given_by_unit)
        for t in (known or beside([case])).tasks.get(case.id, ())
    )


# --- who sees what ------------------------------------------------------------


def visible_to(by: Actor) -> Q:
    """The filter of every list, search, count and export: `rules.sees` as SQL."""
    if by.case_id:
        return Q(id=by.case_id)
    if Role.CLOCK in by.roles:
        return Q()
    open_to_me = Q(restricted=False) | Exists(CaseReader.objects.filter(case_id=OuterRef("pk"), person_id=by.id, until__gt=clock.now()))
    not_about_us = Q(complained_unit=None) | ~Q(complained_unit__in=by.unit_path)
    if by.roles & rules.SEES_ALL:
        return open_to_me & not_about_us
    if by.roles & rules.SEES_OWN_UNIT and by.unit:
        mine = org.tree().subtree(by.unit)
        own = Q(lead__in=mine) | Q(pk__in=CaseTask.objects.filter(unit__in=mine).values("case_id"))
        return own & open_to_me & not_about_us
    if Role.SECURITY_ADMIN in by.roles:
        return Q(marks__pending__has_key=Ask.ERASURE.value) & open_to_me
    return Q(pk__in=[])


def visible(by: Actor) -> QuerySet[Case]:
    return Case.objects.filter(visible_to(by))


def get(case_id: int, by: Actor) -> Case:
    """The case with its words, or Refused("hidden"): what is not yours does not exist."""
    return read(case_id, by)[0]


def read(case_id: int, by: Actor) -> tuple[Case, CaseFacts, list[CaseTask]]:
    """The case with its words, what the rules may know of it, and its tasks; Refused("hidden") as `get`. At most three statements."""
    case = Case.objects.select_related("text", "contact").filter(id=case_id).first()
    if case is None:
        raise Refused(no("hidden", "没有这个工单，或您无权查看"))
    case.category = categories().get(case.category_id)
    known = beside([case])
    facts = facts_of(case, beside=known)
    if not (seen := rules.sees(facts, by)):
        raise Refused(seen)
    return case, facts, known.tasks.get(case.id, [])


def id_of(ref: str) -> int:
    """The id of a case named by its id or its number; Refused("hidden") when there is none. Says nothing about who may see it."""
    known = CaseNumber.objects.filter(number=ref).values_list("case_id", flat=True).first() if len(ref) <= 40 else None
    if known is None and not (ref.isascii() and ref.isdigit() and len(ref) < 20):
        raise Refused(no("hidden", "没有这个工单，或您无权查看"))
    return known if known is not None else int(ref)


# --- the step bar ------------------------------------------------------------


def steps_for(facts: CaseFacts, by: Actor) -> list[tuple[Step, Verdict]]:
    """The steps of the actor's roles that belong to this state, open or shut with the reason: what the step bar shows."""
    shown = []
    for step in PROCEDURE:
        if step.who in by.roles and facts.state in step.frm and State.START not in step.frm:
            shown.append((step, verdict(step, facts, by)))
    return shown


def kept() -> dict[str, int]:
    """How many cases and steps there are: for a backup and its restored copy. Two statements."""
    return {"cases": Case.objects.count(), "steps": CaseStep.objects.count()}


def verify_history():
    """For `doctor`: every row of history that was changed, deleted or cut off, and what no longer fits the anchors outside the database."""
    from minsheng.cases import anchors, verifying

    yield from verifying.broken_rows()
    yield from anchors.broken()
