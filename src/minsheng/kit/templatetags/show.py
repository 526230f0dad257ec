"""How pages show times and numbers: {% load show %}. Local time of the city, the field's own words, figures with their unit."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html

from minsheng.kit import clock, engine, form_key, percents

register = template.Library()
_WEEKDAYS = "一二三四五六日"
BANDS = {"calm": "正常", "yellow": "将到期", "red": "快到期", "overdue": "已超期", "paused": "已暂停", "met": "已办"}


def _local(value: datetime) -> datetime:
    """In the city's zone; no reader has another."""
    return value.astimezone(timezone.get_default_timezone())


@register.simple_tag(name="form_key")
def hidden_key(subject=None) -> str:
    """Hidden fields for a form that takes a step: sent twice it takes one; on `subject`, as the page shows it."""
    key = format_html('<input type="hidden" name="{}" value="{}">', form_key.NAME, form_key.new())
    return format_html('{}<input type="hidden" name="{}" value="{}">', key, engine.AS_OF, subject.seq) if subject else key


@register.filter
def moment(value: datetime | None) -> str:
    """1月10日 周五 18:00; the year is said when it is not this one."""
    if value is None:
        return ""
    at = _local(value)
    year = f"{at.year}年" if at.year != _local(clock.now()).year else ""
    return f"{year}{at.month}月{at.day}日 周{_WEEKDAYS[at.weekday()]} {at:%H:%M}"


@register.filter
def day(value: date | datetime | None) -> str:
    """1月10日 周五."""
    if value is None:
        return ""
    on = _local(value) if isinstance(value, datetime) else value
    year = f"{on.year}年" if on.year != _local(clock.now()).year else ""
    return f"{year}{on.month}月{on.day}日 周{_WEEKDAYS[on.weekday()]}"


@register.filter
def hour(value: datetime | None) -> str:
    """18:00 today, else 1月10日 18:00, with the year when it is not this one: for lists."""
    if value is None:
        return ""
    at, today = _local(value), _local(clock.now()).date()
    year = f"{at.year}年" if at.year != today.year else ""
    return f"{at:%H:%M}" if at.date() == today else f"{year}{at.month}月{at.day}日 {at:%H:%M}"


@register.filter
def iso(value: datetime | None) -> str:
    """For <time datetime="…">."""
    return _local(value).isoformat(timespec="minutes") if isinstance(value, datetime) else str(value or "")


@register.filter
def digest(value) -> str:
    """The first eight digits of a step's hash: enough to compare two prints by eye."""
    return bytes(value)[:4].hex() if value else ""


@register.filter
def grouped(value: int | None) -> str:
    """37,800: large numbers as reports say them."""
    return f"{value:,}" if value is not None else ""


@register.filter
def typed_time(value: datetime | None) -> str:
    """For <input type="datetime-local">: local time without its zone."""
    return _local(value).strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else ""


@register.filter
def percent(value: float | None) -> str:
    """0.968 -> 96.8%; no data stays words."""
    return percents.of_share(value)


@register.filter
def band_word(band: str) -> str:
    """Colour never stands alone."""
    return BANDS.get(band, "")


@register.filter
def words(text: str) -> list[str]:
    """For a loop over a few names."""
    return text.split()


@register.filter
def of(mapping, key):
    """mapping[key] in a template, "" when absent."""
    return mapping.get(key, "") if mapping else ""
