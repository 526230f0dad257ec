"""Written instructions (领导批示) from report to feedback, and the responsibility record (责任落实台账) with tolerance (容错免责). Pure.

A record says who has which duty until when and what became of it. Blame is for discipline organs: leads are passed, nothing is found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no


class InstructionState(Labelled):
    NEW = "new", "新建"
    REPORTED = "reported", "已呈报"
    INSTRUCTED = "instructed", "已批示"
    ASSIGNED = "assigned", "办理中"
    FED_BACK = "fed_back", "待审反馈"
    ACCEPTED = "accepted", "待回呈"
    ENDED = "ended", "已回呈"
    NONE = "none", "未作批示"


class DutyState(Labelled):
    NEW = "new", "新建"
    OPEN = "open", "落实中"
    REPORTED = "reported", "待核实"
    SETTLED = "settled", "已落实"
    TOLERATED = "tolerated", "容错免责"
    PASSED = "passed", "线索已移送"


class Ground(Labelled):
    """On what tolerance may be asked."""

    TRIAL = "trial", "先行先试，没有明确规定"
    FORCE = "force", "不可抗力或难以预见"
    ORDER = "order", "按程序集体决策"
    RESCUE = "rescue", "抢险救灾等紧急处置"
    MENDED = "mended", "及时纠正、未造成损失"


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """Of an instruction or a duty. unit_path, unit_line: of the unit that acts; waiting: tolerance was asked and is not ruled."""

    id: int
    state: Any
    unit_path: tuple[int, ...] = ()
    unit_line: frozenset[int] = frozenset()
    waiting: bool = False
    asked_by: int = 0


FIELDS = table(
    Field("title", "事项", "text", longest=80),
    Field("report", "呈报内容", "long", longest=2000, help="情况、已做的、建议；不写诉求人姓名、电话"),
    Field("leader", "呈报的领导", "text", longest=40, help="姓名和职务"),
    Field("cases", "所涉工单", "ids", help="编号，一行一个或用空格隔开，最多 50 件"),
    Field("instruction", "批示内容", "long", longest=1000, help="照录原文"),
    Field("instructed_on", "批示日期", "day"),
    Field("unit", "承办单位", "id"),
    Field("due", "期限", "day", help="工作日"),
    Field("feedback", "办理情况", "long", longest=2000),
    Field("matter", "责任事项", "text", longest=120, help="要落实的事，不是对人的评价"),
    Field("duty_post", "责任岗位", "text", longest=60, help="岗位和姓名"),
    Field("measures", "落实要求", "long", longest=1000),
    Field("finding", "核实情况", "long", longest=1000),
    Field("ground", "容错情形", "choice", tuple(Ground.choices())),
    Field("organ", "移送机关", "text", longest=60, help="如 市纪委监委信访室"),
    Field("reason", "理由", "long", longest=1000),
)


@asks("不属承办单位一系")
def outside_unit(facts: TaskFacts, by: Actor) -> Verdict:
    return no("own_unit", "须由承办单位以外的人员办理") if facts.unit_line & {by.unit, *by.unit_path} else YES


@asks("承办单位或其上级的人员")
def of_unit(facts: TaskFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit in facts.unit_path else no("not_own", "由承办单位办理")


@asks("没有申请待裁定")
def nothing_waits(facts: TaskFacts, by: Actor) -> Verdict:
    return no("waits", "有容错申请等待裁定，裁定后再办理") if facts.waiting else YES


@asks("有容错申请待裁定")
def tolerance_waits(facts: TaskFacts, by: Actor) -> Verdict:
    return YES if facts.waiting else no("not_asked", "没有等待裁定的容错申请")


@asks("不是申请人")
def not_the_asker(facts: TaskFacts, by: Actor) -> Verdict:
    return no("own", "不能裁定自己的申请") if facts.asked_by == by.id else YES


def _in(*states: Any) -> frozenset[Any]:
    return frozenset(states)


_I, _D = InstructionState, DutyState
INSTRUCTION = Procedure([
    Step("report_matter", "呈报", _in(_I.NEW), _I.REPORTED, R.SUPERVISOR, (), ("title", "report", "leader", "cases?")),
    Step("record_instruction", "登记批示", _in(_I.REPORTED), _I.INSTRUCTED, R.COORDINATOR, (), ("instruction", "instructed_on")),
    Step("note_no_instruction", "未作批示", _in(_I.REPORTED), _I.NONE, R.COORDINATOR, (), ("reason",)),
    Step("assign_instruction", "交办", _in(_I.INSTRUCTED), _I.ASSIGNED, R.SUPERVISOR, (), ("unit", "due")),
    Step("feed_back", "反馈办理情况", _in(_I.ASSIGNED), _I.FED_BACK, R.UNIT_APPROVER, (of_unit,), ("feedback",)),
    Step("return_feedback", "退回补充", _in(_I.FED_BACK), _I.ASSIGNED, R.SUPERVISOR, (outside_unit,), ("reason",), rests_on=("feed_back",)),
    Step("accept_feedback", "审核通过", _in(_I.FED_BACK), _I.ACCEPTED, R.SUPERVISOR, (outside_unit,), ("finding",), rests_on=("feed_back",)),
    Step("report_back", "回呈领导", _in(_I.ACCEPTED), _I.ENDED, R.COORDINATOR, ()),
])
DUTY = Procedure([
    Step("open_duty", "列入台账", _in(_D.NEW), _D.OPEN, R.SUPERVISOR, (outside_unit,), ("matter", "unit", "duty_post", "measures", "due", "cases?")),
    Step("report_duty", "报告落实情况", _in(_D.OPEN), _D.REPORTED, R.UNIT_APPROVER, (of_unit, nothing_waits), ("feedback",)),
    Step("return_duty", "退回继续落实", _in(_D.REPORTED), _D.OPEN, R.SUPERVISOR, (outside_unit,), ("reason",), rests_on=("report_duty",)),
    Step("settle_duty", "核实已落实", _in(_D.REPORTED), _D.SETTLED, R.SUPERVISOR, (outside_unit,), ("finding",), rests_on=("report_duty",)),
    Step("ask_tolerance", "申请容错免责", _in(_D.OPEN), None, R.UNIT_APPROVER, (of_unit, nothing_waits), ("ground", "reason")),
    Step("grant_tolerance", "同意容错免责", _in(_D.OPEN), _D.TOLERATED, R.SUPERVISOR, (tolerance_waits, not_the_asker, outside_unit), ("finding",), rests_on=("ask_tolerance",)),
    Step("refuse_tolerance", "不同意容错免责", _in(_D.OPEN), None, R.SUPERVISOR, (tolerance_waits, not_the_asker, outside_unit), ("reason",), rests_on=("ask_tolerance",)),
    Step("pass_lead", "移送线索", _in(_D.OPEN, _D.REPORTED), _D.PASSED, R.SUPERVISOR, (outside_unit, nothing_waits), ("organ", "reason")),
])


@dataclass(frozen=True, slots=True)
class World:
    """`shown`: how many of the cases that were named their namer may see; shut: of these restricted, or complaining of somebody."""

    today: date
    handling: frozenset[int] = frozenset()
    shown: int = 0
    shut: bool = False


def given(values: dict[str, Any], world: World) -> dict[str, str]:
    found = {}
    if "unit" in values and values["unit"] not in world.handling:
        found["unit"] = "请选择在用的承办单位"
    if "instructed_on" in values and date.fromisoformat(values["instructed_on"]) > world.today:
        found["instructed_on"] = "批示日期不能在今天之后"
    if world.shown < len(set(values.get("cases", ()))):
        found["cases"] = "有的编号没有这个工单，或您无权查看，请核对"
    elif world.shut:
        found["cases"] = "限制知悉或反映了单位的工单不列入，请另行当面报告"
    return found
