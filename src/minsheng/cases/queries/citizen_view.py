"""A case as its own requester reads it: a short story in time, who has it, until when, which phone, what can be done.

Names of offices, never of persons. Texts stay templates (`public`, `unit`, `interim`):
screens translate them; `case_page.public_text` is the same in Chinese.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_noop as mark

from minsheng.accounts.rules import Actor
from minsheng.calendar.rules import can_count
from minsheng.calendar.spans import working_days_between
from minsheng.cases import queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseAsk, CaseFile, CaseLink, CaseStep
from minsheng.cases.queries import case_page, words
from minsheng.cases.queries.damage import DAMAGE, readable
from minsheng.cases.queries.words import View
from minsheng.cases.rules import Ask, Satisfaction, State
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.procedure import OF_REQUESTER, PROCEDURE
from minsheng.cases.rules.readers import Says
from minsheng.kit import clock
from minsheng.kit.steps import Step, verdict
from minsheng.kit.translatable import Said
from minsheng.kit.verdict import Refused, Verdict, no
from minsheng.org import queries as org

HOTLINE = "12345"
ERASED = mark("（个人信息已依法删除）")

_REPLIED = frozenset(s for s in State if not s.is_open) | {State.PENDING_CALLBACK}
_DUE = {State.PENDING_REVIEW: "review", State.PENDING_SIGN: "handle", State.IN_PROGRESS: "handle", State.RETURN_REVIEW: "handle",
        State.PENDING_CHECK: "check", State.PENDING_CALLBACK: "callback", State.PARKED: "parked"}


@dataclass(frozen=True)
class Event:
    """One line of the story. `said`: (label, text) of what was told or said with it; `rated`: a level in words."""

    at: datetime
    step: str
    public: str
    unit: str
    interim: str = ""
    said: tuple[str, str] | None = None
    rated: str = ""


@dataclass(frozen=True)
class Part:
    number: str
    title: str
    state: State


@dataclass(frozen=True)
class Story:
    """`due_kind`: review, handle, check, callback, parked, or "" when nothing is owed; `due_at` may be None while paused.

    by_unit  the holder is a unit, named as it is in every language
    left     "还剩 2 个工作日" while a unit works on it, as a source string
    """

    case: Case
    state: State
    title: str
    narrative: str
    place: str
    district: str
    events: list[Event]
    reply: tuple[str, str] | None
    holder: str
    by_unit: bool
    phone: str
    due_kind: str
    due_at: datetime | None
    left: str
    is_late: bool
    paused: bool
    extensions: int
    merged: bool
    parts: list[Part] = field(default_factory=list)  # of a request that was split
    asked: str = ""  # what the hotline wants to know before it goes on
    steps: list[tuple[Step, Verdict]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    anew: bool = False  # it was registered anew, and that case is handled

    @property
    def open_steps(self) -> list[Step]:
        return [step for step, allowed in self.steps if allowed]

    @property
    def shut_steps(self) -> list[tuple[Step, Verdict]]:
        """With their reason; what can concern only some requesters is not there for the others."""
        return [pair for pair in self.steps if not pair[1] and not pair[0].desk.portal.quiet]

    @property
    def may_come_again(self) -> bool:
        """An agent may open it anew for somebody who calls."""
        return self.state in PROCEDURE["reopen"].frm and not self.anew

    @property
    def extended(self) -> str:
        return Said(mark("已依规延期 {n} 次"), n=self.extensions) if self.extensions else ""


def story(by: Actor) -> Story:
    """The case that the requester opened; Refused("hidden") for anybody else. At most seven statements."""
    with readable(by.case_id):
        return _story(by)


def _story(by: Actor) -> Story:
    case = queries.get(by.case_id, by)
    facts = queries.facts_of(case)
    view = words.view_of(case, facts, by)
    told, events, main = words.of_case(case, view), _events(case, view), case
    if case.state == State.MERGED and case.master_id:
        main = Case.objects.get(id=case.master_id)
        events = sorted(events + _events(main, words.MASKED), key=lambda e: e.at)
    state = State.WITHDRAWN if facts.merge.left else State(main.state)
    if facts.merge.left:
        events = events[:1 + max(n for n, e in enumerate(events) if PROCEDURE[e.step].citizen.last)]
    holder, phone = _holder(main, state, case.sealed)
    kind, due = _due(main, state)
    return Story(
        case=case, state=state, title=told.title or ERASED, narrative=told.narrative, place=told.place,
        district=org.tree().place(case.district_id), events=events, reply=_reply(events) if state in _REPLIED else None, holder=holder,
        by_unit=state.held_by == "unit", phone=phone, due_kind=kind, due_at=due, left=_left(main, kind, due),
        is_late=bool(due and not _stands(main) and clock.now() > due), paused=_stands(main),
        extensions=main.extensions, merged=main is not case, files=_files(case), asked=_asked(events) if facts.asked_more else "",
        parts=_parts(case, view) if state == State.SPLIT else [], anew=queries.handled_anew(case),
        steps=[(PROCEDURE[name], verdict(PROCEDURE[name], facts, by)) for name in OF_REQUESTER],
    )


def _files(case: Case) -> list[str]:
    rows = CaseFile.objects.filter(case_id=case.id, slot="requester", file__erased_at=None).order_by("id")
    return [words.name_of(row, case, words.FULL) for row in rows.select_related("file")]


def _events(case: Case, view: View) -> list[Event]:
    """Masked: what the offices did about the case that another's was merged into; nothing that its own requester said or was told."""
    said: dict[str, dict] = {}
    found = []
    for row in CaseStep.objects.filter(case_id=case.id, id__gte=case.id).select_related("text").order_by("seq"):
        said[row.step] = words.of_step(row, case, view)
        step = PROCEDURE.get(row.step)
        if step is not None and step.public and (view.full or step.citizen.shared):
            with suppress(*DAMAGE):  # a line that cannot be read takes no others with it
                found.append(_event(case, row, step, said))
    return found


