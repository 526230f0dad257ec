"""Time limits, due dates, warnings: pure, and every date can say why it is that date (rulings, 1 to 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from minsheng.calendar.spans import (
    ONE_DAY,
    WEEKDAYS,
    Day,
    DayKind,
    WorkCalendar,
    add_working,
    clock_add,
    is_office_time,
    next_opening,
    subtract_working,
    working_dates,
    working_days_between,
    working_seconds,
)
from minsheng.kit import written_times
from minsheng.kit.read_times import FIRST_DAY, LAST_DAY
from minsheng.kit.read_values import BadValue, fold, line
from minsheng.kit.verdict import YES, Verdict, no

__all__ = [
    "BROKEN", "Day", "DayKind", "Due", "Limit", "TraceDay", "Unit", "Warn", "WorkCalendar", "band", "can_count", "due", "end_of", "extend",
    "for_public", "is_office_time", "left", "may_configure", "next_opening", "shift", "warnings", "working_seconds",
]

_WRITTEN = re.compile(r"([0-9]{1,4})(wd|wh|h|min|d)")
_UNIT_SAID = {"工作日": "wd", "工作小时": "wh", "小时": "h", "分钟": "min", "天": "d", "日": "d", "自然日": "d"}
_SAID = re.compile(f"([0-9]{{1,4}})个?({'|'.join(_UNIT_SAID)})")  # as people write it
_RED = timedelta(hours=2)  # two (working) hours before
_MINUTE = 60
CHINA = ZoneInfo("Asia/Shanghai")  # one zone by law


class Unit(StrEnum):
    """What a limit is counted in; `by_clock` ones run day and night (rulings, 2)."""

    label: str
    by_clock: bool

    def __new__(cls, value: str, label: str = "", by_clock: bool = False):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.by_clock = label, by_clock
        return member

    D = "d", "个自然日", True
    H = "h", "小时", True
    MIN = "min", "分钟", True
    WD = "wd", "个工作日", False
    WH = "wh", "个工作小时", False


_MOST = {Unit.D: 1100, Unit.H: 9999, Unit.MIN: 9999, Unit.WD: 750, Unit.WH: 6000}  # about three years
_CLOCK = {Unit.D: ONE_DAY, Unit.H: timedelta(hours=1), Unit.MIN: timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Limit:
    """A promise of time such as 5wd. `str()` gives it back as written."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Limit:
        """From "5wd", "4wh", "2h", "30min" or "7d". ValueError says what to write."""
        found = _WRITTEN.fullmatch(str(text).strip())
        if not found or int(found[1]) == 0:
            raise ValueError(f"时限“{text}”无法识别，请写成 5wd（工作日）、4wh（工作小时）、2h（小时）、30min（分钟）或 7d（自然日）")
        return cls(int(found[1]), Unit(found[2]))

    @classmethod
    def given(cls, raw: object) -> Limit:
        """As `parse`, or in words (5 个工作日), from a person: BadValue for what is no limit or is longer than any promise."""
        written = fold(line(raw, 20)).lower().replace(" ", "")
        if said := _SAID.fullmatch(written):
            written = said[1] + _UNIT_SAID[said[2]]
        try:
            found = cls.parse(written)
        except ValueError:
            raise BadValue("应如 5 个工作日、4 个工作小时、24 小时、30 分钟或 7 天（也可写 5wd、4wh、24h、30min、7d）") from None
        if found.amount > _MOST[found.unit]:
            raise BadValue(f"最长 {cls(_MOST[found.unit], found.unit).label}")
        return found

    def __str__(self) -> str:
        return f"{self.amount}{self.unit.value}"

    @property
    def label(self) -> str:
        return f"{self.amount} {self.unit.label}"

    def half(self) -> Limit:
        """Half, rounded up to a whole unit (rulings, 1)."""
        return Limit((self.amount + 1) // 2, self.unit)

    @property
    def span(self) -> timedelta:
        """The length by the clock; only for units that run by it."""
        return self.amount * _CLOCK[self.unit]


@dataclass(frozen=True, slots=True)
class TraceDay:
    """One date between start and due date, with what it is and why it counts or not."""

    date: date
    kind: DayKind
    why: str


@dataclass(frozen=True, slots=True)
class Due:
    """A due date in the city's zone, the sentence that explains it, and the days it passed over."""

    due: datetime
    basis: str
    provisional: bool
    trace: tuple[TraceDay, ...]


@dataclass(frozen=True, slots=True)
class Warn:
    """When a clock turns yellow and red; yellow is never after red, red never after the due date."""

    yellow_at: datetime
    red_at: datetime


def may_configure(roles) -> Verdict:
    """Who may change holidays and time limits: the system administrator, or the program itself (no role at all)."""
    if not roles or "system_admin" in roles:
        return YES
    return no("role", "日历和时限由系统管理员维护，请联系系统管理员")


# --- due dates -------------------------------------------------------------------------------------------------------------------


def _reach(start: datetime, limit: Limit, cal: WorkCalendar) -> datetime:
    if limit.unit is Unit.WD:
        days = working_dates(cal.local(start).date(), cal)
        for _ in range(limit.amount - 1):
            next(days)
        return cal.closing(next(days))
    if limit.unit is Unit.WH:
        return add_working(start, limit.amount * 3600, cal)
    return clock_add(start, limit.span, cal)


def due(start: datetime, limit: Limit, cal: WorkCalendar) -> Due:
    """When a limit that starts at `start` (aware) ends.

    wd: day 0 is the local date of the start, the end is the close of the n-th working day; wh: office hours only; h, min, d: by the clock.
    """
    at, provisional = end_of(start, limit, cal)
    return Due(at, _basis(cal.local(start), at, limit, cal, provisional), provisional, _trace(cal.local(start), at, limit, cal))


def end_of(start: datetime, limit: Limit, cal: WorkCalendar) -> tuple[datetime, bool]:
    """`due` without its words, for a clock: (when, does it rest on a date that a notice may still change)."""
    if start.tzinfo is None:
        raise ValueError("起算时间缺少时区，请写成 2026-02-13T10:00+08:00")
    at = _reach(start, limit, cal)
    if limit.unit.by_clock:  # the clock's own hours do not depend on any holiday
        return at, False
    first, last = cal.local(start).date(), at.date()
    days = range(0 if limit.unit is Unit.WH else 1, (last - first).days + 1)
    return at, any(cal.day(first + ONE_DAY * n).provisional for n in days)


def _trace(start: datetime, end: datetime, limit: Limit, cal: WorkCalendar) -> tuple[TraceDay, ...]:
    rows, counted = [], 0
    for n in range((end.date() - start.date()).days + 1):
        on = start.date() + ONE_DAY * n
        day = cal.day(on)
        counted += day.works and n > 0
        rows.append(TraceDay(on, day.kind, f"{day.why}，{_counts(n, day, counted, limit)}"))
    return tuple(rows)


def _counts(n: int, day: Day, counted: int, limit: Limit) -> str:
    if limit.unit.by_clock:
        return "按自然时间连续计算"
    if limit.unit is Unit.WH:
        return "只计办公时间" if day.works else "不计"
    if n == 0:
        return "起算当日（第 0 天），不计"
    return f"第 {counted} 个工作日" if day.works else "不计"



def _hours_text(cal: WorkCalendar) -> str:
    return "、".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in cal.hours)


