"""The figures of a bulletin as its page shows them: each number with the address of the list that it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from minsheng.accounts.rules import Actor
from minsheng.bulletins.rules import figures
from minsheng.bulletins.rules.paper import Section
from minsheng.kit.papers.cells import Cell
from minsheng.measures import rules as measures
from minsheng.measures.rules import BY_CODE

Door = Callable[[str], str]


def of(one: Any, by: Actor) -> Door:
    """The door of a number -> its address: the list kept with the bulletin; of calls the calls of those days, for who may ask for them."""
    frozen, kept, live = figures.read(one.figures), reverse("bulletin-list", args=[one.id]), reverse("board_list")
    own = measures.own_unit_only(by)

    def address(door: str) -> str:
        place, code, part = (*door.split(":", 2), "", "")[:3]
        if code not in figures.CALLS:
            return f"{kept}?{urlencode({'key': door})}" if door else ""
        scope = frozen.scopes[int(place)]
        cutoff = {"cutoff": one.cutoff.isoformat()} if one.cutoff else {}
        return "" if own else f"{live}?{urlencode({'measure': code, 'part': part, 'from': scope.since, 'to': scope.until, **cutoff})}"

    return address


def shown(sections: Iterable[Section], door: Door) -> list[dict[str, Any]]:
    """For desk/bulletins/section.html."""
    return [{"title": one.title, "written": one.written, "said": [[{"text": part.text, "url": door(part.key)} for part in said] for said in one.said],
             "tables": [{"table": table, "rows": [[_cell(cell, door) for cell in row] for row in table.rows]} for table in one.tables if table.rows]}
            for one in sections]


def _cell(cell: Cell, door: Door) -> dict[str, Any]:
    return {"kind": cell.kind, "text": "" if cell.is_small else cell.shown, "n": f"{cell.n:,}" if cell.n is not None else "", "d": f"{cell.d:,}" if cell.d else "",
            "url": door(cell.door), "url_of": door(cell.door_of)}


def label(one: Any, key: str) -> str:
    """What a kept list is called: 解决率，分母; 受理量，水务局."""
    if key.startswith("late:"):
        return "超期未办结"
    of, group = key, ""
    if key.startswith("by:"):
        _, scope, by, code, part, name = key.split(":", 5)
        of, frozen = f"{scope}:{code}:{part}", figures.read(one.figures)
        groups = {"channel": frozen.channels, "category": (*frozen.matters, *frozen.rising), "unit": frozen.units}.get(by, ())
        group = next((f"，{found.label}" for found in groups if found.key == name), "")
    place, code, part = (*of.split(":"), "", "")[:3]
    measure = BY_CODE.get(code)
    words = {"numerator": "" if measure and not measure.denominator else "，分子", "denominator": "，分母"}.get(part, "")
    return f"{measure.label}{words}{group}" if measure else "清单"
