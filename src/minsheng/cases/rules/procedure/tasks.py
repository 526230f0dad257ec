"""What a unit gives to others to do, and what comes of it."""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import Ask, TaskKind, TaskState
from minsheng.cases.rules import State as S
from minsheng.cases.rules import checks as c
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure.shared import HANDLED, Rows, one
from minsheng.cases.rules.readers import BAR, NOBODY, SILENT, Citizen, Desk, Place
from minsheng.kit.steps import Step

ROWS: Rows = [
    Step("settle_duty", "认定职责", HANDLED | one(S.PENDING_REVIEW, S.PENDING_SIGN, S.PENDING_CHECK, S.PENDING_CALLBACK, S.CLOSED), None, R.COORDINATOR, (g.nothing_pending(Ask.CONSULT),), ("lead", "co_units?", "ruling"),
         checks=(c.unit_can_take("lead"), c.unit_can_take("co_units"), c.lead_can_keep, c.lead_stays),
         citizen=Citizen("协调会研究了您的诉求，明确了牵头单位"), message=NOBODY, desk=Desk(quoted="认定职责")),
    Step("add_co", "增加协办", one(S.PENDING_SIGN, S.IN_PROGRESS, S.PARKED), None, R.COORDINATOR, (), ("co_unit", "duty", "task_due?"),
         checks=(c.unit_can_take("co_unit"), c.within_own_limit),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("assign_task", "单位内派单", one(S.IN_PROGRESS), None, R.UNIT_LIAISON, (g.of_own_unit,), ("task_unit", "duty", "task_due?"),
         checks=(c.unit_can_take("task_unit"), c.below_own_unit, c.within_own_limit),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("county_dispatch", "县区二次派单", one(S.IN_PROGRESS), None, R.COUNTY_CENTRE, (g.of_own_unit,), ("task_unit", "duty", "task_due?"),
         checks=(c.unit_can_take("task_unit"), c.below_own_unit, c.within_own_limit),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("task_sign", "签收任务", HANDLED | one(S.PENDING_SIGN), None, R.UNIT_LIAISON, (g.task_of_own_unit, g.task_in(TaskState.PENDING_SIGN)), ("task", "noted_at?"),
         citizen=SILENT, message=NOBODY, desk=Desk(main=True, task_tap=1, at_once=True)),
    Step("task_return", "退回任务", HANDLED | one(S.PENDING_SIGN), None, R.UNIT_LIAISON, (g.task_of_own_unit, g.task_in(TaskState.PENDING_SIGN)), ("task", "reason"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("task_reply", "反馈任务", HANDLED | one(S.PENDING_SIGN), None, R.UNIT_HANDLER, (g.task_of_own_unit, g.task_in(TaskState.IN_PROGRESS)), ("task", "done", "files?", "noted_at?"),
         citizen=SILENT, message=NOBODY, desk=Desk(main=True, task_tap=3)),
    Step("task_accept", "认可反馈", HANDLED, None, R.UNIT_LIAISON, (g.task_given_by_us(TaskKind.SECTION), g.task_in(TaskState.REPLIED)), ("task",), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.TASK, task=TaskKind.SECTION), rests_on=("task_reply",)),
    Step("task_redo", "退回重做", HANDLED, None, R.UNIT_LIAISON, (g.task_given_by_us(TaskKind.SECTION), g.task_in(TaskState.REPLIED)), ("task", "reason"), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.TASK, task=TaskKind.SECTION), rests_on=("task_reply",)),
    Step("county_accept", "认可下级反馈", HANDLED, None, R.COUNTY_CENTRE, (g.task_given_by_us(TaskKind.COUNTY), g.task_in(TaskState.REPLIED)), ("task",), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.TASK, main=True, task=TaskKind.COUNTY), rests_on=("task_reply",)),
    Step("county_redo", "退回下级重做", HANDLED, None, R.COUNTY_CENTRE, (g.task_given_by_us(TaskKind.COUNTY), g.task_in(TaskState.REPLIED)), ("task", "reason"), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.TASK, task=TaskKind.COUNTY), rests_on=("task_reply",)),
    Step("co_accept", "认可协办反馈", HANDLED, None, R.UNIT_HANDLER, (g.of_own_unit, g.task_is_co, g.task_in(TaskState.REPLIED)), ("task",), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.TASK, task=TaskKind.CO), rests_on=("task_reply",)),
    Step("co_redo", "协办退回重做", HANDLED, None, R.UNIT_HANDLER, (g.of_own_unit, g.task_is_co, g.task_in(TaskState.REPLIED)), ("task", "reason"), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.TASK, task=TaskKind.CO), rests_on=("task_reply",)),
    Step("cancel_task", "取消任务", HANDLED | one(S.PENDING_SIGN), None, R.COORDINATOR, (g.task_in(TaskState.PENDING_SIGN, TaskState.IN_PROGRESS, TaskState.REPLIED),), ("task", "reason"),
         citizen=SILENT, message=NOBODY, desk=BAR),
]
