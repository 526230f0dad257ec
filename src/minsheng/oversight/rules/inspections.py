"""Special inspection (专项督查): a scope, a sample that anybody can draw again from its seed, an outside group, points and corrections. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no

LARGEST, WIDEST = 200, 20_000  # cases of a sample; cases of a scope


class InspectionState(Labelled):
    NEW = "new", "新建"
    DRAFT = "draft", "拟稿中"
    APPROVED = "approved", "已批准"
    OPEN = "open", "督查中"
    CLOSED = "closed", "已结束"


class PointState(Labelled):
    NEW = "new", "新建"
    NOTED = "noted", "待交办"
    SENT = "sent", "整改中"
    CORRECTED = "corrected", "待复核"
    ENDED = "ended", "已了结"
    DROPPED = "dropped", "不成立"


# --- the sample ---------------------------------------------------------------------------------


def drawn(seed: str, pool: Iterable[int], size: int) -> list[int]:
    """The sample: of all cases those whose SHA-256 of "seed:id" is smallest. Whoever has the seed and the list can draw it again."""
    return sorted(sorted(pool, key=lambda case: hashlib.sha256(f"{seed}:{case}".encode()).digest())[:size])


def digest(pool: Iterable[int]) -> str:
    """Of the list that was drawn from: SHA-256 of its ids in order, one a line."""
    return hashlib.sha256("\n".join(map(str, sorted(pool))).encode()).hexdigest()


def sound(seed: str, pool: list[int], size: int, pool_digest: str, sample: list[int]) -> bool:
    """Does the sample follow from the seed and the list, and is the list the one that was drawn from?"""
    return digest(pool) == pool_digest and drawn(seed, pool, size) == sorted(sample)


# --- an inspection ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InspectionFacts:
    id: int
    state: InspectionState
    drafters: tuple[int, ...] = ()
    members: tuple[int, ...] = ()
    waiting: int = 0  # points without an end
    unseen: int = 0  # cases of the sample that the group may see and nobody of it has looked at
    scope_line: frozenset[int] = frozenset()  # of the unit that is inspected


@dataclass(frozen=True, slots=True)
class PointFacts:
    """members, sample: of its inspection; unit_path, unit_line: of the unit whose case it is."""

    id: int
    state: PointState
    inspection_open: bool = True
    members: tuple[int, ...] = ()
    unit_path: tuple[int, ...] = ()
    unit_line: frozenset[int] = frozenset()


FIELDS = table(
    Field("title", "督查名称", "text", longest=80, official=True),
    Field("basis", "依据和重点", "long", longest=1000, official=True),
    Field("since", "受理日期自", "day"),
    Field("until", "受理日期至", "day"),
    Field("unit", "主办单位", "id", help="不选为所有单位"),
    Field("category", "诉求分类", "id", help="不选为所有分类"),
    Field("size", "抽样件数", "number", help=f"1 至 {LARGEST}"),
    Field("members", "督查组成员", "ids", help="有“专项督查组”角色的账号；只看得到抽到的工单"),
    Field("inspection", "所属督查", "id"),
    Field("case", "所涉工单", "id"),
    Field("point", "发现的问题", "long", longest=1000, help="看到什么、与哪条要求不符；不写诉求人姓名、电话"),
    Field("due", "整改期限", "day", help="工作日"),
    Field("correction", "整改情况", "long", longest=2000),
    Field("files", "照片或文件", "files", help="看得出问题或者改了什么的；照片里的拍摄地点会去掉，文件名不写姓名、电话"),
    Field("summary", "督查结论", "long", longest=2000),
    Field("reason", "理由", "long", longest=1000),
)


@asks("没有参与拟稿")
def not_drafted_by_me(facts: InspectionFacts, by: Actor) -> Verdict:
    return no("own", "您参与了拟稿，须由另一人批准") if by.id in facts.drafters else YES


@asks("不属被督查单位一系")
def outside_scope(facts: InspectionFacts, by: Actor) -> Verdict:
    return no("own_unit", "专项督查须由被督查单位以外的人员办理") if facts.scope_line & {by.unit, *by.unit_path} else YES


@asks("发现的问题都已了结")
def points_ended(facts: InspectionFacts, by: Actor) -> Verdict:
    return no("waiting", f"还有 {facts.waiting} 个问题没有了结") if facts.waiting else YES


@asks("抽到的工单都看过")
def all_looked_at(facts: InspectionFacts, by: Actor) -> Verdict:
    """What nobody looked at is no case without a problem."""
    return no("unseen", f"抽到的还有 {facts.unseen} 件没有看过") if facts.unseen else YES


@asks("督查组成员")
def member(facts: Any, by: Actor) -> Verdict:
    return YES if by.id in facts.members else no("not_member", "由本次督查组的成员办理")


@asks("督查尚未结束")
def goes_on(facts: PointFacts, by: Actor) -> Verdict:
    return YES if facts.inspection_open else no("closed", "这次督查没有在进行")


@asks("不属整改单位一系")
def outside_unit(facts: PointFacts, by: Actor) -> Verdict:
    return no("own_unit", "须由整改单位以外的人员办理") if facts.unit_line & {by.unit, *by.unit_path} else YES


@asks("整改单位或其上级的人员")
def of_unit(facts: PointFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit in facts.unit_path else no("not_own", "由整改单位办理")


def _in(*states: Any) -> frozenset[Any]:
    return frozenset(states)


_I, _P = InspectionState, PointState
_SCOPE = ("title", "basis", "since", "until", "unit?", "category?", "size", "members")
INSPECTION = Procedure([
    Step("draft_inspection", "拟定方案", _in(_I.NEW), _I.DRAFT, R.SUPERVISOR, (outside_scope,), _SCOPE),
    Step("amend_inspection", "修改方案", _in(_I.DRAFT), None, R.SUPERVISOR, (outside_scope,), _SCOPE, rests_on=("amend_inspection",)),
    Step("approve_inspection", "批准", _in(_I.DRAFT), _I.APPROVED, R.SUPERVISOR, (not_drafted_by_me, outside_scope), rests_on=("amend_inspection",)),
    Step("draw_sample", "抽样并开始", _in(_I.APPROVED), _I.OPEN, R.SUPERVISOR, (outside_scope,)),
    Step("redraw_sample", "重新抽样", _in(_I.OPEN), None, R.SUPERVISOR, (outside_scope, points_ended), ("reason",)),
    Step("look_at_case", "看过，没有发现问题", _in(_I.OPEN), None, R.OUTSIDE_GROUP, (member,), ("case",)),
    Step("close_inspection", "作出结论", _in(_I.OPEN), _I.CLOSED, R.OUTSIDE_GROUP, (member, points_ended, all_looked_at), ("summary",)),
])
POINT = Procedure([
    Step("note_point", "记下问题", _in(_P.NEW), _P.NOTED, R.OUTSIDE_GROUP, (goes_on, member), ("inspection", "case", "point", "files?")),
    Step("send_point", "交办整改", _in(_P.NOTED), _P.SENT, R.SUPERVISOR, (outside_unit,), ("due",)),
    Step("drop_point", "不成立", _in(_P.NOTED), _P.DROPPED, R.OUTSIDE_GROUP, (member,), ("reason",)),
    Step("correct_point", "报告整改", _in(_P.SENT), _P.CORRECTED, R.UNIT_APPROVER, (of_unit,), ("correction", "files?")),
    Step("return_point", "退回再改", _in(_P.CORRECTED), _P.SENT, R.OUTSIDE_GROUP, (member, outside_unit), ("reason",), rests_on=("correct_point",)),
    Step("accept_point", "复核通过", _in(_P.CORRECTED), _P.ENDED, R.OUTSIDE_GROUP, (member, outside_unit), rests_on=("correct_point",)),
])


# --- checks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """`pool`: how many cases the scope holds, when a sample is to be drawn; groups: accounts that may be members; unseen: cases of the sample
    that nobody has looked at."""

    today: date
    handling: frozenset[int] = frozenset()
    matters: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    pool: int = 0
    unseen: frozenset[int] = frozenset()


def scope(values: dict[str, Any], world: World) -> dict[str, str]:
    found = {}
    since, until = (date.fromisoformat(values[n]) if n in values else None for n in ("since", "until"))
    if since and until and not since <= until <= world.today:
        found["until"] = "结束日期不早于开始日期，不在今天之后"
    if values.get("unit", 0) and values["unit"] not in world.handling:
        found["unit"] = "请选择在用的承办单位"
    if values.get("category", 0) and values["category"] not in world.matters:
        found["category"] = "没有这个分类，请重新选择"
    if not 1 <= values.get("size", 1) <= LARGEST:
        found["size"] = f"抽样件数应为 1 至 {LARGEST}"
    if set(values.get("members", ())) - world.groups:
        found["members"] = "成员须是有“专项督查组”角色的在用账号"
    return found


def pool(world: World) -> dict[str, str]:
    """Said of the sample as a whole: nothing of it was typed."""
    if not world.pool:
        return {"size": "范围内没有可抽的工单（限制知悉、要求保密、反映单位的不抽），请修改方案"}
    return {"size": f"范围内超过 {WIDEST:,} 件，请缩小范围"} if world.pool > WIDEST else {}


def looked_at(values: dict[str, Any], world: World) -> dict[str, str]:
    """Once is enough: a case is marked, or a point of it is noted."""
    return {"case": "这件不在样本里，或已经看过、记了问题"} if "case" in values and values["case"] not in world.unseen else {}
