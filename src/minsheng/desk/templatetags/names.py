"""Names of units and matters by their ids, from what is kept: a list that shows fifty cases joins no table for them."""

from __future__ import annotations

from django import template

from minsheng.cases import queries as cases
from minsheng.org import queries as org

register = template.Library()


@register.filter
def unit(id_: int | None) -> str:
    """What people call the unit; "" where there is none."""
    return org.tree().name(id_)


@register.filter
def matter(id_: int | None) -> str:
    found = cases.categories().get(id_) if id_ else None
    return found.name if found else ""
