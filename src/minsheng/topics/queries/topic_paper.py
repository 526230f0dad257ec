"""A declared topic as a paper: what was done, by whom, from when; the counts before and after with their intervals; what it came to."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.kit.papers import DRAFT, Block, Heading, Paper, Para, Table, in_words, paragraphs
from minsheng.kit.percents import interval, percent
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org
from minsheng.topics.models import TopicStep
from minsheng.topics.queries.declared import Effect
from minsheng.topics.rules import counting
from minsheng.topics.rules.declared import TopicState


def name(page: SubjectPage) -> str:
    """Of the file."""
    return _title(page) + ("" if page.subject.state == TopicState.ENDED else "（草稿）")


def paper(page: SubjectPage) -> Paper:
    """Refused: it was not declared. It bears the mark of a draft until somebody has judged what it came to. At most two statements."""
    one = page.subject
    if one.state not in (TopicState.ACTIVE, TopicState.ENDED):
        raise Refused(no("not_declared", "还没有确定为重点议题，没有报告"))
    ended = one.state == TopicState.ENDED
    end = TopicStep.objects.filter(subject_id=one.id, step="end_topic").first() if ended else None
    name = org.names_then(end.at if end else None)
    return Paper(_title(page), tuple(_blocks(page, end.by_name if end else "", name(one.lead_id))), org.issuer(), one.ended_on if ended else None, mark="" if ended else DRAFT)


def _title(page: SubjectPage) -> str:
    return f"重点议题“{page.subject.name}”情况报告"


def _blocks(page: SubjectPage, judged: str, lead: str) -> Iterator[Block]:
    one, found = page.subject, page.more["effect"]
    yield Heading("议题和措施")
    yield Para(f"事项：{page.more['matter']}。牵头单位：{lead}。")
    yield Para(f"措施自{in_words(one.since)}开始，计划{in_words(one.until)}前完成{f'，{in_words(one.ended_on)}结束' if one.ended_on else ''}。")
    yield from paragraphs(one.measures)
    yield Heading("前后对比")
    yield from _compared(found) if found else (Para("措施还没有开始，没有前后可比。"),)
    yield Heading("效果结论")
    yield from paragraphs(one.finding) if one.finding else (Para("议题还没有结束，尚无结论。"),)
    if judged:
        yield Para(f"效果由{judged}认定。")


def _compared(found: Effect) -> Iterator[Block]:
    spans, rows = (("措施以前", found.before), ("措施以后", found.after)), zip(found.n, found.hard, found.totals, strict=True)
    yield Table(("时段", "件数", "难办", "难办占比", "95% 区间", "全部受理"), tuple(
        (f"{title}\n{in_words(span.since)}至{in_words(span.until)}", f"{n:,}", f"{hard:,}", percent(hard, n), interval(hard, n) or "—", f"{total:,}")
        for (title, span), (n, hard, total) in zip(spans, rows, strict=True)))
    yield Para(f"{counting.in_words(found.ratio)}只比件数，不说明是不是措施引起的；全部受理的件数列在旁边。以上件数于{in_words(found.on)}数出。")
