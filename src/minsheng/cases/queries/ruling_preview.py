"""What each ruling would cause, said before it is taken: dates from the same clocks, counts from the same rules.

The lines stand with the request (`cases.rules.procedure`); here each {name} in them gets its value for one case. Reads only; the
effects of the same steps stand in `effects`, and a test takes every ruling and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from string import Formatter

from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases import rules
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseAsk
from minsheng.cases.queries.damage import readable
from minsheng.cases.rules import MAX_EXTENSIONS, PROBLEM_AT, Ask, State
from minsheng.cases.rules.clocks import ClockRow, Clocks
from minsheng.cases.rules.procedure import REQUESTS
from minsheng.kit import clock
from minsheng.kit.steps import Step
from minsheng.org import queries as org


@dataclass(frozen=True)
class RulingPreview:
    """One ruling that may be given. `usual`: the words that are written down when no others are, "" where the ground must be written."""

    step: str
    label: str
    then: tuple[str, ...]
    usual: str = ""


@dataclass(frozen=True)
class Before:
    """A ruling that is not taken yet: of which case, on what, by which step, when."""

    case: Case
    asked: CaseAsk
    step: Step
    now: datetime

    @cached_property
    def clocks(self) -> Clocks:
        """As they will stand once the case has gone where the ruling sends it."""
        to = State(self.step.to or self.case.state)
        return clocks.would(self.case, lambda own: None, to, self.now, {Ask(self.asked.ask)})

    @cached_property
    def extension(self) -> Limit:
        return clocks.extension_limit(self.case, self.asked.given.get("limit"), self.now)[0]

    @cached_property
    def redo(self) -> ClockRow | None:
        return clocks.would(self.case, lambda own: own.redo(self.now), State.IN_PROGRESS, self.now).last("handle")

    def day(self, at: datetime | None) -> str:
        return time_rules.for_public(at, clocks.city_calendar(), self.now) if at else "未定"

    def problem(self, returns: int, redos: int) -> str:
        return str(PROBLEM_AT) if rules.is_problem(returns, redos) and not self.case.problem else ""


def of(case: Case, asked: CaseAsk) -> list[RulingPreview]:
    """The rulings that this request can have, granting first, each with what follows from it. Refused("damaged") when nobody can say."""
    request, now = REQUESTS[Ask(asked.ask)], clock.now()
    with readable(case.id):
        return [_outcome(Before(case, asked, step, now), request.causes(step, ruling), step.desk.button or step.label, ruling.usual)
                for step, ruling in request.rulings]


def _outcome(before: Before, lines: Iterable[str], label: str, usual: str) -> RulingPreview:
    then = (_filled(line, before) for line in lines)
    return RulingPreview(before.step.name, label, tuple(line for line in then if line), _filled(usual, before))


def _filled(line: str, before: Before) -> str:
    """"" where a name in it has no value for this case."""
    values = {name: VALUES[name](before) for _, name, _, _ in Formatter().parse(line) if name}
    return line.format(**values) if all(values.values()) else ""


def _statutory(before: Before) -> str:
    """The procedure's own limit, where the matter knows that procedure."""
    known = before.case.category.statutory if before.case.category else {}
    if not known.get("finish") or known.get("code") != before.asked.given.get("statute"):
        return ""
    limit = Limit.parse(known["finish"])
    return f"{before.day(time_rules.due(before.now, limit, clocks.city_calendar()).due)}（{limit.label}，{known.get('basis', '')}）"


def _extended(before: Before) -> str:
    own = clocks.would(before.case, lambda own: own.extend(before.extension, ""), State.IN_PROGRESS, before.now)
    return before.day(own.due("handle"))


# What a line may name.
VALUES: dict[str, Callable[[Before], str]] = {
    "unit": lambda b: org.tree().name(b.case.lead_id) or "承办单位",
    "handle": lambda b: b.day(b.case.handle_due_at),
    "handle_then": lambda b: b.day(b.clocks.due("handle")),
    "sign_then": lambda b: b.day(b.clocks.due("sign")),
    "park_review": lambda b: b.day(clocks.due_by(b.case, "park_review", b.now)),
    "interim": lambda b: b.day(clocks.due_by(b.case, "interim", b.now)),
    "statutory": _statutory,
    "extended": _extended,
    "extension": lambda b: b.extension.label,
    "extensions": lambda b: str(b.case.extensions + 1),
    "extensions_left": lambda b: str(MAX_EXTENSIONS - b.case.extensions - 1),
    "returns": lambda b: str(b.case.returns + 1),
    "problem_by_return": lambda b: b.problem(b.case.returns + 1, b.case.redos),
    "redos": lambda b: str(b.case.redos + 1),
    "first_unit": lambda b: "" if b.case.lead_id else "没有派过单位：退回待派单，派给单位办理，期限自派单起算",
    "redo": lambda b: b.day(b.redo.due_at) if b.case.lead_id and b.redo else "",
    "redo_limit": lambda b: Limit.parse(b.redo.limit).label if b.redo else "",
    "problem_by_redo": lambda b: b.problem(b.case.returns, b.case.redos + 1),
}
