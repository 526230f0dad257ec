"""Times and days as people and programs write them; the other half of `read_values`.

Nothing outside FIRST_DAY to LAST_DAY is taken, so whatever was read can be shown in every zone and counted on from.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from minsheng.kit.read_values import BadValue, fold

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_FARTHEST = timedelta(hours=14)  # no zone of this world lies farther from UTC
_LONGEST = 48  # characters

_DAY = r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号]?|([0-9]{2})([0-9]{2}))"
_CLOCK = (r"(凌晨|清晨|早晨|早上|上午|中午|下午|午后|傍晚|晚上|夜里|夜间|深夜|半夜)? ?"
          r"(?:([0-9]{1,2})(?: ?[:时点] ?([0-9]{1,2})(?: ?[:分] ?([0-9]{1,2})(?:[.,]([0-9]{1,9}))?)?)? ?[时点分秒]?"
          r"|([0-9]{2})([0-9]{2})([0-9]{2})?)(?: ?([AaPp])[Mm])?")
_OFFSET = r"(?: ?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?"
_ON = re.compile(_DAY)
_AT = re.compile(f"{_DAY}(?:(?:[Tt]| ?){_CLOCK})?{_OFFSET}")
_BEFORE_NOON, _NIGHT, _DARK = ("凌晨", "清晨", "早晨", "早上", "上午"), ("傍晚", "晚上"), ("夜里", "夜间", "深夜", "半夜")
_IN_OTHER_HANDS = str.maketrans("時點號間後", "时点号间后")
_EXACTLY = re.compile("(?<=[时点])[整钟正]")
_WEEKDAY = re.compile(r" ?[(（]?(?:周|星期|礼拜)([一二三四五六日天])[)）]? ?")
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六日")} | {"天": 6}
_IN_WORDS = re.compile("[〇零○一二三四五六七八九十元]{1,4}(?=[年月日号时点分秒刻])")
_FIGURES = {c: str(n) for n, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0", "元": "1"}


def _written(raw: object, like: str) -> str:
    if not isinstance(raw, str) or len(raw) > _LONGEST:
        raise BadValue(f"应如 {like}")
    text = _IN_WORDS.sub(lambda said: _figures(said[0]), " ".join(fold(raw).translate(_IN_OTHER_HANDS).split()))
    text = _EXACTLY.sub("", text)
    return re.sub("(?<=[时点])(?:半|([13])刻)", lambda said: f"{int(said[1] or 2) * 15}分", text)


def _figures(said: str) -> str:
    """二〇二五 is said figure by figure, 二十三 is counted."""
    tens, ten, ones = said.partition("十")
    if not ten:
        return "".join(_FIGURES[c] for c in said)
    if len(tens) > 1 or len(ones) > 1 or ones == ten:
        return said
    return _FIGURES[tens or "一"] + _FIGURES[ones or "零"]


def _without_weekday(written: str) -> tuple[str, int | None]:
    found = _WEEKDAY.search(written)
    return (written, None) if found is None else (_WEEKDAY.sub(" ", written, count=1).strip(), _WEEKDAYS[found[1]])


def _fits_weekday(on: date, weekday: int | None) -> None:
    if weekday not in (None, on.weekday()):
        raise BadValue(f"中的星期与日期对不上（{on} 是星期{'一二三四五六日'[on.weekday()]}）")


def _date(parts: tuple) -> date:
    year, _, *rest = parts
    month, on = (int(part) for part in rest if part)
    try:
        return date(int(year), month, on)
    except ValueError:
        raise BadValue("中的日期不存在") from None


def day(raw: object, first: date = FIRST_DAY, last: date = LAST_DAY) -> date:
    """A date from 2025-01-02, 2025/1/2, 2025.1.2, 2025年1月2日 or 20250102."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        found = raw
    else:
        written, weekday = _without_weekday(_written(raw, "2025-01-02"))
        fits = _ON.fullmatch(written)
        if fits is None:
            raise BadValue("应如 2025-01-02")
        found = _date(fits.groups())
        _fits_weekday(found, weekday)
    if not first <= found <= last:
        raise BadValue(f"应在 {first} 至 {last} 之间")
    return found


