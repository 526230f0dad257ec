"""Lines of the board. That of one group has some twenty numbers, each a door to its list, and a matter has a hundred and eighty such
lines; a list has fifty cases. They are put together here and not by four thousand nodes of a template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from minsheng.cases import queries as cases
from minsheng.kit.templatetags.show import hour
from minsheng.measures.board import Line
from minsheng.measures.rules import Row
from minsheng.org import queries as org

register = template.Library()
_BAR = (
    '<svg class="bd-bar" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
    '<rect class="bd-all" width="1" height="1"/><rect class="bd-done" width="{value}" height="1"/>'
    '<rect class="bd-range" x="{low}" width="{width}" y=".35" height=".3"/></svg>'
)


@register.simple_tag
def group_line(line: Line, door: str, band_by: str) -> SafeString:
    """`door`: the address of a list up to the group's key; `band_by`: the measure that stays on a phone."""
    to = f"{escape(door)}{escape(line.key_text)}&amp;part="
    cells = [_volume(row, to) for row in line.volumes] + [_rate(row, to, row.measure == band_by) for row in line.rates]
    return mark_safe(f'<tr data-row><th scope="row">{escape(line.label)}</th>{"".join(cells)}<td class="ms-wide">{_span(line.by)}</td></tr>')


def _volume(row: Row, to: str) -> str:
    shown = f'<a href="{to}numerator&amp;measure={row.measure}">{row.value}</a>' if row.value else "0"
    return f'<td class="ms-num ms-wide">{shown}</td>'


def _rate(row: Row, to: str, stays: bool) -> str:
    cell = '<td class="ms-num">' if stays else '<td class="ms-num ms-wide">'
    if row.value is None:
        return f'{cell}<span class="ms-soft">—</span></td>'
    if row.denominator is None:
        return f"{cell}{row.shown}</td>"
    return (f'{cell}{row.shown} <span class="ms-small"><a href="{to}numerator&amp;measure={row.measure}">{row.numerator}</a>/'
            f'<a href="{to}denominator&amp;measure={row.measure}">{row.denominator}</a></span></td>')


def _span(row: Row) -> str:
    """The bar with its interval."""
    if row.value is None:
        return ""
    bar = _BAR.format(value=row.value, low=row.low, width=row.width)
    return f'{bar} <span class="ms-small ms-nowrap">{row.between}</span>'


@register.simple_tag
def list_rows(rows: Iterable[dict[str, Any]]) -> SafeString:
    """The cases behind a figure, as board.views makes them."""
    door, matters, tree = reverse("case", args=[0]).removesuffix("0"), cases.categories(), org.tree()
    return mark_safe("".join([_case(row, door, matters.get(row["case"].category_id), tree.name(row["case"].lead_id)) for row in rows]))


def _case(row: dict[str, Any], door: str, matter: Any, lead: str) -> str:
    case = row["case"]
    limit = f'<span class="ms-band ms-band-{row["band"]}">{row["left"]}</span>' if row["band"] else ""
    return (
        f'<tr data-row role="row" data-case="{case.id}">'
        f'<td role="cell" class="ms-cell-number"><a class="ms-row-link" href="{door}{case.id}">{escape(case.number)}</a></td>'
        f'<td role="cell" class="ms-cell-title">{escape(case.title)}</td><td role="cell" class="ms-cell-state">{case.get_state_display()}</td>'
        f'<td role="cell" class="ms-cell-limit">{limit}</td><td role="cell">{escape(matter.name) if matter else ""}</td>'
        f'<td role="cell">{escape(lead)}</td><td role="cell" class="ms-cell-at">{hour(case.received_at)}</td></tr>\n'
    )
