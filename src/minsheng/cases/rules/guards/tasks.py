"""What is asked before somebody signs, answers or judges a task."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.facts import CaseFacts
from minsheng.cases.rules.states import TaskKind, TaskState
from minsheng.kit.steps import Guard, asks
from minsheng.kit.verdict import YES, Verdict, no


def task_in(*states: TaskState) -> Guard:
    @asks("任务" + "或".join(s.label for s in states))
    def task_stands(case: CaseFacts, by: Actor) -> Verdict:
        if case.task is None:
            return YES if any(t.state in states for t in case.tasks) else no("no_task", "没有可办的协办或二次派单任务")
        return YES if case.task.state in states else no("task_state", f"任务状态为“{case.task.state.label}”")

    return task_stands


@asks("任务属本单位")
def task_of_own_unit(case: CaseFacts, by: Actor) -> Verdict:
    if not case.tasks:
        return no("no_task", "没有协办或二次派单任务")
    mine = [case.task] if case.task else case.tasks
    return YES if any(t.unit == by.unit for t in mine) else no("not_yours", "任务不属于您的单位")


def task_given_by_us(kind: TaskKind) -> Guard:
    @asks(f"由本单位派出的{kind.label}任务")
    def given_here(case: CaseFacts, by: Actor) -> Verdict:
        mine = [case.task] if case.task else case.tasks
        ours = any(t.given_by_unit == by.unit and t.kind == kind for t in mine)
        return YES if ours else no("no_task", f"没有由您单位派出的{kind.label}任务")

    return given_here


@asks("是协办任务")
def task_is_co(case: CaseFacts, by: Actor) -> Verdict:
    mine = [case.task] if case.task else case.tasks
    return YES if any(t.kind == TaskKind.CO for t in mine) else no("no_task", "没有协办任务")
