"""What steps on a task write: a slice of duty given to a co-unit, a township or a section (rulings, 45)."""

from __future__ import annotations

from datetime import datetime

from minsheng.cases.effects import clocks, restriction
from minsheng.cases.effects.context import Deed, effect, keep_files
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import CaseTask
from minsheng.cases.rules import State, TaskKind, TaskState


def give_task(deed: Deed, kind: TaskKind, unit: int, due: datetime | None) -> None:
    """A slice of duty; its own due date is shorter than the lead's: by default one working hour's rest before it."""
    deed.new.append(CaseTask(case_id=deed.case.id, kind=kind, unit_id=unit, given_by_unit=deed.by.unit, state=TaskState.PENDING_SIGN,
                             created_at=deed.at, due_at=due or clocks.sub_deadline(deed.case, deed.at), step_id=deed.row.id))
    mark(deed.case, tasks=deed.case.marks.tasks + 1)
    restriction.open_to_unit(deed, unit)


def stop_tasks(deed: Deed) -> None:
    """Slices of duty that are not done end with the order that they belong to; a merge that is undone gives them back."""
    if not deed.case.marks.tasks:
        return
    rows = CaseTask.objects.filter(case_id=deed.case.id, state__in=[s.value for s in TaskState if s.is_open])
    if State(deed.row.to) is State.MERGED:
        mark(deed.case, stopped_tasks={row.id: TaskState(row.state) for row in rows})
    restriction.close_to_units(deed, *rows.values_list("unit_id", flat=True))
    rows.update(state=TaskState.CANCELLED, ended_at=deed.at)


def resume_tasks(deed: Deed) -> None:
    for id_, state in deed.case.marks.stopped_tasks.items():
        CaseTask.objects.filter(id=id_, case_id=deed.case.id).update(state=state, ended_at=None)
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


_TASK_TO = {
    "task_sign": (TaskState.IN_PROGRESS, "signed_at"), "task_return": (TaskState.RETURNED, "ended_at"),
    "task_reply": (TaskState.REPLIED, "replied_at"), "task_accept": (TaskState.ACCEPTED, "ended_at"),
    "county_accept": (TaskState.ACCEPTED, "ended_at"), "co_accept": (TaskState.ACCEPTED, "ended_at"),
    "task_redo": (TaskState.IN_PROGRESS, None), "county_redo": (TaskState.IN_PROGRESS, None), "co_redo": (TaskState.IN_PROGRESS, None),
    "cancel_task": (TaskState.CANCELLED, "ended_at"),
}


@effect(*_TASK_TO)
def move_task(deed: Deed) -> None:
    task = CaseTask.objects.get(id=deed.values["task"], case_id=deed.case.id)
    state, stamp = _TASK_TO[deed.step.name]
    task.state = state
    if stamp:
        setattr(task, stamp, deed.at)
    else:
        task.redos += 1
    deed.altered.append(task)
    if state.is_gone:
        restriction.close_to_units(deed, task.unit_id)
    keep_files(deed, "proof")
