"""What was asked of co-units and what became of it, of facts as all figures are (rulings, 66). An order counts for its lead alone, so co-units
have a view of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from minsheng.accounts.rules import Actor
from minsheng.cases.queries import lists
from minsheng.kit.paging import Page
from minsheng.kit.percents import percent
from minsheng.kit.verdict import Invalid
from minsheng.measures import queries, rules
from minsheng.measures.queries import Asked
from minsheng.org import queries as org

SETS = {part: f"co.{part}" for part in rules.OF_CO_UNITS}


@dataclass(frozen=True, slots=True)
class Line:
    """One unit: tasks asked of it in the period, how many of them are due, answered in time, given back. `unit` 0: all together."""

    unit: int
    name: str
    given: int
    due: int
    in_time: int
    returned: int

    @property
    def rate(self) -> str:
        return percent(self.in_time, self.due)


def lines(asked: Asked, by: Actor) -> tuple[Asked, list[Line]]:
    """(the question with its cut-off, units in the order of the tree, with anything asked of them, and the whole last; [] when nothing was)."""
    asked, found = queries.counted(replace(asked, by="unit", key=None), by, SETS.values())
    rows = [Line(unit.id, unit.short or unit.name, *(found[unit.id][code] for code in SETS.values()))
            for unit in org.tree().by_id.values() if found.get(unit.id, {}).get(SETS["given"])]
    return asked, [*rows, reduce(_add, rows, Line(0, rules.WHOLE, 0, 0, 0, 0))] if rows else []


def _add(a: Line, b: Line) -> Line:
    return Line(a.unit, a.name, a.given + b.given, a.due + b.due, a.in_time + b.in_time, a.returned + b.returned)


def behind(asked: Asked, by: Actor, unit: int, part: str, after: str = "", size: int = lists.PAGE) -> Page:
    """The cases of these tasks that the reader may see, newest first, each once."""
    if part not in SETS:
        raise Invalid({"part": "没有这个清单，请从协办单位的表里打开"})
    asked = queries.brought_up(replace(asked, by="unit" if unit else "", key=str(unit) if unit else None))
    return queries.page_of(asked.window, SETS[part], queries.where(asked, by), by, after, size)
