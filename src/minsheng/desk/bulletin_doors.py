"""The figures of a bulletin as its page shows them: each number with the address of the list that it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from minsheng.accounts.rules import Actor
from minsheng.bulletins.queries import bulletins
from minsheng.bulletins.rules import figures
from minsheng.bulletins.rules.paper import Section
from minsheng.kit.papers.cells import Cell
from minsheng.measures import rules as measures
from minsheng.measures.rules import BY_CODE

Door = Callable[[str], str]


def of(one: Any) -> Door:
    """The door of a number -> its address. A whole opens the list kept with the bulletin, a group the list as known at the cut-off, calls
    the calls of those days."""
    frozen, kept, live = figures.read(one.figures), reverse("bulletin-list", args=[one.id]), reverse("board_list")

    def address(door: str) -> str:
        if not door:
            return ""
        if door.startswith("by:"):
            _, scope, by, code, part, key = door.split(":", 5)
            return f"{live}?{urlencode(_asked(one, frozen.scopes[int(scope)], code, part) | {'by': by, 'key': key})}"
        place, code, part = (*door.split(":"), "")[:3]
        if code in figures.CALLS:
            return f"{live}?{urlencode(_asked(one, frozen.scopes[int(place)], code, part))}"
        return f"{kept}?{urlencode({'key': door})}"

    return address


def _asked(one: Any, scope: figures.Scope, code: str, part: str) -> dict[str, str]:
    found = {"measure": code, "part": part, "from": scope.since, "to": scope.until, "cutoff": one.cutoff.isoformat() if one.cutoff else ""}
    matter = bulletins.matter_code(one)
    return found | ({"unit": str(one.unit_id)} if one.unit_id else {}) | ({"category": matter} if matter else {})


def shown(sections: Iterable[Section], door: Door, by: Actor) -> list[dict[str, Any]]:
    """For desk/bulletins/section.html. Units open the kept lists; what is counted anew they may ask for of themselves alone."""
    own = measures.own_unit_only(by)

    def address(key: str) -> str:
        return "" if own and not key.startswith(("0:", "1:", "2:", "late:")) else door(key)

    return [{"title": one.title, "written": one.written, "said": [[{"text": part.text, "url": address(part.key)} for part in said] for said in one.said],
             "tables": [{"table": table, "rows": [[_cell(cell, address) for cell in row] for row in table.rows]} for table in one.tables if table.rows]}
            for one in sections]


def _cell(cell: Cell, door: Door) -> dict[str, Any]:
    return {"kind": cell.kind, "text": cell.shown, "n": f"{cell.n:,}" if cell.n is not None else "", "d": f"{cell.d:,}" if cell.d else "",
            "url": door(cell.door), "url_of": door(cell.door_of)}


def label(key: str) -> str:
    """What a kept list is called: 解决率，分子."""
    place, code, part = (*key.split(":"), "", "")[:3]
    if place == "late":
        return "超期未办结"
    measure = BY_CODE.get(code)
    words = {"numerator": "" if measure and not measure.denominator else "，分子", "denominator": "，分母"}.get(part, "")
    return f"{measure.label}{words}" if measure else "清单"
