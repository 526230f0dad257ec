"""How facts become cells of the cube. A cell counts what will have fallen due: it is read for days that are past.

Each text is made of the tables of `sets`; nothing that a reader gives is in it.
"""

from __future__ import annotations

from minsheng.measures.sets import BITS, FACTS, SETS

PLACE = ("lead_id", "category_id", "district_id", "period_id")
NAMED = ("channel", "kind", "requester_kind", "language")
KEY = ("day", "fact", *PLACE, *NAMED, "excluded", "sets")


def _sets() -> str:
    """The sum of the bits of the sets in which a fact lies once all limits are past."""
    kinds = []
    for fact in FACTS:
        terms = [f"CASE WHEN {one.sql or 'true'} THEN {BITS[one.code]} ELSE 0 END" for one in SETS.values() if one.fact == fact]
        kinds.append(f"WHEN '{fact}' THEN {' + '.join(terms)}")
    return f"CASE f.fact {' '.join(kinds)} ELSE 0 END".replace("%(cutoff)s", "timestamptz 'infinity'")


def cells(table: str, where: str = "true") -> str:
    """SELECT of the cells of the facts of `table`; its one value is the city's zone."""
    return f"""SELECT (f.at AT TIME ZONE %s)::date AS day, f.fact, {", ".join(f"coalesce(f.{name}, 0) AS {name}" for name in PLACE)},
                      {", ".join(f"f.{name}" for name in NAMED)}, f.excluded, {_sets()} AS sets, sum(f.sign) AS count
                 FROM {table} f WHERE {where} GROUP BY {", ".join(map(str, range(1, len(KEY) + 1)))}"""


def add(table: str) -> str:
    """INSERT of these cells, added to those that are there."""
    names = ", ".join(KEY)
    return f"""INSERT INTO measures_cell ({names}, count) SELECT {names}, count FROM ({cells(table)}) c WHERE count <> 0 ORDER BY {names}
               ON CONFLICT ({names}) DO UPDATE SET count = measures_cell.count + excluded.count"""
