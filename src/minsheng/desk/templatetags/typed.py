"""Drop-downs: their choices, and what a name among them is found by when it is typed."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

from minsheng.desk import typeahead

register = template.Library()


@register.filter
def letters(label: object) -> str:
    """Of the name itself: a matter's stands behind those above it."""
    return typeahead.letters(str(label).split(" / ")[-1].strip())


@register.simple_tag
def options(choices, chosen: object = "") -> SafeString:
    """<option>s of (value, label), the chosen one selected. Drawn once for the same choices: whoever is offered others gets others."""
    drawn, value = _drawn(tuple(map(tuple, choices))), f'<option value="{escape(chosen)}"'
    return mark_safe(drawn.replace(f"{value}>", f"{value} selected>", 1)) if chosen else drawn


@lru_cache(maxsize=128)
def _drawn(choices: tuple[tuple[object, str], ...]) -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', choices)
