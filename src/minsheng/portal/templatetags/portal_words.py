"""How the citizen's pages say dates and story lines in three languages: {% load portal_words %}."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from minsheng.cases.story import Event, Story
from minsheng.kit.templatetags.show import moment

register = template.Library()
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@register.filter
def when(value: datetime | None) -> str:
    """1月10日 周五 18:00; Fri 10 Jan 2025, 18:00; in Tibetan pages the figures alone: 2025-01-10 18:00."""
    if value is None:
        return ""
    at, language = timezone.localtime(value), get_language()
    if language == "en":
        return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}"
    return f"{at:%Y-%m-%d %H:%M}" if language == "bo" else moment(value)


@register.filter
def words(text: str) -> str:
    """A source string that a rule gave, in the reader's language."""
    return _(text) if text else ""


@register.filter
def told(event: Event) -> str:
    """A line of the story."""
    return _(event.public).replace("{lead}", event.unit or _("承办单位")).replace("{interim}", event.interim)


@register.filter
def until(story: Story) -> str:
    """Until when, in words."""
    if story.paused and story.due_kind == "handle":
        return _("计时已依规暂停，恢复办理后这里会写明新的日期")
    if not story.due_at:
        return _("已列入计划，热线每月复核一次") if story.due_kind == "parked" else ""
    said = {
        "review": _("热线将在 %(date)s 前审核并派给承办单位"), "handle": _("最迟 %(date)s 答复您"),
        "check": _("单位已答复，热线将在 %(date)s 前审核完"), "callback": _("热线将在 %(date)s 前给您回访"),
        "parked": _("计划在 %(date)s 前解决"),
    }[story.due_kind]
    return said % {"date": when(story.due_at)}


@register.filter
def shut(pair) -> str:
    """Why a step is shut, for the person in front of it. (step, verdict)"""
    step, verdict = pair
    return _("现在还不能或已不能办这一项") if verdict.code == "state" else _(verdict.reason)
