"""A file of open data (开放数据): prepared by an analyst, signed by a supervisor who did not, published, never changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no

READERS = frozenset({R.ANALYST, R.SUPERVISOR, R.INSPECTOR})
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class DatasetState(Labelled):
    NEW = "new", "新建"
    PREPARED = "prepared", "待签发"
    SIGNED = "signed", "待发布"
    PUBLISHED = "published", "已发布"
    DROPPED = "dropped", "不发布"


FIELDS = table(
    Field("month", "月份", "text", longest=7, official=True, help="已经过完的一个月，写成 2025-01"),
    Field("reason", "理由", "long", longest=600, official=True),
)


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    id: int
    state: DatasetState
    preparers: tuple[int, ...] = ()


@asks("没有参与准备")
def not_prepared_by_me(facts: DatasetFacts, by: Actor) -> Verdict:
    return no("own", "您参与了准备，须由另一人签发") if by.id in facts.preparers else YES


_PREPARED, _SIGNED = frozenset({DatasetState.PREPARED}), frozenset({DatasetState.SIGNED})
DATASET = Procedure([
    Step("prepare_data", "准备开放数据", frozenset({DatasetState.NEW}), DatasetState.PREPARED, R.ANALYST, (), ("month",)),
    Step("sign_data", "签发开放数据", _PREPARED, DatasetState.SIGNED, R.SUPERVISOR, (not_prepared_by_me,)),
    Step("publish_data", "发布", _SIGNED, DatasetState.PUBLISHED, R.ANALYST, (), warns="发布以后谁都能下载，不能收回。"),
    Step("drop_data", "不发布", _PREPARED | _SIGNED, DatasetState.DROPPED, R.SUPERVISOR, (), ("reason",)),
])


def month_of(said: str) -> date | None:
    """Its first day; None for what is no month."""
    found = _MONTH.fullmatch(said)
    try:
        return date(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        return None


def after(month: date) -> date:
    """The first day of the next one."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def wrong(values: Mapping[str, Any], today: date, waiting: bool, drawn: str) -> dict[str, str]:
    """`waiting`: one of the month is not through yet; `drawn`: why nothing could be made of the month. Of a step that takes no month: {}."""
    if "month" not in values:
        return {}
    month = month_of(values["month"])
    if month is None or month.year > 9000:
        return {"month": "请写成 2025-01"}
    if after(month) > today:
        return {"month": "这个月还没有过完"}
    if waiting:
        return {"month": "这个月已有一份等着签发或发布"}
    return {"month": drawn} if drawn else {}
