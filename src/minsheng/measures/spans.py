"""Periods beside a period, and their days in steps: the one before, the same of the year before; days, weeks, months. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

STEPS = {"day": "天", "week": "周", "month": "月"}
MOST = 400  # steps in one picture
_LONG = {"day": 62, "week": 400}  # days up to which a step is chosen by itself


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


def usual_step(span: Span) -> str:
    return next((step for step, most in _LONG.items() if span.days <= most), "month")


def before(span: Span) -> Span:
    """The period before: of as many months where the period begins with a month, else of as many days.

    >>> before(1 January – 31 January) -> 1 – 31 December; before(1 – 15 March) -> 1 – 15 February; before(3 – 9 March) -> 24 February – 2 March
    """
    if span.since.day != 1:
        return Span(span.since - timedelta(days=span.days), span.since - timedelta(days=1))
    months = (span.until.year - span.since.year) * 12 + span.until.month - span.since.month + 1
    first, end = _months(span.since, -months), span.since - timedelta(days=1)
    if span.until.day == _length(span.until):
        return Span(first, end)
    return Span(first, min(end, _months(span.until, -months)))


def year_before(span: Span) -> Span:
    since, until = _months(span.since, -12), _months(span.until, -12)
    whole = span.until.day == _length(span.until)
    return Span(since, until.replace(day=_length(until)) if whole else until)


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _months(day: date, by: int) -> date:
    """The same day so many months on; the last of a shorter month."""
    at = day.year * 12 + day.month - 1 + by
    first = date(at // 12, at % 12 + 1, 1)
    return first.replace(day=min(day.day, _length(first)))


def steps(span: Span, step: str) -> list[Span]:
    """The period cut into days, sevens of days from its first, or months of the calendar."""
    if step == "month":
        return _by_months(span)
    length = timedelta(days=1 if step == "day" else 7)
    found, at = [], span.since
    while at <= span.until:
        found.append(Span(at, min(at + length - timedelta(days=1), span.until)))
        at += length
    return found


def _by_months(span: Span) -> list[Span]:
    found, at = [], span.since
    while at <= span.until:
        end = min(at.replace(day=_length(at)), span.until)
        found.append(Span(at, end))
        at = end + timedelta(days=1)
    return found
