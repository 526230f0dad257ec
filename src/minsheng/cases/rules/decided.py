"""What steps decide about a case, sealed with the step that decided it: who changes a column by hand is found by adding the steps up.

A step keeps under `after` what it left different on its own case, under `others` what it left different on cases that it touches.
Personal data is in none of these columns. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

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
MARKS = {
    "pending": "待裁定的申请", "bound": "不得退单的单位", "released": "已退单的单位", "merged": "并入件数", "contact": "已联系",
    "contact_waived": "无需联系", "field": "现场记录", "photo": "现场照片", "draft_by": "起草人", "danger": "险情",
    "ground": "限制知悉的依据", "left": "诉求人已退出", "asked_more": "等待补充",
    "decline_ok": "不予受理已确认", "night": "夜间直派", "night_ok": "已补审", "waived": "要素豁免",
    "desk": "接听席",
}
READERS = "readers"
_VALUES = attrgetter(*COLUMNS)


def snapshot(case: Any, readers: Iterable[tuple[int, datetime]] | None = None) -> dict[str, Any]:
    """The decided columns and marks of a row, as JSON holds them. `readers`: of a restricted case, (person, until)."""
    found = {name: _plain(value) for name, value in zip(COLUMNS, _VALUES(case), strict=True) if value}
    found |= {f"marks.{name}": value for name, value in case.marks.written().items() if value and name in MARKS}
    if readers:
        found[READERS] = sorted([person, _plain(until)] for person, until in readers)
    return found


_NOTHING: tuple[Any, ...] = (None, "", False, 0, [], {})


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def add_up(deltas: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a case must be by its steps: the last word on each column.

    A history that began with the sealed making of the case (which sets `received_at`) speaks of every column: what no step set is
    empty. Of an older one only what later steps spoke of is in it.
    """
    found: dict[str, Any] = {}
    for one in deltas:
        found.update(one)
    return {**dict.fromkeys(_ALL), **found} if "received_at" in found else found


_ALL = (*COLUMNS, *(f"marks.{name}" for name in MARKS))


def differences(expected: Mapping[str, Any], case: Any, readers: Iterable[tuple[int, datetime]] | None) -> list[str]:
    """Sentences, one a column that is not what the steps left it at."""
    now = snapshot(case, readers)
    return [f"“{_label(n)}”与历史不符：历史为 {_said(value)}，现为 {_said(now.get(n))}" for n, value in expected.items()
            if (value if value not in _NOTHING else None) != now.get(n)]


def _label(name: str) -> str:
    return "知悉人员" if name == READERS else MARKS.get(name.removeprefix("marks."), "") if name.startswith("marks.") else COLUMNS.get(name, name)


def _said(value: Any) -> str:
    return "空" if value in _NOTHING else str(value)
