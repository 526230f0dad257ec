"""A city in which everything stands that can be asked for: cases in every state, requests that wait, tasks, articles, drafts, keys."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import ApiToken, AskedGrant
from minsheng.accounts.rules import SCOPES, Role
from minsheng.cases import actions, queries
from minsheng.cases.actions import Requester, by_citizen, drafts
from minsheng.cases.models import Case, CaseFile
from minsheng.cases.rules import State, fields
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.dispatch import actions as dispatch
from minsheng.followup import actions as followup
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit import clock
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Invalid, Refused
from minsheng.knowledge import actions as knowledge
from minsheng.knowledge.models import Gap, PhoneEntry
from minsheng.messages.models import Message
from minsheng.org import actions as org
from tests import subjects
from tests.cast import ANSWER, Cast, build, later

REASON = "因设备抢修，情况属实"


@dataclass
class Town:
    cast: Cast
    cases: list[Case] = field(default_factory=list)
    ids: dict[str, list] = field(default_factory=dict)  # name of a part of an address -> what may stand there
    tokens: dict[str, str] = field(default_factory=dict)
    article: int = 0
    folder: Path = Path()  # where files that come in are written

    def example(self, name: str, case: Case) -> Any:
        """A value that the field takes."""
        f, units = fields.FIELDS[name], self.cast.units
        by_name = {
            "lead": units["roads"].id, "co_unit": units["county"].id, "co_units": [units["county"].id], "proposed_unit": units["panel"].id,
            "task_unit": units["town" if case.lead_id == units["county"].id else "pipes"].id, "task": next(iter(self._tasks(case)), 0), "master": self._another(case),
            "party": case.id,
            "public_reply": ANSWER["public_reply"], "claimed_solved": True, "outcome": "refused", "satisfaction": "satisfied", "target": "12315",
            "parts": [{"narrative": "停水两天"}, {"narrative": "路灯不亮"}], "elements": {"time": "夜间"}, "category": "tap", "kind": "help",
            "district": units["town"].id, "readers": [self.cast.people["supervisor"].id],
            "identity": ["when", "matter"], "number_from": "records", "phone": "13800000009", "agent": self.cast.people["agent"].id, "complained_unit": units["roads"].id,
            "limit": "5wd", "basis": "水务条例", "article": self.article,
        }
        if name in by_name:
            return by_name[name]
        if f.kind == "datetime":
            return (clock.now() if f.has_happened else later(days=1)).isoformat()
        if f.kind == "choice":
            return f.choices[0][0]
        return {"bool": True, "files": [], "number": 1, "call": 1}.get(f.kind, REASON)

    def given(self, step: Step, case: Case) -> dict[str, Any]:
        return {name: self.example(name, case) for name in step.required}

    def _tasks(self, case: Case) -> list[int]:
        return list(case.tasks.order_by("-id").values_list("id", flat=True))

    def _another(self, case: Case) -> int:
        return next((c.id for c in self.cases if c.state == State.PENDING_REVIEW and c.id != case.id), 0)

    def who_may(self, step: Step) -> tuple[str, Case] | None:
        """Somebody and a case on which they may take the step at its hour."""
        with hour(step.name):
            return self._who_may(step)

    def _who_may(self, step: Step) -> tuple[str, Case] | None:
        for who, actor in self.cast.actors.items():
            if step.who in actor.roles:
                for case in self.cases:
                    facts = queries.facts_of(case)
                    task = next((t for t in facts.tasks if verdict(step, _about(facts, t), actor)), None)
                    if verdict(step, _about(facts, task) if task else facts, actor):
                        return who, case
        return None


def hour(step: str) -> contextlib.AbstractContextManager:
    """Steps that are open by night alone are taken in the night after."""
    return clock.fixed(later(hours=13)) if step == "night_dispatch" else contextlib.nullcontext()


def _about(facts, task):
    from dataclasses import replace

    return replace(facts, task=task)


SAID = "我不想活了，一个人在幸福路小区3号楼顶。"
CALLED = ("record_callback", "callback_clerk", {"outcome": "refused"})
REDO = ("ask_redo", "callback_clerk", {})
NO_RING = ("ask_no_callback", "callback_clerk", {"no_callback": "no_number"})
# What leads to cases on which the rarer steps are open: state, what is asked for, then (step, who, what is given beside the example).
_PATHS = (
    (State.PENDING_REVIEW, {}, (("ask_consult", "dispatcher", {}),)),
    (State.PENDING_REVIEW, {"urgent": True, "night": True}, (("night_dispatch", "shift_leader", {}),)),
    (State.PENDING_REVIEW, {}, (("name_complained", "dispatcher", {"complained_unit": "roads"}),)),
    *((State.IN_PROGRESS, {}, ((step, who, {}),)) for step, who in (
        ("ask_extension", "water"), ("ask_parking", "water_head"), ("ask_termination", "water_head"), ("ask_final", "water_head"),
        ("ask_statutory", "water"), ("draft_reply", "water"), ("restrict", "shift_leader"), ("assign_task", "water"), ("add_co", "coordinator"))),
    (State.IN_PROGRESS, {}, (("ask_statutory", "water", {}), ("grant_statutory", "supervisor", {}))),
    (State.IN_PROGRESS, {"kind": "suggest"}, ()),
    (State.CLOSED, {}, (("ask_exclusion", "water", {}),)), (State.CLOSED, {}, (("ask_erasure", "supervisor", {}),)),
    (State.PENDING_CALLBACK, {}, (CALLED,)), (State.PENDING_CALLBACK, {}, (CALLED, REDO)),
    (State.PENDING_CALLBACK, {}, (("record_callback", "callback_clerk", {"outcome": "wrong_number"}),)),
    (State.PENDING_CALLBACK, {"requester": Requester("王小明", "")}, ()), (State.PENDING_CALLBACK, {"requester": Requester("王小明", "")}, (NO_RING,)),
    (State.IN_PROGRESS, {}, (("assign_task", "water", {}), ("task_sign", "pipes", {}))),
    (State.IN_PROGRESS, {}, (("assign_task", "water", {}), ("task_sign", "pipes", {}), ("task_reply", "pipes", {}))),
    (State.IN_PROGRESS, {"at": "county"}, (("county_dispatch", "county", {}), ("task_sign", "town", {}), ("task_reply", "town", {}))),
    (State.IN_PROGRESS, {}, (("add_co", "coordinator", {}), ("task_sign", "county", {}))),
    (State.IN_PROGRESS, {}, (("add_co", "coordinator", {}), ("task_sign", "county", {}), ("task_reply", "county", {}))),
)


def make() -> Town:
    """Call it with the business clock held."""
    town = Town(build())
    populate(town)
    town.cases = [Case.objects.get(id=c.id) for c in town.cases]
    _beside(town)
    return town


def populate(town: Town) -> None:
    """Cases in every state, and in those that the rarer steps want; as often as somebody needs them."""
    cast = town.cast
    town.article = town.article or _article(cast)
    for state in (s for s in State if s is not State.START):
        town.cases.append(cast.at_state(state))
    for state, asked, steps in _PATHS:
        with clock.fixed(later(hours=-8)) if "night" in asked else contextlib.nullcontext():
            town.cases.append(_led(town, state, asked, steps))
    town.cases.append(cast.at_state(State.IN_PROGRESS, lead="roads", district=cast.units["town"].id))
    town.cases.append(cast.at_state(State.IN_PROGRESS, secrecy=True))
    town.cases.append(cast.create(kind="complaint", category="noise"))
    town.cases.append(cast.create(secrecy=True, urgent=True))
    town.cases.append(cast.create(narrative=SAID, title="", category="tap"))
    town.cases.append(cast.create(by=_colleague(cast, Role.AGENT), then=None))
    for then in (None, None, "hand_over_in_person"):  # taken by a leader at the own desk
        town.cases.append(cast.create(by="leader", then=then, period_id=1, desk_id=1, leader_id=cast.people["leader"].id))
    _colleague(cast, Role.CHECKER)  # whoever passed a reply does not refuse that it is done again
    alarming = cast.create(narrative="楼道的灯不亮。", title="", category="tap")
    actions.take_step(case_id=alarming.id, step="add_facts", by=by_citizen.citizen(alarming.id), given={"addition": "没有人管我，我不想活了"})
    town.cases += [alarming, cast.create(urgent=True)]


def _colleague(cast: Cast, role: Role) -> str:
    name = f"{role.value}_2"
    return name if name in cast.people else cast.another(role)


def _led(town: Town, state: State, asked: dict, steps: tuple) -> Case:
    """One of `_PATHS`."""
    cast = town.cast
    case = cast.at_state(state, **{"lead" if name == "at" else name: value for name, value in asked.items() if name != "night"})
    for step, who, more in steps:
        given = town.given(PROCEDURE[step], case) | {name: cast.units[v].id if v in cast.units else v for name, v in more.items()}
        with contextlib.suppress(Refused, Invalid):  # rules that a later version makes stricter; test_hostile says which steps were not reached
            document = {"document": [cast.file(who)]} if "document" in PROCEDURE[step].required else {}
            case = cast.take(case, step, who, **given | document)
    return Case.objects.get(id=case.id)


def _article(cast: Cast) -> int:
    editor = cast.actors["knowledge_editor"]
    made = [knowledge.draft(title=f"停水通知怎么查（{n}）", body="停水通知在水务局网站公布，也可来电查询。", category="tap", owner=cast.units["water"].id,
                            valid_from=date(2025, 1, 1), by=editor) for n in range(3)]
    for version in made[:2]:
        knowledge.submit(version_id=version.id, by=editor)
    knowledge.approve(version_id=made[0].id, by=cast.actors["shift_leader"])
    knowledge.report_gap(text="没有找到停水的办法", category="tap", by=cast.actors["agent"])
    knowledge.add_phone(name="供水抢修", phone="0890-5550199", by=editor)
    return made[0].id


def _beside(town: Town) -> None:
    """Rows that are not cases, and what the parts of addresses may be."""
    cast = town.cast
    waiting = [c for c in town.cases if c.state == State.PENDING_CALLBACK]
    followup.plan(waiting)
    row = followup.take_next(by=cast.actors["callback_clerk"])
    Recheck.objects.create(case_id=waiting[0].id, party_id=waiting[0].id, clerk_id=1, clerk_name="他人", drawn_at=clock.now())
    accounts.ask_role(person_id=cast.people["analyst"].id, role="quality", by=cast.actors["system_admin"], reason="轮岗")
    org.set_duty(unit=cast.units["water"], name="值班甲", phone="13800000001", starts=clock.now(), ends=later(days=1), by=cast.actors["system_admin"])
    from minsheng.cases.models import Category

    rule = dispatch.add_rule(category=Category.objects.get(code="tap"), lead=cast.units["water"], by_district=False, basis="水务条例", valid_from=date(2025, 1, 1),
                             by=cast.actors["coordinator"])
    drafts.keep(by=cast.actors["agent"], key="abcd1234", values={"narrative": "停水"})
    for who in cast.people:
        _, town.tokens[who] = accounts.make_token(person=cast.people[who], name="程序", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)
    file = cast.file("water")
    CaseFile.objects.create(case_id=town.cases[5].id, file_id=file, slot="proof", at=clock.now())
    town.ids = {
        "case_id": [c.id for c in town.cases], "ref": [c.number for c in town.cases], "row_id": [row.id if row else 0, *CallbackParty.objects.values_list("id", flat=True)],
        "recheck_id": list(Recheck.objects.values_list("id", flat=True)), "unit_id": [cast.units["water"].id, cast.units["pipes"].id],
        "person_id": [cast.people["agent"].id], "asked_id": list(AskedGrant.objects.values_list("id", flat=True)),
        "version_id": [town.article, town.article + 1, town.article + 2], "article_id": [1, 2, 3], "gap_id": list(Gap.objects.values_list("id", flat=True)),
        "entry_id": list(PhoneEntry.objects.values_list("id", flat=True)), "rule_id": [rule.id], "token_id": list(ApiToken.objects.values_list("id", flat=True)),
        "file_id": [file], "owner": [cast.people["agent"].id], "key": ["abcd1234"], "code": ["tap"],
        "step": ["add_facts", "rate", "urge", "urge_in_person"], "message": list(Message.objects.values_list("id", flat=True)), "rest": ["nothing"],
    } | subjects.of_all(cast)
