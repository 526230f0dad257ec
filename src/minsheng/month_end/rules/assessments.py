"""An assessment period (考核期): planned, drafted, checked, reviewed, frozen, signed, published (rulings, 75 to 77). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit import written_times
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.measures.rules import READ_ALL, READ_OWN

SEES_ALL, SEES_OWN = READ_ALL, READ_OWN
LONGEST = 366  # days of a period


class AssessmentState(Labelled):
    NEW = "new", "新建"
    PLANNED = "planned", "待出数"
    DRAFT = "draft", "已出数"
    CHECKING = "checking", "核对中"
    REVIEW = "review", "评审中"
    FROZEN = "frozen", "已冻结"
    SIGNED = "signed", "已签发"
    PUBLISHED = "published", "已公布"
    DROPPED = "dropped", "已取消"


_A = AssessmentState
FROZEN = frozenset({_A.FROZEN, _A.SIGNED, _A.PUBLISHED})
OUT = FROZEN | {_A.CHECKING, _A.REVIEW}  # where units have their sheets
COUNTED = OUT | {_A.DRAFT}

FIELDS = table(
    Field("title", "名称", "text", longest=60, official=True, help="如 2025年1月考核期"),
    Field("since", "考核期自", "day", help="含当日；不必是自然月"),
    Field("until", "考核期至", "day", help="含当日；与其他考核期不能重叠"),
    Field("cutoff", "统计截止", "moment", help="不填为现在；不晚于现在，不早于考核期结束"),
    Field("check_until", "核对至", "day", help="含当日"),
    Field("doc_number", "文号", "text", longest=40, official=True, help="由办公室编定，如 民声考〔2025〕1号"),
    Field("reason", "理由", "text", longest=200, official=True, help="不写诉求人的姓名、电话、住址"),
)


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """
    open_objections  that nobody ruled on; shut_objections: of these on cases that not every supervisor sees; unjudged: of these on cases that
                     complain of the hotline itself, with no supervisor outside it (rulings, 76)
    answering        units that have a sheet, and all above them
    confirmed        units that said they have checked theirs
    unconfirmed      how many units with a sheet did not say it, they or one above them
    """

    id: int
    state: AssessmentState
    today: date
    until: date | None = None
    check_until: date | None = None
    drafters: tuple[int, ...] = ()
    frozen_by: int = 0
    open_objections: int = 0
    shut_objections: int = 0
    unjudged: int = 0
    answering: frozenset[int] = frozenset()
    confirmed: frozenset[int] = frozenset()
    unconfirmed: int = 0


@asks("考核期已结束")
def period_ended(facts: AssessmentFacts, by: Actor) -> Verdict:
    ended = facts.until is not None and facts.until < facts.today
    return YES if ended else no("not_ended", f"考核期到 {written_times.day(facts.until)} 才结束，次日起出数")


@asks("核对期内")
def still_checking(facts: AssessmentFacts, by: Actor) -> Verdict:
    over = facts.check_until is not None and facts.today > facts.check_until
    return no("check_over", f"核对期已于 {written_times.day(facts.check_until)} 截止") if over else YES


@asks("本单位或下属单位有本期的数字")
def has_sheet(facts: AssessmentFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit in facts.answering else no("no_sheet", "本期没有本单位的数字")


@asks("本单位还没有确认过")
def not_confirmed(facts: AssessmentFacts, by: Actor) -> Verdict:
    return no("confirmed", "本单位已确认核对完毕") if by.unit in facts.confirmed else YES


@asks("核对期已过，或各单位都核对完毕")
def check_over(facts: AssessmentFacts, by: Actor) -> Verdict:
    """A unit that objected may find more until the last day: only its own word ends its time before."""
    waits = facts.unconfirmed and facts.check_until is not None and facts.today <= facts.check_until
    return no("checking", f"核对到 {written_times.day(facts.check_until)}，还有 {facts.unconfirmed} 个单位没有核对完毕") if waits else YES


@asks("异议都已裁定，或没有人可以裁定")
def objections_ruled(facts: AssessmentFacts, by: Actor) -> Verdict:
    """Who sees none of them in the list is told who may rule: a period never waits for nobody."""
    waits, closed = facts.open_objections - facts.unjudged, facts.shut_objections - facts.unjudged
    if not waits:
        return YES
    shut = f"，其中 {closed} 条的工单限制知悉或须回避，由看得到它的督办员裁定；一位也没有的，请值班长指定一位督办员知悉" if closed else ""
    return no("waiting", f"还有 {waits} 条异议没有裁定{shut}")


@asks("没有参与出数")
def not_drafted_by_me(facts: AssessmentFacts, by: Actor) -> Verdict:
    return no("own", "您参与了出数，须由另一人签发") if by.id in facts.drafters else YES


@asks("没有办理冻结")
def not_frozen_by_me(facts: AssessmentFacts, by: Actor) -> Verdict:
    return no("own", "冻结由您办理，须由另一人签发") if by.id == facts.frozen_by else YES


def _in(*states: Any) -> frozenset[Any]:
    return frozenset(states)


_PLAN = ("title", "since", "until")
ASSESSMENT = Procedure([
    Step("plan_assessment", "设定考核期", _in(_A.NEW), _A.PLANNED, R.ANALYST, (), _PLAN),
    Step("amend_assessment", "修改考核期", _in(_A.PLANNED), None, R.ANALYST, (), _PLAN, rests_on=("amend_assessment",)),
    Step("draft_figures", "出数", _in(_A.PLANNED), _A.DRAFT, R.ANALYST, (period_ended,), ("cutoff?",), rests_on=("amend_assessment",)),
    Step("recount_figures", "重新出数", _in(_A.DRAFT), None, R.ANALYST, (), ("cutoff?", "reason")),
    Step("open_checking", "交单位核对", _in(_A.DRAFT), _A.CHECKING, R.ANALYST, (), ("check_until",), rests_on=("recount_figures",)),
    Step("extend_checking", "延长核对期", _in(_A.CHECKING), None, R.ANALYST, (), ("check_until", "reason"), rests_on=("extend_checking",)),
    Step("confirm_sheet", "核对完毕", _in(_A.CHECKING), None, R.UNIT_APPROVER, (still_checking, has_sheet, not_confirmed), rests_on=("recount_figures",)),
    Step("begin_review", "进入评审", _in(_A.CHECKING), _A.REVIEW, R.SUPERVISOR, (check_over,), rests_on=("extend_checking",)),
    Step("freeze_figures", "冻结", _in(_A.REVIEW), _A.FROZEN, R.SUPERVISOR, (objections_ruled,), ("cutoff?",), rests_on=("recount_figures",)),
    Step("sign_sheet", "签发考核表", _in(_A.FROZEN), _A.SIGNED, R.SUPERVISOR, (not_drafted_by_me, not_frozen_by_me), ("doc_number",)),
    Step("publish_sheet", "公布", _in(_A.SIGNED), _A.PUBLISHED, R.SUPERVISOR, warns="公布以后不能收回，错了只能记入更正表。"),
    Step("drop_assessment", "取消考核期", _in(_A.PLANNED, _A.DRAFT), _A.DROPPED, R.ANALYST, (), ("reason",)),
    Step("note_corrections", "记入更正表", FROZEN, None, R.CLOCK),
])


# --- checks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """
    now, today  of the step; ends: the first moment after the period
    overlaps    the title of another period that has one of these days
    before      the cut-off of the figures that stand
    ruled       when the last objection was ruled on
    """

    now: datetime
    today: date
    ends: datetime | None = None
    before: datetime | None = None
    ruled: datetime | None = None
    check_until: date | None = None
    overlaps: str = ""
    number_taken: bool = False
    as_seen: bool = True


def wrong(step: str, values: Mapping[str, Any], world: World) -> dict[str, str]:
    if step in {"plan_assessment", "amend_assessment"}:
        return _plan(values, world)
    if step in {"draft_figures", "recount_figures", "freeze_figures"}:
        return _cutoff(values, world)
    if step in {"open_checking", "extend_checking"}:
        return _check_until(values, world)
    return _signed(world) if step == "sign_sheet" else {}


def _plan(values: Mapping[str, Any], world: World) -> dict[str, str]:
    if "since" not in values or "until" not in values:
        return {}
    since, until = date.fromisoformat(values["since"]), date.fromisoformat(values["until"])
    if until < since:
        return {"until": "结束日期不早于开始日期"}
    if (until - since).days >= LONGEST:
        return {"until": "考核期最长一年，请分开"}
    return {"since": f"与“{world.overlaps}”的日期重叠，一天只能属于一个考核期"} if world.overlaps else {}


def cutoff_of(values: Mapping[str, Any], world: World) -> datetime:
    return datetime.fromisoformat(values["cutoff"]) if "cutoff" in values else world.now


def _cutoff(values: Mapping[str, Any], world: World) -> dict[str, str]:
    at = cutoff_of(values, world)
    if at > world.now:
        return {"cutoff": "统计截止不能晚于现在：还没有发生的不能计数"}
    if world.ends is not None and at < world.ends:
        return {"cutoff": "统计截止不能早于考核期结束"}
    if world.before is not None and at < world.before:
        return {"cutoff": "统计截止不能早于上一版的统计截止"}
    return {"cutoff": "统计截止不能早于最后一条裁定：评审同意的要算进去"} if world.ruled is not None and at < world.ruled else {}


def _check_until(values: Mapping[str, Any], world: World) -> dict[str, str]:
    if "check_until" not in values:
        return {}
    until = date.fromisoformat(values["check_until"])
    if until < world.today:
        return {"check_until": "核对截止日不能早于今天"}
    if world.check_until is not None and until <= world.check_until:
        return {"check_until": f"现在核对到 {written_times.day(world.check_until)}，请选更晚的日期"}
    return {"check_until": "核对期最长 60 天"} if (until - world.today).days > 60 else {}


def _signed(world: World) -> dict[str, str]:
    if world.number_taken:
        return {"doc_number": "这个文号已经用过，请核对文号登记簿"}
    return {} if world.as_seen else {"doc_number": "考核表刚被改动，请重新看过再签发"}
