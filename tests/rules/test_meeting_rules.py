"""The procedure of coordination meetings: every guard shuts something, every date and unit is held against what it names."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules import State
from minsheng.kit.procedure_page import words_of
from minsheng.kit.steps import verdict
from minsheng.leader_days.effects import meetings as effects
from minsheng.leader_days.rules import meetings as rules
from minsheng.leader_days.rules.facts import DeskFacts, PeriodFacts
from minsheng.leader_days.rules.meetings import MEETING, ItemFacts, MeetingFacts, MeetingState, MeetingWorld
from minsheng.leader_days.rules.states import PeriodState

AT = datetime(2025, 1, 6, 3, tzinfo=UTC)  # a Monday
DESK = DeskFacts(1, 4, 40, AT - timedelta(days=3), AT - timedelta(days=3, hours=-2))
PERIOD = PeriodFacts(9, PeriodState.HELD, AT, (), (DESK,), True)
ONE = MeetingFacts(7, MeetingState.HELD, AT.date(), PERIOD, date(2025, 1, 3), 4, (ItemFacts(5, True),), 3, AT.date())
SUMMED = replace(PERIOD, state=PeriodState.CLOSED)


def by(role: Role, id_: int = 40, unit: int = 4) -> Actor:
    return Actor(id_, "甲", frozenset({role}), unit, (1, unit))


SHUT = [
    ("draft_meeting", replace(ONE, state=MeetingState.NEW), by(Role.COORDINATOR), {"period": SUMMED}, "period"),
    ("convene", replace(ONE, state=MeetingState.PLANNED), by(Role.LEADER), {"unit": 6}, "not_own"),
    ("convene", replace(ONE, state=MeetingState.PLANNED), by(Role.LEADER), {"agenda": ()}, "no_agenda"),
    ("sign_minutes", ONE, by(Role.LEADER), {"unit": 6}, "not_own"),
    ("sign_minutes", ONE, by(Role.LEADER), {"agenda": (ItemFacts(5),)}, "no_ruling"),
    ("sign_minutes", ONE, by(Role.LEADER), {"writer": 40}, "own"),
    ("carry_out", replace(ONE, state=MeetingState.SIGNED), by(Role.COORDINATOR), {"period": SUMMED}, "period"),
]


@pytest.mark.parametrize(("name", "lets", "who", "shuts", "code"), SHUT)
def test_a_guard_lets_through_what_it_should_and_shuts_the_rest(name, lets, who, shuts, code):
    assert verdict(MEETING[name], lets, who)
    assert verdict(MEETING[name], replace(lets, **shuts), who).code == code


def test_every_guard_has_its_words_every_step_its_effect_and_who_writes_never_signs():
    assert all(words_of(guard) for step in MEETING for guard in step.guards)
    assert {step.name for step in MEETING} - set(effects.MEETING) == {"cancel_meeting"}, "moves the state and nothing else"
    assert MEETING["sign_minutes"].who != MEETING["write_minutes"].who


WORLD = MeetingWorld(lambda on: on.weekday() < 5, frozenset({4, 6}), frozenset({4}))


@pytest.mark.parametrize(("step", "given", "wrong"), [
    ("draft_meeting", {"unit": 6}, {"unit"}), ("draft_meeting", {"unit": 4, "meets_on": "2025-01-02"}, {"meets_on"}),
    ("draft_meeting", {"unit": 4, "meets_on": "2025-01-03"}, set()), ("put_on_agenda", {"case": 5}, {"case"}), ("put_on_agenda", {"case": 8}, set()),
    ("take_off_agenda", {"case": 8}, {"case"}), ("write_minutes", {"held_on": "2025-01-07"}, {"held_on"}), ("write_minutes", {"held_on": "2025-01-06"}, set()),
    ("rule_item", {"case": 5, "lead": 4, "due": "2025-01-06"}, set()), ("rule_item", {"case": 5, "lead": 4, "due": "2025-01-11"}, {"due"}),
    ("rule_item", {"case": 5, "lead": 4, "due": "2025-01-05"}, {"due"}), ("rule_item", {"case": 8, "lead": 9}, {"case", "lead"}),
    ("rule_item", {"case": 5, "lead": 4, "co_units": [4]}, {"co_units"}), ("rule_item", {"case": 5, "lead": 4, "co_units": [6, 9]}, {"co_units"})])
def test_what_is_given_is_held_against_agenda_units_and_days(step, given, wrong):
    assert set(rules.check(step, given, ONE, WORLD)) == wrong


def test_a_requesters_name_in_the_words_is_said_beside_the_field_it_stands_in():
    assert set(rules.check("write_minutes", {}, ONE, replace(WORLD, named={"minutes": "工单的"}))) == {"minutes"}


@pytest.mark.parametrize("state", State)
def test_only_what_is_not_solved_comes_before_the_meeting(state):
    def told(solved, **more):
        return rules.why_not(state, **{"of_period": True, "solved": solved, "complains": False} | more)

    assert (told(None) == "") is (state.is_open and state is not State.DRAFT)
    assert (told(False) == "") is (told(None) == "" or state is State.CLOSED)
    assert told(False, complains=True) and told(False, of_period=False)


@pytest.mark.parametrize(("facts", "world", "may"), [
    ({}, {}, True), ({"ever": 2}, {}, True), ({"closed": True, "ever": 1}, {}, False), ({}, {"restricted": True}, False),
    ({}, {"restricted": True, "head_reads": True}, True), ({"ever": 1}, {"restricted": True, "head_reads": True}, False)])
def test_what_is_restricted_stands_alone_before_a_leader_who_reads_it(facts, world, may):
    meeting = replace(ONE, agenda=(), **facts)
    assert (rules.check("put_on_agenda", {"case": 7}, meeting, rules.MeetingWorld(lambda on: True, **world)) == {}) is may


def test_who_sits_in_a_closed_meeting_is_one_of_its_readers():
    world = rules.MeetingWorld(lambda on: True, readers={"甲": "甲", "乙": "乙"})

    def wrong(people: str, closed: bool = True) -> bool:
        return bool(rules.check("convene", {"attends": people}, replace(ONE, closed=closed), world))

    assert not wrong("甲、乙") and not wrong("乙 甲；") and wrong("甲、丙") and wrong("水务局甲") and not wrong("水务局、丙", closed=False)
