"""Columns that read whatever lies in them: a row damaged by hand, or written by another version, takes no list away from everybody.

What does not fit reads as the column's neutral value; `doctor` names it. In the schema they are Django's own columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, runtime_checkable

from django.db import models
from django.db.models.fields.json import KeyTransform
from django.db.models.query_utils import DeferredAttribute


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


@runtime_checkable
class Value(Protocol):
    """A value that is kept as JSON. `read` takes whatever lies in the column and never fails."""

    @classmethod
    def read(cls, row: Any) -> Self: ...

    def written(self) -> Any: ...


V = TypeVar("V", bound=Value)
if TYPE_CHECKING:
    class _JSON(models.JSONField[V, V], Generic[V]): ...
else:
    class _JSON(models.JSONField, Generic[V]): ...


class _AsValue(DeferredAttribute):
    """Read when it is first asked for: of most rows of a list it never is. The row keeps its JSON until another value is set."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        row = super().__get__(instance, cls)
        if instance is None or isinstance(row, self.field.of):
            return row
        known, name = instance.__dict__, f"_{self.field.attname}_read"
        if name not in known:
            known[name] = self.field.of.read(row)
        return known[name]

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value
        instance.__dict__.pop(f"_{self.field.attname}_read", None)


class ValueJSON(_JSON[V]):
    """JSON that a model's attribute shows as the value it holds: `of`, which is also its default. In the schema an object."""

    descriptor_class = _AsValue

    def __init__(self, *args: Any, of: type[V], **more: Any):
        self.of = of
        super().__init__(*args, **{"default": of, **more})

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(value.written() if isinstance(value, self.of) else value)

    def deconstruct(self) -> Any:
        name, _, args, more = super().deconstruct()
        return name, "django.db.models.JSONField", args, more | {"default": dict}

    def clone(self) -> Any:
        """What migrations compare models by."""
        _, _, args, more = self.deconstruct()
        made: Any = type(self)
        return made(*args, of=self.of, **more)


class Word(models.CharField):
    """One of the words that the program has: `choices` are no part of the schema, a new word is no migration."""

    def deconstruct(self):
        name, _, args, more = super().deconstruct()
        more.pop("choices", None)
        return name, "django.db.models.CharField", args, more


class KnownWord(Word):
    """One of the codes `known`; any other reads as `otherwise`."""

    def __init__(self, *args, known: Iterable[str] = (), otherwise: str = "", **more):
        self.known, self.otherwise = frozenset(known), otherwise
        super().__init__(*args, **more)

    def from_db_value(self, value, expression, connection):
        return value if value is None or value in self.known else self.otherwise
