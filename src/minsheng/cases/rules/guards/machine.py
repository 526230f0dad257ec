"""What is asked before the clock moves a case."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.facts import CaseFacts
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no


@asks("诉求人都已撤回")
def nobody_left(case: CaseFacts, by: Actor) -> Verdict:
    left = case.merge.left and not case.merge.count
    return YES if left else no("somebody_left", "本单还有诉求人没有撤回")


@asks("限制已到期")
def no_reader_left(case: CaseFacts, by: Actor) -> Verdict:
    return no("not_over", "限制尚未到期") if case.restriction.readers else YES


@asks("主办单位已成为被反映单位（如两单位合并）")
def lead_is_of_the_line(case: CaseFacts, by: Actor) -> Verdict:
    """The tree has changed since: the unit complained of has become the lead, or the lead the unit complained of (rulings, 30)."""
    return YES if case.lead.unit in case.complaint.line else no("not_of_line", "主办单位不属被反映单位")


@asks("有任务在被反映单位手上")
def tasks_are_of_the_line(case: CaseFacts, by: Actor) -> Verdict:
    held = any(t.state.is_open and t.unit in case.complaint.line for t in case.tasks)
    return YES if held else no("not_of_line", "没有任务在被反映单位手上")
