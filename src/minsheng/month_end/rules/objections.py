"""An objection (异议): one case of a unit's list and one measure, with ground and proof, ruled on at the review (rulings, 35 and 76). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit import written_times
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.month_end.rules.assessments import FROZEN, AssessmentState
from minsheng.month_end.rules.sheet import OF_UNITS


class ObjectionState(Labelled):
    NEW = "new", "新建"
    RAISED = "raised", "待裁定"
    EXCLUDED = "excluded", "同意剔除"
    CORRECTED = "corrected", "予以更正"
    REFUSED = "refused", "不予采纳"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "无人可裁定"


class Want(Labelled):
    EXCLUDE = "exclude", "申请剔除"
    CORRECT = "correct", "请求更正"


FIELDS = table(
    Field("assessment", "考核期", "id"),
    Field("case", "工单", "id"),
    Field("measure", "指标", "choice", choices=tuple((code, label) for code, label in OF_UNITS)),
    Field("want", "要求", "choice", choices=tuple(Want.choices()), help="剔除：这件不计入比率，同时在工单上提出剔除申请；更正：数字不符，说明怎样更正"),
    Field("reason", "理由", "long", longest=1000, help="哪里与事实不符，依据什么；不写诉求人的姓名、电话"),
    Field("files", "证据", "files", help="照片、截图或文件，能看出是哪一天、哪一件；文件名不写姓名、电话"),
    Field("why", "撤回的理由", "long", longest=200),
    Field("ruling", "裁定理由", "long", longest=1000),
    Field("correction", "更正说明", "text", longest=200, official=True, help="列在这个数字旁边；不写诉求人的姓名、电话、住址"),
)


@dataclass(frozen=True, slots=True)
class ObjectionFacts:
    """
    phase      where its period stands
    unit_path  from the root to the unit whose figure it is; unit_line: all that may call it their own
    drafters   of the period's figures
    """

    id: int
    state: ObjectionState
    today: date
    phase: AssessmentState = AssessmentState.PLANNED
    check_until: date | None = None
    want: str = ""
    asked_by: int = 0
    unit_path: tuple[int, ...] = ()
    unit_line: frozenset[int] = frozenset()
    drafters: tuple[int, ...] = ()


LATE = "本期数字已冻结，不再受理异议；工单仍可申请剔除，以后查明的差异由系统记入更正表"


@asks("核对期内")
def in_checking(facts: ObjectionFacts, by: Actor) -> Verdict:
    if facts.phase in FROZEN:
        return no("frozen", LATE)
    if facts.phase != AssessmentState.CHECKING:
        return no("phase", f"本期“{facts.phase.label}”，异议在核对期内提出")
    over = facts.check_until is not None and facts.today > facts.check_until
    return no("check_over", f"核对期已于 {written_times.day(facts.check_until)} 截止，不再受理异议") if over else YES


@asks("评审中")
def in_review(facts: ObjectionFacts, by: Actor) -> Verdict:
    return YES if facts.phase == AssessmentState.REVIEW else no("phase", f"本期“{facts.phase.label}”，进入评审后才裁定")


@asks("本单位或下属单位的数字")
def of_own_unit(facts: ObjectionFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit in facts.unit_path else no("not_own", "只能对本单位的数字提出异议")


@asks("不属提出异议的单位一系")
def outside_unit(facts: ObjectionFacts, by: Actor) -> Verdict:
    return no("own_unit", "这是您所在单位的异议，须由他人裁定") if facts.unit_line & {by.unit, *by.unit_path} else YES


@asks("没有参与出数")
def not_drafted_by_me(facts: ObjectionFacts, by: Actor) -> Verdict:
    return no("own", "您参与了出数，须由他人裁定") if by.id in facts.drafters else YES


@asks("不是本人提出的")
def not_asked_by_me(facts: ObjectionFacts, by: Actor) -> Verdict:
    return no("own", "这条异议由您提出，须由他人裁定") if by.id == facts.asked_by else YES


@asks("要求的是剔除")
def wants_exclusion(facts: ObjectionFacts, by: Actor) -> Verdict:
    return YES if facts.want == Want.EXCLUDE else no("want", "单位没有申请剔除，只能更正或不予采纳")


@asks("要求的不是剔除")
def wants_correction(facts: ObjectionFacts, by: Actor) -> Verdict:
    return YES if facts.want == Want.CORRECT else no("want", "剔除申请已提在工单上，由评审裁定，不能撤回")


_O = ObjectionState
_RAISED = frozenset({_O.RAISED})
_HEAD = (R.UNIT_APPROVER,)  # who says that the sheet was checked may object to it
_RULED_BY = (in_review, outside_unit, not_drafted_by_me, not_asked_by_me)
OBJECTION = Procedure([
    Step("raise_objection", "提出异议", frozenset({_O.NEW}), _O.RAISED, R.UNIT_LIAISON, (in_checking, of_own_unit),
         ("assessment", "case", "measure", "want", "reason", "files"), also=_HEAD),
    Step("withdraw_objection", "撤回异议", _RAISED, _O.WITHDRAWN, R.UNIT_LIAISON, (of_own_unit, wants_correction), ("why",), also=_HEAD),
    Step("grant_exclusion_objection", "同意剔除", _RAISED, _O.EXCLUDED, R.SUPERVISOR, (*_RULED_BY, wants_exclusion), ("ruling",)),
    Step("correct_figure", "予以更正", _RAISED, _O.CORRECTED, R.SUPERVISOR, _RULED_BY, ("ruling", "correction")),
    Step("refuse_objection", "不予采纳", _RAISED, _O.REFUSED, R.SUPERVISOR, _RULED_BY, ("ruling",)),
    Step("lapse_objection", "记为无人可裁定", _RAISED, _O.LAPSED, R.CLOCK, (in_review,)),
])


@dataclass(frozen=True, slots=True)
class World:
    """`listed`: does the case lie behind that figure of that unit?; `waiting`: was the same objected to before?"""

    known: bool = True
    listed: bool = True
    waiting: bool = False


def wrong(step: str, values: Mapping[str, Any], world: World) -> dict[str, str]:
    if step != "raise_objection" or "case" not in values or "measure" not in values:
        return {}
    if not world.known:
        return {"assessment": "没有这个考核期，或您无权查看，请从考核表进入"}
    if not world.listed:
        return {"case": "这件工单不在本单位这一指标的清单里，请从清单进入"}
    return {"case": "对这件工单的这一指标已提出过异议，请看已有的一条"} if world.waiting else {}
