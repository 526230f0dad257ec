"""What each ruling would cause, said before it is taken: dates from the same clocks, counts from the same rules.

Reads only; the effects of the same steps stand in `effects`, and a test takes every ruling and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases import rules
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseAsk
from minsheng.cases.queries.damage import readable
from minsheng.cases.rules import MAX_EXTENSIONS, PROBLEM_AT, Ask, State
from minsheng.kit import clock
from minsheng.org import queries as org


@dataclass(frozen=True)
class Outcome:
    """One ruling that may be given. `usual`: the words that are written down when no others are, "" where the ground must be written."""

    step: str
    label: str
    then: tuple[str, ...]
    usual: str = ""


def of(case: Case, asked: CaseAsk) -> list[Outcome]:
    """The rulings that this request can have, granting first, each with what follows from it. Refused("damaged") when nobody can say."""
    with readable(case.id):
        return _OF[Ask(asked.ask)](case, asked, clock.now())


def _day(at: datetime | None) -> str:
    return time_rules.for_public(at, clocks.city_calendar(), clock.now()) if at else "未定"


def _unit(case: Case) -> str:
    return org.tree().name(case.lead_id) or "承办单位"


def _nothing(own: clocks.Clocks) -> None:
    """The step changes no clock by itself; what runs and stands follows from where the case goes."""


def _goes_on(case: Case) -> str:
    return f"{_unit(case)}继续办理，办理期限仍为{_day(case.handle_due_at)}"


def _return(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    name, count = _unit(case), case.returns + 1
    handle = clocks.would(case, _nothing, State.PENDING_REVIEW, now, {Ask.RETURN}).due("handle")
    sign = clocks.would(case, _nothing, State.PENDING_SIGN, now, {Ask.RETURN}).due("sign")
    up = [f"退回派单员改派，不再派给{name}", f"办理期限继续计，顺延暂停的时间后为{_day(handle)}；勾选“重新计算”的，自改派之日起重计", f"计入退单第 {count} 次"]
    if rules.is_problem(count, case.redos) and not case.problem:
        up.append(f"退单满 {PROBLEM_AT} 次，列为疑难工单，转协调员")
    down = (f"退回{name}签收，签收时限顺延为{_day(sign)}", f"视为职责已裁定：{name}对本单不得再次退单", "本裁定成为同类派单的先例")
    return [Outcome("uphold_return", "同意退单", tuple(up)), Outcome("reject_return", "驳回退单", down)]


def _extension(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    limit, _ = clocks.extension_limit(case, asked.given.get("limit"), now)
    new = clocks.would(case, lambda own: own.extend(limit, ""), State.IN_PROGRESS, now).due("handle")
    left = MAX_EXTENSIONS - case.extensions - 1
    yes = (f"办理期限由{_day(case.handle_due_at)}延到{_day(new)}（延长{limit.label}，自原期限起算）", f"本次为第 {case.extensions + 1} 次，之后还可延 {left} 次",
           "诉求人查询时看到新的期限")
    return [Outcome("grant_extension", "同意延期", yes, f"同意延期，办理期限延到{_day(new)}。"),
            Outcome("refuse_extension", "不同意延期", (_goes_on(case), "不占用延期次数，可另附理由再次申请"))]


def _parking(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    review = clocks.due_by(case, "park_review", now)
    yes = ("转为挂账，办理计时暂停", f"首次复核：{_day(review)}；以后每次复核后重计", "诉求人看到：已列入挂账按计划解决")
    return [Outcome("grant_parking", "同意挂账", yes, "同意挂账，按计划推进，按期复核。"), Outcome("refuse_parking", "不同意挂账", (_goes_on(case),))]


def _termination(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    yes = ("工单终止办理，不再回访", "诉求人看到：办理依规终止，理由已说明；可以评价")
    return [Outcome("grant_termination", "同意终止", yes), Outcome("refuse_termination", "不同意终止", (_goes_on(case),))]


def _statutory(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    interim, procedure = clocks.due_by(case, "interim", now), case.category.statutory if case.category else {}
    yes = ["办理计时暂停，直到登记法定程序结果", f"{_unit(case)}须在{_day(interim)}前给阶段性答复"]
    if procedure.get("finish") and procedure.get("code") == asked.given.get("statute"):
        limit = Limit.parse(procedure["finish"])
        yes.append(f"法定程序期限{_day(time_rules.due(now, limit, clocks.city_calendar()).due)}（{limit.label}，{procedure.get('basis', '')}）")
    return [Outcome("grant_statutory", "同意转法定程序", tuple(yes), "同意转入法定程序办理。"),
            Outcome("refuse_statutory", "不同意", (_goes_on(case),))]


def _exclusion(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    yes = (f"本单不计入{_unit(case)}的各项比率，受理量和办结量照计", "工单本身不变，剔除依据留在办理过程")
    return [Outcome("grant_exclusion", "同意剔除", yes), Outcome("refuse_exclusion", "不同意剔除", ("照常计入各项比率", "单位可补充材料再次申请"))]


def _final(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    yes = ("工单以最终答复办结，不再回访", "同一事项再来电的，告知已作最终答复，不再重复办理")
    return [Outcome("grant_final", "同意最终答复", yes), Outcome("refuse_final", "不同意", (_goes_on(case),))]


def _consult(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    return [Outcome("rule_consult", "会商裁定", ("退回派单员，首先推荐裁定的单位", "裁定的单位对本单不得退单", "审核派单的计时恢复"))]


def _redo(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    again = clocks.would(case, lambda own: own.redo(now), State.IN_PROGRESS, now).last("handle")
    due, limit = again.due_at, Limit.parse(again.limit)
    yes = [f"退回{_unit(case)}重办，期限{_day(due)}（{limit.label}，原时限的一半）", "须重新联系、重新佐证、重新答复，之后再次回访", f"计入重办第 {case.redos + 1} 次"]
    if rules.is_problem(case.returns, case.redos + 1) and not case.problem:
        yes.append(f"重办满 {PROBLEM_AT} 次，列为疑难工单，转协调员")
    return [Outcome("order_redo", "同意重办", tuple(yes)),
            Outcome("refuse_redo", "不再重办", ("工单办结，诉求人的回答照实计入解决率和满意率", "诉求人看到：经审核已办结，理由已说明"))]


def _erasure(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    gone = ("删除诉求人姓名、电话、诉求文字、答复文字、原话、附件和短信，不能恢复", "保留：编号、分类、单位、时间和每一步的名称", "申请人与执行人都留名；历史仍可校验")
    return [Outcome("erase", "删除个人信息", gone)]


def _no_callback(case: Case, asked: CaseAsk, now: datetime) -> list[Outcome]:
    yes = ("申请中的诉求人不再回访；其他诉求人照常回访", "都回访完后办结，没有回答的不计入满意率和解决率")
    return [Outcome("grant_no_callback", "同意", yes, "情形属实，同意不再回访。"),
            Outcome("refuse_no_callback", "不同意", ("退回回访员：继续等网上回答，或另找联系方式",))]


_OF: dict[Ask, Callable[[Case, CaseAsk, datetime], list[Outcome]]] = {
    Ask.RETURN: _return, Ask.EXTENSION: _extension, Ask.PARKING: _parking, Ask.TERMINATION: _termination, Ask.STATUTORY: _statutory,
    Ask.EXCLUSION: _exclusion, Ask.FINAL: _final, Ask.CONSULT: _consult, Ask.REDO: _redo, Ask.ERASURE: _erasure,
    Ask.NO_CALLBACK: _no_callback,
}
