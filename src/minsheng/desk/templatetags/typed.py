"""What a name in a list is found by when it is typed."""

from __future__ import annotations

from django import template

from minsheng.desk import typeahead

register = template.Library()


@register.filter
def letters(label: object) -> str:
    """Of the name itself: a matter's stands behind those above it."""
    return typeahead.letters(str(label).split(" / ")[-1].strip())
