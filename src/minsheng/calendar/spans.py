"""What a day is and how working time is counted: pure arithmetic on a `WorkCalendar` (rulings, 1, 2 and 4).

All instants are aware. A working day is one whose kind is `work` or `makeup`; office hours are those of the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_SEARCH_DAYS = 400  # no calendar closes its offices for longer; without a bound a wrong table would hang the program


class DayKind(StrEnum):
    """The four kinds that `explain-deadline` prints."""

    label: str
    works: bool

    def __new__(cls, value: str, label: str = "", works: bool = False):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.works = label, works
        return member

    HOLIDAY = "holiday", "放假", False
    MAKEUP = "makeup", "调休上班", True
    REST = "rest", "休息日", False
    WORK = "work", "工作日", True


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a calendar: its kind, the reason for people, and whether a notice may still change it."""

    kind: DayKind
    why: str
    provisional: bool = False

    @property
    def works(self) -> bool:
        return self.kind.works


@dataclass(frozen=True)
class WorkCalendar:
    """A city's working time.

    hours      office hours of a working day, in order, e.g. ((09:30, 13:00), (15:30, 18:00))
    days       the dates that differ from the weekday rule
    issued     years whose holiday notice is known: there the weekday rule is certain, elsewhere provisional
    festivals  (month, day) -> name: holidays by law on fixed dates, used for years not issued
    version    names the data that an explained date rests on
    """

    code: str
    name: str
    zone: ZoneInfo
    hours: tuple[tuple[time, time], ...]
    days: Mapping[date, Day]
    version: str
    issued: frozenset[int] = frozenset()
    festivals: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def day(self, on: date) -> Day:
        """What that date is. Years not issued: weekday rule plus fixed festivals, marked provisional (rulings, 4)."""
        found = self.days.get(on) or self._ruled.get(on)
        if found is None:
            found = self._ruled[on] = self._by_rule(on)
        return found

    @cached_property
    def _ruled(self) -> dict[date, Day]:
        return {}

    def _by_rule(self, on: date) -> Day:
        provisional = on.year not in self.issued
        festival = self.festivals.get((on.month, on.day)) if provisional else None
        if festival:
            return Day(DayKind.HOLIDAY, f"{festival}（暂按固定节日）", True)
        name = WEEKDAYS[on.weekday()]
        if on.weekday() >= 5:
            return Day(DayKind.REST, name, provisional)
        return Day(DayKind.WORK, name, provisional)

    @cached_property
    def _counted(self) -> dict[int, list[int]]:
        return {}

    def worked(self, on: date) -> int:
        """Working days of its year up to that date, itself included. A year is counted once."""
        counts = self._counted.get(on.year)
        if counts is None:
            first = date(on.year, 1, 1)
            days = (self.day(first + ONE_DAY * n).works for n in range((date(on.year, 12, 31) - first).days + 1))
            counts = self._counted[on.year] = list(accumulate(days))
        return counts[on.timetuple().tm_yday - 1]

    def local(self, at: datetime) -> datetime:
        """The instant on the city's clocks."""
        return at.astimezone(self.zone)

    def opening_hours(self, on: date) -> list[tuple[datetime, datetime]]:
        """Office hours of that date as instants; empty on a day of rest."""
        if not self.day(on).works:
            return []
        return [(datetime.combine(on, a, self.zone), datetime.combine(on, b, self.zone)) for a, b in self.hours]

    def closing(self, on: date) -> datetime:
        """When the offices close on that date, were it a working day."""
        return datetime.combine(on, self.hours[-1][1], self.zone)

    @property
    def day_seconds(self) -> int:
        """Working seconds of one working day."""
        return sum(int((datetime.combine(date.min, b) - datetime.combine(date.min, a)).total_seconds()) for a, b in self.hours)


def clock_add(at: datetime, delta: timedelta, cal: WorkCalendar) -> datetime:
    """`delta` by the clock, day and night, shown on the city's clocks."""
    return cal.local(at.astimezone(UTC) + delta)


def working_dates(after: date, cal: WorkCalendar, step: int = 1) -> Iterator[date]:
    """The working days after (step 1) or before (step -1) a date. ValueError when the table has none for more than a year."""
    on, empty = after, 0
    while empty < _SEARCH_DAYS:
        on += step * ONE_DAY
        empty += 1
        if cal.day(on).works:
            empty = 0
            yield on
    raise ValueError(f"{cal.name}在 {after} 前后连续 {_SEARCH_DAYS} 天没有工作日，请检查放假安排")


def working_days_between(a: date, b: date, cal: WorkCalendar) -> int:
    """Working days in (a, b]: day 0 does not count (rulings, 1). Negative when b lies before a."""
    if b < a:
        return -working_days_between(b, a, cal)
    years = sum(cal.worked(date(year, 12, 31)) for year in range(a.year, b.year))
    return years + cal.worked(b) - cal.worked(a)


def is_office_time(at: datetime, cal: WorkCalendar) -> bool:
    """Are the offices open at that instant? The closing minute itself is closed."""
    return any(a <= at < b for a, b in cal.opening_hours(cal.local(at).date()))


def next_opening(at: datetime, cal: WorkCalendar) -> datetime:
    """The instant itself within office hours, else when the offices open next."""
    local = cal.local(at)
    for a, b in cal.opening_hours(local.date()):
        if local < b:
            return max(local, a)
    following = next(working_dates(local.date(), cal))
    return cal.opening_hours(following)[0][0]


def working_seconds(a: datetime, b: datetime, cal: WorkCalendar) -> float:
    """Office time between two instants, in seconds; negative when b lies before a, so that it adds up."""
    if b < a:
        return -working_seconds(b, a, cal)
    a, b = cal.local(a), cal.local(b)
    ends = {a.date(), b.date()}
    between = working_days_between(a.date(), b.date() - ONE_DAY, cal) if len(ends) == 2 else 0
    total = float(between * cal.day_seconds)
    for on in ends:
        for opens, closes in cal.opening_hours(on):
            total += max(0.0, (min(b, closes) - max(a, opens)).total_seconds())
    return total


def add_working(at: datetime, seconds: float, cal: WorkCalendar) -> datetime:
    """The instant after so much office time; a start outside office hours begins at the next opening."""
    at = next_opening(at, cal)
    left = seconds
    while True:
        closes = next(b for a, b in cal.opening_hours(at.date()) if a <= at < b)
        here = (closes - at).total_seconds()
        if left <= here:
            return at + timedelta(seconds=left)
        left -= here
        at = next_opening(closes, cal)


def subtract_working(at: datetime, seconds: float, cal: WorkCalendar) -> datetime:
    """The latest instant with so much office time left before `at`."""
    at, left = cal.local(at), seconds
    on = at.date()
    back = working_dates(on, cal, -1)
    while True:
        for opens, closes in reversed(cal.opening_hours(on)):
            end = min(at, closes)
            here = (end - opens).total_seconds()
            if here <= 0:
                continue
            if left <= here:
                return end - timedelta(seconds=left)
            left -= here
        on = next(back)
