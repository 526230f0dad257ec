"""A small city and orders taken through the one door, step by step, at a clock that the test holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import Actor, Role
from minsheng.calendar import actions as calendar
from minsheng.cases import actions, queries
from minsheng.cases.models import Case, Category
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.org import actions as org
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind

ZONE = ZoneInfo("Asia/Shanghai")


def local(day: int, hour: int = 10, minute: int = 0, month: int = 1) -> datetime:
    """A moment of 2025 in the city's zone; 2 January is a working day."""
    return datetime(2025, month, day, hour, minute, tzinfo=ZONE)


@dataclass
class City:
    units: dict[str, Unit]
    reader: int = 0  # a person's id, for the list of those who may see a restricted case
    actors: dict[Role, Actor] = field(default_factory=dict)

    def centre(self, role: Role) -> Actor:
        unit = self.units["centre"]
        order = list(Role).index(role)
        return self.actors.setdefault(role, Actor(100 + order, role.label, frozenset({role}), unit.id, tuple(unit.path)))

    def of(self, unit: str, role: Role) -> Actor:
        here = self.units[unit]
        return Actor(1000 + here.id * 50 + list(Role).index(role), role.label, frozenset({role}), here.id, tuple(here.path))


def build() -> City:
    """A centre, two bureaus, a county with a township, two matters, the shipped limits."""
    admin = Actor(1, "装载", frozenset({Role.SYSTEM_ADMIN}))
    calendar.seed_limits(by=admin)
    units: dict[str, Unit] = {}
    for code, name, kind, parent in (("city", "示例市", UnitKind.CITY, ""), ("centre", "热线中心", UnitKind.CENTRE, "city"),
                                     ("water", "水务局", UnitKind.BUREAU, "city"), ("roads", "城管局", UnitKind.BUREAU, "city"),
                                     ("county", "云岭县", UnitKind.COUNTY, "city"), ("town", "河口乡", UnitKind.TOWNSHIP, "county")):
        units[code] = org.add_unit(code=code, name=name, kind=kind, parent=units.get(parent), by=admin)
    for code, name in (("tap", "停水"), ("hole", "路面坑洼")):
        Category.objects.create(code=code, name=name, path=[code])
    queries.forget()
    reader = accounts.create_person(username="reader", name="知悉人员", unit=units["centre"], by=accounts.COMMAND_LINE, setup=True)
    return City(units, reader.id)


class Order:
    """One request and its steps. Every method takes real steps, recorded when they happen; `at` moves on by itself where it is not named."""

    def __init__(self, city: City, at: datetime, category: str = "tap", channel: str = "phone", district: str = "county", phone: str = "",
                 then: str | None = "submit", given: dict | None = None, **more):
        self.city = city
        with clock.fixed(at):
            made = actions.create_case(
                by=city.centre(Role.AGENT), kind="help", narrative="小区停水两天，请尽快处理。", category=category, channel=channel,
                district=city.units[district].id if district else None, then=then, given=given,
                requester=actions.Requester("住户", phone) if phone else actions.Requester(), **more,
            )
        self.id, self.at, self.lead = made.case.id, at, ""

    @property
    def case(self) -> Case:
        return Case.objects.get(id=self.id)

    def take(self, step: str, by: Actor, at: datetime | None = None, **given):
        self.at = at or self.at + timedelta(minutes=10)
        if "identity" in PROCEDURE[step].fields:
            given.setdefault("identity", ["when", "matter"])
        with clock.fixed(self.at):
            return actions.take_step(case_id=self.id, step=step, by=by, given=given)

    def centre(self, step: str, role: Role, at: datetime | None = None, **given) -> Order:
        self.take(step, self.city.centre(role), at, **given)
        return self

    def unit(self, step: str, role: Role, at: datetime | None = None, **given) -> Order:
        self.take(step, self.city.of(self.lead, role), at, **given)
        return self

    def dispatch(self, unit: str, at: datetime | None = None, **given) -> Order:
        self.lead = unit
        return self.centre("dispatch", Role.DISPATCHER, at, lead=self.city.units[unit].id, **given)

    def sign(self, at: datetime | None = None) -> Order:
        return self.unit("sign", Role.UNIT_LIAISON, at)

    def contact(self, at: datetime | None = None) -> Order:
        at = at or self.at + timedelta(minutes=10)
        return self.unit("contact", Role.UNIT_HANDLER, at, contact_at=at.isoformat(), contact_how="phone")

    def reply(self, at: datetime | None = None) -> Order:
        self.unit("draft_reply", Role.UNIT_HANDLER, at, handling="已抢修", public_reply="管道已经抢修完毕，恢复供水。", claimed_solved=True)
        return self.unit("reply", Role.UNIT_APPROVER)

    def accept(self, at: datetime | None = None) -> Order:
        self.centre("accept_reply", Role.CHECKER, at)
        actions.hand_to_clerk(case_id=self.id, clerk=self.city.centre(Role.CALLBACK_CLERK))
        return self

    def call(self, outcome: str = "answered", at: datetime | None = None, **answers) -> Order:
        return self.centre("record_callback", Role.CALLBACK_CLERK, at, party=self.id, outcome=outcome, **{"call": 7, **answers})

    def close(self, at: datetime | None = None) -> Order:
        return self.centre("close", Role.CALLBACK_CLERK, at)

    def to_callback(self, unit: str) -> Order:
        return self.dispatch(unit).sign().contact().reply().accept()

    def exclude(self) -> Order:
        self.unit("ask_exclusion", Role.UNIT_LIAISON, reason="不属承办范围，已由上级认定")
        return self.centre("grant_exclusion", Role.SUPERVISOR, ruling="同意剔除")
