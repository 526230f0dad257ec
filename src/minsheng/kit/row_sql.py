"""A condition on a row (or a value beside it), written as SQL and set into what the ORM asks: for a filter that stands in nearly every statement, where putting
it together from a dozen objects each time costs more than reading the rows does."""

from __future__ import annotations

from django.db.models import BooleanField, Expression, Field, Q


class RowSql(Expression):
    """`{t}` is the query's own table as the statement names it; a value is a %s, a list of numbers `%s::bigint[]`."""

    def __init__(self, text: str, values: tuple = (), kind: Field | None = None):
        super().__init__(kind or BooleanField())
        self.text, self.values = text, values

    def as_sql(self, compiler, connection):
        table = compiler.quote_name_unless_alias(compiler.query.get_initial_alias())
        return f"({self.text.format(t=table)})", list(self.values)


def row_sql(text: str, *values: object) -> Q:
    return Q(RowSql(text, values))
