"""What must hold across the fields of a step, and with what they name. Pure: field -> what to do instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from minsheng.kit import written_times
from minsheng.leader_days.rules.facts import CommitmentFacts, DeskFacts, PeriodFacts
from minsheng.leader_days.rules.states import Source

LONGEST_DESK = timedelta(hours=8)
YEARS = range(2000, 2200)


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """Of the case that a commitment is made on. `desk`: where it was taken; `called_on`: the local day of the call."""

    period: int
    desk: int | None
    called_on: date


@dataclass(frozen=True, slots=True)
class World:
    """What the fields may be held against."""

    today: date
    zone: Any
    works: Callable[[date], bool]  # is it a working day of the city?
    handling: frozenset[int] = frozenset()  # units in use that handle
    leader_path: tuple[int, ...] | None = None  # of the unit of the leader who was named; None: nobody with that role
    other_desks: tuple[DeskFacts, ...] = ()  # of the same leader, in whatever period
    case: CaseSeen | None = None
    number_taken: bool = False
    scheme_days: tuple[date, date] | None = None


def _day(values: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(values[name]) if name in values else None


def _unknown(values: Mapping[str, Any], world: World, *names: str) -> dict[str, str]:
    return {n: "请选择在用的承办单位" for n in names if n in values and values[n] not in world.handling}


def scheme(values: Mapping[str, Any], world: World) -> dict[str, str]:
    since, until = _day(values, "since"), _day(values, "until")
    found = {}
    if since and until and until < since:
        found["until"] = "结束日期不能早于开始日期"
    if values.get("year", YEARS.start) not in YEARS:
        found["year"] = "年度应如 2025"
    if set(values.get("units", ())) - world.handling:
        found["units"] = "参加单位须为在用的承办单位"
    return found


def period(values: Mapping[str, Any], world: World) -> dict[str, str]:
    if "scheme" not in values:
        return {}
    if world.scheme_days is None:
        return {"scheme": "没有这个方案，请刷新页面后重新选择"}
    if not 1 <= values.get("number", 1) <= 999:
        return {"number": "期号应为 1 至 999"}
    return {"number": f"本方案已有第 {values['number']} 期"} if world.number_taken else {}


def desk(values: Mapping[str, Any], facts: PeriodFacts, world: World) -> dict[str, str]:
    found = _unknown(values, world, "unit")
    if "leader" in values and world.leader_path is None:
        found["leader"] = "请选择有“接听领导”角色的在用账号"
    elif "unit" in values and world.leader_path is not None and values["unit"] not in world.leader_path:
        found["leader"] = "这位领导不属于所选的接听单位"
    if "starts" in values and "ends" in values:
        found |= _times(values, world)
    return found


def _times(values: Mapping[str, Any], world: World) -> dict[str, str]:
    starts, ends = datetime.fromisoformat(values["starts"]), datetime.fromisoformat(values["ends"])
    if ends <= starts:
        return {"ends": "结束时间须晚于开始时间"}
    if ends - starts > LONGEST_DESK:
        return {"ends": "一席最长 8 小时，请核对日期"}
    if world.scheme_days and not world.scheme_days[0] <= starts.astimezone(world.zone).date() <= world.scheme_days[1]:
        return {"starts": f"接听日期须在方案的 {written_times.day(world.scheme_days[0])} 至 {written_times.day(world.scheme_days[1])} 之间"}
    mine = DeskFacts(0, 0, 0, starts, ends)
    clash = next((one for one in world.other_desks if one.meets(mine)), None)
    if clash is None:
        return {}
    at = clash.starts.astimezone(world.zone)
    return {"starts": f"这位领导 {written_times.moment(at)} 已安排在另一席，时间重叠"}


def removed(values: Mapping[str, Any], facts: PeriodFacts) -> dict[str, str]:
    return {} if values.get("desk") in {one.id for one in facts.desks} else {"desk": "本期没有这个接听席，请刷新页面"}


def notice(values: Mapping[str, Any], world: World) -> dict[str, str]:
    on = _day(values, "published_on")
    return {"published_on": "发布日期不能在今天之后"} if on and on > world.today else {}


def commitment(values: Mapping[str, Any], facts: CommitmentFacts, world: World) -> dict[str, str]:
    """A promise lies between its call and a working day; it is made on a case of the period, at its desk or at a meeting."""
    found = _unknown(values, world, "owner_unit")
    case = world.case
    if case is None or case.period != values.get("period"):
        return found | {"case": "没有这个本期的工单，或您无权查看，请核对编号"}
    at_meeting = values.get("source") == Source.MEETING
    if not at_meeting and facts.desk is None:
        found["desk"] = "接听席上的承诺须选择本期的接听席"
    elif not at_meeting and facts.desk and case.desk not in (None, facts.desk.id):
        found["desk"] = "这个工单不是这个接听席接的"
    if at_meeting and not (met := _day(values, "met_on")):
        found["met_on"] = "请填写协调会的日期"
    elif at_meeting and met and not case.called_on <= met <= world.today:
        found["met_on"] = "协调会的日期须在来电之后、今天以前"
    return found | due(values, "due", case.called_on, world)


def due(values: Mapping[str, Any], name: str, first: date, world: World) -> dict[str, str]:
    on = _day(values, name)
    if on is None:
        return {}
    if on < first:
        return {name: f"兑现日期不能早于 {written_times.day(first)}"}
    return {} if world.works(on) else {name: f"{written_times.day(on)} 不是工作日，请改为工作日"}


def proof(values: Mapping[str, Any], made_on: date, world: World) -> dict[str, str]:
    on = _day(values, "done_on")
    return {"done_on": f"完成日期须在 {written_times.day(made_on)} 至今天之间"} if on and not made_on <= on <= world.today else {}


def extension(values: Mapping[str, Any], facts: CommitmentFacts, world: World) -> dict[str, str]:
    if facts.due is None:
        return {}
    return due(values, "new_due", facts.due + timedelta(days=1), world)
