"""A report on leader days as a subject: figures frozen when it is drafted, signed by somebody who did not draft it. Pure.

What was signed is never changed: a correction is the next version, which says why, and every version stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no


class ReportState(Labelled):
    NEW = "new", "新建"
    DRAFT = "draft", "待签发"
    SIGNED = "signed", "已签发"
    DISCARDED = "discarded", "已作废"


FIELDS = table(
    Field("title", "标题", "text", longest=80, official=True),
    Field("issuer", "发文单位", "text", longest=60, official=True),
    Field("remarks", "说明", "long", longest=2000, official=True, help="数字以外要说明的话，一行一段；不写诉求人的姓名、电话、住址"),
    Field("correction", "更正的原因", "text", longest=200, official=True, help="已有签发的报告时填写：哪里与上一版不同"),
    Field("doc_number", "文号", "text", longest=40, official=True, help="由办公室编定，如 民声〔2025〕1号"),
)


@dataclass(frozen=True, slots=True)
class ReportFacts:
    id: int
    state: ReportState
    drafters: tuple[int, ...] = ()


@asks("没有参与起草")
def not_drafted_by_me(facts: ReportFacts, by: Actor) -> Verdict:
    return no("own", "您参与了起草，报告须由另一人签发") if by.id in facts.drafters else YES


_WORDS = ("title", "issuer", "remarks?")
REPORT = Procedure([
    Step("draft_report", "起草报告", frozenset({ReportState.NEW}), ReportState.DRAFT, R.COORDINATOR, (), ("period?", "year?", *_WORDS, "correction?")),
    Step("amend_report", "修改文字", frozenset({ReportState.DRAFT}), None, R.COORDINATOR, (), _WORDS, rests_on=("amend_report",)),
    Step("recount_report", "重新取数", frozenset({ReportState.DRAFT}), None, R.COORDINATOR),
    Step("sign_report", "签发报告", frozenset({ReportState.DRAFT}), ReportState.SIGNED, R.SUPERVISOR, (not_drafted_by_me,), ("doc_number",),
         rests_on=("amend_report", "recount_report")),
    Step("discard_report", "作废草稿", frozenset({ReportState.DRAFT}), ReportState.DISCARDED, R.COORDINATOR, (), ("reason",)),
])


@dataclass(frozen=True, slots=True)
class World:
    """known: has what it is about begun?; signed: versions signed of the same; waiting: a draft of the same; number_taken: of another report"""

    known: bool = True
    signed: int = 0
    waiting: bool = False
    number_taken: bool = False
    as_seen: bool = True  # was the paper made from what stands now?


def drafted(values: Mapping[str, Any], world: World) -> dict[str, str]:
    if values.get("period") and values.get("year"):
        return {"year": "一份报告写一期或一年，请只填一个"}
    if not world.known:
        return {"period" if values.get("period") else "year": "没有已开始的这一期或这一年，请重新选择"}
    if world.waiting:
        return {"title": "已有一份待签发的草稿，请签发、修改或作废它"}
    return {"correction": f"已签发过 {world.signed} 版，请写明这一版更正什么"} if world.signed and "correction" not in values else {}


def signed(world: World) -> dict[str, str]:
    if world.number_taken:
        return {"doc_number": "这个文号已经用过，请核对文号登记簿"}
    return {} if world.as_seen else {"doc_number": "草稿刚被改动，请重新看过再签发"}
