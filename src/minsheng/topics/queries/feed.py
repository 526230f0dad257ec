"""The bells of topics: who may hear of one, and of a warning."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.kit.notices import Kind
from minsheng.topics.queries import declared
from minsheng.topics.rules.counting import READERS


def _topics(by: Actor, ids: list[int]) -> set[int]:
    return set(declared.visible(by).filter(id__in=ids).values_list("id", flat=True))


def _warnings(by: Actor, ids: list[int]) -> set[int]:
    return set(ids) if by.roles & READERS else set()


KINDS = (Kind("topic", _topics), Kind("topic_warning", _warnings, personal=True))
