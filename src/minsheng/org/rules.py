"""The tree of units as plain values: who lies under whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
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
        return self.is_district or self in {UnitKind.CITY, UnitKind.TOWNSHIP}

    @property
    def is_district(self) -> bool:
        """What people mean by 区县: every place of the city lies in one."""
        return self in {UnitKind.COUNTY, UnitKind.DISTRICT, UnitKind.ZONE}

    @property
    def handles(self) -> bool:
        """Is it sent cases? The hotline and those who rule on it are not, nor is the city as a whole."""
        return self not in {UnitKind.CITY, UnitKind.CENTRE, UnitKind.PANEL}


@dataclass(frozen=True, slots=True)
class Circle:
    """Roughly where a district lies: degrees north and east, and how far its edge is at most."""

    north: float
    east: float
    km: float


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
    merged_into: int = 0
    came_from: int = 0  # the unit that this one was split off from, or that it replaced
    hears_centre: bool = False  # complaints about the hotline go here, and to nobody of the centre
    residents: int = 0  # 0: not known
    tile: tuple[int, int] | None = None  # (row, column) on the board's map of equal squares; None: nobody said
    around: Circle | None = None  # of a place: roughly where it lies; None: nobody said

    @property
    def place(self) -> str:
        """The district, county or city itself, as people call it: not its government."""
        return self.short or self.name.removesuffix("人民政府")


class Tree:
    """All units at one moment. Built once a change, asked many times a page."""

    def __init__(self, units: list[UnitFacts]):
        self.by_id = {u.id: u for u in units}
        self.by_code = {u.code: u for u in units}
        self._edges: tuple[Edges, Edges] | None = None
        self._lines: dict[tuple[int, bool], frozenset[int]] = {}

    def __getitem__(self, id_: int) -> UnitFacts:
        return self.by_id[id_]

    def name(self, id_: int | None) -> str:
        unit = self.by_id.get(id_ or 0)
        return unit.short or unit.name if unit else ""

    def place(self, id_: int | None) -> str:
        unit = self.by_id.get(id_ or 0)
        return unit.place if unit else ""

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

    def body(self, id_: int | None) -> tuple[int, ...]:
        """The unit and, of a section, what it is a section of: one authority, whichever of its doors it is sent to."""
        found, unit = [], self.by_id.get(id_ or 0)
        while unit is not None:
            found.append(unit.id)
            unit = self.parent(unit.id) if unit.kind is UnitKind.SECTION else None
        return tuple(found)

    def inside(self, id_: int | None, top: int | None) -> bool:
        """Does the unit lie in `top`'s subtree (`top` itself included)?"""
        return bool(id_ and top) and top in self.path(id_)

    def subtree(self, top: int) -> list[int]:
        return [u.id for u in self.by_id.values() if top in u.path]

    def district(self, id_: int | None) -> int | None:
        """The district or county that the unit lies in, itself included."""
        for step in reversed(self.path(id_)):
            if self.by_id[step].kind.is_district:
                return step
        return None

    def around(self, id_: int | None) -> Circle | None:
        """Roughly where a place lies: itself, else the nearest above it of which the city says so."""
        return next((circle for step in reversed(self.path(id_)) if (circle := self.by_id[step].around)), None)

    def line(self, id_: int) -> frozenset[int]:
        """The unit as somebody complained of: itself, what it was before, what it has become, and all that lies below any of
        these (rulings, 30). The centre's line holds the hotline's own panels.
        """
        return self._reached(id_, back=False)

    def named_by(self, id_: int | None) -> frozenset[int]:
        """The other way round: every unit whose line holds `id_`."""
        return self._reached(id_, back=True) if id_ else frozenset()

    def _reached(self, id_: int, back: bool) -> frozenset[int]:
        if (id_, back) not in self._lines:
            self._edges = self._edges or (_edges(self.by_id.values(), _becomes), _edges(self.by_id.values(), _was))
            found = [closure(id_, each.reverse if back else each.forward) for each in self._edges]
            self._lines[id_, back] = frozenset().union(*found)
        return self._lines[id_, back]

    @property
    def outside_panel(self) -> UnitFacts | None:
        """Who hears complaints about the hotline itself; None where the city has named nobody."""
        return next((u for u in self.by_id.values() if u.hears_centre and u.active), None)

    @property
    def city(self) -> str:
        """Whose hotline this is."""
        return next((u.place for u in self.by_id.values() if u.kind is UnitKind.CITY), "")

    @property
    def centres(self) -> list[int]:
        return [u.id for u in self.by_id.values() if u.kind == UnitKind.CENTRE]

    def children(self, id_: int) -> list[UnitFacts]:
        return [u for u in self.by_id.values() if len(u.path) > 1 and u.path[-2] == id_ and u.active]


# --- the line of a unit ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edges:
    """Unit -> the units next in its line, and the same arrows turned round."""

    forward: dict[int, set[int]]
    reverse: dict[int, set[int]]


def _becomes(unit: UnitFacts) -> list[tuple[int, int]]:
    """A unit becomes what it is merged into, and what is split off from it."""
    return [(unit.id, unit.merged_into), (unit.came_from, unit.id)]


def _was(unit: UnitFacts) -> list[tuple[int, int]]:
    """A unit was what it was split off from, and what was merged into it."""
    return [(unit.id, unit.came_from), (unit.merged_into, unit.id)]


def _edges(units: Iterable[UnitFacts], links: Callable[[UnitFacts], list[tuple[int, int]]]) -> Edges:
    """The arrows of the tree (from above to below, from the centre to its own panels) and of `links`."""
    units = list(units)
    centres = [u.id for u in units if u.kind == UnitKind.CENTRE]
    pairs = [(u.path[-2], u.id) for u in units if len(u.path) > 1]
    outside = {u.id for u in units if u.hears_centre}
    pairs += [(c, u.id) for c in centres for u in units if u.kind == UnitKind.PANEL and outside.isdisjoint(u.path)]
    pairs += [pair for u in units for pair in links(u) if all(pair)]
    made = Edges({}, {})
    for a, b in pairs:
        made.forward.setdefault(a, set()).add(b)
        made.reverse.setdefault(b, set()).add(a)
    return made


def closure(start: int, arrows: Mapping[int, set[int]]) -> frozenset[int]:
    """Everything that can be reached from `start`, which is always in it."""
    found, ahead = {start}, [start]
    while ahead:
        new = arrows.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return frozenset(found)


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
    if not (unit.kind.handles and into.kind.handles):
        return no("kind", "只能把承办单位并入承办单位；热线中心和裁定组不承办工单", "parent")
    return may_lie_under(unit, into)


def may_close(unit: UnitFacts, below: int) -> Verdict:
    if not unit.active:
        return no("closed", f"{unit.name}已停用")
    if unit.kind in {UnitKind.CITY, UnitKind.CENTRE}:
        return no("root", f"{unit.kind.label}不能停用")
    return no("below", f"下面还有 {below} 个在用的单位，请先移走、合并或停用") if below else YES


def may_hear_centre(unit: UnitFacts, tree: Tree) -> Verdict:
    """Whoever hears complaints about the hotline stands outside it."""
    if not unit.active or unit.kind in {UnitKind.CITY, UnitKind.CENTRE}:
        return no("kind", "受理反映热线中心诉求的，须是热线中心以外的在用单位", "unit")
    if any(centre in unit.path for centre in tree.centres):
        return no("inside", f"{unit.name}属于热线中心，不能受理反映热线中心的诉求", "unit")
    return YES
