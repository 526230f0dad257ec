"""The line of one group on the board: some twenty numbers, each a door to its list. A matter has a hundred and eighty such lines, so
they are put together here and not by four thousand nodes of a template."""

from __future__ import annotations

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from minsheng.kit.templatetags.show import percent
from minsheng.measures.board import Line
from minsheng.measures.rules import Row

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
        return f"{cell}{percent(row.value)}</td>"
    return (f'{cell}{percent(row.value)} <span class="ms-small"><a href="{to}numerator&amp;measure={row.measure}">{row.numerator}</a>/'
            f'<a href="{to}denominator&amp;measure={row.measure}">{row.denominator}</a></span></td>')


def _span(row: Row) -> str:
    """The bar with its interval."""
    if row.value is None:
        return ""
    bar = _BAR.format(value=row.value, low=row.low, width=row.width)
    return f'{bar} <span class="ms-small ms-nowrap">{percent(row.low)}–{percent(row.high)}</span>'