def _basis(start: datetime, end: datetime, limit: Limit, cal: WorkCalendar, provisional: bool) -> str:
    head = f"自 {written_times.moment(start)} 起 {limit.label}，"
    if limit.unit is Unit.WD:
        how = f"当日为第 0 天，按{cal.name}逐日计工作日，至第 {limit.amount} 个工作日下班时"
    elif limit.unit is Unit.WH:
        how = f"按{cal.name}只计办公时间（{_hours_text(cal)}），至"
    else:
        how = "不分昼夜和节假日连续计算，至"
    tail = "。其中有日期的放假安排尚未公布或未收录，暂按周末和固定节日推算，公布后重新计算" if provisional else ""
    return f"{head}{how} {written_times.moment(end)} 到期{tail}。"


def shift(due_at: datetime, paused_from: datetime, paused_to: datetime, limit: Limit, cal: WorkCalendar) -> datetime:
    """The due date after a pause (rulings, 1).

    wd moves by the working days in (day of pause, day of resumption], so that several pauses add up, a pause within one day moves
    nothing and the end stays the close of a working day; wh by office time; h, min, d by the clock. What was already late stays late.
    """
    if paused_to <= paused_from or paused_from >= due_at:
        return cal.local(due_at)
    if limit.unit is Unit.WD:
        days = working_days_between(cal.local(paused_from).date(), cal.local(paused_to).date(), cal)
        return _reach(due_at, Limit(days, Unit.WD), cal) if days else cal.local(due_at)
    if limit.unit is Unit.WH:
        seconds = working_seconds(paused_from, paused_to, cal)
        return add_working(due_at, seconds, cal) if seconds else cal.local(due_at)
    return clock_add(due_at, paused_to - paused_from, cal)


def extend(due_at: datetime, limit: Limit, cal: WorkCalendar) -> datetime:
    """The due date after an extension: the limit counted on from the old due date (rulings, 1)."""
    return _reach(due_at, limit, cal)


# --- warnings and what people read -----------------------------------------------------------------------------------------------


