"""The tree of units as plain values: who lies under whom."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.verdict import YES, Verdict, no


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

    def full(self, id_: int | None) -> str:
        """The name as it stands on papers and on what citizens read."""
        unit = self.by_id.get(id_ or 0)
        return unit.name if unit else ""

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


# --- who may change the tree, and how -----------------------------------------------------------------------------------------


def may_shape(roles) -> Verdict:
    """The system administrator, or the program itself (no role at all)."""
    return YES if not roles or "system_admin" in roles else no("role", "机构和值班表由系统管理员维护，请联系系统管理员")


def unit_errors(code: str, name: str) -> dict[str, str]:
    errors = {}
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", code):
        errors["code"] = "代码用字母、数字、点、横线，不超过 40 位"
    if not 2 <= len(name.strip()) <= 120:
        errors["name"] = "请填写单位全称，2 至 120 字"
    return errors


def may_lie_under(unit: UnitFacts, parent: UnitFacts) -> Verdict:
    """May `unit` be put under `parent`?"""
    if unit.id in parent.path:
        return no("cycle", "不能把单位移到它自己或它的下级之下", "parent")
    if not parent.active:
        return no("closed", f"{parent.name}已停用，请选择在用的单位", "parent")
    return no("root", "城市是机构树的根，不能移动、合并或停用") if unit.kind is UnitKind.CITY else YES


def may_merge(unit: UnitFacts, into: UnitFacts) -> Verdict:
    """Only into a handling unit in use that does not lie below: its people act on the open cases from then on."""
    if unit.id == into.id:
        return no("cycle", "不能并入自己", "parent")
    if not unit.active:
        return no("closed", f"{unit.name}已停用或已并入其他单位")
    if unit.kind in {UnitKind.CENTRE, UnitKind.PANEL} or into.kind in {UnitKind.CITY, UnitKind.CENTRE, UnitKind.PANEL}:
        return no("kind", "只能把承办单位并入承办单位；热线中心和裁定组不承办工单", "parent")
    return may_lie_under(unit, into)


def may_close(unit: UnitFacts, below: int) -> Verdict:
    if not unit.active:
        return no("closed", f"{unit.name}已停用")
    if unit.kind in {UnitKind.CITY, UnitKind.CENTRE}:
        return no("root", f"{unit.kind.label}不能停用")
    return no("below", f"下面还有 {below} 个在用的单位，请先移走、合并或停用") if below else YES
