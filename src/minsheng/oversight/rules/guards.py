"""Who may take which step of a slip, and why not. Each reads the facts and the actor. Pure."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.oversight.rules.facts import SlipFacts


@asks("不属送达单位一系")
def outside_unit(facts: SlipFacts, by: Actor) -> Verdict:
    inside = facts.unit_line & {by.unit, *by.unit_path}
    return no("own_unit", "督办文书须由送达单位以外的人员办理") if inside else YES


@asks("没有参与拟稿")
def not_drafted_by_me(facts: SlipFacts, by: Actor) -> Verdict:
    return no("own", "您参与了拟稿，须由另一人办理") if by.id in facts.drafters else YES


@asks("写明了所依据的工单或文书")
def has_ground(facts: SlipFacts, by: Actor) -> Verdict:
    return YES if facts.grounds else no("no_ground", "没有所依据的工单或文书，不能签发")


@asks("送达单位在用，或有单位接手")
def acted_on(facts: SlipFacts, by: Actor) -> Verdict:
    """What is sent to a unit that was dissolved reaches nobody."""
    return YES if facts.acted_on else no("dissolved", "送达单位已停用，没有单位接手，发出去没有人收。请“不发”，另拟给接手其职责的单位；已签发的先退回拟稿")


@asks("送达单位或其上级的人员")
def of_unit(facts: SlipFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit in facts.unit_path else no("not_own", "由送达单位办理")
