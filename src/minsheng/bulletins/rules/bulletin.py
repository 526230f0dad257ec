"""A bulletin as a subject: drafted by the clock or by an analyst, worded, submitted, signed by somebody else, sent, corrected. Pure.

What was signed never changes: a correction is the next version, which names what it changes, and every version stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.bulletins.rules.spans import LONGEST, BulletinKind, Span
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no


class BulletinState(Labelled):
    NEW = "new", "新建"
    DRAFT = "draft", "起草中"
    SUBMITTED = "submitted", "待签发"
    SIGNED = "signed", "已签发"
    SENT = "sent", "已发送"
    DISCARDED = "discarded", "已作废"


FINISHED = frozenset({BulletinState.SIGNED, BulletinState.SENT})
UNFINISHED = frozenset({BulletinState.DRAFT, BulletinState.SUBMITTED})
WAYS = (("office", "公文交换"), ("work", "工作群或内网"), ("mail", "邮件"), ("paper", "纸质"))
_NO_FIGURES = "数字由系统写入，这里不写带单位的数"
FIELDS = table(
    Field("kind", "报告种类", "choice", choices=tuple(BulletinKind.choices())),
    Field("since", "统计期", "day", help="日报填当日；周报、月报填其中任一日；专报填起始日"),
    Field("until", "截止日", "day", help="只有专报填写，含当日"),
    Field("topic", "专题", "text", longest=40, official=True, help="只有专报填写，如 供暖"),
    Field("units", "单位", "text", longest=200, official=True, help="只有专报填写：只统计这几个单位（含下属）主办的；写名称或代码，用顿号隔开"),
    Field("matters", "诉求分类", "text", longest=200, official=True, help="只有专报填写：只统计这几类（含下级）；写名称或代码，用顿号隔开"),
    Field("title", "标题", "text", longest=80, official=True),
    Field("issuer", "发文单位", "text", longest=60, official=True),
    Field("overview", "综述", "long", longest=3000, official=True, help=f"一行一段；{_NO_FIGURES}，也不写诉求人的姓名、电话、住址"),
    Field("problems", "存在的问题", "long", longest=3000, official=True, help=f"一行一段；{_NO_FIGURES}"),
    Field("advice", "下一步建议", "long", longest=3000, official=True, help=f"一行一段；{_NO_FIGURES}"),
    Field("of", "更正的报告", "id"),
    Field("correction", "更正什么、为什么", "text", longest=200, official=True),
    Field("doc_number", "文号", "text", longest=40, official=True, help="由办公室编定，如 民声〔2025〕1号"),
    Field("recipients", "发给谁", "long", longest=2000, official=True, help="一行一个单位或岗位"),
    Field("sent_way", "怎样发送", "choice", choices=WAYS),
    Field("to_units", "承办单位可在系统内阅看", "bool"),
    Field("reason", "理由", "long", longest=600, official=True),
)
COMMENTARY = ("overview", "problems", "advice")


@dataclass(frozen=True, slots=True)
class BulletinFacts:
    id: int
    state: BulletinState
    drafters: tuple[int, ...] = ()


@asks("没有参与起草、修改")
def not_written_by_me(facts: BulletinFacts, by: Actor) -> Verdict:
    return no("own", "您参与了起草或修改，须由另一人签发") if by.id in facts.drafters else YES


_DRAFT, _SUBMITTED = frozenset({BulletinState.DRAFT}), frozenset({BulletinState.SUBMITTED})
_NEW = frozenset({BulletinState.NEW})
_WORDS = ("title", "issuer", "overview?", "problems?", "advice?")
BULLETIN = Procedure([
    Step("draft_bulletin", "起草报告", _NEW, BulletinState.DRAFT, R.ANALYST, (), ("kind", "since", "until?", "topic?", "units?", "matters?")),
    Step("draft_bulletin_on_time", "到点拟出报告", _NEW, BulletinState.DRAFT, R.CLOCK, (), ("kind", "since")),
    Step("correct_bulletin", "起草更正", _NEW, BulletinState.DRAFT, R.ANALYST, (), ("of", "correction")),
    Step("amend_bulletin", "修改文字", _DRAFT, None, R.ANALYST, (), _WORDS, rests_on=("amend_bulletin",)),
    Step("submit_bulletin", "提交签发", _DRAFT, BulletinState.SUBMITTED, R.ANALYST, rests_on=("amend_bulletin", "recount_bulletin")),
    Step("recount_bulletin", "重新取数", _DRAFT, None, R.ANALYST),
    Step("discard_bulletin", "作废草稿", _DRAFT, BulletinState.DISCARDED, R.ANALYST, (), ("reason",)),
    Step("sign_bulletin", "签发", _SUBMITTED, BulletinState.SIGNED, R.SUPERVISOR, (not_written_by_me,), ("doc_number",), rests_on=("amend_bulletin", "recount_bulletin")),
    Step("return_bulletin", "退回修改", _SUBMITTED, BulletinState.DRAFT, R.SUPERVISOR, (), ("reason",), rests_on=("amend_bulletin", "recount_bulletin")),
    Step("send_bulletin", "登记发送", FINISHED, BulletinState.SENT, R.ANALYST, (), ("recipients", "sent_way", "to_units?")),
])
MAKES = frozenset({"draft_bulletin", "draft_bulletin_on_time", "correct_bulletin"})
FREEZES = MAKES | {"recount_bulletin"}

READS = frozenset({R.SUPERVISOR, R.ANALYST, R.INSPECTOR, R.SHIFT_LEADER, R.COORDINATOR, R.DISPATCHER, R.CHECKER, R.QUALITY})
READS_DRAFTS = frozenset({R.ANALYST, R.SUPERVISOR, R.CLOCK})
OF_UNITS = frozenset({R.LEADER, R.UNIT_APPROVER, R.UNIT_LIAISON, R.COUNTY_CENTRE})


@dataclass(frozen=True, slots=True)
class World:
    """What is held against the fields.

    narrowed      what is wrong with the units and matters that it is held to, by field
    waiting       is there one on the same that nobody signed yet?
    signed        versions signed on the same
    newest        is the one to be corrected the newest signed version?
    number_taken  by another one
    as_seen       were the papers made from what stands now?
    """

    today: date
    narrowed: Mapping[str, str] = field(default_factory=dict)
    waiting: bool = False
    signed: int = 0
    newest: bool = True
    number_taken: bool = False
    as_seen: bool = True


def drafted(values: Mapping[str, Any], span: Span | None, world: World) -> dict[str, str]:
    """What is wrong with what a bulletin is to be about."""
    special = values.get("kind") == BulletinKind.SPECIAL
    wrong = {name: f"只有专报填写{FIELDS[name].label}" for name in ("until", "topic", "units", "matters") if name in values and not special}
    wrong |= {name: f"专报请填写{FIELDS[name].label}" for name in ("until", "topic") if special and name not in values}
    if span is None or wrong:
        return wrong
    wrong |= _span_wrong(span, world.today)
    wrong |= world.narrowed
    if not wrong and world.waiting:
        wrong["since"] = "同一统计期已有一份没有签发的，请打开它修改或作废"
    if not wrong and world.signed:
        wrong["since"] = "同一统计期已经签发，有误请打开已签发的那一份，用“起草更正”"
    return wrong


def _span_wrong(span: Span, today: date) -> dict[str, str]:
    if span.until < span.since:
        return {"until": "截止日不能早于起始日"}
    if span.since > today:
        return {"since": "统计期还没有开始"}
    return {"until": "专报最多统计一年，请缩短"} if span.until - span.since > LONGEST else {}


def corrected(world: World) -> dict[str, str]:
    if not world.newest:
        return {"of": "只能更正已签发的最新一版"}
    return {"of": "已有一份没有签发的更正稿，请打开它修改或作废"} if world.waiting else {}


def signed(world: World) -> dict[str, str]:
    if world.number_taken:
        return {"doc_number": "这个文号已经用过，请核对文号登记簿"}
    return {} if world.as_seen else {"doc_number": "草稿刚被改动，请重新看过再签发"}


_TYPED = re.compile(r"(?<![0-9０-９])[0-9０-９]+(?:[.．][0-9０-９]+)?\s*(?:件次|人次|件|%|％|个百分点|倍)|百分之[0-9０-９一二三四五六七八九十]+")


def worded(values: Mapping[str, Any]) -> dict[str, str]:
    """Figures are counted and never typed: a number with a unit in the words is refused (rulings, 82)."""
    found = {name: _TYPED.search(values.get(name, "")) for name in COMMENTARY}
    return {name: f"“{hit[0]}”是手写的数字，数字由系统写入，请删去或改写" for name, hit in found.items() if hit}
