"""What a name in a list is found by when it is typed."""

from __future__ import annotations

from django import template

from minsheng.desk import typeahead

register = template.Library()
register.filter("letters", typeahead.letters)
