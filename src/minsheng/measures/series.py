"""Sets by local day, for trends and comparisons. Part of queries.py by kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from minsheng.accounts.rules import Actor
from minsheng.measures import queries, set_sql
from minsheng.measures.queries import Asked


def daily(asked: Asked, by: Actor, codes: Iterable[str]) -> dict[date, dict[str, int]]:
    """{day: {set: how many}} of every day of the period, within what the reader may count."""
    return set_sql.daily(queries.brought_up(asked).window, list(codes), queries.where(asked, by))
