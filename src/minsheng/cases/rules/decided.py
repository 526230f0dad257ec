"""What steps decide about a case, sealed with the step that decided it: who changes a column by hand is found by adding the steps up.

A step keeps under `after` what it left different on its own case, under `others` what it left different on cases that it touches.
Personal data is in none of these columns. What lies in tables beside the case is asked in `replay`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from minsheng.cases.rules.marks import LABELS

COLUMNS = {
    "kind": "类型", "category_id": "分类", "district_id": "区县", "lead_id": "主办单位", "complained_unit_id": "被反映单位", "complained_line": "被反映单位及下级",
    "urgent": "紧急",
    "secrecy": "要求保密", "sealed": "保密工单", "restricted": "限制知悉", "statutory": "法定程序中", "excluded": "已剔除", "problem": "疑难工单",
    "erased": "已删除个人信息", "received_at": "受理时间", "submitted_at": "提交时间", "dispatched_at": "派单时间", "signed_at": "签收时间",
    "contacted_at": "首次联系", "contact_typed_at": "联系记录录入", "contact_waived_at": "记为无需联系", "replied_at": "答复时间",
    "closed_at": "办结时间", "sign_due_at": "签收时限", "contact_due_at": "联系时限", "handle_due_at": "办理时限", "stands_since": "计时停于",
    "due_at": "当前时限", "returns": "退单次数", "redos": "重办次数", "extensions": "延期次数", "urges": "催办次数", "dispatches": "派单次数",
    "tries": "回访次数", "reached": "回访接通", "contacted": "确认已联系", "solved": "已解决", "satisfaction": "满意度", "master_id": "并入",
    "previous_id": "上一单", "parent_id": "拆自", "period_id": "接听日",
}
_FIRST_MARKS = (
    "pending", "bound", "released", "merged", "contact", "contact_waived", "field", "photo", "draft_by", "danger", "ground",
    "left", "asked_more", "decline_ok", "night", "night_ok", "waived", "desk",
)
# Kept only by steps that say when they were recorded: what a version before them left different here, no step says. All that is new is here.
LATER = {
    "number": "编号", "channel": "渠道", "language": "语言", "requester_kind": "诉求人类型", "agent_id": "登记人", "imported": "历史导入",
    "undated": "时间不明", "call_id": "通话", "due_code": "当前计时", "due_limit": "当前计时的时长", "yellow_at": "黄色预警时间", "red_at": "红色预警时间",
    "paused": "计时暂停",
}
# The chain itself (its steps name the state), words and people that may be erased, and what is joined to the row without a step.
UNDECIDED = frozenset({"id", "state", "marks", "seq", "head", "updated_at", "title", "agent_name", "contact_id", "code_hash"})
_NOT_SEALED = ("did", "clerks")  # of the first the steps themselves say it; the second no step decides
# Of the marks every one is sealed, under the label that its line says.
MARKS = {name: LABELS[name] for name in _FIRST_MARKS}
UNCOUNTED = {name: LABELS[name] for name in _NOT_SEALED}
LATER_MARKS = {name: label for name, label in LABELS.items() if name not in MARKS and name not in UNCOUNTED}
READERS, CLOCKS = "readers", "clocks."  # CLOCKS with a clock's place among those of its case: what it is known by
_OWN, _MARKED = (*COLUMNS, *LATER), frozenset({*MARKS, *LATER_MARKS})
_VALUES = attrgetter(*_OWN)


def snapshot(case: Any, readers: Iterable[tuple[int, datetime]] | None = None, clocks: Mapping[int, str] | None = None) -> dict[str, Any]:
    """The decided columns and marks of a row, as JSON holds them. `readers`: of a restricted case, (person, until); `clocks`: by their
    place among those of the case."""
    found = {name: _plain(value) for name, value in zip(_OWN, _VALUES(case), strict=True) if value or (value is False and name in _ANSWERS)}
    found |= {f"marks.{name}": value for name, value in case.marks.written().items() if value and name in _MARKED}
    if readers:
        found[READERS] = sorted([person, _plain(until)] for person, until in readers)
    if clocks:
        found |= {f"{CLOCKS}{place}": known for place, known in clocks.items()}
    return found


_NOTHING: tuple[Any, ...] = (None, "", False, 0, [], {})
_ANSWERS = frozenset({"reached", "contacted", "solved"})  # yes, no, or nobody was asked


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Told:
    """What one step left different on a case. `whole`: it speaks of all there is; else of what the versions before kept."""

    changed: Mapping[str, Any]
    whole: bool = True


class Sum:
    """What a case must be by its steps: the last word on each column.

    A history that began with the sealed making of the case (which sets `received_at`) speaks of every column: what no step set is
    empty. Of an older one only what later steps spoke of is in it.
    """

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}

    def add(self, one: Told) -> None:
        if not one.whole and any(_is_later(name) for name in self.columns):
            self.columns = {name: value for name, value in self.columns.items() if not _is_later(name)}
        if "received_at" in one.changed:
            self.columns = dict.fromkeys(_ALL if one.whole else _FIRST) | self.columns
        self.columns.update(one.changed if one.whole else {name: value for name, value in one.changed.items() if not _is_later(name)})

    @property
    def from_the_making(self) -> bool:
        return bool(self.columns.get("received_at"))

    @property
    def whole(self) -> bool:
        """Does it speak of all there is? Every case has a number from its making."""
        return bool(self.columns.get("number"))


_FIRST = (*COLUMNS, *(f"marks.{name}" for name in MARKS))
_ALL = (*_FIRST, *LATER, *(f"marks.{name}" for name in LATER_MARKS))
_LATER = frozenset(_ALL) - frozenset(_FIRST)


def _is_later(name: str) -> bool:
    return name in _LATER or name.startswith(CLOCKS)


def differences(expected: Mapping[str, Any], now: Mapping[str, Any], whole: bool) -> list[str]:
    """Sentences, one a column that is not what the steps left it at. `now`: a snapshot; `whole`: the steps told a no from no answer."""
    return [f"“{label(n)}”与历史不符：历史为 {said(value)}，现为 {said(now.get(n))}" for n, value in expected.items()
            if unlike(value, now.get(n), whole and n in _ANSWERS) and not n.startswith(CLOCKS)]


def unlike(value: Any, now: Any, exactly: bool = False) -> bool:
    if exactly:
        return value is not now
    return value != now and not (value in _NOTHING and now in _NOTHING)


def label(name: str) -> str:
    if name == READERS:
        return "知悉人员"
    mark = name.removeprefix("marks.")
    return (LABELS if mark != name else _COLUMN_LABELS).get(mark, name)


_COLUMN_LABELS = COLUMNS | LATER


def said(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "空" if value in _NOTHING else str(value)
