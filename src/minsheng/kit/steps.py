"""The step engine: a procedure is a table of `Step` rows; one function answers who may take which, and why not.

The engine knows states only as strings with attributes and facts only as an object handed to the guards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from minsheng.kit.verdict import YES, Verdict, no

Guard = Callable[[Any, Any], Verdict]
F = TypeVar("F", bound=Callable[..., Any])


def asks(words: str) -> Callable[[F], F]:
    """Beside a guard or a check: what it asks, in the words of the page of the procedure."""

    def put(asking: F) -> F:
        asking.asks = words  # type: ignore[attr-defined]
        return asking

    return put


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a procedure.

    name    the step's name in code, API, history and docs
    label   what the button says
    frm     the states it may be taken in
    to      the state it leads to; None: the state stays
    who     the one role that takes it (rulings, 6)
    guards  (facts, actor) -> Verdict, asked in order, the first no counts
    needs   names of fields that must be given (`optional` ones end in "?")
    checks  what is asked of what was given, in types of the subject
    clock   what happens to the clocks (cases.procedure.Clock)
    limit   the row of the table of time limits that the step starts
    citizen, message, desk  what it says to each of its readers, in types of the subject
    touches other subjects that it may change, locked before the verdict: names that the subject's door understands
    hands_on fields that go into the subject which the step makes; the history of this one does not keep them
    judges  steps whose deed this one judges: nobody judges their own
    rests_on steps whose words it answers or replaces: whoever opened the page before one of them was taken reads it first (rulings, 109)
    warns   what is out of hand once it is taken; a page says it and asks for a second press, also where nothing is to be filled in
    also    other roles of the same side that may take it in the other's stead; the history keeps in which of them it was taken
    """

    name: str
    label: str
    frm: frozenset[Any]
    to: Any
    who: Any
    guards: tuple[Guard, ...] = ()
    needs: tuple[str, ...] = ()
    checks: tuple[Callable[..., Any], ...] = ()
    clock: Any = None
    limit: str = ""
    citizen: Any = None
    message: Any = None
    desk: Any = None
    touches: tuple[str, ...] = ()
    hands_on: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    also: tuple[Any, ...] = ()
    rests_on: tuple[str, ...] = ()
    warns: str = ""

    @property
    def asks(self) -> bool:
        """Has a page something to ask before it is taken?"""
        return bool(self.needs or self.warns)

    @property
    def takers(self) -> tuple[Any, ...]:
        return (self.who, *self.also)

    @property
    def by_whom(self) -> str:
        return "或".join(role.label for role in self.takers)

    def fits(self, actor: Any) -> bool:
        """Has the actor a role that takes it?"""
        return any(role in actor.roles for role in self.takers)

    def taken_as(self, actor: Any) -> Any:
        """The role in which the actor takes it."""
        return next((role for role in self.takers if role in actor.roles), self.who)

    @property
    def public(self) -> str:
        """The line of the citizen's timeline; "" keeps it inside."""
        return self.citizen.public if self.citizen else ""

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(n for n in self.needs if not n.endswith("?"))

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(n.rstrip("?") for n in self.needs)


class Procedure:
    """The rows by name, in the order of the table."""

    def __init__(self, rows: Iterable[Step]):
        self.rows = tuple(rows)
        self._by_name = {row.name: row for row in self.rows}
        if len(self._by_name) != len(self.rows):
            raise ValueError("two steps share a name")

    def __iter__(self) -> Iterator[Step]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Step:
        return self._by_name[name]

    def get(self, name: str) -> Step | None:
        return self._by_name.get(name)

    def by_role(self, role: Any) -> tuple[Step, ...]:
        return tuple(row for row in self.rows if role in row.takers)


def verdict(step: Step, facts: Any, actor: Any) -> Verdict:
    """May `actor` take `step` on what `facts` describes? Person first, then state, then the guards in order."""
    if not step.fits(actor):
        return no("role", f"“{step.label}”由{step.by_whom}办理")
    if facts.state not in step.frm:
        return no("state", f"当前状态为“{facts.state.label}”，不能{step.label}")
    for guard in step.guards:
        answer = guard(facts, actor)
        if not answer:
            return answer
    return YES