def moment(raw: object, zone: tzinfo | None = None, first: date = FIRST_DAY, last: date = LAST_DAY) -> datetime:
    """An instant, aware. Without an offset of its own it is in `zone`; with no `zone` either it is not taken."""
    found = raw if isinstance(raw, datetime) else _parsed(_written(raw, "2025-01-02 10:30"))
    if not first.year <= found.year <= last.year:
        raise BadValue(f"应在 {first} 至 {last} 之间")
    if found.tzinfo is None and zone is None:
        raise BadValue("缺少时区，应如 2025-01-02T10:30+08:00")
    found = found if found.tzinfo else found.replace(tzinfo=zone)
    offset = found.utcoffset() or timedelta(0)
    if offset % timedelta(minutes=1):
        raise BadValue(f"应在 {first} 之后：那时的地方平时写不成时区")
    if abs(offset) > _FARTHEST:
        raise BadValue("的时区不存在，应在 -12:00 至 +14:00 之间")
    if not first <= found.astimezone(zone or UTC).date() <= last:
        raise BadValue(f"应在 {first} 至 {last} 之间")
    return found


def _parsed(written: str) -> datetime:
    written, weekday = _without_weekday(written)
    fits = _AT.fullmatch(written)
    if fits is None:
        raise BadValue("应如 2025-01-02 10:30")
    parts = fits.groups()
    on, of_day = _date(parts[:8]), _time_of_day(parts[8:17])
    _fits_weekday(on, weekday)
    if (parts[17] or "").startswith("-") and not (parts[11] or parts[15] or "T" in written.upper()):
        raise BadValue("像是从几时到几时，请只写一个时刻")  # 09:00-10:00 is an hour, and no zone ten hours behind; with seconds a program wrote it
    if not FIRST_DAY <= on <= LAST_DAY:
        raise BadValue(f"应在 {FIRST_DAY} 至 {LAST_DAY} 之间")
    return datetime(on.year, on.month, on.day, tzinfo=_offset(parts[17])) + of_day


def _time_of_day(parts: tuple) -> timedelta:
    """What has passed since midnight; 24:00 is the midnight after."""
    half, hour, minute, second, fraction, *compact, letter = parts
    hours, minutes, seconds = (int(a or b or 0) for a, b in zip((hour, minute, second), compact, strict=True))
    hours = _of_twelve(hours, (letter or "").lower()) if letter else _of_half(hours, half or "")
    whole_day = (hours, minutes, seconds) == (24, 0, 0) and not int(fraction or 0)
    if not whole_day and (hours > 23 or minutes > 59 or seconds > 59):
        raise BadValue("中的时刻不存在")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=int((fraction or "0").ljust(6, "0")[:6]))


def _of_half(hours: int, half: str) -> int:
    early, late = half in _BEFORE_NOON and hours >= 12, half in _NIGHT and (hours == 12 or hours < 5)
    if early or late or half in _DARK and (hours == 12 or hours < 8) or half == "中午" and 2 < hours < 11:
        # a spreadsheet means midnight by 上午 12:00, who speaks means noon; 晚上 1 点 is past midnight, of which day nobody knows
        raise BadValue("中的时刻有两种读法，请按 24 小时写，如 00:30、12:30")
    morning = not half or half in _BEFORE_NOON or half == "中午" and hours >= 11
    return hours if morning or hours >= 12 else hours + 12


def _of_twelve(hours: int, letter: str) -> int:
    """9:00 PM; 12 AM is midnight, 12 PM noon."""
    if not 1 <= hours <= 12:
        raise BadValue("中的时刻不存在")
    return hours % 12 + (12 if letter == "p" else 0)


def _offset(written: str | None) -> tzinfo | None:
    if not written:
        return None
    if written in "Zz":
        return UTC
    hours, minutes = int(written[1:3]), int(written[-2:]) if len(written) > 3 else 0
    if hours > 23 or minutes > 59:
        raise BadValue("的时区不存在，应在 -12:00 至 +14:00 之间")
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if written[0] == "-" else 1))


def span_error(since: date | None, until: date | None, longest: timedelta | None = None) -> str:
    """What is wrong with a span of days, both included; "" when nothing is."""
    if since and until and until < since:
        return "截止日不能早于起始日"
    if since and until and longest and until - since > longest:
        return f"一次最多查询 {longest.days // 365} 年，请缩短起止日期"
    return ""
