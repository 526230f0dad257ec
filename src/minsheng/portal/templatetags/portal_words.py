"""How the citizen's pages say dates, story lines and rules' words in three languages: {% load portal_words %}."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from minsheng.cases.queries.citizen_view import Event, Story
from minsheng.kit import clock
from minsheng.kit.translatable import Said
from minsheng.language.rules import script_of
from minsheng.portal.translate import is_tibetan, say, why

register = template.Library()
_DAYS = (mark("周一"), mark("周二"), mark("周三"), mark("周四"), mark("周五"), mark("周六"), mark("周日"))
_MONTHS = (mark("1月"), mark("2月"), mark("3月"), mark("4月"), mark("5月"), mark("6月"), mark("7月"), mark("8月"), mark("9月"), mark("10月"),
           mark("11月"), mark("12月"))
NOBODY = mark("承办单位")
_LANGS = {"zh": "zh-Hans", "bo": "bo", "en": "en"}


def _moment(value: date, template_: str, **more) -> Said:
    return Said(template_, year=value.year, month=_MONTHS[value.month - 1], day=value.day, weekday=_DAYS[value.weekday()], **more)


def _when(value: datetime) -> Said:
    at = timezone.localtime(value)
    if at.year == timezone.localtime(clock.now()).year:
        return _moment(at, mark("{month}{day}日 {weekday} {time}"), time=f"{at:%H:%M}")
    return _moment(at, mark("{year}年{month}{day}日 {weekday} {time}"), time=f"{at:%H:%M}")


@register.filter
def when(value: datetime | None) -> str:
    """1月10日 周五 18:00; the year is said when it is not this one."""
    return say(_when(value)) if value else ""


@register.filter
def on_day(value: date | None) -> str:
    """2025年1月10日."""
    return say(_moment(value, mark("{year}年{month}{day}日"))) if value else ""


@register.filter
def words(text: str) -> str:
    """A source string that a rule gave, in the reader's language."""
    return say(text)


@register.simple_tag
def both(text: str) -> str:
    """The same; on Tibetan pages the Chinese stands beside it."""
    if not is_tibetan() or say(text) == text:
        return format_html("{}", say(text))
    return format_html('{} <span class="pt-zh" lang="zh-Hans">{}</span>', say(text), text)


@register.filter
def lang(text: str) -> str:
    """For lang="…" of what people wrote and of names: a screen reader changes its voice."""
    return _LANGS[script_of(text or "")]


@register.filter
def told(event: Event) -> str:
    """A line of the story. Names of offices and what they wrote keep their own language."""
    line = format_html(_(event.public), lead=_name(event.unit or _(NOBODY)), interim=_name(event.interim))
    if not is_tibetan():
        return line
    record = event.public.format(lead=event.unit or NOBODY, interim=event.interim)
    return format_html('{} <span class="pt-zh" lang="zh-Hans">{}</span>', line, record)


def _name(text: str) -> str:
    return format_html('<span lang="{}">{}</span>', lang(text), text)


@register.filter
def until(story: Story) -> str:
    """Until when, in words, as a source string."""
    if story.paused and story.due_kind == "handle":
        return mark("计时已依规暂停，恢复办理后这里会写明新的日期")
    if not story.due_at:
        return mark("已列入计划，热线每月复核一次") if story.due_kind == "parked" else ""
    return Said(_UNTIL[story.due_kind], date=_when(story.due_at))


_UNTIL = {
    "review": mark("热线将在 {date} 前审核并派给承办单位"), "handle": mark("最迟 {date} 答复您"),
    "check": mark("单位已答复，热线将在 {date} 前审核完"), "callback": mark("热线将在 {date} 前给您回访"),
    "parked": mark("计划在 {date} 前解决"),
}


@register.filter
def shut(pair) -> str:
    """Why a step is shut, for the person in front of it, as a source string. (step, verdict)"""
    step, verdict = pair
    return why(step, verdict.code)

