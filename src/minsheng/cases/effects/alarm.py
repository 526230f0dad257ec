"""Danger in what was said: the case is urgent by itself, and restricted where the danger asks for it (rulings, 8 and 31)."""

from __future__ import annotations

from datetime import datetime

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks, restriction
from minsheng.cases.effects.context import Deed, effect, mark, unmark
from minsheng.cases.models import Case, CaseReader, CaseStep
from minsheng.cases.queries import dangers
from minsheng.cases.rules import Ground, State
from minsheng.cases.rules.danger import Reading


def sound(case: Case, said: Reading, urgent: bool | None) -> None:
    """On a new case. `urgent`: what a person decided, which counts; None: what the words say."""
    case.urgent = said.urgent if urgent is None else urgent
    if said.codes:
        mark(case, danger=list(said.codes))


def on_record(case: Case, row: CaseStep, said: Reading, ground: str, by: Actor, at: datetime,
              after: Case | None = None) -> list[CaseReader]:
    """What the first step of a new case says of it, and its first readers where it is restricted. `ground`: chosen by a person, or "";
    `after`: the case that it was made from."""
    if said.codes:
        row.given = {**row.given, "danger": list(said.codes), "urgent": case.urgent}
    if after and after.restricted:
        return restriction.like(after, case, row, at)
    return restriction.of_new(case, row, ground or said.restricted or of_matter(case), by, at)


def of_matter(case: Case) -> str:
    return Ground.MATTER.value if case.category and case.category.restricted_hint else ""


def hear(deed: Deed, words: str) -> None:
    """Words that came later, by the requester or over the telephone: the shift leader is called to look."""
    said = dangers.read(words)
    if said.urgent:
        mark(deed.case, danger=sorted({*deed.case.marks.get("danger", ()), *said.codes}), alarm=deed.at.isoformat())
        deed.row.given = {**deed.row.given, "danger": list(said.codes)}
        if not deed.case.urgent:
            hurry(deed)
    restriction.by_itself(deed, said.restricted)


def hurry(deed: Deed) -> None:
    """Hour limits of urgent matters run day and night: the clocks that run start over by the urgent row."""
    deed.case.urgent = True
    codes = {State.PENDING_REVIEW: ("review",), State.PENDING_SIGN: ("sign", "contact"), State.IN_PROGRESS: ("contact",)}
    for code in codes.get(State(deed.case.state), ()):
        if code != "contact" or not deed.case.contacted_at:
            clocks.start(deed.case, code, deed.at)


@effect("mark_urgent")
def mark_urgent(deed: Deed) -> None:
    hurry(deed)


@effect("unmark_urgent")
def unmark_urgent(deed: Deed) -> None:
    _calm(deed)


def _calm(deed: Deed) -> None:
    deed.case.urgent = False
    unmark(deed.case, "alarm")
    clocks.start(deed.case, "review", deed.at)


@effect("heed_alarm")
def heed_alarm(deed: Deed) -> None:
    unmark(deed.case, "alarm")


def settle(deed: Deed) -> None:
    """The urgency that a step gives; the matter that it sets may restrict the case."""
    wanted = deed.values.get("urgent")
    if wanted is True and not deed.case.urgent:
        hurry(deed)
    elif wanted is False and deed.case.urgent:
        _calm(deed)
    if "category" in deed.values:
        restriction.by_itself(deed, of_matter(deed.case))


@effect("wake_shift")
def wake_shift(deed: Deed) -> None:
    """The duty list was rung through: it stands on the shift leader's desk until somebody signs."""
    mark(deed.case, woken=deed.values["rounds"])
