"""The list of slips and the page of one, each in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.queries import hung_words
from minsheng.files import step_files
from minsheng.kit import clock, read_values, subject_page
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org
from minsheng.oversight.models import Slip, SlipStep, SlipWords
from minsheng.oversight.queries import facts, ladder, sight
from minsheng.oversight.rules import ladder as rungs
from minsheng.oversight.rules import procedures
from minsheng.oversight.rules.fields import FIELDS
from minsheng.oversight.rules.states import INSIDE, KINDS, OWED, SEES_ALL, SlipState

STATES = [(s.value, s.label) for s in SlipState if s is not SlipState.NEW]


@dataclass(frozen=True, slots=True)
class Filters:
    state: str = ""
    kind: str = ""
    unit: int = 0
    overdue: bool = False


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("state", read_values.choice, STATES, label="状态", default=""), form.read("kind", read_values.choice, KINDS, label="种类", default=""),
                    form.read("unit", read_values.record_id, label="单位", default=0), form.read("overdue", read_values.flag, default=False))
    form.done()
    return found


def narrowed(by: Actor, filters: Filters) -> QuerySet[Slip]:
    found = sight.slips(by)
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.unit:
        found = found.filter(unit__in=org.tree().subtree(filters.unit) if filters.unit in org.tree().by_id else [])
    return found.filter(state__in=OWED, answer_due__lt=clocks.local_day(clock.now())) if filters.overdue else found


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    page = keyset(narrowed(by, filters), ("-id",), after, size)
    for slip in page.rows:
        _dated(slip)
    return page


def _dated(slip: Slip) -> None:
    slip.overdue = slip.state in OWED and slip.answer_due is not None and slip.answer_due < clocks.local_day(clock.now())


SAID = ("demand", "answer", "finding")


@dataclass(frozen=True)
class SlipPage(SubjectPage):
    """grounds: of its orders those that the reader may see; `unseen`: how many there are beside them."""

    grounds: list[Any] = field(default_factory=list)
    unseen: int = 0
    slips: list[Slip] = field(default_factory=list)
    rung: rungs.Rung | None = None


def page(slip_id: int, by: Actor) -> SlipPage:
    """Refused: there is none, or it is none of the reader's. At most fourteen statements."""
    slip = sight.slips(by).select_related("unit").filter(id=slip_id).first()
    if slip is None:
        raise Refused(no("hidden", "没有这份督办文书，或您无权查看"))
    _dated(slip)
    known = facts.of_slip(slip, clock.now())
    seen = list(cases.visible(by).filter(id__in=slip.cases).order_by("id"))
    made_on = clocks.local_day(slip.issued_at or clock.now())
    every = ladder.rungs()
    held = {one.code: one for one in rungs.in_force(every, made_on)}
    steps = subject_page.steps(procedures.SLIP, known, by)
    below = list(sight.slips(by).filter(id__in=slip.slips).order_by("id"))
    told = subject_page.history(SlipStep, SlipWords, slip.id, procedures.SLIP, FIELDS, () if by.roles & SEES_ALL else INSIDE,
                                names={"rung": {one.code: one.name for one in every}})
    files = step_files.hung(SlipStep, slip.id)
    more = {"urged": ladder.urged("slip", slip.id), "unreached": _unreached(slip)}
    page = SlipPage(slip, steps, told, more, files, seen, len(slip.cases) - len(seen), below, held.get(slip.rung))
    return hung_words.covered_page(page, *SAID, by=by)


def _unreached(slip: Slip) -> bool:
    """Before it is sent and until it is acknowledged: is there nobody at its unit whom a message reaches? At most three statements."""
    return slip.state in {SlipState.SIGNED, SlipState.ISSUED} and not facts.whom(slip.unit_id, clock.now(), heads=True)


def open_file(slip_id: int, file_id: int, by: Actor) -> tuple[Any, Any]:
    """(row, open bytes) of a file on a slip that the reader may see."""
    if not sight.slips(by).filter(id=slip_id).exists():
        raise Refused(no("hidden", "没有这份督办文书，或您无权查看"))
    return step_files.opened(SlipStep, slip_id, file_id)


def drafting(by: Actor) -> list[tuple[str, str]]:
    """Rungs that a person's own slip may rest on today. One statement."""
    today = clocks.local_day(clock.now())
    return [(one.code, f"{one.measure.label}：{one.name}（{one.condition}）") for one in rungs.in_force(ladder.rungs(), today)
            if not one.measure.by_clock and not one.trigger.of_unit]


