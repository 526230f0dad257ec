"""A random walk over calling back, merging, undoing, withdrawing, adding, rating, splitting and redoing, by all roles, through page, API
and citizen: nobody is stranded. MINSHENG_WALK=steps and MINSHENG_SEED=n make it longer or another one."""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from django.test import Client
from tests import invariants
from tests.cast import NOW, SETUP

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import Role
from minsheng.cases import actions
from minsheng.cases.actions import by_citizen
from minsheng.cases.models import Case
from minsheng.cases.queries import citizen_view, facts_of
from minsheng.cases.rules import OPEN, State
from minsheng.cases.rules.callback import follows
from minsheng.followup import actions as followup
from minsheng.followup.models import CallbackParty
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused

pytestmark = pytest.mark.one_server

STEPS = int(os.environ.get("MINSHENG_WALK", "100"))
SEED = int(os.environ.get("MINSHENG_SEED", "20250102"))
WITH_UNIT = (State.PENDING_SIGN, State.IN_PROGRESS)


class Walk:
    """One world and a stream of chance. A deed that the rules refuse is a deed, too: it must leave nothing."""

    def __init__(self, cast, seed: int):
        self.cast, self.chance, self.now, self.taken, self.refused = cast, random.Random(seed), NOW, {}, 0
        person = cast.people["callback_clerk"]
        accounts.change_person(person=person, by=SETUP, name=person.name, unit=person.unit, phone="", languages=("zh", "bo"))
        token = accounts.make_token(person=person, name="走", scopes=["steps.take"], by=accounts.COMMAND_LINE, setup=True)[1]
        self.checker = cast.another(Role.CHECKER)
        self.api = {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    def any(self, *states: State) -> Case | None:
        rows = list(Case.objects.filter(state__in=[s.value for s in states]).order_by("id"))
        return self.chance.choice(rows) if rows else None

    def walk(self, steps: int) -> None:
        deeds = [getattr(self, name) for name in sorted(dir(Walk)) if name.startswith("do_")]
        for _ in range(steps):
            self.now += timedelta(minutes=self.chance.choice([1, 7, 40, 300, 900]))
            deed = self.chance.choice(deeds)
            with clock.fixed(self.now):
                try:
                    if deed() is not False:
                        self.taken[deed.__name__] = self.taken.get(deed.__name__, 0) + 1
                except (Refused, Invalid):
                    self.refused += 1
                assert invariants.broken() == [], deed.__name__
                self.everybody_can_act()

    def everybody_can_act(self) -> None:
        """Whoever has not withdrawn has something to do about a case that is handled; nobody unhappy is closed over unreviewed."""
        for case in Case.objects.filter(state__in=[*(s.value for s in OPEN), State.MERGED.value]).exclude(marks__has_key="left"):
            story = citizen_view.story(by_citizen.citizen(case.id))
            assert story.open_steps, f"{case.number} {case.state}"
        assert not Case.objects.filter(marks__has_key="left", closed_at=None).exclude(marks__merged__gt=0).exists()

    # --- the desk and the unit

    def do_create(self):
        who = self.chance.choice([actions.Requester("王小明", "13800000000"), actions.Requester("李小红", "13900000002"), actions.Requester("", "")])
        self.cast.create(requester=who)

    do_create_another = do_create

    def do_merge(self):
        case, master = self.any(State.PENDING_REVIEW, *WITH_UNIT, State.PENDING_CHECK), self.any(*OPEN, State.MERGED)
        return bool(case and master) and self.take(case, "merge", "dispatcher", master=master.id, reason="同一处停水")

    do_merge_more = do_merge

    def do_unmerge(self):
        case = self.any(State.MERGED)
        return bool(case) and self.take(case, "unmerge", "dispatcher", reason="不是同一处")

    def do_ask_more(self):
        case = self.any(State.PENDING_REVIEW)
        return bool(case) and self.take(case, "ask_more", "dispatcher", reason="请写明几号楼")

    def do_split(self):
        case = self.any(State.PENDING_REVIEW)
        return bool(case) and self.take(case, "split", "dispatcher", parts=[{"narrative": "停水"}, {"narrative": "井盖缺失"}], reason="两件事")

    def do_to_check(self):
        case = self.any(State.PENDING_REVIEW, *WITH_UNIT)
        if not case:
            return False
        if case.state == State.PENDING_REVIEW:
            case = self.cast.take(case, "dispatch", "dispatcher", lead=self.cast.units["water"].id)
        if case.state == State.PENDING_SIGN:
            case = self.cast.take(case, "sign", "water")
        return bool(self.cast.reply(case, "water"))

    do_to_check_more = do_to_check

    def do_accept(self):
        case = self.any(State.PENDING_CHECK)
        return bool(case) and self.take(case, "accept_reply", "checker")

    do_accept_more = do_accept

    def do_rule(self):
        case = self.any(State.PENDING_CALLBACK)
        if not case:
            return False
        step, who = self.chance.choice([("order_redo", "checker"), ("refuse_redo", self.checker), ("grant_no_callback", "supervisor"),
                                        ("refuse_no_callback", "supervisor")])
        return self.take(case, step, who, ruling="已核对")

    def do_number(self):
        case = self.any(State.PENDING_CALLBACK)
        party = case and next(iter(p.id for p in facts_of(case).callback.parties if p.standing == "number"), 0)
        if not party:
            return False
        if self.chance.random() < 0.5:
            return self.take(case, "no_number", "agent", party=party, reason="查无其他号码")
        return self.take(case, "give_number", "agent", party=party, phone="13900000077", reason="本人来电更正")

    def take(self, case: Case, step: str, who: str, **given) -> bool:
        self.cast.take(case, step, who, **given)
        return True

    # --- requesters, on the page and on the phone

    def do_requester(self):
        case = self.any(*State)
        if not case:
            return False
        step, given = self.chance.choice([
            ("add_facts", {"addition": "水还没有来"}), ("correct", {"addition": "是3号楼"}), ("urge", {}), ("ask_secrecy", {}), ("withdraw", {}),
            ("rate", {"satisfaction": "very"}), ("answer_callback", {"solved": self.chance.choice(["yes", "no"])})])
        by_citizen.act(by=by_citizen.citizen(case.id), step=step, given=given)

    do_requester_again = do_requester

    def do_phone(self):
        case = self.any(*State)
        if not case:
            return False
        step, given = self.chance.choice([("phone_add", {"addition": "还是没有水"}), ("phone_urge", {}), ("phone_withdraw", {"reason": "已来水"}),
                                          ("phone_secrecy", {}), ("new_code", {}), ("phone_rate", {"satisfaction": "very"})])
        return self.take(case, step, "agent", **given)

    # --- the call-back, through each of its doors

    def do_call(self):
        clerk = self.cast.actors["callback_clerk"]
        row = followup.take_next(by=clerk, languages=("zh", "bo"))
        if row is None:
            return False
        if self.chance.random() < 0.1:
            return bool(followup.put_back(row_id=row.id, by=clerk) or True)
        if row.standing == "no_number":
            followup.ask_no_callback(row_id=row.id, by=clerk, given={"no_callback": "no_number", "reason": "没有号码"})
            return True
        self.chance.choice([self.by_clerk, self.by_page, self.by_api])(row, self.answer())
        return True

    do_call_more = do_call_again = do_call

    def answer(self) -> dict:
        outcome = self.chance.choice(["answered", "answered", "answered", "refused", "relative", "wrong_number", "not_reached", "not_reached",
                                      "handed_over", "appointment"])
        given = {"outcome": outcome}
        if outcome == "answered":
            given |= self.chance.choice([{"solved": "yes", "satisfaction": "very"}, {"solved": "no"}, {"satisfaction": "unsatisfied", "dissatisfaction": "result"}])
        return given | ({"appointment": (self.now + timedelta(hours=3)).isoformat()} if outcome == "appointment" else {})

    def by_clerk(self, row: CallbackParty, given: dict) -> None:
        followup.record(case_id=row.case_id, party_id=row.party_id, by=self.cast.actors["callback_clerk"], given=given)

    def by_page(self, row: CallbackParty, given: dict) -> None:
        answer = self.cast.client("callback_clerk").post(f"/desk/case/{row.case_id}/step", {"step": "record_callback", "party": row.party_id, **given})
        assert answer.status_code in (302, 409, 422), answer.status_code

    def by_api(self, row: CallbackParty, given: dict) -> None:
        body = {"step": "record_callback", "given": {**given, "party": row.party_id}}
        answer = Client().post(f"/api/v1/cases/{row.case_id}/steps", body, content_type="application/json", **self.api)
        assert answer.status_code in (201, 409, 422), answer.content

    def do_close_by_hand(self):
        """Closing what is not done, by whoever was handed it."""
        case = self.any(State.PENDING_CALLBACK)
        if not case:
            return False
        before = follows(facts_of(case).callback.parties)
        step = self.chance.choice(["close", "close_unreached", "ask_redo"])
        self.take(case, step, "callback_clerk", **({"reason": "未解决"} if step == "ask_redo" else {}))
        assert before, "what is not done was closed"


def test_whatever_is_done_no_requester_is_stranded(cast):
    walk = Walk(cast, SEED)
    walk.walk(STEPS)
    done = {name.removeprefix("do_").split("_more")[0].split("_again")[0].split("_another")[0] for name in walk.taken}
    if STEPS >= 250:
        assert {"create", "merge", "unmerge", "to_check", "accept", "call", "requester", "phone", "split"} <= done, walk.taken
        assert Case.objects.filter(state=State.CLOSED).exists() and walk.refused


@pytest.mark.parametrize("damage, said", [
    ("UPDATE cases_case SET state = 'withdrawn' WHERE id = %(master)s", "并入的工单"),
    ("UPDATE cases_case SET master_id = NULL WHERE id = %(merged)s", "并入的工单"),
    ("UPDATE cases_case SET state = 'pending_review' WHERE id = %(merged)s", "还指向一个主单"),
    ("UPDATE cases_case SET marks = marks - 'merged' || '{\"left\": true}' WHERE id = %(alone)s", "都已撤回"),
    ("UPDATE cases_case SET state = 'split' WHERE id = %(alone)s", "没有拆出的工单"),
    ("UPDATE cases_case SET state = 'closed' WHERE id = %(waiting)s", "已办结，还有 1 位诉求人"),
])
def test_doctor_finds_a_requester_who_was_lost_by_damage(cast, damage, said):
    from django.db import connection

    from minsheng.cli import doctor

    merged, alone, waiting = cast.at_state(State.MERGED), cast.create(), cast.at_state(State.PENDING_CALLBACK)
    assert [well for well, _ in doctor.requesters(whole=True)] == [True]
    with connection.cursor() as cursor:
        cursor.execute(damage, {"merged": merged.id, "master": merged.master_id, "alone": alone.id, "waiting": waiting.id})
    assert any(said in sentence for well, sentence in doctor.requesters(whole=True) if not well)


@pytest.mark.parametrize("damage, said", [
    ("UPDATE cases_case SET lead_id = %(water)s WHERE id = %(complaint)s", "由被反映的单位办理"),
    ("UPDATE cases_casetask SET unit_id = %(water)s WHERE case_id = %(complaint)s", "任务在被反映的单位手上"),
    ("UPDATE cases_casetext SET narrative = '王小明家停水' WHERE case_id = %(erased)s", "诉求内容还在"),
    ("UPDATE cases_steptext SET words = '{\"reason\": \"王小明来电\"}' WHERE case_id = %(erased)s", "写的话还在"),
])
def test_doctor_finds_who_must_not_have_a_case_and_what_was_to_be_gone(cast, damage, said):
    from django.db import connection

    from minsheng.cli import doctor

    complaint, erased = cast.create(complained_unit=cast.units["water"].id), cast.at_state(State.CLOSED)
    cast.take(complaint, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    cast.take(complaint, "sign", "roads")
    cast.take(complaint, "add_co", "coordinator", co_unit=cast.units["town"].id, duty="核实")
    cast.take(erased, "ask_erasure", "supervisor", reason="本人书面申请")
    cast.take(erased, "erase", "security_admin", ground="request")
    assert [well for well, _ in doctor.out_of_sight()] == [True]
    with connection.cursor() as cursor:
        cursor.execute(damage, {"complaint": complaint.id, "erased": erased.id, "water": cast.units["water"].id})
    assert any(said in sentence for well, sentence in doctor.out_of_sight() if not well)
