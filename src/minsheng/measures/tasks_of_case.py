"""What a history says of the tasks that were asked of co-units (rulings, 66). Part of `facts_of_case` by kind. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from minsheng.cases.rules import decided
from minsheng.cases.rules.replay import OF_LINE, TAKEN_BACK
from minsheng.cases.rules.states import TASK_TO, State, TaskState

SENDS = frozenset({"dispatch", "night_dispatch"})


class Row(NamedTuple):
    """A row of the table of tasks: what steps on it name it by, and when it ended, for the steps that do not say which tasks they end."""

    id: int
    ended_at: str | None


Rows = Mapping[int, Sequence[Row]]  # by the step that gave them, in the order in which it did


@dataclass(slots=True)
class Task:
    """`stopped_at`: since when nobody waits for its answer: given back, or taken away before there was one."""

    row: Row
    unit: int
    at: str
    due: str | None
    state: TaskState = TaskState.PENDING_SIGN
    replied_at: str | None = None
    stopped_at: str | None = None
    held: TaskState | None = None  # as it was when its order was merged

    @property
    def counts(self) -> bool:
        """Not what was taken away before its date without an answer."""
        return self.state is not TaskState.CANCELLED or self.replied_at is not None or bool(self.due and self.stopped_at and self.due < self.stopped_at)

    @property
    def standing(self) -> str:
        return "returned" if self.state is TaskState.RETURNED else ""


class Tasks:
    """Those of one case, in the order in which they were given."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.given: list[Task] = []

    def take(self, one: Any, before: State) -> None:
        """What a step does to them. `before`: where the case stood."""
        if one.step in TASK_TO:
            self._move(one)
        elif _ends(one, before):
            self._stop(one)
        elif one.step == "unmerge":
            self._resume()
        self.given += self._new(one)

    def _new(self, one: Any) -> Iterator[Task]:
        units, dues = _units(one), _list(one.given.get("dues"))
        for place, (row, unit) in enumerate(zip(self.rows.get(one.id, ()), units, strict=False)):
            yield Task(row, unit, _plain(one.at), _time(dues[place]) if place < len(dues) else None)

    def _move(self, one: Any) -> None:
        for task in self.given:
            if str(task.row.id) == str(one.given.get("task")):
                task.state, stamp = TASK_TO[one.step]
                if stamp == "replied_at":
                    task.replied_at = _plain(one.at)
                if task.state is TaskState.RETURNED or (task.state.is_gone and not task.replied_at):
                    task.stopped_at = _plain(one.at)

    def _stop(self, one: Any) -> None:
        for task in self.given:
            if task.state.is_open and (one.step not in OF_LINE or task.row.ended_at == _plain(one.at)):
                task.held = task.state if one.to == State.MERGED else None
                task.state = TaskState.CANCELLED
                task.stopped_at = None if task.replied_at else _plain(one.at)

    def _resume(self) -> None:
        for task in self.given:
            if task.held:
                task.state, task.stopped_at, task.held = task.held, None, None


def _ends(one: Any, before: State) -> bool:
    after = State(one.to) if one.to in State._value2member_map_ else before
    return (after is not before and not after.is_open) or one.step in TAKEN_BACK or one.step in OF_LINE


def _units(one: Any) -> list[int]:
    named = _list(one.given.get("co_units")) if one.step in SENDS else [one.given.get("co_unit")] if one.step == "add_co" else []
    return [unit for unit in named if isinstance(unit, int)]


def _list(value: Any) -> list:
    """What is no list, which only damage is, holds nothing."""
    return value if isinstance(value, list) else []


def _time(written: Any) -> str | None:
    """None: no date was told."""
    try:
        return _plain(datetime.fromisoformat(written))
    except (TypeError, ValueError, OverflowError):
        return None


def _plain(at: Any) -> str:
    return str(decided._plain(at))
