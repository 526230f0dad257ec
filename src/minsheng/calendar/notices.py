"""A year's notice as people copy it: one line a span. Pure, like rules.py; apart from it because it only reads text.

    2027-01-01 至 2027-01-03 放假 元旦
    2027-01-04 补班 元旦
"""

from __future__ import annotations

import re
from datetime import date

from minsheng.calendar.rules import DayKind
from minsheng.kit.verdict import Invalid

_LINE = re.compile(r"(\d{4})[-年.](\d{1,2})[-月.](\d{1,2})日?(?:\s*(?:至|到|~|—|－)+\s*(\d{4})[-年.](\d{1,2})[-月.](\d{1,2})日?)?"
                   r"\s+(放假|补班|调休上班|上班|休|班)\s+(\S.*)")
_KINDS = {"放假": DayKind.HOLIDAY, "休": DayKind.HOLIDAY}


def read_year(text: str, year: int) -> list[tuple[date, str, str]]:
    """(date, kind, why) of each day. Invalid names the line that cannot be read."""
    days: list[tuple[date, str, str]] = []
    for n, line in enumerate(text.splitlines(), 1):
        if line.strip():
            days += _line(n, line.strip(), year)
    if not days:
        raise Invalid({"notice": f"请粘贴 {year} 年的放假安排，每行一段，如“{year}-01-01 至 {year}-01-03 放假 元旦”"})
    return days


def _line(n: int, line: str, year: int) -> list[tuple[date, str, str]]:
    found = _LINE.fullmatch(line)
    if not found:
        raise Invalid({"notice": f"第 {n} 行无法识别：“{line[:40]}”。请写成“{year}-01-01 至 {year}-01-03 放假 元旦”"})
    try:
        first = date(*(int(part) for part in found.group(1, 2, 3)))
        last = date(*(int(part) for part in found.group(4, 5, 6))) if found[4] else first
    except ValueError:
        raise Invalid({"notice": f"第 {n} 行的日期不存在：“{line[:40]}”"}) from None
    if last < first or (last - first).days > 31 or {first.year, last.year} != {year}:
        raise Invalid({"notice": f"第 {n} 行的起止日期不对，或不在 {year} 年：“{line[:40]}”"})
    kind = _KINDS.get(found[7], DayKind.MAKEUP)
    why = found[8] + ("放假" if kind is DayKind.HOLIDAY else "调休上班")
    return [(date.fromordinal(d), kind.value, why) for d in range(first.toordinal(), last.toordinal() + 1)]
