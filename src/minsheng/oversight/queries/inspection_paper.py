"""The report of a special inspection as a paper: how its sample was drawn, what was found, what was corrected, what the group concludes."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.cases.effects import clocks
from minsheng.cases.queries import hung_words
from minsheng.cases.rules import masking
from minsheng.kit.papers import DRAFT, Block, Heading, Paper, Para, Table, in_words, paragraphs
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org
from minsheng.oversight.models import Point
from minsheng.oversight.queries.inspections import POINT_SAID
from minsheng.oversight.rules.inspections import INSPECTION, InspectionState, PointState

GONE = "已依法删除"


def name(page: SubjectPage) -> str:
    """Of the file."""
    return f"{page.subject.title}报告" + ("" if page.subject.state == InspectionState.CLOSED else "（草稿）")


def paper(page: SubjectPage) -> Paper:
    """Refused: nothing was drawn yet. It bears the mark of a draft until the group has concluded."""
    one, closed = page.subject, page.subject.state == InspectionState.CLOSED
    if not one.seed:
        raise Refused(no("not_drawn", "还没有抽样，没有报告"))
    return Paper(f"{one.title}报告", tuple(_blocks(page)), "专项督查组", clocks.local_day(one.ended_at) if one.ended_at else None, mark="" if closed else DRAFT)


def _blocks(page: SubjectPage) -> Iterator[Block]:
    one, points = page.subject, hung_words.covered(page.more["points"], *POINT_SAID)  # a paper leaves
    yield Heading("依据和范围")
    yield from paragraphs(one.basis)
    about = "，".join(filter(None, (one.unit.name + "主办" if one.unit else "", page.more["matter"])))
    yield Para(f"{in_words(one.since)}至{in_words(one.until)}受理、已派单的工单{f'（{about}）' if about else ''}；限制知悉、要求保密、反映单位的不抽。")
    yield Para(f"督查组成员：{'、'.join(filter(None, page.more['members']))}。{one.approved_by}批准。")
    yield Heading("抽样")
    yield Para(f"{in_words(clocks.local_day(one.drawn_at))}从{one.pool_size}件中抽{len(one.sample)}件。"
               + ("按种子重抽，结果一致。" if page.more["sound"] else "按种子重抽，结果不一致。"))
    yield Para(f"种子：{one.seed}。范围摘要（SHA-256）：{one.pool_digest}。对每件算 SHA-256（“种子:工单标识”），取最小的若干件。")
    yield from _redrawn(page)
    yield Para(_looked_at(page))
    yield Heading("发现的问题和整改")
    yield Para(_counted(points))
    if points:
        yield Table(("工单编号", "整改单位", "发现的问题", "整改期限", "整改情况", "结果"), tuple(_row(row, page.more["numbers"]) for row in reversed(points)))
    if page.more["points_unseen"]:
        yield Para(f"另有{page.more['points_unseen']}个问题不在列出的范围。")
    yield Heading("督查结论")
    yield from paragraphs(_said(one.summary)) if one.summary else (Para("督查还没有结束，尚无结论。" if not one.ended_at else GONE + "。"),)


def _redrawn(page: SubjectPage) -> Iterator[Block]:
    """Whoever reads what was found knows that it is not of the first sample, and why."""
    again = [line for line in reversed(page.history) if line["title"] == INSPECTION["redraw_sample"].label]
    for n, line in enumerate(again, 1):
        yield Para(f"第{n}次重新抽样，{line['who']}，{in_words(clocks.local_day(line['at']))}。{_said(line['text'])}")


def _looked_at(page: SubjectPage) -> str:
    """Of the sample, as far as the reader may see it."""
    seen, one = page.more["cases"], page.subject
    noted, clean = sum(case.noted > 0 for case in seen), sum(not case.noted and bool(case.looked) for case in seen)
    left = len(one.sample) - noted - clean
    said = f"抽到的{len(one.sample)}件，督查组看过{noted + clean}件：{noted}件记了问题，{clean}件没有发现问题"
    return said + (f"；{left}件没有看过，或者不在列出的范围。" if left else "。")


def _counted(points: list[Point]) -> str:
    """Of those that are listed."""
    if not points:
        return "没有列出的问题。"
    found = [row for row in points if row.state != PointState.DROPPED]
    ended, units = sum(row.state == PointState.ENDED for row in found), len({row.unit_id for row in found})
    fell = len(points) - len(found)
    said = f"发现问题{len(found)}个，涉及{units}个单位，已了结{ended}个"
    return said + (f"；另有{fell}个经核实不成立。" if fell else "。")


def _row(row: Point, numbers: dict[int, str]) -> tuple[str, ...]:
    unit = org.tree().name(row.unit_id) if row.unit_id else ""
    return (numbers.get(row.case_id, "—"), unit, _said(row.point) or GONE, in_words(row.due) if row.due else "—", _said(row.correction) or "—",
            row.get_state_display())


def _said(text: str) -> str:
    return str(masking.cover(text, masking.NOBODY))
