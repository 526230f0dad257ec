"""The procedure of sign-ups: every guard shuts something."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules import Kind
from minsheng.kit.procedure_page import words_of
from minsheng.kit.steps import verdict
from minsheng.leader_days.effects import signups as effects
from minsheng.leader_days.rules import signups as rules
from minsheng.leader_days.rules.facts import DeskFacts, PeriodFacts
from minsheng.leader_days.rules.signups import SIGNUP, SignupFacts, SignupState
from minsheng.leader_days.rules.states import PeriodState

AT = datetime(2025, 1, 3, 3, tzinfo=UTC)
DESK = DeskFacts(1, 4, 40, AT - timedelta(hours=1), AT + timedelta(hours=1))
PERIOD = PeriodFacts(9, PeriodState.ANNOUNCED, AT, (), (DESK,), True)
ONE = SignupFacts(7, SignupState.TAKEN, AT, PERIOD, DESK, True, Kind.CONSULT, True, 1)
FRESH = replace(ONE, state=SignupState.WAITING, desk=None)
BEFORE = replace(ONE, state=SignupState.NEW, at=AT - timedelta(hours=2))


@pytest.mark.parametrize(("name", "lets", "role", "shuts", "code"), [
    ("sign_up", BEFORE, Role.REQUESTER, {"at": AT}, "over"),
    ("sign_up", BEFORE, Role.REQUESTER, {"period": replace(PERIOD, state=PeriodState.DRAFT)}, "over"),
    ("take_signup", FRESH, Role.COORDINATOR, {"at": AT + timedelta(hours=1)}, "over"),
    ("take_signup", FRESH, Role.COORDINATOR, {"has_number": False}, "no_number"),
    ("take_signup", FRESH, Role.COORDINATOR, {"kind": Kind.REPORT}, "report"),
    ("dial", ONE, Role.AGENT, {"is_desk_day": False}, "not_now"),
    ("dial", ONE, Role.AGENT, {"desk": None}, "moved"),
    ("take_signup", FRESH, Role.COORDINATOR, {"desk": ONE.desk}, "taken"),
    ("register_signup", ONE, Role.AGENT, {"dials": 0}, "not_dialled"),
    ("register_signup", ONE, Role.AGENT, {"period": replace(PERIOD, state=PeriodState.CLOSED)}, "not_now")])
def test_a_guard_lets_through_what_it_should_and_shuts_the_rest(name, lets, role, shuts, code):
    by = Actor(40, "甲", frozenset({role}), 2, (1, 2))
    assert verdict(SIGNUP[name], lets, by)
    assert verdict(SIGNUP[name], replace(lets, **shuts), by).code == code


def test_every_guard_has_its_words_every_step_its_effect_and_a_desk_is_one_that_is_not_over():
    assert all(words_of(guard) for step in SIGNUP for guard in step.guards) and {step.name for step in SIGNUP} == set(effects.SIGNUP)
    assert rules.check("take_signup", {"desk": 1}, FRESH) == {} and rules.check("take_signup", {"desk": 2}, FRESH)
    assert rules.check("take_signup", {"desk": 1}, replace(FRESH, at=AT + timedelta(hours=1)))
