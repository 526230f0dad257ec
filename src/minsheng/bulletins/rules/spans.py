"""The days that a bulletin is about, what stands beside them, and when the clock drafts one. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from minsheng.kit.labelled_enum import Labelled


class BulletinKind(Labelled):
    DAILY = "daily", "日报"
    WEEKLY = "weekly", "周报"
    MONTHLY = "monthly", "月报"
    SPECIAL = "special", "专报"


BY_CLOCK = (BulletinKind.DAILY, BulletinKind.WEEKLY, BulletinKind.MONTHLY)
LONGEST = timedelta(days=366)  # of a special one
_DAY, _YEAR_OF_WEEKS = timedelta(days=1), timedelta(days=364)
# kind -> how it calls its own days, those before, and the same last year
NAMES = {
    BulletinKind.DAILY: ("当日", "前一日", "去年同期"), BulletinKind.WEEKLY: ("本周", "上周", "去年同期"),
    BulletinKind.MONTHLY: ("本月", "上月", "去年同月"), BulletinKind.SPECIAL: ("本期", "此前同样长的时段", "去年同期"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """Both days are included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def words(self) -> str:
        """2025年1月2日, 2025年1月1日至7日, 2024年12月30日至2025年1月5日."""
        a, b = self.since, self.until
        first = f"{a.year}年{a.month}月{a.day}日"
        if a == b:
            return first
        year = f"{b.year}年" if a.year != b.year else ""
        month = f"{b.month}月" if (a.year, a.month) != (b.year, b.month) else ""
        return f"{first}至{year}{month}{b.day}日"


def whole(kind: BulletinKind, day: date, until: date | None = None) -> Span:
    """The day, the week from Monday on, the month that `day` lies in; of a special one `day` to `until`."""
    if kind == BulletinKind.DAILY:
        return Span(day, day)
    if kind == BulletinKind.WEEKLY:
        monday = day - _DAY * day.weekday()
        return Span(monday, monday + 6 * _DAY)
    if kind == BulletinKind.MONTHLY:
        return Span(day.replace(day=1), _last_of_month(day.year, day.month))
    return Span(day, until or day)


def _last_of_month(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def before(kind: BulletinKind, now: Span) -> Span:
    """The span before: of the same kind, of a special one as many days."""
    last = now.since - _DAY
    return whole(kind, last) if kind != BulletinKind.SPECIAL else Span(last - _DAY * (now.days - 1), last)


def last_year(kind: BulletinKind, now: Span) -> Span:
    """The same days a year before (rulings, 80): a month by its name, a day and a week by the days of the week, a special one by its dates."""
    if kind in (BulletinKind.DAILY, BulletinKind.WEEKLY):
        return Span(now.since - _YEAR_OF_WEEKS, now.until - _YEAR_OF_WEEKS)
    return Span(_year_before(now.since), _year_before(now.until) if kind == BulletinKind.SPECIAL else
                _last_of_month(now.until.year - 1, now.until.month))


def _year_before(day: date) -> date:
    """29 February becomes 28 February."""
    return day.replace(year=day.year - 1, day=min(day.day, calendar.monthrange(day.year - 1, day.month)[1]))


def about(kind: BulletinKind, span: Span) -> str:
    """In a title: 2025年1月2日, 2025年1月 for a month."""
    return f"{span.since.year}年{span.since.month}月" if kind == BulletinKind.MONTHLY else span.words


# --- by the clock ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """From the day `since` on, bulletins of a kind are drafted at `at`; None: not by the clock.

    on    weekly: the day of the week, 1 Monday; monthly: the day of the month, at most 28; daily: nothing
    told  ids of the people who hear that one was drafted
    """

    kind: BulletinKind
    since: date
    at: time | None
    on: int = 1
    told: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A bulletin that the clock owes: the span, and when it had to be drafted."""

    kind: BulletinKind
    span: Span
    at: datetime
    told: tuple[int, ...] = ()


MOST = {BulletinKind.DAILY: 31, BulletinKind.WEEKLY: 8, BulletinKind.MONTHLY: 12}  # of a kind that are caught up after an outage


def holds(rules: Iterable[Rule], kind: BulletinKind, day: date) -> Rule | None:
    """The newest rule that holds on a day; of two from the same day the one that was set last."""
    found = [one for one in rules if one.kind == kind and one.since <= day]
    return max(enumerate(found), key=lambda pair: (pair[1].since, pair[0]))[1] if found else None


def owed(rules: Iterable[Rule], now: datetime, zone: tzinfo) -> list[Due]:
    """What had to be drafted by now, the oldest first: as far back as rules go, and no further than MOST of a kind."""
    rules = list(rules)
    found: list[Due] = []
    for kind in BY_CLOCK:
        span = before(kind, whole(kind, now.astimezone(zone).date()))
        mine: list[Due] = []
        for _ in range(MOST[kind]):
            due = _due(rules, kind, span, zone)
            if due and due.at <= now:
                mine.append(due)
            span = before(kind, span)
        found += reversed(mine)
    return sorted(found, key=lambda one: one.at)


def _due(rules: list[Rule], kind: BulletinKind, span: Span, zone: tzinfo) -> Due | None:
    """When the bulletin on a span is drafted: on the first day after it that the rule of that time names. None: no rule, or not by the clock.

    What a rule of a later day says holds for spans that end after it began: nobody is owed what nobody had asked for yet.
    """
    rule = holds(rules, kind, span.until)
    if rule is None or rule.at is None:
        return None
    first = span.until + _DAY
    wait = 0 if kind == BulletinKind.DAILY else (rule.on - 1)
    day = first + _DAY * wait
    return Due(kind, span, datetime.combine(day, rule.at, zone), rule.told)