def _fit(total: float, yellow: float, red: float) -> tuple[float, float]:
    """Leads in seconds; where the ordinary ones do not fit into a short limit: yellow at half, red at the last quarter at most."""
    if yellow < total:
        return yellow, min(red, yellow)
    return total / 2, min(red, total / 4)


def _clock_warn(due_at: datetime, limit: Limit, cal: WorkCalendar) -> Warn:
    total = limit.span.total_seconds()
    day = ONE_DAY.total_seconds()
    yellow, red = _fit(total, day / 2 if total < 3 * day else day, _RED.total_seconds())
    return Warn(clock_add(due_at, -timedelta(seconds=yellow), cal), clock_add(due_at, -timedelta(seconds=red), cal))


def _office_warn(due_at: datetime, limit: Limit, cal: WorkCalendar) -> Warn:
    day = cal.day_seconds
    total = limit.amount * (3600 if limit.unit is Unit.WH else day)
    yellow, red = _fit(total, day / 2 if total < 3 * day else day, _RED.total_seconds())
    return Warn(subtract_working(due_at, yellow, cal), subtract_working(due_at, red, cal))


def _before(due_at: datetime, lead: Limit, cal: WorkCalendar) -> datetime:
    if lead.unit.by_clock:
        return clock_add(due_at, -lead.span, cal)
    return subtract_working(due_at, lead.amount * (3600 if lead.unit is Unit.WH else cal.day_seconds), cal)


def warnings(due_at: datetime, limit: Limit, cal: WorkCalendar, start: datetime, *, yellow: Limit | None = None,
             red: Limit | None = None) -> Warn:
    """Yellow one working day before, half a day for limits under three days; red two working hours before (rulings, 3).

    For h, min, d the same by the clock. Limits too short for that: yellow at half time, red at the last quarter. `yellow` and `red` are
    leads of the matter's own row. Neither lies before the start.
    """
    usual = (_clock_warn if limit.unit.by_clock else _office_warn)(due_at, limit, cal)
    red_at = _before(due_at, red, cal) if red else usual.red_at
    yellow_at = _before(due_at, yellow, cal) if yellow else usual.yellow_at
    start = min(cal.local(start), cal.local(due_at))
    return Warn(max(min(yellow_at, red_at), start), max(red_at, start))


def band(now: datetime, due_at: datetime, warn: Warn) -> str:
    """calm, yellow, red or overdue. The due minute itself is still in time."""
    if now > due_at:
        return "overdue"
    if now >= warn.red_at:
        return "red"
    return "yellow" if now >= warn.yellow_at else "calm"


def _clock_text(seconds: float) -> str:
    minutes = int(seconds // _MINUTE)
    if minutes < 60:
        return f"{max(minutes, 1)} 分钟"
    if minutes < 48 * 60:
        return f"{minutes // 60} 小时"
    return f"{minutes // (24 * 60)} 天"


def left(now: datetime, due_at: datetime, unit: Unit, cal: WorkCalendar) -> str:
    """What is left, or by how much it is late, in the limit's own unit: "还剩 2 个工作日", "已超期 3 小时"."""
    late = now > due_at
    first, last = (due_at, now) if late else (now, due_at)
    word = "已超期" if late else "还剩"
    if unit is Unit.WD:
        days = working_days_between(cal.local(first).date(), cal.local(last).date(), cal)
        if days:
            return f"{word} {days} 个工作日"
        return "已超期不足 1 个工作日" if late else f"今天 {cal.local(due_at):%H:%M} 到期"
    if unit is Unit.WH:
        hours = int(working_seconds(first, last, cal) // 3600)
        return f"{word} {hours} 个工作小时" if hours else f"{word}不足 1 个工作小时"
    return f"{word} {_clock_text((last - first).total_seconds())}"


BROKEN = "时间有误"


def can_count(*times: datetime | None) -> bool:
    """Lie all of them where time is counted? Beyond it is damage, and counting there would take minutes."""
    return all(at is None or FIRST_DAY.year <= at.year <= LAST_DAY.year for at in times)


def for_public(at: Due | datetime, cal: WorkCalendar | None = None, now: datetime | None = None) -> str:
    """What a citizen reads: "1月10日 周五 18:00", on the city's clocks (without a calendar: China's one zone).
    The year is said when it is not that of `now`."""
    moment = at.due if isinstance(at, Due) else at
    if not can_count(moment):
        return BROKEN
    moment = moment.astimezone(cal.zone if cal else CHINA)
    year = f"{moment.year}年" if now is not None and now.astimezone(moment.tzinfo).year != moment.year else ""
    return f"{year}{moment.month}月{moment.day}日 {WEEKDAYS[moment.weekday()]} {moment:%H:%M}"
