"""Rows as objects by a statement that is written once: for a wide model the ORM takes longer to write it than the server to answer.

    LOCKED = PreparedRows(lambda: Case.objects.select_related("contact"), "WHERE cases_case.id = ANY(%s) FOR UPDATE OF cases_case")
    LOCKED([7, 8])
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.base import ModelState
from django.db.models.query import QuerySet, get_related_populators

if TYPE_CHECKING:
    from minsheng.kit.postgresql.base import DatabaseWrapper

Row = TypeVar("Row", bound=models.Model)


def ours(using: str = "default") -> DatabaseWrapper:
    """The connection as our own backend made it (settings name `kit.postgresql`)."""
    return cast("DatabaseWrapper", connections[using])


def prepared(*, raw: bool = False, using: str = "default") -> CursorWrapper:
    """A cursor whose statements are planned once a connection (`kit.postgresql`); for texts of which there are few.
    `raw`: with `$1` where others have `%s`."""
    return ours(using).prepared(raw)


class PreparedRows(Generic[Row]):
    """Called with the values of the tail's `%s`: a list of objects.

    rows  makes a queryset without conditions or order; `select_related` may be in it, and `annotate` of what takes no values
    tail  what follows its FROM
    """

    def __init__(self, rows: Callable[[], QuerySet[Row]], tail: str):
        self._rows, self._tail = rows, tail

    def __call__(self, *values: Any) -> list[Row]:
        text, make = self._written
        with prepared() as cursor:
            cursor.execute(text, values)
            return make(cursor.fetchall())

    @cached_property
    def _written(self) -> tuple[str, Callable[[list], list[Row]]]:
        text, values, make = written(self._rows().order_by())
        if values:
            raise ValueError("conditions belong in the tail")
        return f"{text} {self._tail}", make


class Repeated(Generic[Row]):
    """One question put several times with other values in some places: written by the ORM once. Whatever object stands for a place among
    the values of its conditions (`kit.row_sql`) is replaced by what is given for it.

        within = Repeated(rows.filter(row_sql("{t}.id < %s", TOP)))
        within({TOP: 7})
    """

    def __init__(self, queryset: QuerySet[Row]):
        try:
            self._text, self._values, self._make = written(queryset)
        except EmptyResultSet:  # nothing can be found, and the ORM writes nothing
            self._text = ""

    def __call__(self, given: dict[object, Any]) -> list[Row]:
        if not self._text:
            return []
        with connection.cursor() as cursor:
            cursor.execute(self._text, [given.get(value, value) if type(value) is object else value for value in self._values])
            return self._make(cursor.fetchall())


def fresh(model: type[Row], **given: Any) -> Row:
    """An unsaved object with its defaults, by the names of its columns (`unit_id`, not `unit`), at a quarter of what the model's own
    constructor costs. TypeError for a name that is none."""
    shared, made = _defaults(model)
    if unknown := given.keys() - shared.keys():
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    row = model.__new__(model)
    row.__dict__.update(shared, _state=ModelState(), **{name: make() for name, make in made if name not in given})
    row.__dict__.update(given)
    return row


@lru_cache(maxsize=64)
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """Defaults that rows may share, and what makes those that each row has for itself."""
    fields = model._meta.concrete_fields
    own = {f.attname: f.get_default for f in fields if f.has_default() and callable(f.default)}
    return {f.attname: None if f.attname in own else f.get_default() for f in fields}, list(own.items())


def written(queryset: QuerySet[Row]) -> tuple[str, tuple, Callable[[list], list[Row]]]:
    """The text, its values, and what makes objects of its rows: as `django.db.models.query.ModelIterable` does."""
    compiler = queryset.query.get_compiler(connection=connection)
    text, values = compiler.as_sql()
    known, select, alias = compiler.klass_info, compiler.select, connection.alias
    own, converters = known["select_fields"], compiler.get_converters([column for column, _, _ in select])
    first, last = own[0], own[-1] + 1
    names = [column.target.attname for column, _, _ in select[first:last]]
    more = compiler.annotation_col_map or {}
    beside = get_related_populators(known, select, alias)  # type: ignore[call-arg]  # the stubs are of a later Django

    def make(found: list) -> list[Row]:
        objects = []
        for row in compiler.apply_converters(found, converters) if converters else found:
            made = queryset.model.from_db(alias, names, row[first:last])
            for each in beside:
                each.populate(row, made)
            for name, place in more.items():
                setattr(made, name, row[place])
            objects.append(made)
        return objects

    return text, values, make
