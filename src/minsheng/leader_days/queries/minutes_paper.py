"""The minutes of a coordination meeting as a paper: when, where, who; what was said; of each item who does what by when."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.cases.effects import clocks
from minsheng.kit import written_times
from minsheng.kit.papers import DRAFT, Block, Heading, Paper, Para, Table, paragraphs
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.queries.meetings import Line
from minsheng.leader_days.rules.meetings import Outcome
from minsheng.org import queries as org

GONE = "已依法删除"


def name(page: SubjectPage) -> str:
    """Of the file."""
    one = page.subject
    return f"群众诉求办理协调会纪要 {one.period}" + ("" if one.signed_at else "（草稿）")


def paper(page: SubjectPage) -> Paper:
    """Refused: nobody has met yet, or an item was restricted since."""
    one = page.subject
    if page.more["shut"]:
        raise Refused(no("shut", "有议题所涉的工单已限制知悉，纪要不再给看"))
    if not one.held_on:
        raise Refused(no("not_held", "会还没有开，没有纪要"))
    day = clocks.local_day(one.signed_at) if one.signed_at else None
    return Paper("群众诉求办理协调会纪要", tuple(_blocks(page)), one.unit.name, day, "", one.signed_by, "" if one.signed_at else DRAFT)


def _blocks(page: SubjectPage) -> Iterator[Block]:
    one, lines = page.subject, page.more["lines"]
    yield Para(f"时间：{written_times.day(one.held_on)}")
    yield Para(f"地点：{one.venue}")
    yield Para(f"期次：{one.period.scheme.year}年{one.period}　{one.period.theme}")
    yield Para(f"召集：{one.unit.name}{f'　{one.convened_by}' if one.convened_by else ''}")
    yield Para(f"到会：{one.attended or GONE}")
    yield Heading("会议情况")
    yield from paragraphs(one.minutes or GONE)
    yield Heading("议题和裁定")
    for line in lines:
        yield Heading(f"{line.case.title}（{line.case.number}）", 2)
        yield from paragraphs(line.reason or GONE)
        if line.item.ruling_step is None:
            yield Para("会上没有裁定。")
    ruled = [line for line in lines if line.item.ruling_step]
    if ruled:
        yield Heading("定人定责定时")
        yield Table(("工单编号", "牵头到底", "协办", "责任人", "责任", "日期", "落实"), tuple(map(_row, ruled)))


def _row(line: Line) -> tuple[str, ...]:
    item, units = line.item, org.tree().by_id
    named = [units[id_].name for id_ in item.co_units if id_ in units]
    done = f"没有落实：{item.why}" if item.outcome == Outcome.VOID else Outcome(item.outcome).label if item.outcome else "待落实"
    number = line.case.number if line.case else ""
    return (number, units[item.lead_id].name if item.lead_id in units else "", "、".join(named) or "—", line.owner or GONE, line.duty or GONE,
            written_times.day(item.due) if item.due else "", done)
