"""Lines of cases as lists, queues and the unit's desk show them. A page has fifty of some twenty values each: they are put together here
and not by a thousand nodes of a template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape as said
from django.utils.safestring import SafeString, mark_safe

from minsheng.cases.rules import State, TaskKind, TaskState
from minsheng.desk.templatetags.names import matter, unit
from minsheng.kit.templatetags.show import hour

register = template.Library()
_FLAG = '<span class="ms-flag">{}</span> '.format
_STATES = {s.value: s.label for s in State}


def _flags(case: Any, **words: str) -> str:
    return "".join([_FLAG(word) for column, word in words.items() if getattr(case, column)])


def _band(band: str, left: str) -> str:
    return f'<span class="ms-band ms-band-{band}">{said(left)}</span>' if band else ""


@register.simple_tag
def case_rows(rows: Iterable[dict[str, Any]], select: object = "", back: str = "") -> SafeString:
    """Rows of a list, as desk.views.lists.rows_of makes them. `select`: with a box to tick; `back`: where the case's page leads back to."""
    to = f"?next={quote(back)}" if back else ""
    return mark_safe("".join([_case_row(row, bool(select), to) for row in rows]))


def _case_row(row: dict[str, Any], select: bool, to: str) -> str:
    case, number = row["case"], said(row["number"])
    tick = (f'<td role="cell" class="ms-tick"><input type="checkbox" name="case" value="{row["id"]}" aria-label="选择 {number}" data-tick></td>'
            if select else "")
    under = f'<div class="ms-small ms-soft">{said(row["excerpt"])}</div>' if row["excerpt"] else ""
    return (
        f'<tr data-row role="row" data-case="{row["id"]}">{tick}'
        f'<td role="cell" class="ms-cell-number"><a class="ms-row-link" href="{row["url"]}{to}">{number}</a></td>'
        f'<td role="cell" class="ms-cell-title">{_flags(case, urgent="紧急", sealed="保密", problem="疑难")}{said(row["title"])}{under}</td>'
        f'<td role="cell" class="ms-cell-state">{row["state"]}</td><td role="cell" class="ms-cell-limit">{_band(row["band"], row["left"])}</td>'
        f'<td role="cell">{said(matter(case.category_id))}</td><td role="cell">{said(unit(case.lead_id))}</td>'
        f'<td role="cell" class="ms-cell-at">{hour(case.received_at)}</td></tr>\n'
    )


@register.simple_tag
def queue_lines(queue: Iterable[dict[str, Any]]) -> SafeString:
    """What waits beside the case that lies open, as desk.views.ruling_desk.entry makes it."""
    return mark_safe("".join(map(_queue_line, queue)))


def _queue_line(q: dict[str, Any]) -> str:
    case, clock = q["case"], q["clock"]
    at, current = (' class="ms-at"', ' aria-current="true"') if q["current"] else ("", "")
    lead = "" if getattr(case, "shut", False) else f'{said(unit(case.lead_id)) or "未派单"} · '
    return (
        f'<li data-row data-case="{case.id}"{at}><a class="ms-row-link" href="{said(q["url"])}"{current}>'
        f'<strong>{_flags(case, urgent="紧急")}{said(case.title)}</strong> {_clock(clock)} '
        f'<span class="ms-under">{said(q["tag"])} · {lead}{said(case.number)}</span></a></li>\n'
    )


def _clock(clock: dict[str, str] | None) -> str:
    """Its place stays where there is none."""
    return _band(clock["band"], clock["left"]) if clock else '<span aria-hidden="true"></span>'


@register.simple_tag
def unit_lines(rows: Iterable[dict[str, Any]]) -> SafeString:
    """Orders and tasks on the unit's desk, as desk.views.unit_desk makes them."""
    door = reverse("unit-order", args=[0]).removesuffix("0")
    return mark_safe("".join([_unit_line(row, door) for row in rows]))


def _unit_line(row: dict[str, Any], door: str) -> str:
    case = row["case"]
    whose = "" if row["mine"] else _FLAG(said(row["whose"]))
    urges = f" · 已催办 {case.urges} 次" if case.urges else ""
    due = f'<span class="ms-nowrap">{row["due"]} 前</span> · ' if row["due"] else ""
    return (
        f'<li data-row data-case="{case.id}"><a class="ms-row-link" href="{door}{case.id}">'
        f'<strong>{_flags(case, urgent="紧急", sealed="保密")}{said(case.title)}</strong> {_clock(row["clock"])} '
        f'<span class="ms-under">{whose}{_stands(row)} · {said(matter(case.category_id)) or "未分类"}{urges}</span> '
        f'<span class="ms-under">{due}<span class="ms-nowrap">{said(case.number)}</span></span></a></li>\n'
    )


def _stands(row: dict[str, Any]) -> str:
    case, task = row["case"], row["task"]
    if task:
        return f"{TaskKind(task.kind).label} · {TaskState(task.state).label}"
    drafted = " · 已起草，待签批" if row["drafted"] and case.state == State.IN_PROGRESS else ""
    return f"{_STATES[case.state]}{drafted}"
