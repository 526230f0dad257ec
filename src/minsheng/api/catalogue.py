"""What a program must know before it can write a case or send one: the city's units and matters, by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.timezone import localtime
from ninja import Field, Router, Schema

from minsheng.api import schemas
from minsheng.api.door import Bearer
from minsheng.cases import queries as cases
from minsheng.cases.rules.fields import FIELDS
from minsheng.kit import clock
from minsheng.org import queries as org
from minsheng.org.rules import UnitKind

router = Router()
_ANY = Bearer("cases.read", "cases.write", "steps.take")
_WRONG: dict[Any, Any] = {frozenset({400, 401, 403}): schemas.Problem}


class UnitOut(Schema):
    id: int = Field(description="工单的 lead、district，任务的 unit")
    code: str
    name: str
    short: str
    kind: str
    kind_label: str
    parent: str = Field(description="上级机构的代码；空为最上级")
    is_place: bool = Field(description="可填在 district")
    handles: bool = Field(description="可以承办工单")
    active: bool = Field(description="false：已停用，只在旧工单上")


class ElementOut(Schema):
    key: str
    label: str
    required: bool = Field(description="true：缺了不能派单；问地点的，工单写了 place 就不缺")
    choices: list[str]
    help: str


class CategoryOut(Schema):
    code: str
    name: str
    parent: str = Field(description="上一级分类的代码；空为最上级")
    in_use: bool = Field(description="false：今天不能选，只在旧工单上")
    elements: list[ElementOut] = Field(description="派单前要问清的；elements 以 key 或 label 为名都可以")


@router.get("/units", auth=_ANY, response={200: list[UnitOut], **_WRONG}, operation_id="list_units", summary="机构：代码、名称、上级")
def list_units(request: HttpRequest):
    """All of the city, those that are no longer active too: old cases name them."""
    by_id = org.tree().by_id
    return [{"id": one.id, "code": one.code, "name": one.name, "short": one.short, "kind": one.kind.value, "kind_label": one.kind.label,
             "parent": by_id[one.path[-2]].code if len(one.path) > 1 else "", "is_place": one.kind.is_place and one.kind is not UnitKind.CITY, "handles": one.kind.handles,
             "active": one.active} for one in sorted(by_id.values(), key=lambda one: one.path)]


@router.get("/categories", auth=_ANY, response={200: list[CategoryOut], **_WRONG}, operation_id="list_categories", summary="诉求分类：代码、名称、要素")
def list_categories(request: HttpRequest):
    """All matters, by code."""
    matters, on = cases.categories(), localtime(clock.now()).date()
    return [{"code": one.code, "name": one.name, "parent": matters[one.parent_id].code if one.parent_id in matters else "", "in_use": one.in_use(on),
             "elements": [{"key": e["key"], "label": e["label"], "required": bool(e.get("required")), "choices": e.get("choices", []), "help": e.get("help", "")}
                          for e in one.elements]} for one in sorted(matters.values(), key=lambda one: one.code)]


def with_ids(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a step was given, with the id of each unit that is named by its code. What names none stays as it was: its reader says so."""
    return {name: _ids(FIELDS[name].kind, said) if name in FIELDS else said for name, said in given.items()}


def _ids(kind: str, said: Any) -> Any:
    if kind == "units" and isinstance(said, list):
        return [_ids("unit", one) for one in said]
    if kind in ("unit", "place") and isinstance(said, str) and (found := org.tree().by_code.get(said.strip())):
        return found.id
    return said
