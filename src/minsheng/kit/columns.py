"""Columns that read whatever lies in them: a row damaged by hand, or written by another version, takes no list away from everybody.

What does not fit reads as the column's neutral value; `doctor` names it. In the schema they are Django's own columns.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models.fields.json import KeyTransform


class ShapedJSON(models.JSONField):
    """JSON of one shape: an object (`default=dict`) or a list (`default=list`)."""

    def from_db_value(self, value, expression, connection):
        found = super().from_db_value(value, expression, connection)
        if isinstance(expression, KeyTransform):  # one value out of it, of whatever shape
            return found
        return found if found is None or isinstance(found, self.default) else self.default()

    def deconstruct(self):
        name, _, args, more = super().deconstruct()
        return name, "django.db.models.JSONField", args, more


class KnownWord(models.CharField):
    """One of the codes `known`; any other reads as `otherwise`."""

    def __init__(self, *args, known: Iterable[str] = (), otherwise: str = "", **more):
        self.known, self.otherwise = frozenset(known), otherwise
        super().__init__(*args, **more)

    def from_db_value(self, value, expression, connection):
        return value if value is None or value in self.known else self.otherwise

    def deconstruct(self):
        name, _, args, more = super().deconstruct()
        return name, "django.db.models.CharField", args, more
