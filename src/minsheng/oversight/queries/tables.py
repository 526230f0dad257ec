"""The lists of supervision as tables: the rows that the reader may see, the oldest first, read page by page, words masked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects.clocks import local_minute
from minsheng.cases.models import Case
from minsheng.cases.queries import hung_words
from minsheng.cases.rules import masking
from minsheng.kit.paging import every
from minsheng.org import queries as org
from minsheng.oversight.queries import claimed_calls, inspections, replies, sight, slips
from minsheng.oversight.queries import ladder as held

SLIPS = ("种类", "文号", "送达单位", "状态", "适用的档", "所涉工单数", "督办要求", "回复期限", "签发人", "送达时间", "回复时间", "回复", "审核意见", "了结时间", "了结人")
FINDINGS = ("核查项", "工单编号", "答复单位", "状态", "发现", "判断理由", "判断人", "判断时间")
INSPECTIONS = ("名称", "状态", "受理日期自", "受理日期至", "主办单位", "诉求分类", "抽样件数", "抽到件数", "批准人", "抽样时间", "结束时间", "结论")
CLAIMED = ("工单编号", "单位", "记录人", "所称时间", "记录时间", "对照结果", "中心通话时间", "中心通话")
POINTS = ("所属督查", "工单编号", "整改单位", "状态", "发现的问题", "整改期限", "整改情况", "了结时间")


def _said(text: str) -> Any:
    return masking.cover(text, masking.NOBODY)


def _unit(one: Any) -> str:
    return one.unit.name if one.unit else ""


def _numbers(rows: list[Any]) -> dict[int, str]:
    return dict(Case.objects.filter(id__in=[one.case_id for one in rows]).values_list("id", "number"))


def of_slips(by: Actor, filters: slips.Filters) -> Iterator[list]:
    names = {rung.code: rung.name for rung in held.rungs()}
    for rows in every(slips.narrowed(by, filters).select_related("unit")):
        for one in hung_words.covered(rows, *slips.SAID):
            yield [one.get_kind_display(), one.doc_number, _unit(one), one.get_state_display(), names.get(one.rung, one.rung), len(one.cases),
                   one.demand, one.answer_due or "", one.signed_by, local_minute(one.issued_at), local_minute(one.answered_at),
                   one.answer, one.finding, local_minute(one.ended_at), one.ended_by]


def of_findings(by: Actor, filters: replies.Filters) -> Iterator[list]:
    for rows in every(replies.narrowed(by, filters).select_related("unit")):
        numbers = _numbers(rows)
        for one in hung_words.covered(rows, *replies.SAID):
            yield [one.get_check_code_display(), numbers.get(one.case_id, ""), _unit(one), one.get_state_display(), one.evidence,
                   one.reason, one.judged_by, local_minute(one.judged_at)]


def of_inspections(by: Actor) -> Iterator[list]:
    matters = cases.categories()
    for rows in every(sight.inspections(by).defer("pool").select_related("unit")):
        for one in rows:
            matter = matters.get(one.category_id)
            yield [one.title, one.get_state_display(), one.since, one.until, _unit(one), matter.name if matter else "", one.size, len(one.sample),
                   one.approved_by, local_minute(one.drawn_at), local_minute(one.ended_at), _said(one.summary)]


def of_points(by: Actor) -> Iterator[list]:
    for rows in every(sight.points(by).select_related("unit", "inspection")):
        numbers = _numbers(rows)
        for one in hung_words.covered(rows, *inspections.POINT_SAID):
            yield [one.inspection.title if one.inspection else "", numbers.get(one.case_id, ""), _unit(one), one.get_state_display(), one.point,
                   one.due or "", one.correction, local_minute(one.ended_at)]


def of_claimed(by: Actor, filters: claimed_calls.Filters) -> Iterator[list]:
    names = org.tree()
    for rows in every(claimed_calls.narrowed(by, filters)):
        for one in claimed_calls.with_calls(rows):
            yield [one.case.number if one.case else "", names.name(one.step.unit_id), one.step.by_name, local_minute(one.said_at), local_minute(one.step.at),
                   one.kind.label, local_minute(one.rung.at) if one.rung else "", one.rung.words if one.rung else ""]
