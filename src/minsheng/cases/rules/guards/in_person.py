"""What is asked before a leader of a desk does something in person."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.facts import CaseFacts
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no


@asks("本人接听席上的来电")
def at_own_desk(case: CaseFacts, by: Actor) -> Verdict:
    mine = case.desk.leader and case.desk.leader == by.id
    return YES if mine else no("not_own_desk", "只能办理本人接听席上接的来电")
