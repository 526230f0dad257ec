"""The smallest city that works: units, matters, limits, one person a role with a token. For the benches and the tests of the API."""

from __future__ import annotations

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES, Role
from minsheng.calendar import actions as calendar
from minsheng.cases import queries as cases
from minsheng.cases.models import Category
from minsheng.org import actions as org
from minsheng.org.rules import UnitKind

BY = accounts.COMMAND_LINE
_UNITS = (
    ("city", "示例市", UnitKind.CITY, ""), ("centre", "热线中心", UnitKind.CENTRE, "city"), ("d.east", "东区", UnitKind.DISTRICT, "city"),
    ("d.west", "西县", UnitKind.COUNTY, "city"), ("t.river", "河畔街道", UnitKind.TOWNSHIP, "d.east"),
    ("b.city", "城市管理局", UnitKind.BUREAU, "city"), ("b.city.light", "照明科", UnitKind.SECTION, "b.city"),
    ("b.water", "水务局", UnitKind.BUREAU, "city"), ("b.labour", "人社局", UnitKind.BUREAU, "city"),
    ("b.traffic", "交通局", UnitKind.BUREAU, "city"), ("panel", "热线裁定组", UnitKind.PANEL, "city"),
)
_MATTERS = (
    ("light", "路灯不亮", [{"key": "spot", "label": "具体位置", "required": True}]), ("water", "停水", []), ("wage", "拖欠工资", []),
    ("road", "道路破损", []), ("noise", "噪声扰民", []), ("ask", "政策咨询", []), ("bus", "公交线路", []), ("rubbish", "垃圾清运", []),
)
_UNIT_OF = {"unit": "b.city", "centre": "centre", "oversight": "city", "machine": "city"}
NOBODY = frozenset({Role.REQUESTER, Role.CLOCK})


def build() -> dict[str, str]:
    """Make it all; returns user name -> secret of a token with every scope. Names: a role's value; `other_<role>` in another unit."""
    units = _units()
    calendar.seed_limits(by=BY)
    for code, name, elements in _MATTERS:
        Category.objects.create(code=code, name=name, elements=elements, path=[code])
    cases.forget()
    tokens = {}
    for role in Role:
        if role not in NOBODY:
            home = "d.east" if role is Role.COUNTY_CENTRE else _UNIT_OF[role.side]
            tokens[role.value] = _person(role.value, role, units[home])
            if role.side == "unit":
                tokens[f"other_{role.value}"] = _person(f"other_{role.value}", role, units["d.west" if role is Role.COUNTY_CENTRE else "b.water"])
    return tokens


def _units() -> dict:
    made: dict = {}
    for code, name, kind, above in _UNITS:
        made[code] = org.add_unit(code=code, name=name, kind=kind, parent=made.get(above), by=BY)
    return made


def _person(username: str, role: Role, unit) -> str:
    person = accounts.create_person(username=username, name=f"{role.label}某", unit=unit, by=BY, setup=True, must_change_password=False)
    accounts.grant_role(person=person, role=role, by=BY, setup=True)
    return accounts.make_token(person=person, name="测试", scopes=SCOPES, by=BY, setup=True)[1]
