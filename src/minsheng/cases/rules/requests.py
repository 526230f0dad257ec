"""A request and its ruling, declared once: its three steps, its page, its limit, what either ruling causes. Pure.

What is left out follows from the rest: the steps are called ask_x, grant_x and refuse_x, "申请…", "同意…" and "不同意…"; nothing is asked
for twice, nothing is ruled on that was not asked for, and nobody rules on what they asked for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from minsheng.accounts.rules import Role
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.checks import Check
from minsheng.cases.rules.facts import PROBLEM_AT
from minsheng.cases.rules.readers import BAR, NOBODY, SILENT, Citizen, Desk, Message
from minsheng.cases.rules.states import Ask, Clock, State
from minsheng.kit.steps import Guard, Step

# What a line of a ruling may name, as the pages of docs/ say it in general; `queries.ruling_preview` has the value for one case.
NAMES = {
    "unit": "承办单位", "handle": "原期限", "handle_then": "新的期限", "sign_then": "新的期限", "park_review": "复核的期限", "interim": "期限",
    "statutory": "以该程序的为准", "extended": "新的期限", "extension": "所批的时长", "extensions": "n", "extensions_left": "n", "returns": "n",
    "problem_by_return": str(PROBLEM_AT), "first_unit": "当场答复、没有派过单位的：退回待派单，派给单位办理",
    "redos": "n", "redo": "新的期限", "redo_limit": "多长", "problem_by_redo": str(PROBLEM_AT),
}
GOES_ON = ("{unit}继续办理，办理期限仍为{handle}",)  # what a refusal causes where the declaration says nothing else


@dataclass(frozen=True, slots=True)
class Ruling:
    """One of the two answers: what `Step` says of its row, where it differs from the request's, and what the desk says of it.

    judges  steps whose deed it judges beside the request; None: as the request says
    then    what it causes, said above its button: lines with {names} that `queries.ruling_preview` fills in; a line whose name
            has no value for this case is left out; none: what the row says, of a refusal that all goes on
    usual   the words that are written down when the person wrote none; "": they must be written
    besides what it causes beside its row, in general: docs/procedure.md
    """

    name: str = ""
    label: str = ""
    to: Any = None
    guards: tuple[Guard, ...] = ()
    needs: tuple[str, ...] = ("ruling",)
    checks: tuple[Check, ...] = ()
    clock: Clock | None = None
    limit: str = ""
    citizen: Citizen = SILENT
    message: Message = NOBODY
    desk: Desk = BAR
    touches: tuple[str, ...] = ()
    judges: tuple[str, ...] | None = None
    then: tuple[str, ...] = ()
    usual: str = ""
    besides: str = ""


@dataclass(frozen=True)
class Request:
    """Something that one role asks for and another rules on. `Step` says what a name means that stands there too.

    frm      where it is asked for, and ruled on if asking moves nothing; `ruled_in` where that is elsewhere
    page     the name of the page where it waits for its ruling; `precedents`: with how the same was ruled before
    also     roles that may ask in the other's stead
    within   the row of the table of limits that the ruling has
    ruled_if what is asked of whoever rules, beside that the request waits and is not their own
    judges   what a ruling judges beside the request; `asking_judges`: what asking judges
    """

    ask: Ask
    asked_by: Role
    ruled_by: Role
    frm: frozenset[State]
    guards: tuple[Guard, ...]
    needs: tuple[str, ...]
    page: str
    granted: Ruling
    refused: Ruling | None = Ruling()
    checks: tuple[Check, ...] = ()
    label: str = ""
    to: State | None = None
    clock: Clock | None = None
    limit: str = ""
    citizen: Citizen = SILENT
    message: Message = NOBODY
    desk: Desk = BAR
    asking_judges: tuple[str, ...] = ()
    ruled_in: frozenset[State] = frozenset()
    ruled_if: tuple[Guard, ...] = ()
    judges: tuple[str, ...] = ()
    within: str = "rule"
    precedents: bool = False
    also: tuple[Role, ...] = ()

    @cached_property
    def asking(self) -> Step:
        return Step(f"ask_{self.ask.value}", self.label or f"申请{self.ask.label}", self.frm, self.to, self.asked_by, self._asked_if, self.needs,
                    checks=self.checks, clock=self.clock, limit=self.limit, citizen=self.citizen, message=self.message, desk=self.desk, judges=self.asking_judges, also=self.also)

    @property
    def _asked_if(self) -> tuple[Guard, ...]:
        """A state of its own says already that it waits; else that nothing waits is asked, last where the declaration says no other place."""
        alone = g.nothing_pending(self.ask)
        asked = self.to is not None or alone in self.guards
        return self.guards if asked else (*self.guards, alone)

    @cached_property
    def waits_in(self) -> frozenset[State]:
        """Where somebody can rule on it; a case that goes elsewhere carries it no longer."""
        return self.ruled_in or (frozenset({self.to}) if self.to else self.frm)

    @cached_property
    def rulings(self) -> tuple[tuple[Step, Ruling], ...]:
        """The steps it can be ruled by, granting first."""
        made = [(self._ruling(self.granted, "grant", "同意"), self.granted)]
        if self.refused is not None:
            made.append((self._ruling(self.refused, "refuse", "不同意"), self.refused))
        return tuple(made)

    def causes(self, step: Step, ruling: Ruling) -> tuple[str, ...]:
        """What that ruling causes, in lines to be filled in."""
        if ruling.then:
            return ruling.then
        if ruling is self.refused:
            return GOES_ON
        moved = f"工单转为“{step.to.label}”" if step.to else "工单状态不变"
        return (moved, *([step.clock.label] if step.clock else []), *([f"诉求人看到：{step.public}"] if step.public else []))

    def _ruling(self, said: Ruling, name: str, label: str) -> Step:
        waits = () if self.to is not None else (g.is_pending(self.ask),)
        judges = (f"ask_{self.ask.value}", *(self.judges if said.judges is None else said.judges))
        return Step(said.name or f"{name}_{self.ask.value}", said.label or label + self.ask.label, self.waits_in, said.to, self.ruled_by,
                    (*waits, *self.ruled_if, *said.guards), said.needs, checks=said.checks, clock=said.clock, limit=said.limit, citizen=said.citizen,
                    message=said.message, desk=said.desk, touches=said.touches, judges=judges, rests_on=(f"ask_{self.ask.value}",))

    @property
    def steps(self) -> tuple[Step, ...]:
        return (self.asking, *(step for step, _ in self.rulings))


def steps_of(part: Iterable[Step | Request]) -> list[Step]:
    """The steps of a part of the procedure, each request by its own."""
    return [step for row in part for step in (row.steps if isinstance(row, Request) else (row,))]
