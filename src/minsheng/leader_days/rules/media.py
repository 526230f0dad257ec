"""Leads for the media (媒体跟踪报道线索): chosen from a period's cases, with the caller's recorded consent. Pure.

The unit is told, the publicity side approves, follows and records what was published. It reads masked words and nothing else. When the
consent is withdrawn, or its case may no longer be reported on, the lead ends; that it ended stays visible, and who follows it is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import Kind
from minsheng.kit import written_times
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no


class LeadState(Labelled):
    NEW = "new", "新建"
    PROPOSED = "proposed", "待批准"
    APPROVED = "approved", "跟踪中"
    PUBLISHED = "published", "已刊播"
    REFUSED = "refused", "不予报道"
    ENDED = "ended", "已终止"


FIELDS = table(
    Field("agreed", "诉求人同意媒体跟踪报道", "bool", help="由诉求人自己决定；要不要见记者也由他定"),
    Field("asked_by", "谁征询的", "text", longest=40, help="姓名和岗位"),
    Field("asked_at", "何时征询的", "moment"),
    Field("call_no", "通话编号", "text", longest=40, help="征得同意的那次通话"),
    Field("headline", "线索标题", "text", longest=80, help="姓名、电话、门牌系统自动遮掉"),
    Field("lead_text", "线索内容", "long", longest=2000, help="已从脱敏的诉求带出，可删改；姓名、电话、门牌系统自动遮掉"),
    Field("unit_told", "怎样告知了承办单位", "long", longest=400, help="何时、告知了谁"),
    Field("followed", "跟踪情况", "long", longest=1000),
    Field("link", "刊播链接", "text", longest=300, official=True, help="网页地址，以 https:// 或 http:// 开头；广播、报纸写期号"),
)


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """`unfit`: why its case may not, or no longer, be reported on; "" when it may. `proposed_by`: who wrote it."""

    id: int
    state: LeadState
    unfit: str = ""
    is_unit_told: bool = False
    proposed_by: int = 0


# Words of a matter that is before a court or an arbitrator.
LITIGATION = ("起诉", "诉讼", "法院", "仲裁", "判决", "开庭")


def why_not(*, kind: Kind, restricted: bool, sealed: bool, complains: bool, statutory: bool, erased: bool, danger: str, words: str) -> str:
    """Why a case may never be a lead; "" when it may. `danger`: the ground on which its words would restrict it."""
    if restricted or danger:
        return "限制知悉的（未成年人、自伤、举报人等）不作报道线索"
    if sealed or complains:
        return "要求保密的、反映单位的不作报道线索"
    if kind is Kind.REPORT:
        return "举报不作报道线索"
    if statutory or any(word in words for word in LITIGATION):
        return "进入诉讼、仲裁等法定程序的不作报道线索"
    return "已删除个人信息的不作报道线索" if erased else ""


# --- guards and checks ------------------------------------------------------------------


@asks("不是举报、诉讼、未成年人、保密、限制知悉的")
def case_fit(facts: LeadFacts, by: Actor) -> Verdict:
    return no("unfit", facts.unfit) if facts.unfit else YES


@asks("工单已不能作报道线索")
def no_longer_fit(facts: LeadFacts, by: Actor) -> Verdict:
    """Whoever proposed it may not even see the case any more: the clock ends the lead."""
    return YES if facts.unfit else no("fit", "这件仍可以作报道线索")


@asks("已告知承办单位")
def unit_is_told(facts: LeadFacts, by: Actor) -> Verdict:
    return YES if facts.is_unit_told else no("not_told", "还没有告知承办单位，请协调员先告知")


@asks("不是报线索的人")
def not_proposed_by_me(facts: LeadFacts, by: Actor) -> Verdict:
    """Whoever has both roles lets another judge what they wrote (rulings, 102)."""
    return no("own", "这条线索是您报的，须由另一人批准") if facts.proposed_by == by.id else YES


@dataclass(frozen=True, slots=True)
class LeadWorld:
    """`received_at`: of the case; None: there is no such case of the period. `doubled`: it has a lead that runs. `agreed_at`: when the caller
    consented, of a lead that runs. `ended_at`: when the last
    consent for this case came to its end: taken back, or its lead stopped."""

    now: datetime
    today: date
    received_at: datetime | None = None
    doubled: bool = False
    agreed_at: datetime | None = None
    ended_at: datetime | None = None


def check(step: str, values: Mapping[str, Any], world: LeadWorld) -> dict[str, str]:
    if step == "propose_lead":
        return _proposed(values, world)
    found = {}
    if "asked_at" in values and datetime.fromisoformat(values["asked_at"]) > world.now:
        found["asked_at"] = "时间须在现在以前"
    elif "asked_at" in values and world.agreed_at and datetime.fromisoformat(values["asked_at"]) < world.agreed_at.replace(second=0, microsecond=0):
        found["asked_at"] = "撤回不能早于征得同意的时间"
    if step == "note_published":
        if not values.get("link", "").startswith(("https://", "http://")) and "://" in values.get("link", ""):
            found["link"] = "链接应以 https:// 或 http:// 开头"
        if "published_on" in values and date.fromisoformat(values["published_on"]) > world.today:
            found["published_on"] = "刊播日期不能在今天之后"
    return found


def _proposed(values: Mapping[str, Any], world: LeadWorld) -> dict[str, str]:
    found = {}
    if world.received_at is None:
        found["case"] = "没有这个本期的工单，或您无权查看，请核对编号"
    elif world.doubled:
        found["case"] = "这件已有报道线索"
    if not values.get("agreed"):
        found["agreed"] = "诉求人没有同意的，不能作报道线索"
    at = datetime.fromisoformat(values["asked_at"]) if "asked_at" in values else None
    since = world.received_at and world.received_at.replace(second=0, microsecond=0)  # the form takes minutes: it may be asked in the same one
    if at and (at > world.now or (since and at < since)):
        found["asked_at"] = "征询时间须在来电之后、现在以前"
    elif at and world.ended_at and at <= world.ended_at:
        found["asked_at"] = f"上一条线索已于 {written_times.day(world.ended_at.date())} {world.ended_at:%H:%M} 终止，须在那以后重新征得同意"
    return found


# --- the procedure ----------------------------------------------------------------------

L = LeadState
_RUNS = frozenset({L.PROPOSED, L.APPROVED, L.PUBLISHED})
_CONSENT = ("agreed", "asked_by", "asked_at", "call_no")
LEAD = Procedure([
    Step("propose_lead", "报线索", frozenset({L.NEW}), L.PROPOSED, R.COORDINATOR, (case_fit,), ("period", "case", *_CONSENT, "headline", "lead_text")),
    Step("tell_unit", "告知承办单位", frozenset({L.PROPOSED}), None, R.COORDINATOR, (), ("unit_told",)),
    Step("approve_lead", "批准跟踪", frozenset({L.PROPOSED}), L.APPROVED, R.MEDIA, (case_fit, unit_is_told, not_proposed_by_me)),
    Step("refuse_lead", "不予报道", frozenset({L.PROPOSED}), L.REFUSED, R.MEDIA, (), ("reason",)),
    Step("note_following", "记跟踪", frozenset({L.APPROVED, L.PUBLISHED}), None, R.MEDIA, (case_fit,), ("followed",)),
    Step("note_published", "登记刊播", frozenset({L.APPROVED, L.PUBLISHED}), L.PUBLISHED, R.MEDIA, (case_fit,), ("outlet", "published_on", "link")),
    Step("end_lead", "诉求人撤回同意", _RUNS, L.ENDED, R.COORDINATOR, (), ("asked_by", "asked_at", "call_no")),
    Step("stop_lead", "停止跟踪", _RUNS, L.ENDED, R.CLOCK, (no_longer_fit,), ("reason",)),
])
