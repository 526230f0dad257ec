"""A watch over a place (蹲点): a unit stands at it for some days, writes down each visit, and says at the end what became of it. Pure.

Places, not people: nothing here names who lives or complains there, and no order hangs on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit import written_times
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no

LONGEST = timedelta(days=60)
SEES_ALL = frozenset({R.COORDINATOR, R.SUPERVISOR, R.INSPECTOR})
SEES_OWN_UNIT = frozenset({R.UNIT_HANDLER, R.UNIT_LIAISON, R.UNIT_APPROVER, R.LEADER})
READERS = SEES_ALL | SEES_OWN_UNIT


class WatchState(Labelled):
    NEW = "new", "新建"
    OPEN = "open", "蹲点中"
    ENDED = "ended", "已结束"


FIELDS = table(
    Field("place", "点位", "text", longest=80, help="如 幸福路农贸市场东门；不写姓名、门牌、电话"),
    Field("matter", "要解决什么", "text", longest=120),
    Field("since", "开始", "day"),
    Field("until", "计划结束", "day", help="最长 60 天"),
    Field("visited_on", "到场日期", "day"),
    Field("who", "到场人员", "text", longest=80, help="单位的人员"),
    Field("found", "现场情况", "long"),
    Field("done", "办了什么", "long"),
    Field("left_open", "还没办完的", "long"),
    Field("files", "照片或文件", "files", help="只拍现场，不拍人脸、门牌；照片里的拍摄地点会去掉"),
    Field("result", "结果", "long", help="解决了什么，还剩什么、由谁接着办"),
    Field("reason", "理由", "text", longest=300),
)


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """unit_path: the ids from the root to the unit that watches."""

    id: int
    state: WatchState
    unit_path: tuple[int, ...] = ()
    since: date = date.min
    until: date = date.max
    last_visit: date | None = None


@asks("蹲点单位的人员")
def of_unit(facts: WatchFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit in facts.unit_path else no("not_own", "由蹲点单位办理")


@asks("至少到场一次")
def visited(facts: WatchFacts, by: Actor) -> Verdict:
    return YES if facts.last_visit else no("no_visit", "还没有到场记录，不能结束；不蹲了请先记一次到场，写明原因")


_OPEN = frozenset({WatchState.OPEN})
WATCH = Procedure([
    Step("open_watch", "开始蹲点", frozenset({WatchState.NEW}), WatchState.OPEN, R.UNIT_LIAISON, (of_unit,), ("place", "matter", "since", "until")),
    Step("note_visit", "记一次到场", _OPEN, None, R.UNIT_HANDLER, (of_unit,), ("visited_on", "who", "found", "done?", "left_open?", "files?")),
    Step("extend_watch", "延长", _OPEN, None, R.UNIT_APPROVER, (of_unit,), ("until", "reason"), rests_on=("extend_watch",)),
    Step("end_watch", "结束蹲点", _OPEN, WatchState.ENDED, R.UNIT_APPROVER, (of_unit, visited), ("result",)),
])


def check(step: str, values: Mapping[str, Any], facts: WatchFacts, today: date) -> dict[str, str]:
    """Field -> what to do instead."""
    days = {name: date.fromisoformat(values[name]) for name in ("since", "until", "visited_on") if name in values}
    since = days.get("since", facts.since)
    wrong = {}
    if "until" in days:
        if days["until"] < max(since, today):
            wrong["until"] = "计划结束不能早于开始和今天"
        elif days["until"] - since > LONGEST:
            wrong["until"] = f"蹲点最长 {LONGEST.days} 天，请填 {written_times.day(since + LONGEST)} 以前"
        elif step == "extend_watch" and days["until"] <= facts.until:
            wrong["until"] = f"延长后的日期应晚于 {written_times.day(facts.until)}"
    if "since" in days and not today - timedelta(days=1) <= since <= today + LONGEST:
        wrong["since"] = "开始日期应在昨天到 60 天以内"
    if "visited_on" in days and days["visited_on"] > today:
        wrong["visited_on"] = "到场日期不能晚于今天"
    elif "visited_on" in days and days["visited_on"] < since:
        wrong["visited_on"] = f"到场日期不能早于蹲点开始（{written_times.day(since)}）"
    return wrong
