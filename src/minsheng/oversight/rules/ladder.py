"""The ladder (督办阶梯): how late, or how often, leads to which measure. Dated data of a city; what it means is here. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from minsheng.calendar.spans import WorkCalendar, working_dates
from minsheng.kit.labelled_enum import Labelled


class Measure(Labelled):
    """What is done. The first two leave by the clock; of all others the clock makes proposals, which a person signs."""

    REMIND = "remind", "提醒"
    URGE = "urge", "催办"
    ORDER = "order", "督办单"
    CIRCULAR = "circular", "通报"
    SUMMONS = "summons", "约谈"

    @property
    def by_clock(self) -> bool:
        return self in {Measure.REMIND, Measure.URGE}


class Trigger(Labelled):
    """What makes a rung due. `of_unit`: counted over the slips of a unit, not on one case."""

    YELLOW = "yellow", "临近时限"
    RED = "red", "时限将到"
    LATE = "late", "逾期工作日数"
    REDOS = "redos", "重办次数"
    RETURNS = "returns", "退单获准次数"
    ORDERS = "orders", "已发督办单数"
    CIRCULARS = "circulars", "已发通报数"

    @property
    def of_unit(self) -> bool:
        return self in {Trigger.ORDERS, Trigger.CIRCULARS}

    @property
    def counts(self) -> bool:
        return self not in {Trigger.YELLOW, Trigger.RED}


@dataclass(frozen=True, slots=True)
class Rung:
    """
    count   so many working days late, redos, returns, slips; 0 where nothing is counted
    within  of slips: in so many days
    copy    the head of the unit is told beside whoever answers its telephone
    """

    code: str
    name: str
    measure: Measure
    trigger: Trigger
    count: int
    within: int
    copy: bool
    basis: str
    since: date
    until: date | None = None

    @property
    def condition(self) -> str:
        said = {
            Trigger.YELLOW: "办理时限进入黄色", Trigger.RED: "办理时限进入红色", Trigger.LATE: f"办理逾期满 {self.count} 个工作日",
            Trigger.REDOS: f"重办满 {self.count} 次", Trigger.RETURNS: f"退单获准满 {self.count} 次",
            Trigger.ORDERS: f"{self.within} 天内发出督办单满 {self.count} 份", Trigger.CIRCULARS: f"{self.within} 天内通报满 {self.count} 次",
        }
        return said[self.trigger]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one order what the ladder looks at, on one day. `handle_due`: None while no handling clock runs against the unit."""

    handle_due: date | None = None
    redos: int = 0
    returns: int = 0


def reaches(rung: Rung, one: Standing, last_due: date) -> bool:
    """Does the order stand on this rung or above? `last_due`: as `late_since` has it. What is said of units is not said of an order."""
    if rung.trigger is Trigger.LATE:
        return one.handle_due is not None and one.handle_due <= last_due
    counted = {Trigger.REDOS: one.redos, Trigger.RETURNS: one.returns}
    return rung.trigger in counted and counted[rung.trigger] >= rung.count


def late_since(today: date, days: int, cal: WorkCalendar) -> date:
    """The last date that an order may have been due on to be so many working days late today. The day it is due on does not count."""
    back = working_dates(today + timedelta(days=1), cal, -1)
    on = today
    for _ in range(days):
        on = next(back)
    return on - timedelta(days=1)


def in_force(rungs: Iterable[Rung], on: date) -> list[Rung]:
    """Of each code the row that holds on that day, the lowest first: what is milder comes before what is graver."""
    held: dict[str, Rung] = {}
    for rung in sorted(rungs, key=lambda r: r.since):
        if rung.since <= on:
            held[rung.code] = rung
    order = list(Measure)
    found = [rung for rung in held.values() if rung.until is None or on <= rung.until]
    return sorted(found, key=lambda r: (order.index(r.measure), list(Trigger).index(r.trigger), r.count, r.code))


def below(rung: Rung, rungs: Iterable[Rung]) -> list[Rung]:
    """Rungs that an order on this one has passed: of the same cause by the clock, or that its limit comes up. They are not told any more."""
    def passed(one: Rung) -> bool:
        if not one.measure.by_clock or one.code == rung.code:
            return False
        if one.trigger is rung.trigger:
            return one.count < rung.count
        return one.trigger is Trigger.YELLOW and rung.trigger in {Trigger.RED, Trigger.LATE} or (
            one.trigger is Trigger.RED and rung.trigger is Trigger.LATE)

    return [one for one in rungs if passed(one)]


# --- a city's rows ------------------------------------------------------------------------

_OF_TIME = {Trigger.YELLOW, Trigger.RED, Trigger.LATE}
_MOST = {Trigger.LATE: 250, Trigger.REDOS: 20, Trigger.RETURNS: 20, Trigger.ORDERS: 100, Trigger.CIRCULARS: 100}


def problems(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the rows of a city's file, in words; empty when they can be put in."""
    wrong, seen = [], set()
    for row in rows:
        code = str(row.get("code") or "")
        said = "；".join(_wrong(row, code))
        if (code, row.get("since")) in seen:
            said = "同一代码在同一天有两行"
        seen.add((code, row.get("since")))
        if said:
            wrong.append(f"督办阶梯 {code or '（没有 code）'}：{said}")
    return wrong


def _wrong(row: Mapping[str, Any], code: str) -> list[str]:
    """Of one row."""
    if row.get("measure") not in list(Measure):
        return [f"measure 应为 {'、'.join(Measure)}"]
    if row.get("when") not in list(Trigger):
        return [f"when 应为 {'、'.join(Trigger)}"]
    measure, trigger = Measure(row["measure"]), Trigger(row["when"])
    asked = {
        "须有 code（不超过 40 字符）、name 和 basis": 0 < len(code) <= 40 and _said(row.get("name")) and _said(row.get("basis")),
        "since、until 应为日期，until 不早于 since": _is_day(row.get("since")) and _ends_well(row),
        f"count 应为 1 至 {_MOST.get(trigger)}": not trigger.counts or _whole(row.get("count"), _MOST[trigger]),
        "within 应为 1 至 366 天": not trigger.of_unit or _whole(row.get("within"), 366),
        "提醒和催办只按时限（yellow、red、late）": not measure.by_clock or trigger in _OF_TIME,
        "督办单、通报、约谈不在时限之前提出": measure.by_clock or trigger.counts,
    }
    return [said for said, holds in asked.items() if not holds]


def _said(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _ends_well(row: Mapping[str, Any]) -> bool:
    until = row.get("until")
    return until is None or (_is_day(until) and bool(until >= row["since"]))


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
