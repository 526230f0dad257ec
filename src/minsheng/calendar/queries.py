"""Reads of calendars and limits, kept five seconds per process: a change is seen everywhere no later than that."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime

from minsheng.calendar import library
from minsheng.calendar.models import Holiday, IssuedYear, TimeLimit
from minsheng.calendar.rules import CHINA, Day, DayKind, Limit, WorkCalendar
from minsheng.kit.kept import Kept

_announced: Kept = Kept(lambda days, years: (days, years, {}), Holiday, IssuedYear)  # and the calendars that were made of them
_limits: Kept = Kept(lambda rows: (list(rows), {}), TimeLimit)  # and what was asked of them


@dataclass(frozen=True, slots=True)
class LimitRow:
    """The limit that counts for one clock: what a due date names as its ground. yellow, red: leads of its own, or None."""

    limit: Limit
    basis: str
    row_id: int
    code: str
    label: str
    urgent: bool = False
    yellow: Limit | None = None
    red: Limit | None = None


def forget() -> None:
    """Read everything anew at the next question."""
    _announced.forget()
    _limits.forget()


def _made(code: str, announced: list[Holiday], issued: list[IssuedYear]) -> WorkCalendar:
    cal = library.builtin(code)
    above = (code,) if code == "national" else ("national", code)
    rows = sorted((row for row in announced if row.calendar in above), key=lambda row: (above.index(row.calendar), row.id))
    years = [(row.year, row.calendar) for row in issued if row.calendar in above]
    if not rows and not years:
        return cal
    days = _settled(cal, {year for year, _ in years}, {year for year, calendar in years if calendar == code})
    local = _overlay(code)
    for row in rows:
        if row.calendar == code or row.day not in local:
            days[row.day] = Day(DayKind(row.kind), row.why)
    revision = max([row.id for row in rows], default=0)
    return replace(cal, days=days, issued=cal.issued | {year for year, _ in years}, version=f"{cal.version} +{revision}.{len(years)}")


def _settled(cal: WorkCalendar, issued: set[int], own: set[int]) -> dict[date, Day]:
    """The shipped days without the guesses that a whole year's notice ends; the city's movable festivals stay open until its own notice."""
    guesses = {on for on, day in cal.days.items() if day.provisional and (on.year in own or (on.year in issued and not day.works))}
    days = {on: day for on, day in cal.days.items() if on not in guesses}
    nation_only = frozenset(issued - own - cal.issued)
    if cal.code == "national" or not nation_only:
        return days
    known = replace(cal, days=days, issued=cal.issued | nation_only)
    return library.open_windows(cal.code, known, nation_only) | days


def _overlay(code: str) -> set[date]:
    """Dates that the city's shipped notices fix against the national calendar: a national row does not undo them."""
    if code == "national":
        return set()
    cal, national = library.builtin(code), library.builtin("national")
    return {on for on, day in cal.days.items() if not day.provisional and national.days.get(on) != day}


def current(code: str) -> WorkCalendar:
    """The shipped calendar with what has been announced here. ValueError for an unknown code."""
    days, years, made = _announced.get()
    if code not in made:
        made[code] = _made(code, days, years)
    return made[code]


def with_days(code: str, days: list[tuple[date, DayKind, str]]) -> WorkCalendar:
    """Today's calendar as it would be after a notice: for looking ahead, nothing is kept."""
    cal = current(code)
    return replace(cal, days=dict(cal.days) | {on: Day(kind, why) for on, kind, why in days})


@dataclass(frozen=True, slots=True)
class Month:
    """`weeks`: from Monday, seven cells each, None outside the month; `works`: its working days."""

    n: int
    weeks: list[list[tuple[date, Day] | None]]
    works: int


def months(cal: WorkCalendar, year: int) -> list[Month]:
    """The twelve months of a year's page."""
    found = []
    for n in range(1, 13):
        days = [date(year, n, d) for d in range(1, monthrange(year, n)[1] + 1)]
        cells: list[tuple[date, Day] | None] = [None] * days[0].weekday()
        cells += [(on, cal.day(on)) for on in days]
        cells += [None] * (-len(cells) % 7)
        found.append(Month(n, [cells[i : i + 7] for i in range(0, len(cells), 7)], sum(cal.day(on).works for on in days)))
    return found


@dataclass(frozen=True, slots=True)
class Special:
    """Days that differ from the weekday rule, or may still change, for one reason; a window of open days runs over its weekends."""

    first: date
    last: date
    day: Day
    why: str
    count: int = 1

    def goes_on(self, on: date, day: Day, why: str) -> bool:
        near = (on - self.last).days
        return (day.kind, day.provisional, why) == (self.day.kind, self.day.provisional, self.why) and (near == 1 or near <= 3 and day.works and day.provisional)


def specials(cal: WorkCalendar, year: int) -> list[Special]:
    """Holidays, make-up days and days that a notice may still change, in order."""
    found: list[Special] = []
    for number in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
        on = date.fromordinal(number)
        day = cal.day(on)
        plain = day.works == (on.weekday() < 5) and day.kind in (DayKind.WORK, DayKind.REST)
        if plain and not (day.provisional and year in cal.issued):
            continue
        why = day.why[day.why.find("（") + 1 :].rstrip("）") if plain else day.why  # "周五（当年雪顿节放假安排未收录）"
        if found and found[-1].goes_on(on, day, why):
            found[-1] = replace(found[-1], last=on, count=found[-1].count + 1)
        else:
            found.append(Special(on, on, day, why))
    return found


def limits() -> list[TimeLimit]:
    """The whole dated table, by code, matter and date."""
    return _limits.get()[0]


def _parsed(text: str) -> Limit | None:
    return Limit.parse(text) if text else None


def limit(code: str, *, at: datetime, urgent: bool = False, matter: str = "") -> LimitRow:
    """The row of a limit that is valid on the local date of `at`; one for the matter itself wins. LookupError says what to add."""
    rows, asked = _limits.get()
    place = (code, at.astimezone(CHINA).date(), urgent, matter)
    if place not in asked:
        asked[place] = _row_of(rows, *place)
    return asked[place]


def _row_of(rows: list[TimeLimit], code: str, on: date, urgent: bool, matter: str) -> LimitRow:
    valid = [r for r in rows if r.code == code and r.matter in ("", matter) and r.valid_from <= on and (r.valid_to is None or on < r.valid_to)]
    if not valid:
        raise LookupError(f"时限表中没有 {on} 有效的“{code}”，请在时限页补充")
    row = max(valid, key=lambda r: r.matter)
    quick = bool(urgent and row.urgent_value)
    return LimitRow(Limit.parse(row.urgent_value if quick else row.value), row.basis, row.id, code, row.label, quick,
                    _parsed(row.yellow), _parsed(row.red))


def announced(code: str) -> list[Holiday]:
    """What has been announced here for a calendar, newest first; for its page."""
    return list(Holiday.objects.filter(calendar=code).order_by("-id"))


def told(code: str, at: datetime) -> tuple[bool | None, str]:
    """For `doctor` and the state page: is the holiday notice of this year on record, and from December on the next year's?
    Limits are counted without it, but may lie a day off."""
    today, issued = at.astimezone(CHINA).date(), current(code).issued
    wanted = [today.year, today.year + 1] if today.month == 12 else [today.year]
    if missing := [year for year in wanted if year not in issued]:
        return None, (f"{'、'.join(map(str, missing))} 年的放假安排没有收录，时限暂按周末和固定节日推算。"
                      "请在“工作日历”页补进公布的安排，受影响的时限会自动重算")
    return True, f"{'、'.join(map(str, wanted))} 年的放假安排已收录"
