"""The calendars and limits that ship with the program. No Django, no clock: `explain-deadline` stands on this alone.

National years come from the kept library `chinesecalendar` (State Council notices, up to the last issued year); the overlay of a city
and the festivals for years not issued are `data/*.yaml`.
"""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import chinese_calendar
import yaml

from minsheng.calendar.rules import Day, DayKind, Limit, WorkCalendar
from minsheng.calendar.spans import ONE_DAY

DATA = Path(__file__).parent / "data"
CODES = ("lhasa", "national")


def _read(name: str) -> dict:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


def _hours(rows: list) -> tuple[tuple[time, time], ...]:
    return tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in rows)


def _dates(first: date, last: date) -> list[date]:
    return [first + ONE_DAY * n for n in range((last - first).days + 1)]


def _issued_days() -> dict[date, Day]:
    """Holidays and make-up days of every issued year, with the library's Chinese names."""
    names = {h.value: h.chinese for h in chinese_calendar.Holiday}
    days = {on: Day(DayKind.HOLIDAY, f"{names[why]}放假") for on, why in chinese_calendar.holidays.items()}
    days |= {on: Day(DayKind.MAKEUP, f"{names[why]}调休上班") for on, why in chinese_calendar.workdays.items()}
    return days


def _lunar_days(table: dict[int, dict[str, date]]) -> dict[date, Day]:
    """Festivals by law of years not issued: 春节 is the eve and the first three days; 清明 is a solar term that the library computes."""
    days: dict[date, Day] = {}
    for year, festivals in table.items():
        spring = festivals["春节"]
        named = [(on, "春节") for on in _dates(spring - ONE_DAY, spring + 2 * ONE_DAY)]
        named += [(festivals[why], why) for why in ("端午", "中秋")]
        terms = chinese_calendar.get_solar_terms(date(year, 4, 1), date(year, 4, 10))
        named += [(on, "清明") for on, term in terms if term == "清明"]
        days |= {on: Day(DayKind.HOLIDAY, f"{why}（暂按固定节日）", True) for on, why in named}
    return days


@lru_cache(maxsize=1)
def _national() -> WorkCalendar:
    data = _read("national")
    days = _issued_days()
    issued = frozenset(on.year for on in days)
    lunar = {year: rows for year, rows in data["lunar"].items() if year not in issued}
    festivals = {(int(md[:2]), int(md[3:])): why for md, why in data["festivals"].items()}
    return WorkCalendar(
        data["code"], data["name"], ZoneInfo(data["zone"]), _hours(data["hours"]), _lunar_days(lunar) | days,
        f"chinesecalendar {version('chinesecalendar')}", issued, festivals,
    )


def open_windows(code: str, below: WorkCalendar, years: frozenset[int]) -> dict[date, Day]:
    """Working days of `below` in those years that a notice of the city not on record may turn into holidays."""
    days = {}
    for row in _read(code)["movable"]:
        for year in years - set(row["known"]):
            first, last = (date.fromisoformat(f"{year}-{md}") for md in row["window"])
            for on in _dates(first, last):
                if (day := below.day(on)).works:
                    days[on] = Day(day.kind, f"{day.why}（当年{row['why']}放假安排未收录）", True)
    return days


@lru_cache(maxsize=8)
def builtin(code: str) -> WorkCalendar:
    """The calendar "lhasa" or "national". ValueError names the ones there are."""
    if code not in CODES:
        raise ValueError(f"没有日历“{code}”，请写 {' 或 '.join(CODES)}")
    national = _national()
    if code == "national":
        return national
    data = _read(code)
    days = dict(national.days) | open_windows(code, national, national.issued)
    for span in data["spans"]:
        days |= {on: Day(DayKind.HOLIDAY, f"{span['why']}放假") for on in _dates(span["from"], span["to"])}
        days |= {on: Day(DayKind.MAKEUP, f"{span['why']}调休上班") for on in span.get("makeup", ())}
    return WorkCalendar(
        data["code"], data["name"], national.zone, _hours(data["hours"]), days,
        f"{national.version}, {code} {data['revision']}", national.issued, national.festivals,
    )


@lru_cache(maxsize=1)
def limits() -> tuple[dict, ...]:
    """Rows {code, label, value, urgent, basis, valid_from} of data/limits.yaml, each value checked."""
    data = _read("limits")
    rows = []
    for code, row in data["limits"].items():
        urgent = row.get("urgent", "")
        rows.append({"code": code, "label": row["label"], "value": str(Limit.parse(row["value"])),
                     "urgent": str(Limit.parse(urgent)) if urgent else "", "basis": row["basis"], "valid_from": data["valid_from"]})
    return tuple(rows)


def limit_of(matter: str, urgent: bool = False) -> Limit:
    """The shipped limit of a kind of matter ("help") or of a row ("sign"). ValueError lists what may be written."""
    table = {row["code"]: row for row in limits()}
    row = table.get(f"handle_{matter}") or table.get(matter)
    if row is None:
        known = "、".join(code.removeprefix("handle_") for code in table)
        raise ValueError(f"没有“{matter}”的时限，请写其中之一：{known}")
    return Limit.parse(row["urgent"] if urgent and row["urgent"] else row["value"])
