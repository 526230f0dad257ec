"""A declared topic (重点议题): who leads, what is done, from when; its effect is measured, not said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no


class TopicState(Labelled):
    NEW = "new", "新建"
    PROPOSED = "proposed", "待确定"
    ACTIVE = "active", "推进中"
    ENDED = "ended", "已结束"
    DROPPED = "dropped", "不列"


FIELDS = table(
    Field("name", "议题名称", "text", longest=80, official=True),
    Field("category", "诉求分类", "id"),
    Field("district", "区县", "id", help="只就一个区县的填写"),
    Field("lead", "牵头单位", "id"),
    Field("measures", "措施", "long", longest=2000, official=True, help="做什么、谁做；不写诉求人的姓名、电话、住址"),
    Field("since", "措施开始日期", "day", help="效果从这一天起与以前比"),
    Field("until", "计划完成日期", "day"),
    Field("finding", "效果结论", "long", longest=2000, official=True),
    Field("reason", "理由", "long", longest=600, official=True),
)


@dataclass(frozen=True, slots=True)
class TopicFacts:
    id: int
    state: TopicState
    drafters: tuple[int, ...] = ()
    answerable: frozenset[int] = frozenset()  # who declared it or ever changed its measures
    lead_in_use: bool = True


@asks("不是提出人")
def not_proposed_by_me(facts: TopicFacts, by: Actor) -> Verdict:
    return no("own", "您参与了提出，须由另一人确定") if by.id in facts.drafters else YES


@asks("牵头单位在用")
def lead_in_use(facts: TopicFacts, by: Actor) -> Verdict:
    return YES if facts.lead_in_use else no("dissolved", "牵头单位已停用，请提出人先修改牵头单位")


@asks("没有确定或调整过它的措施")
def not_answerable(facts: TopicFacts, by: Actor) -> Verdict:
    """Whoever set the measures does not say what they brought (rulings, 104)."""
    return no("own", "您确定或调整过这个议题的措施，效果须由另一位督办员认定") if by.id in facts.answerable else YES


_WORDS = ("name", "lead", "measures", "since", "until")
_PROPOSED, _ACTIVE = frozenset({TopicState.PROPOSED}), frozenset({TopicState.ACTIVE})
TOPIC = Procedure([
    Step("propose_topic", "提出重点议题", frozenset({TopicState.NEW}), TopicState.PROPOSED, R.COORDINATOR, (), ("category", "district?", *_WORDS)),
    Step("amend_topic", "修改议题", _PROPOSED, None, R.COORDINATOR, (), _WORDS, rests_on=("amend_topic",)),
    Step("declare_topic", "确定为重点议题", _PROPOSED, TopicState.ACTIVE, R.SUPERVISOR, (not_proposed_by_me, lead_in_use), rests_on=("amend_topic",)),
    Step("drop_topic", "不列", _PROPOSED, TopicState.DROPPED, R.SUPERVISOR, (not_proposed_by_me,), ("reason",)),
    Step("change_measures", "调整措施", _ACTIVE, None, R.COORDINATOR, (), ("measures", "until", "reason"), rests_on=("change_measures",)),
    Step("end_topic", "结束议题", _ACTIVE, TopicState.ENDED, R.SUPERVISOR, (not_proposed_by_me, not_answerable), ("finding",), rests_on=("change_measures",)),
])


@dataclass(frozen=True, slots=True)
class World:
    """What the fields may be held against. `since`: as it stands, where a step gives none."""

    categories: frozenset[int]
    districts: frozenset[int]
    leads: frozenset[int]
    waiting: bool = False  # is there one on the same that has not ended?
    since: date | None = None


def wrong(values: Mapping[str, Any], world: World) -> dict[str, str]:
    known = {"category": (world.categories, "请选择在用的诉求分类"), "district": (world.districts, "请选择区县"), "lead": (world.leads, "请选择在用的承办单位")}
    found = {name: said for name, (ids, said) in known.items() if name in values and values[name] not in ids}
    since = values.get("since") or (world.since.isoformat() if world.since else "")
    if "until" in values and values["until"] < since:
        found["until"] = "计划完成日期不能早于措施开始日期"
    if world.waiting:
        found["category"] = "同一事项已有没有结束的议题"
    return found
