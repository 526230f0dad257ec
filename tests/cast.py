"""One cast of characters for tests: a small city, its people with real accounts, and cases taken to a state step by step.

A test takes it as `cast` (tests/conftest.py). `cast.at_state(State.PENDING_CHECK)` takes the steps; `cast.client("checker")` is a browser
logged in as that person.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from minsheng.accounts import actions as accounts
from minsheng.accounts import login
from minsheng.accounts.models import Person, actor_of
from minsheng.accounts.queries import roles_of
from minsheng.accounts.rules import CENTRE, Actor, Role
from minsheng.accounts.sessions import SessionStore
from minsheng.calendar import actions as calendar
from minsheng.cases import actions, queries
from minsheng.cases.models import Case, Category
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.files import actions as files
from minsheng.kit import clock
from minsheng.org import actions as org
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind

NOW = datetime.fromisoformat("2025-01-02T10:00+08:00")  # a Thursday, in office hours
SETUP = Actor(1, "装机", frozenset({Role.SYSTEM_ADMIN}))
PHONE = "13800000000"

UNITS = (
    ("city", "示例市", UnitKind.CITY, "", ""), ("centre", "热线中心", UnitKind.CENTRE, "city", "0890-5550100"),
    ("panel", "热线裁定组", UnitKind.PANEL, "city", ""), ("water", "市水务局", UnitKind.BUREAU, "city", "0890-5550101"),
    ("pipes", "管网科", UnitKind.SECTION, "water", ""), ("roads", "市城管局", UnitKind.BUREAU, "city", "0890-5550102"),
    ("county", "云岭县", UnitKind.COUNTY, "city", "0890-5550103"), ("town", "河口乡", UnitKind.TOWNSHIP, "county", "0890-5550104"),
)
_U = (Role.UNIT_LIAISON, Role.UNIT_HANDLER)
# username -> name, unit, roles
PEOPLE: dict[str, tuple[str, str, tuple[Role, ...]]] = {
    **{role.value: (f"{role.label}甲", "centre", (role,)) for role in sorted(CENTRE)},
    **{role.value: (f"{role.label}甲", "centre", (role,)) for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)},
    "inspector": ("监督甲", "city", (Role.INSPECTOR,)), "outside_group": ("督查甲", "city", (Role.OUTSIDE_GROUP,)),
    "leader": ("领导甲", "water", (Role.LEADER,)), "media": ("媒体甲", "city", (Role.MEDIA,)),
    "water": ("次仁", "water", _U), "water_head": ("央金", "water", (Role.UNIT_APPROVER,)), "pipes": ("扎西", "pipes", _U),
    "roads": ("格桑", "roads", (*_U, Role.UNIT_APPROVER)), "county": ("洛桑", "county", (*_U, Role.UNIT_APPROVER, Role.COUNTY_CENTRE)),
    "town": ("德吉", "town", _U),
}
ANSWER = {"handling": "已派人抢修。", "public_reply": "主管道已经抢修完毕，今日中午恢复供水。", "claimed_solved": True}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082")


@dataclass
class Cast:
    units: dict[str, Unit]
    people: dict[str, Person] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)  # the query code of each case that was made here
    requester: actions.Requester = actions.Requester("王小明", PHONE)
    keys: itertools.count = field(default_factory=lambda: itertools.count(1))

    def client(self, who: str):
        """Django's test client, logged in as that person on this machine."""
        from django.conf import settings
        from django.test import Client

        session = SessionStore()
        login.begin(person=self.people[who], address="127.0.0.1", device="test", session=session)
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def another(self, role: Role) -> str:
        """A colleague of that role beside the one in the cast, for what nobody may do about their own deed. Returns their name."""
        name = f"{role.value}_2"
        person = accounts.create_person(username=name, name="同事乙", unit=self.units["centre"], by=accounts.COMMAND_LINE, setup=True,
                                        must_change_password=False)
        accounts.grant_role(person=person, role=role, by=accounts.COMMAND_LINE, setup=True)
        self.people[name], self.actors[name] = person, actor_of(person, frozenset({role}))
        return name

    def create(self, *, by: str = "agent", then: str | None = "submit", given: dict | None = None, **more) -> Case:
        """One request as the agent takes it; any argument of `create_case` may differ."""
        asked = {"kind": "help", "narrative": f"幸福路小区停水两天，我叫王小明，电话{PHONE}，请尽快处理。", "title": "幸福路小区停水",
                 "place": "幸福路1号", "category": "tap", "requester": self.requester,
                 "key": ("test", str(next(self.keys)))}
        made = actions.create_case(by=self.actors[by], then=then, given=given or {}, **{**asked, **more})
        self.codes[made.case.id] = made.code
        return made.case

    def take(self, case: Case, step: str, who: str, **given) -> Case:
        """The step by that person; returns the case as it now stands."""
        if "identity" in PROCEDURE[step].fields:
            given.setdefault("identity", ["when", "matter"])
        if "number_from" in PROCEDURE[step].fields:
            given.setdefault("number_from", "caller")
        actions.take_step(case_id=case.id, step=step, by=self.actors[who], given=given)
        return Case.objects.get(id=case.id)

    def file(self, who: str) -> int:
        """A photo that this person has uploaded; its id goes into `files` or `document`."""
        return files.store(content=PNG, name="现场.png", by=self.actors[who]).id

    def reply(self, case: Case, lead: str, **more) -> Case:
        """Contact, draft and signature by the unit's own people."""
        self.take(case, "contact", lead, contact_at=clock.now().isoformat(), contact_how="phone")
        self.take(case, "draft_reply", lead, **{**ANSWER, **more})
        return self.take(case, "reply", "water_head" if lead == "water" else lead)

    def at_state(self, state: State, lead: str = "water", **more) -> Case:
        """A case in `state`, brought there by the steps that people take. `more` goes to `create`."""
        if state in _AT_INTAKE:
            then, given = _AT_INTAKE[state]
            return self.create(then=then, given=dict(given), **more)
        case = self.create(**more)
        if state == State.PENDING_REVIEW:
            return case
        if state == State.MERGED:
            return self.take(case, "merge", "dispatcher", master=self.create(**more).id, reason="同一处停水")
        if state == State.SPLIT:
            return self.take(case, "split", "dispatcher", parts=[{"narrative": "幸福路小区停水。"}, {"narrative": "幸福路井盖缺失。"}], reason="两件事")
        if state == State.WITHDRAWN:
            return self.take(case, "phone_withdraw", "agent", reason="已恢复供水")
        case = self.take(case, "dispatch", "dispatcher", lead=self.units[lead].id)
        return self._with_unit(case, state, lead)

    def _with_unit(self, case: Case, state: State, lead: str) -> Case:
        head = "water_head" if lead == "water" else lead
        if state == State.PENDING_SIGN:
            return case
        if state == State.RETURN_REVIEW:
            return self.take(case, "ask_return", lead, legal_ground="duty", reason="属城管局职责", proposed_unit=self.units["roads"].id)
        case = self.take(case, "sign", lead)
        if state == State.IN_PROGRESS:
            return case
        if state == State.PARKED:
            self.take(case, "ask_parking", head, reason="需列入明年改造", measures="临时供水", solve_by="2025-06-30T18:00+08:00")
            return self.take(case, "grant_parking", "supervisor", ruling="同意，按月复核")
        if state == State.TERMINATED:
            self.take(case, "ask_termination", head, reason="所涉房屋已拆除", told="已当面说明")
            return self.take(case, "grant_termination", "supervisor", ruling="同意终止")
        if state == State.FINAL_REPLIED:
            self.take(case, "ask_final", head, reason="已三次答复", public_reply="经复核，维持原答复意见。", document=[self.file(head)])
            return self.take(case, "grant_final", "coordinator", ruling="同意")
        case = self.reply(case, lead)
        return case if state == State.PENDING_CHECK else self._after(case, state)

    def _after(self, case: Case, state: State) -> Case:
        case = self.take(case, "accept_reply", "checker")
        actions.hand_to_clerk(case_id=case.id, clerk=self.actors["callback_clerk"])
        if state == State.PENDING_CALLBACK:
            return case
        self.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=True, solved=True,
                  satisfaction="satisfied")
        return self.take(case, "close", "callback_clerk")


