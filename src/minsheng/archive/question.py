"""One question's text, as DuckDB and Spark both read it: the same that PostgreSQL is asked (`measures.set_sql`), its values written out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from minsheng.kit.verdict import Invalid
from minsheng.measures import set_sql
from minsheng.measures.set_sql import Where
from minsheng.measures.sets import Window

TABLE = "measures_fact"  # what the files are called in an engine
_ANY = re.compile(r"([\w.]+) = ANY\(%\((\w+)\)s\)")
_ONE = re.compile(r"%\((\w+)\)s")
_WORD = re.compile(r"[\w-]{0,60}", re.ASCII)


def of_sets(w: Window, codes: Sequence[str], where: Where, without: Iterable[str] = ()) -> str:
    """How many facts lie in each set, group by group. `without`: keys of cases that are not counted."""
    hidden = ", ".join(map(written, sorted(without)))
    text, values = set_sql.of_facts(w, list(codes), where, f"f.case_key NOT IN ({hidden})" if hidden else "")
    text = _ANY.sub(lambda found: among(found[1], values[found[2]]), text)
    return _ONE.sub(lambda found: written(values[found[1]]), text)


def among(column: str, values: Iterable[object]) -> str:
    listed = ", ".join(map(written, values))
    return f"{column} IN ({listed})" if listed else "false"


def written(value: object) -> str:
    """A value as SQL. Words are codes of this house; whatever else somebody typed is not taken."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{naive(value)}'"
    if isinstance(value, str) and _WORD.fullmatch(value):
        return f"'{value}'"
    raise Invalid({"key": "归档不能按这个值筛选"})


def naive(at: datetime) -> str:
    """UTC, as the files have it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
