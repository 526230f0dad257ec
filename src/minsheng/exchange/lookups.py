"""Units and matters by any of their names, and new ones for a foreign history. Reads and asks actions below; writes nothing itself."""

from __future__ import annotations

import hashlib

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.actions import import_history
from minsheng.exchange.rules import BadCell, split_list
from minsheng.kit.verdict import Invalid
from minsheng.language.folding import fold
from minsheng.org import actions as org_actions
from minsheng.org import queries as org
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind

ROOT = "导入"


def unique(names: list[tuple[str, int]]) -> dict[str, int]:
    """name -> id for names that only one has."""
    found: dict[str, set[int]] = {}
    for name, id_ in names:
        if name:
            found.setdefault(name, set()).add(id_)
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def unit_names() -> dict[str, int]:
    """Code, name and short name -> unit. A code wins over somebody's name."""
    units = list(org.tree().by_id.values())
    return unique([(u.name, u.id) for u in units]) | unique([(u.short, u.id) for u in units]) | {u.code: u.id for u in units}


def category_paths() -> dict[int, str]:
    """id -> the names from the root, joined by "/": what an export writes."""
    by_id = cases.categories()

    def path(id_: int | None) -> str:
        if not id_ or (matter := by_id.get(id_)) is None:
            return ""
        above = path(matter.parent_id)
        return f"{above}/{matter.name}" if above else matter.name

    return {id_: path(id_) for id_ in by_id}


def category_names() -> dict[str, int]:
    by_id = cases.categories()
    paths = unique([(path, id_) for id_, path in category_paths().items()])
    return unique([(c.name, c.id) for c in by_id.values()]) | paths | {c.code: c.id for c in by_id.values()}


Made = tuple[dict[str, int], dict[str, int]]  # units, categories: name -> id


class NewName(Exception):
    """A name that becomes a new row, met where nothing is written."""


class Lookups:
    """What names mean during one import. `create_*`: unknown names become new rows; with `dry` they are only counted.

    reads_only  of a process that reads ahead: new names are made by the one that writes (`NewName`), and learned from it
    """

    reads_only = False

    def __init__(self, source: str, by: Actor, create_categories: bool = False, create_units: bool = False, dry: bool = False):
        self.source, self.by, self.dry = source, by, dry
        self.create_categories, self.create_units = create_categories, create_units
        self.units, self.categories = unit_names(), category_names()
        self.made: Made = {}, {}

    def learn(self, made: Made) -> None:
        """What another process has made of names meanwhile."""
        self.units |= made[0]
        self.categories |= made[1]

    def unit(self, name: str) -> int:
        found = self.units.get(name) or self.units.get(fold(name).strip()) or self.units.get(self._code(name))
        if found is None and self.create_units:
            found = self.units[name] = self.made[0][name] = self._make_unit(name)
        if found is None:
            raise BadCell("unit", f"不认识的单位“{name[:40]}”：请在对照表的 values.unit 中写明它是哪个单位")
        return found

    def co_units(self, names: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(self.unit(name) for name in split_list(names)))

    def category(self, name: str) -> int:
        found = self.categories.get(name) or self.categories.get(fold(name).strip()) or self.categories.get(self._code(name))
        if found is None and self.create_categories:
            found = self.categories[name] = self.made[1][name] = self._make_category(name)
        if found is None:
            raise BadCell("category", f"不认识的分类“{name[:40]}”：请在对照表的 values.category 中写明它是哪个分类")
        return found

    def _code(self, name: str) -> str:
        return f"{self.source[:24]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def _make_unit(self, name: str) -> int:
        if self.reads_only:
            raise NewName
        if self.dry:
            return -1 - len(self.made[0])
        root = Unit.objects.filter(parent=None, kind=UnitKind.CITY).order_by("id").first() or Unit.objects.filter(parent=None).first()
        try:
            return org_actions.add_unit(code=self._code(name), name=name[:120], kind=UnitKind.BUREAU, parent=root, by=self.by, setup=True).id
        except Invalid:
            if made := Unit.objects.filter(code=self._code(name)).first():  # by another import of the same source, since this one began
                return made.id
            raise

    def _make_category(self, name: str) -> int:
        if self.reads_only:
            raise NewName
        if self.dry:
            return -1 - len(self.made[1])
        root = import_history.add_category(code="import", name=ROOT, parent=None, by=self.by)
        return import_history.add_category(code=self._code(name), name=name.removeprefix(f"{ROOT}/"), parent=root, by=self.by).id
