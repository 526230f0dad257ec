"""What is checked of a task: to whom, and by when."""

from __future__ import annotations

from datetime import datetime

from minsheng.cases.rules import CaseFacts
from minsheng.cases.rules.checks.shared import Given, World
from minsheng.kit.steps import asks


@asks("须是本单位下级")
def below_own_unit(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    unit = world.tree.by_id.get(given.get("task_unit", 0))
    if unit and (unit.id == world.by.unit or world.by.unit not in unit.path):
        return {"task_unit": "只能派给本单位的下级"}
    return {}


@asks("任务期限早于主办期限")
def within_own_limit(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """A sub-deadline is shorter than the lead's own (rulings, 45)."""
    if "task_due" not in given:
        return {}
    due = datetime.fromisoformat(given["task_due"])
    if world.due_at and due > world.due_at:
        return {"task_due": f"不得晚于主办时限 {world.due_at.isoformat(timespec='minutes')}"}
    return {}