def _event(case: Case, row: CaseStep, step: Step, said: dict[str, dict]) -> Event:
    says, level = step.citizen.says, row.given.get("satisfaction", "") if step.citizen.rated else ""
    text = _words(says, row, said) if says else ""
    return Event(row.at, row.step, step.public, case_page.public_unit(case, row), said[row.step].get("interim", ""),
                 (says.label, text) if says and text else None, Satisfaction(level).label if level else "")


def _words(says: Says, row: CaseStep, said: dict[str, dict]) -> str:
    """What was written, or the word of what was chosen."""
    choices = dict(FIELDS[says.field].choices)
    return choices.get(row.given.get(says.field, ""), "") if choices else said.get(says.of or row.step, {}).get(says.field, "")


def _parts(case: Case, view: View) -> list[Part]:
    rows = Case.objects.filter(id__in=CaseLink.objects.filter(kind="split", other_id=case.id).values("case_id")).select_related("text")
    return [Part(row.number, words.of_case(row, view).title or ERASED, State(row.state)) for row in rows.order_by("id")]


def part_of(by: Actor, number: str) -> int:
    """The case of that number, when it is a part of the one that the requester opened. Refused("hidden") for any other."""
    rows = CaseLink.objects.filter(kind="split", other_id=by.case_id).values_list("case_id", flat=True)
    found = Case.objects.filter(id__in=rows, number=number[:40]).values_list("id", flat=True).first() if by.case_id else None
    if found is None:
        raise Refused(no("hidden", "没有这个编号"))
    return found


def is_asked(by: Actor) -> bool:
    """Does the hotline wait for more from this requester?"""
    return queries.facts_of(queries.get(by.case_id, by)).asked_more


def _asked(events: list[Event]) -> str:
    return next((e.said[1] for e in reversed(events) if PROCEDURE[e.step].citizen.asks and e.said), "")


def _reply(events: list[Event]) -> tuple[str, str] | None:
    return next((e.said for e in reversed(events) if PROCEDURE[e.step].citizen.reply and e.said), None)


def _holder(case: Case, state: State, sealed: bool) -> tuple[str, str]:
    """(office, phone). A citizen who asked for secrecy is not sent to ring the unit: the hotline passes on."""
    unit = org.tree().by_id.get(case.lead_id or 0)
    if state.held_by == "unit" and unit:
        return unit.name, HOTLINE if sealed or not unit.phone else unit.phone
    return (mark("热线中心") if state.is_open else ""), HOTLINE


def _due(case: Case, state: State) -> tuple[str, datetime | None]:
    kind = _DUE.get(state, "")
    if kind == "handle":
        return kind, case.handle_due_at
    if kind == "parked":
        asked = CaseAsk.objects.filter(case_id=case.id, ask=Ask.PARKING, granted=True).order_by("-id").first()
        until = asked.given.get("solve_by") if asked else None
        with suppress(ValueError, TypeError):
            return kind, datetime.fromisoformat(until) if until else None
        return kind, None
    return kind, case.due_at if kind else None


def _stands(case: Case) -> bool:
    """Does the unit's time stand still?"""
    return case.paused or case.stands_since is not None


def _left(case: Case, kind: str, due: datetime | None) -> str:
    if kind != "handle" or due is None or not can_count(due) or _stands(case) or clock.now() > due:
        return ""
    cal = clocks.city_calendar()
    days = working_days_between(cal.local(clock.now()).date(), cal.local(due).date(), cal)
    return Said(mark("还剩 {n} 个工作日"), n=days) if days else mark("今天到期")
