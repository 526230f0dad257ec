"""What steps on a task write: a slice of duty given to a co-unit, a township or a section (rulings, 45)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from minsheng.cases.effects import clocks, restriction
from minsheng.cases.effects.context import Deed, effect, keep_files
from minsheng.cases.effects.in_hand import TASKS
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import CaseTask
from minsheng.cases.rules import State, TaskKind, TaskState
from minsheng.cases.rules.states import TASK_TO


def give_task(deed: Deed, kind: TaskKind, unit: int, due: datetime | None) -> None:
    """A slice of duty; its own due date is shorter than the lead's: by default one working hour's rest before it."""
    due = due or clocks.sub_deadline(deed.case, deed.at)
    deed.new.append(CaseTask(case_id=deed.case.id, kind=kind, unit_id=unit, given_by_unit=deed.by.unit, state=TaskState.PENDING_SIGN,
                             created_at=deed.at, due_at=due, step_id=deed.row.id))
    deed.row.given = {**deed.row.given, "dues": [*deed.row.given.get("dues", ()), due.isoformat() if due else None]}
    mark(deed.case, tasks=deed.case.marks.tasks + 1)
    restriction.open_to_unit(deed, unit)


def tasks_of(deed: Deed) -> None:
    """For a step whose effect looks at them."""
    TASKS.of(deed.case)


def open_tasks(deed: Deed) -> list[CaseTask]:
    return [task for task in TASKS.of(deed.case) if TaskState(task.state).is_open] if deed.case.marks.tasks else []


def end_tasks(deed: Deed, tasks: Iterable[CaseTask]) -> None:
    for task in tasks:
        task.state, task.ended_at = TaskState.CANCELLED, deed.at
        deed.altered.append(task)


def stop_tasks(deed: Deed) -> None:
    """Slices of duty that are not done end with the order that they belong to; a merge that is undone gives them back."""
    held = open_tasks(deed)
    if held and State(deed.row.to) is State.MERGED:
        mark(deed.case, stopped_tasks={task.id: TaskState(task.state) for task in held})
    restriction.close_to_units(deed, *(task.unit_id for task in held))
    end_tasks(deed, held)


def resume_tasks(deed: Deed) -> None:
    stopped = deed.case.marks.stopped_tasks
    for task in TASKS.of(deed.case) if stopped else ():
        if task.id in stopped:
            task.state, task.ended_at = stopped[task.id], None
            deed.altered.append(task)
    mark(deed.case, stopped_tasks={})


@effect("add_co")
def add_co(deed: Deed) -> None:
    give_task(deed, TaskKind.CO, deed.values["co_unit"], _due(deed))


@effect("assign_task")
def assign_task(deed: Deed) -> None:
    give_task(deed, TaskKind.SECTION, deed.values["task_unit"], _due(deed))


@effect("county_dispatch")
def county_dispatch(deed: Deed) -> None:
    give_task(deed, TaskKind.COUNTY, deed.values["task_unit"], _due(deed))


def _due(deed: Deed) -> datetime | None:
    return datetime.fromisoformat(deed.values["task_due"]) if deed.values.get("task_due") else None


@effect(*TASK_TO, before=(tasks_of,))
def move_task(deed: Deed) -> None:
    task = next(task for task in TASKS.of(deed.case) if task.id == deed.values["task"])
    state, stamp = TASK_TO[deed.step.name]
    task.state = state
    if stamp:
        setattr(task, stamp, deed.at)
    else:
        task.redos += 1
    deed.altered.append(task)
    if state.is_gone:
        restriction.close_to_units(deed, task.unit_id)
    keep_files(deed, "proof")
