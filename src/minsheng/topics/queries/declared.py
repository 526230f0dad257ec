"""Declared topics: the list, one's page, and its effect: as long after the measures began as before, each count with its cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.kit.intervals import wilson
from minsheng.kit.paging import Page, every, keyset
from minsheng.kit.subject_page import SubjectPage, history, steps
from minsheng.kit.verdict import Refused, no
from minsheng.measures import queries as measures
from minsheng.org import queries as org
from minsheng.topics.models import Topic, TopicStep, Warned
from minsheng.topics.queries import groups
from minsheng.topics.rules import counting, declared
from minsheng.topics.rules.counting import Ratio, Span
from minsheng.topics.rules.declared import FIELDS, TOPIC, TopicFacts, TopicState

LONGEST = 91  # days on either side


def visible(by: Actor) -> Any:
    return Topic.objects.all() if by.roles & (counting.READERS | {Role.CLOCK}) else Topic.objects.none()


_SETS = ("declare_topic", "change_measures")


def facts_of(one: Topic) -> TopicFacts:
    """One statement, none of a topic that is not pursued: who set its measures stands in its history."""
    set_by: frozenset[int] = frozenset()
    if one.state == TopicState.ACTIVE:
        set_by = frozenset(TopicStep.objects.filter(subject_id=one.id, step__in=_SETS).values_list("by_id", flat=True))
    return TopicFacts(one.id, TopicState(one.state), tuple(one.drafters), set_by,
                      one.state != TopicState.PROPOSED or one.lead_id in {id_ for id_, _ in leads()})


def world(one: Topic, waiting: bool = False) -> declared.World:
    return declared.World(frozenset(cases.categories()), frozenset(id_ for id_, _ in districts()), frozenset(id_ for id_, _ in leads()), waiting, one.since)


def districts() -> list[tuple[int, str]]:
    return [(u.id, u.short or u.name) for u in org.tree().by_id.values() if u.active and u.kind.is_district]


def matters() -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in sorted(cases.categories().values(), key=lambda one: one.code)]


def leads() -> list[tuple[int, str]]:
    return [(u.id, u.short or u.name) for u in org.tree().by_id.values() if u.active and u.kind.handles]


def listed(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    return keyset(visible(by), ("-id",), after, size)


COLUMNS = ("议题", "诉求分类", "区县", "牵头单位", "状态", "措施", "措施开始", "计划完成", "确定时间", "结束日期", "效果结论")


def lines(by: Actor) -> Iterator[list]:
    """The list as a table, the oldest first. Its words are an office's own."""
    tree, matters = org.tree(), cases.categories()
    for rows in every(visible(by)):
        for one in rows:
            place, lead = (tree.by_id[id_].name if id_ in tree.by_id else "" for id_ in (one.district_id, one.lead_id))
            yield [one.name, matters[one.category_id].name if one.category_id in matters else "", place, lead, one.get_state_display(), one.measures,
                   one.since, one.until, clocks.local_minute(one.declared_at), one.ended_on or "", one.finding]


def warned(by: Actor, size: int = 20) -> list[Warned]:
    """The newest. One statement."""
    return list(Warned.objects.order_by("-id")[:size]) if by.roles & counting.READERS else []


@dataclass(frozen=True)
class Effect:
    """Counts before and after, all cases of the hotline in the same spans beside them; shares of hard ones as (share, low, high).
    `on`: the day on which they were counted."""

    before: Span
    after: Span
    n: tuple[int, int]
    hard: tuple[int, int]
    totals: tuple[int, int]
    ratio: Ratio | None
    shares: tuple[tuple[float, float, float] | None, ...]
    on: date


def effect(one: Topic) -> Effect | None:
    """None: the measures had not begun. Of a topic that has ended as it was counted then, of any other as it is now: four statements."""
    if one.counted is not None:
        return _read(one.counted)
    last = min(measures.today(), one.ended_on or date.max)
    if one.since is None or one.since > last:
        return None
    days = min((last - one.since).days + 1, LONGEST)
    spans = Span(one.since - timedelta(days=days), one.since - timedelta(days=1)), Span(one.since, one.since + timedelta(days=days - 1))
    by, key = ("place", (one.category_id, one.district_id)) if one.district_id else ("category", (one.category_id,))
    (n0, h0), (n1, h1) = (groups.count_in(span, by, key) for span in spans)
    return _effect(spans, (n0, n1), (h0, h1), (groups.total(spans[0]), groups.total(spans[1])), measures.today())


def _effect(spans: tuple[Span, Span], n: tuple[int, int], hard: tuple[int, int], totals: tuple[int, int], on: date) -> Effect:
    return Effect(*spans, n, hard, totals, counting.ratio(n[1], n[0], 1), (_share(hard[0], n[0]), _share(hard[1], n[1])), on)


def kept(one: Topic) -> dict[str, Any] | None:
    """The effect as a topic keeps it when it ends."""
    found = effect(one)
    if found is None:
        return None
    return {"spans": [[span.since.isoformat(), span.until.isoformat()] for span in (found.before, found.after)], "n": list(found.n),
            "hard": list(found.hard), "totals": list(found.totals), "on": found.on.isoformat()}


def _read(counted: dict[str, Any]) -> Effect:
    before, after = (Span(*map(date.fromisoformat, days)) for days in counted["spans"])
    n, hard, totals = ((first, second) for first, second in (counted["n"], counted["hard"], counted["totals"]))
    return _effect((before, after), n, hard, totals, date.fromisoformat(counted["on"]))


def _share(part: int, whole: int) -> tuple[float, float, float] | None:
    bounds = wilson(part, whole)
    return (part / whole, *bounds) if bounds else None


def page(topic_id: int, by: Actor) -> SubjectPage:
    """Seven statements."""
    one = visible(by).filter(id=topic_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这个议题，或您无权查看"))
    matter = groups.label("place" if one.district_id else "category", (one.category_id, one.district_id))
    found = effect(one)
    more = {"effect": found, "matter": matter, "ratio": counting.in_words(found.ratio) if found else ""}
    return SubjectPage(one, steps(TOPIC, facts_of(one), by), history(TopicStep, None, one.id, TOPIC, FIELDS), more)
