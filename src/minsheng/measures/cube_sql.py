"""How facts become cells of the cube. A cell counts what will have fallen due: it is read for days that are past.

A fact lies in one cell of each dimension, by day and by month: of its unit alone, and of its unit with its matter, its channel and so on. All
dimensions in one cell would be as many cells as facts. Each text is made of the tables of `sets`; nothing that a reader gives is in it.
"""

from __future__ import annotations

from minsheng.measures.sets import BITS, FACTS, SETS

# dimension -> the column that its key is; each lies beside the unit
DIMENSIONS = {"unit": "", "category": "category_id", "channel": "channel", "district": "district_id", "period": "period_id", "kind": "kind",
              "requester": "requester_kind", "language": "language", "hour": "n"}
_OF_COURSES = ("unit", "category", "district", "hour")  # the only ones that are asked of them; the last of nothing else
GRAINS = ("d", "m")
KEY = ("dimension", "grain", "day", "fact", "lead_id", "key", "excluded", "sets")


def _sets() -> str:
    """The sum of the bits of the sets in which a fact lies once all limits are past."""
    kinds = []
    for fact in FACTS:
        terms = [f"CASE WHEN {one.sql or 'true'} THEN {BITS[one.code]} ELSE 0 END" for one in SETS.values() if one.fact == fact]
        kinds.append(f"WHEN '{fact}' THEN {' + '.join(terms)}")
    return f"CASE f.fact {' '.join(kinds)} ELSE 0 END".replace("%(cutoff)s", "timestamptz 'infinity'")


def kept(dimension: str, fact: str) -> bool:
    """Are there cells of that kind of fact by it? None of tasks: they lie where they were given, and whether one is due changes on a later day."""
    if fact == "task":
        return False
    return dimension in _OF_COURSES if fact == "course" else dimension != "hour"


def cells(table: str, where: str = "true") -> str:
    """SELECT of the cells of the facts of `table`, those without anything in them left out; its one value is the city's zone."""
    columns = [column for column in DIMENSIONS.values() if column]
    keys = ", ".join(f"('{name}', {f'coalesce(p.{column}::text, {_NONE})' if column else _NONE})" for name, column in DIMENSIONS.items())
    return f"""
SELECT d.dimension, g.grain, CASE g.grain WHEN 'm' THEN date_trunc('month', p.day)::date ELSE p.day END AS day, p.fact, p.lead_id, d.key, p.excluded,
       p.sets, sum(p.count)::bigint AS count
  FROM (SELECT (f.at AT TIME ZONE %s)::date AS day, f.fact, coalesce(f.lead_id, 0) AS lead_id, {", ".join(f"f.{c}" for c in columns)}, f.excluded,
               {_sets()} AS sets, sum(f.sign) AS count
          FROM {table} f WHERE f.fact <> 'task' AND {where} GROUP BY {", ".join(map(str, range(1, len(columns) + 6)))}) p
 CROSS JOIN LATERAL (VALUES {keys}) d (dimension, key)
 CROSS JOIN (VALUES {", ".join(f"('{grain}')" for grain in GRAINS)}) g (grain)
 WHERE p.count <> 0 AND CASE p.fact WHEN 'course' THEN d.dimension IN ({", ".join(f"'{name}'" for name in _OF_COURSES)}) ELSE d.dimension <> 'hour' END
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(p.count) <> 0"""


_NONE = "''"


def add(table: str) -> str:
    """INSERT of these cells, added to those that are there."""
    names = ", ".join(KEY)
    return f"""INSERT INTO measures_cell ({names}, count) SELECT {names}, count FROM ({cells(table)}) c ORDER BY {names}
               ON CONFLICT ({names}) DO UPDATE SET count = measures_cell.count + excluded.count"""
