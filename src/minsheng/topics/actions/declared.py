"""The declared topic as the engine takes it, and its two doors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.kit import clock, engine, stepped
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.in_turn import in_turn
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.verdict import YES, Verdict
from minsheng.measures import queries as measures
from minsheng.topics import effects
from minsheng.topics.models import Topic, TopicStep, TopicWords
from minsheng.topics.queries import declared as read
from minsheng.topics.rules import declared
from minsheng.topics.rules.declared import FIELDS, TopicFacts, TopicState


class Topics(SteppedKind[Topic]):
    procedure, effects, fields = declared.TOPIC, effects.TOPIC, FIELDS
    name, label, model, rows, words = "topic", "重点议题", Topic, TopicStep, TopicWords
    decided = {"name": "议题名称", "category_id": "诉求分类", "district_id": "区县", "lead_id": "牵头单位", "measures": "措施", "since": "措施开始",
               "until": "计划完成", "drafters": "提出人", "declared_at": "确定时间", "ended_on": "结束日期", "finding": "效果结论",
               "counted": "结束时的前后对比"}

    def facts(self, subject: Topic, at: datetime) -> TopicFacts:
        return read.facts_of(subject)

    def sees(self, facts: TopicFacts, by: Actor) -> Verdict:
        return YES if read.visible(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Topic]) -> dict[str, str]:
        waiting = False
        if deed.step.name == "propose_topic":
            same = Topic.objects.filter(category_id=deed.values.get("category", 0), district_id=deed.values.get("district"))
            waiting = same.filter(state__in=(TopicState.PROPOSED, TopicState.ACTIVE)).exists()
        return declared.wrong(deed.values, read.world(deed.subject, waiting))

    def gather(self, deed: Deed[Topic]) -> None:
        deed.found["today"] = measures.today()
        if deed.step.name == "end_topic":
            deed.found["counted"] = read.kept(deed.subject)


TOPICS = Topics()


@transaction.atomic
def propose(*, by: Actor, given: Mapping[str, Any], key: str = "", at: datetime | None = None) -> TopicStep:
    """Two who propose the same at once take turns."""
    at = at or clock.now()
    in_turn("topics.declared")
    one = Topic(id=new_id(at), state=TopicState.NEW.value, updated_at=at)
    return engine.make(TOPICS, one, "propose_topic", by=by, given=given, at=at, key=key)


def take(*, topic_id: int, step: str, by: Actor, given: Mapping[str, Any] | None = None, key: str = "", at: datetime | None = None) -> TopicStep:
    return engine.take(TOPICS, topic_id, step, by=by, given=given, at=at, key=key)


def verify_history() -> Iterator[str]:
    """For `doctor`: every row of the history of topics that was changed, deleted or cut off."""
    return stepped.broken(TOPICS)
