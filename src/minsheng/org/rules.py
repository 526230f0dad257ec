"""The tree of units as plain values: who lies under whom."""

from __future__ import annotations

from dataclasses import dataclass

from minsheng.kit.labelled import Labelled


class UnitKind(Labelled):
    """`territorial` units are places too: a case has a district."""

    BUREAU = "bureau", "市直部门"
    CENTRE = "centre", "热线中心"
    CITY = "city", "市"
    COUNTY = "county", "县"
    DISTRICT = "district", "区"
    PANEL = "panel", "热线裁定组"
    SECTION = "section", "科室"
    TOWNSHIP = "township", "乡镇街道"
    UTILITY = "utility", "公用企业"
    ZONE = "zone", "功能区"

    @property
    def is_place(self) -> bool:
        return self in {UnitKind.CITY, UnitKind.COUNTY, UnitKind.DISTRICT, UnitKind.TOWNSHIP, UnitKind.ZONE}


@dataclass(frozen=True, slots=True)
class UnitFacts:
    id: int
    code: str
    name: str
    short: str
    kind: UnitKind
    path: tuple[int, ...]  # from the root to the unit itself
    phone: str
    active: bool


class Tree:
    """All units at one moment. Built once a change, asked many times a page."""

    def __init__(self, units: list[UnitFacts]):
        self.by_id = {u.id: u for u in units}
        self.by_code = {u.code: u for u in units}

    def __getitem__(self, id_: int) -> UnitFacts:
        return self.by_id[id_]

    def name(self, id_: int | None) -> str:
        unit = self.by_id.get(id_ or 0)
        return unit.short or unit.name if unit else ""

    def path(self, id_: int | None) -> tuple[int, ...]:
        unit = self.by_id.get(id_ or 0)
        return unit.path if unit else ()

    def parent(self, id_: int) -> UnitFacts | None:
        path = self.path(id_)
        return self.by_id.get(path[-2]) if len(path) > 1 else None

    def inside(self, id_: int | None, top: int | None) -> bool:
        """Does the unit lie in `top`'s subtree (`top` itself included)?"""
        return bool(id_ and top) and top in self.path(id_)

    def subtree(self, top: int) -> list[int]:
        return [u.id for u in self.by_id.values() if top in u.path]

    def district(self, id_: int | None) -> int | None:
        """The district or county that the unit lies in, itself included."""
        for step in reversed(self.path(id_)):
            if self.by_id[step].kind in {UnitKind.COUNTY, UnitKind.DISTRICT, UnitKind.ZONE}:
                return step
        return None

    def children(self, id_: int) -> list[UnitFacts]:
        return [u for u in self.by_id.values() if len(u.path) > 1 and u.path[-2] == id_ and u.active]
