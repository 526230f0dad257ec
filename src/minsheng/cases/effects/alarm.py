"""Danger in what was said: the case is urgent by itself, and restricted where the danger asks for it (rulings, 8 and 31)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.effects import clocks, restriction
from minsheng.cases.effects.context import Deed, effect
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseReader, CaseStep
from minsheng.cases.queries import dangers
from minsheng.cases.rules import Ground, State
from minsheng.cases.rules.danger import Reading


def sound(case: Case, said: Reading, urgent: bool | None) -> None:
    """On a new case. `urgent`: what a person decided, which counts; None: what the words say."""
    case.urgent = said.urgent if urgent is None else urgent
    if said.codes:
        mark(case, danger=said.codes)


def on_record(case: Case, row: CaseStep, said: Reading, ground: str, by: Actor, at: datetime,
              after: Case | None = None) -> list[CaseReader]:
    """What the first step of a new case says of it, and its first readers where it is restricted. `ground`: chosen by a person, or "";
    `after`: the case that it was made from."""
    if said.codes:
        row.given = {**row.given, "danger": list(said.codes), "urgent": case.urgent}
    if after and after.restricted:
        return restriction.like(after, case, row, at)
    return restriction.of_new(case, row, ground or said.restricted or of_matter(case), by, at)


def noted(said: Reading, case: Case) -> dict[str, Any]:
    """What the first step of a case that is brought in says of it."""
    ground = {"restricted": case.marks.ground} if case.restricted else {}
    return {**({"danger": list(said.codes), "urgent": said.urgent} if said.codes else {}), **ground}


def of_matter(case: Case) -> str:
    return Ground.MATTER.value if case.category and case.category.restricted_hint else ""


# Fields in which a requester's own words come later, on whatever step; why somebody withdraws is said by them as well.
_SAID = ("addition", "verbatim")
_WHY = frozenset({"withdraw", "phone_withdraw"})


def hear(deed: Deed) -> str:
    """Before the effect: what the step's words speak of. The ground on which they, or the matter that it sets, restrict the case; "": none."""
    step, given = deed.step.name, deed.values
    if step == "amend":
        words = {name: given.get(name, "") for name in ("title", "narrative", "place")}
        deed.found["heard"] = said = dangers.read_case(**words, elements=given.get("elements"))
        return said.restricted
    if step in ("revise", "triage"):
        matter = queries.category(given["category"]) if given.get("category") else None
        return Ground.MATTER.value if matter and matter.restricted_hint else ""
    if step == "from_merged":  # as they were said on the case that is merged into this one: what comes with the step is masked
        step, given = given["said"], deed.found["said"]
    if said_words := [given[name] for name in (*_SAID, *(["reason"] if step in _WHY else [])) if given.get(name)]:
        deed.found["heard"] = said = dangers.read(*said_words)
        if said.urgent:
            clocks.read(deed)
        return said.restricted
    return ""


def listen(deed: Deed) -> None:
    """Words that came later, on the page, over the telephone or at a call-back: the shift leader is called to look."""
    if deed.step.name != "amend" and "heard" in deed.found:
        _hear(deed, deed.found["heard"])


def read_again(deed: Deed) -> None:
    """A draft whose words were written anew: as on a new case, what a person decided about urgency counts (rulings, 8 and 31)."""
    said = deed.found["heard"]
    if said.codes:
        mark(deed.case, danger=tuple(sorted({*deed.case.marks.danger, *said.codes})))
        deed.row.given = {**deed.row.given, "danger": list(said.codes)}
    deed.case.urgent = deed.case.urgent or (said.urgent and "urgent" not in deed.values)
    restriction.by_itself(deed, said.restricted)


def _hear(deed: Deed, said: Reading) -> None:
    if said.urgent:
        mark(deed.case, danger=tuple(sorted({*deed.case.marks.danger, *said.codes})), alarm=deed.at)
        deed.row.given = {**deed.row.given, "danger": list(said.codes)}
        if not deed.case.urgent:
            hurry(deed)
    restriction.by_itself(deed, said.restricted)


def hurry(deed: Deed) -> None:
    _hurry(deed.case, deed.at)


def _hurry(case: Case, at: datetime) -> None:
    case.urgent = True
    clocks.of(case).hasten(at)


def clocks_of_order(deed: Deed) -> None:
    """What is urgent starts clocks of the order that it is merged into."""
    order = deed.held[deed.values["master"]]
    if deed.case.urgent and not order.urgent:
        order.category = queries.categories().get(order.category_id) if order.category_id else None
        clocks.of(order)


def go_with(deed: Deed, order: Case) -> None:
    """What is urgent stays so in the order that it is merged into; an alarm that nobody has heeded goes with it."""
    case = deed.case
    if danger := {*case.marks.danger, *order.marks.danger}:
        mark(order, danger=tuple(sorted(danger)))
    if case.marks.alarm:
        mark(order, alarm=case.marks.alarm)
    if case.urgent and not order.urgent:
        _hurry(order, deed.at)
        clocks.settle(order, State(order.state), deed.at, deed.step.label)


@effect("mark_urgent", before=(clocks.read,))
def mark_urgent(deed: Deed) -> None:
    hurry(deed)


@effect("unmark_urgent", before=(clocks.read,))
def unmark_urgent(deed: Deed) -> None:
    _calm(deed)


def _calm(deed: Deed) -> None:
    deed.case.urgent = False
    mark(deed.case, alarm=None)
    clocks.of(deed.case).calm("review", deed.at, deed.case.submitted_at or deed.case.received_at)  # from when it lay there, not from now


@effect("heed_alarm")
def heed_alarm(deed: Deed) -> None:
    mark(deed.case, alarm=None)


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
