"""Written instructions and the responsibility record: what their rules may know, and their pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.queries import hung_words
from minsheng.kit import clock, subject_page
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org
from minsheng.oversight.models import Duty, DutyStep, DutyWords, Instruction, InstructionStep, InstructionWords
from minsheng.oversight.queries import facts, sight
from minsheng.oversight.rules import instructions as rules
from minsheng.oversight.rules.instructions import DutyState, InstructionState, TaskFacts, World
from minsheng.oversight.rules.states import SEES_ALL

_INSIDE = {"report_matter", "record_instruction", "pass_lead"}  # what a unit does not read of


INSTRUCTION_SAID = ("title", "report", "leader", "instruction", "feedback")
DUTY_SAID = ("matter", "duty_post", "measures", "feedback", "finding", "organ")


def known_unit(unit: int) -> int | None:
    return unit if unit in org.tree().by_id else None


def facts_of(one: Instruction | Duty) -> TaskFacts:
    tree, unit = org.tree(), one.unit_id or 0
    state = InstructionState(one.state) if isinstance(one, Instruction) else DutyState(one.state)
    waiting, asked = (one.waiting, one.asked_by) if isinstance(one, Duty) else (False, 0)
    return TaskFacts(one.id, state, tree.path(unit), tree.line(unit) if unit in tree.by_id else frozenset(), waiting, asked)


def world(values: Mapping[str, Any], by: Actor, at: datetime) -> World:
    seen = list(cases.visible(by).filter(id__in=values.get("cases", ()))) if values.get("cases") else []
    shut = any(case.restricted or case.complained_line is not None for case in seen)
    return World(clocks.local_day(at), facts.world(at).handling, len(seen), shut)


@dataclass(frozen=True)
class TaskPage(SubjectPage):
    """cases: of its cases those that the reader may see; unseen: how many there are beside them."""

    cases: list[Any] = field(default_factory=list)
    unseen: int = 0


def instructions(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    page = _dated(keyset(sight.instructions(by), ("-id",), after, size), {InstructionState.ASSIGNED})
    hung_words.covered(page.rows, *INSTRUCTION_SAID, by=by)
    return page


def duties(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    page = _dated(keyset(sight.duties(by), ("-id",), after, size), {DutyState.OPEN})
    hung_words.covered(page.rows, *DUTY_SAID, by=by)
    return page


def _dated(page: Page, owed: set[Any]) -> Page:
    today = clocks.local_day(clock.now())
    for one in page.rows:
        one.overdue = one.state in owed and one.due is not None and one.due < today
    return page


def instruction(instruction_id: int, by: Actor) -> TaskPage:
    """Refused: there is none, or it is none of the reader's. Four statements."""
    return _page(sight.instructions(by), instruction_id, by, rules.INSTRUCTION, InstructionStep, InstructionWords)


def duty(duty_id: int, by: Actor) -> TaskPage:
    """The same of a duty."""
    return _page(sight.duties(by), duty_id, by, rules.DUTY, DutyStep, DutyWords)


def _page(found: Any, id_: int, by: Actor, procedure: Any, rows: Any, words: Any) -> TaskPage:
    one = found.select_related("unit").filter(id=id_).first()
    if one is None:
        raise Refused(no("hidden", "没有这一项，或您无权查看"))
    _dated(Page([one]), {InstructionState.ASSIGNED, DutyState.OPEN})
    known = facts_of(one)
    steps = subject_page.steps(procedure, known, by)
    seen = list(cases.visible(by).filter(id__in=one.cases).order_by("id"))
    told = subject_page.history(rows, words, one.id, procedure, rules.FIELDS, () if by.roles & SEES_ALL else _INSIDE)
    said = INSTRUCTION_SAID if procedure is rules.INSTRUCTION else DUTY_SAID
    return hung_words.covered_page(TaskPage(one, steps, told, {}, [], seen, len(one.cases) - len(seen)), *said, by=by)