_AT_INTAKE = {
    State.DRAFT: (None, {}),
    State.DIRECT_ANSWERED: ("answer", {"answer": "明日八点恢复供水，已告知。"}),
    State.TRANSFERRED: ("transfer", {"target": "12315"}),
    State.DECLINED: ("decline", {"decline_reason": "lawful_channel", "told": "已告知法院的联系方式。"}),
}


def build() -> Cast:
    """The city and its people, made or, where the test's database has them already (conftest), read. Call it with the clock held."""
    there = {person.username: person for person in Person.objects.select_related("unit").filter(username__in=PEOPLE)}
    return _read(there) if len(there) == len(PEOPLE) else _make()


def _read(people: dict[str, Person]) -> Cast:
    units = {unit.code: unit for unit in Unit.objects.filter(code__in=[row[0] for row in UNITS])}
    queries.forget()
    actors = {name: actor_of(people[name], frozenset(roles)) for name, (_, _, roles) in PEOPLE.items()}
    return Cast(units, {name: people[name] for name in PEOPLE}, actors)


def _make() -> Cast:
    calendar.seed_limits(by=SETUP)
    units: dict[str, Unit] = {}
    for code, name, kind, parent, phone in UNITS:
        units[code] = org.add_unit(code=code, name=name, kind=kind, parent=units.get(parent), phone=phone, by=SETUP)
    Category.objects.create(code="tap", name="停水", path=["tap"], keywords=["停水"])
    Category.objects.create(code="noise", name="噪声", path=["noise"], evidence="field",
                            elements=[{"key": "time", "label": "时段", "required": True}])
    queries.forget()
    made = Cast(units)
    for username, (name, unit, roles) in PEOPLE.items():
        person = accounts.create_person(username=username, name=name, unit=units[unit], by=accounts.COMMAND_LINE, setup=True,
                                        must_change_password=False)
        for role in roles:
            accounts.grant_role(person=person, role=role, by=accounts.COMMAND_LINE, setup=True)
        made.people[username], made.actors[username] = person, actor_of(person, roles_of(person.id))
    return made


def later(**span) -> datetime:
    """The held moment and so much more."""
    return NOW + timedelta(**span)
