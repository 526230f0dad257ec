"""A condition on a row (or a value beside it), written as SQL and set into what the ORM asks: for a filter that stands in nearly every statement, where putting
it together from a dozen objects each time costs more than reading the rows does."""

from __future__ import annotations

from django.db.models import BooleanField, Expression, Field, Q


class RowSql(Expression):
    """`{t}` is the table as the statement names it: `of`, where it is joined, else the query's own. A value is a %s, a list of numbers
    `%s::bigint[]`."""

    def __init__(self, text: str, values: tuple = (), kind: Field | None = None, of: str = ""):
        super().__init__(kind or BooleanField())
        self.text, self.values, self.of = text, values, of

    def as_sql(self, compiler, connection):
        return f"({self.text.format(t=compiler.quote_name_unless_alias(self._alias(compiler.query)))})", list(self.values)

    def _alias(self, query) -> str:
        return next((alias for alias, table in query.alias_map.items() if table.table_name == self.of), None) or query.get_initial_alias()


def row_sql(text: str, *values: object, of: str = "") -> Q:
    return Q(RowSql(text, values, of=of))
