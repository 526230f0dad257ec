"""A finding on a reply: noted by the clock, judged by a supervisor outside the unit. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.oversight.rules.reply_checks import Check


class FindingState(Labelled):
    NEW = "new", "新建"
    OPEN = "open", "待判断"
    HOLDS = "holds", "属实"
    FALLS = "falls", "不属实"


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """unit_line: the unit that replied, what it was and has become, what lies below."""

    id: int
    state: FindingState
    unit_line: frozenset[int] = frozenset()


FIELDS = table(
    Field("check", "核查项", "choice", tuple(Check.choices())),
    Field("case", "所涉工单", "id"),
    Field("reply", "答复的步骤", "id"),
    Field("unit", "答复单位", "id"),
    Field("other", "雷同的工单", "id"),
    Field("evidence", "发现", "long", longest=1000),
    Field("reason", "判断理由", "long", longest=1000, help="核对了什么、凭什么；不评价个人，问题线索另行移送"),
    Field("files", "照片或文件", "files", help="核对时留下的佐证；照片里的拍摄地点会去掉，文件名不写姓名、电话"),
)


@asks("不属答复单位一系")
def outside_unit(facts: FindingFacts, by: Actor) -> Verdict:
    return no("own_unit", "核查发现须由答复单位以外的人员判断") if facts.unit_line & {by.unit, *by.unit_path} else YES


FINDING = Procedure([
    Step("note_finding", "记下发现", frozenset({FindingState.NEW}), FindingState.OPEN, R.CLOCK, (), ("check", "case", "reply", "unit", "other?", "evidence")),
    Step("finding_holds", "属实", frozenset({FindingState.OPEN}), FindingState.HOLDS, R.SUPERVISOR, (outside_unit,), ("reason", "files?")),
    Step("finding_falls", "不属实", frozenset({FindingState.OPEN}), FindingState.FALLS, R.SUPERVISOR, (outside_unit,), ("reason", "files?")),
    Step("reopen_finding", "重新判断", frozenset({FindingState.HOLDS, FindingState.FALLS}), FindingState.OPEN, R.SUPERVISOR, (outside_unit,), ("reason",)),
])
