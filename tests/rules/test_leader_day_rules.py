"""The procedures of leader days: every guard shuts something, every date is held against what it names."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.procedure_page import words_of
from minsheng.kit.steps import verdict
from minsheng.leader_days import effects
from minsheng.leader_days.rules import checks, procedures
from minsheng.leader_days.rules.facts import CommitmentFacts, DeskFacts, PeriodFacts, SchemeFacts
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.generated_docs import SUBJECTS
from minsheng.leader_days.rules.reminding import BY_NAME
from minsheng.leader_days.rules.states import CommitmentState, PeriodState, SchemeState

AT = datetime(2025, 1, 3, 3, tzinfo=UTC)
DESK = DeskFacts(1, 4, 40, AT - timedelta(hours=1), AT + timedelta(hours=1))
SCHEME = SchemeFacts(SchemeState.DRAFT)
PERIOD = PeriodFacts(9, PeriodState.HELD, AT, (), (DESK,), True, 0)
TO_COME = replace(PERIOD, state=PeriodState.DRAFT, at=AT - timedelta(days=1))
ONE = CommitmentFacts(7, CommitmentState.OPEN, AT.date(), PERIOD, DESK, 4, (1, 4), frozenset({4, 5}), AT.date())
DONE = replace(ONE, state=CommitmentState.PROVED, done_on=AT.date())
STEPS = (*procedures.SCHEME, *procedures.PERIOD, *procedures.COMMITMENT)


def by(role: Role, id_: int = 40, unit: int = 4) -> Actor:
    return Actor(id_, "甲", frozenset({role}), unit, (1, unit))


CENTRE = 2
# (step, facts that let it through, who takes it, what shuts it, the code it is then refused with); `who` None: the same person.
SHUT = [
    ("issue_scheme", SCHEME, by(Role.SUPERVISOR), replace(SCHEME, drafters=(40,)), "own"),
    ("announce", TO_COME, by(Role.SUPERVISOR), replace(TO_COME, scheme_issued=False), "scheme"),
    ("announce", TO_COME, by(Role.SUPERVISOR), replace(TO_COME, desks=()), "no_desk"),
    ("announce", TO_COME, by(Role.SUPERVISOR), replace(TO_COME, at=AT), "begun"),
    ("announce", TO_COME, by(Role.SUPERVISOR), replace(TO_COME, drafters=(40,)), "own"),
    ("cancel_period", replace(PERIOD, state=PeriodState.DRAFT), by(Role.SUPERVISOR), replace(PERIOD, state=PeriodState.ANNOUNCED), "begun"),
    ("cancel_period", replace(TO_COME, state=PeriodState.ANNOUNCED), by(Role.SUPERVISOR), replace(TO_COME, drafters=(40,)), "own"),
    ("hold", replace(PERIOD, state=PeriodState.ANNOUNCED), by(Role.COORDINATOR), replace(TO_COME, state=PeriodState.ANNOUNCED), "not_begun"),
    ("close_period", PERIOD, by(Role.COORDINATOR), replace(PERIOD, waiting=2), "waiting"),
    ("close_period", PERIOD, by(Role.COORDINATOR), replace(PERIOD, meetings=1), "meetings"),
    ("close_period", PERIOD, by(Role.COORDINATOR), replace(PERIOD, talking=True), "talking"),
    ("close_period", PERIOD, by(Role.COORDINATOR), replace(PERIOD, signups=2), "signups"),
    ("announce", TO_COME, by(Role.SUPERVISOR), replace(TO_COME, absent=frozenset({1})), "absent"),
    ("commit", replace(ONE, state=CommitmentState.NEW), by(Role.LEADER),
     replace(ONE, state=CommitmentState.NEW, period=replace(PERIOD, state=PeriodState.CLOSED)), "period"),
    ("commit", replace(ONE, state=CommitmentState.NEW), by(Role.LEADER), replace(ONE, state=CommitmentState.NEW, desk=replace(DESK, leader=41)), "not_own_desk"),
    ("type_commitment", replace(ONE, state=CommitmentState.NEW), by(Role.UNIT_LIAISON),
     replace(ONE, state=CommitmentState.NEW, desk=replace(DESK, unit=6)), "not_own_desk"),
    ("prove", ONE, by(Role.UNIT_LIAISON), replace(ONE, owner_path=(1, 6)), "not_own"),
    ("prove", ONE, by(Role.UNIT_LIAISON), replace(ONE, waiting="extension"), "waits"),
    ("conclude_kept", DONE, by(Role.SUPERVISOR, unit=CENTRE), replace(DONE, owner_line=frozenset({CENTRE})), "own_unit"),
    ("conclude_kept", DONE, by(Role.SUPERVISOR, unit=CENTRE), replace(DONE, done_on=AT.date() + timedelta(days=1)), "done_late"),
    ("conclude_late", replace(ONE, due=date(2025, 1, 2)), by(Role.SUPERVISOR, unit=CENTRE), ONE, "not_due"),
    ("note_late_delivery", replace(ONE, state=CommitmentState.LATE), by(Role.SUPERVISOR, unit=CENTRE), replace(DONE, state=CommitmentState.LATE), "done"),
    ("ask_extension", ONE, by(Role.UNIT_APPROVER), replace(ONE, due=date(2025, 1, 2)), "past_due"),
    ("grant_extension", replace(ONE, waiting="extension"), by(Role.SUPERVISOR, unit=CENTRE), ONE, "not_asked"),
    ("grant_extension", replace(ONE, waiting="extension"), by(Role.SUPERVISOR, unit=CENTRE), replace(ONE, waiting="extension", asked_by=40), "own"),
    ("grant_withdrawal", replace(ONE, waiting="withdrawal"), by(Role.SUPERVISOR, unit=CENTRE), replace(ONE, waiting="extension"), "not_asked"),
    *[(stage, replace(ONE, stage=stage), by(Role.CLOCK, 0, 0), replace(ONE, stage=stage, told=stage), "told") for stage in BY_NAME],
    *[(stage, replace(ONE, stage=stage), by(Role.CLOCK, 0, 0), replace(ONE, stage=other), "not_now") for stage in BY_NAME for other in BY_NAME if other != stage],
    ("draft_public", ONE, by(Role.COORDINATOR), replace(ONE, case_closed_to_public=True), "closed"),
    ("sign_public", replace(ONE, drafted_by=3), by(Role.SUPERVISOR), ONE, "not_asked"),
    ("sign_public", replace(ONE, drafted_by=3), by(Role.SUPERVISOR), replace(ONE, drafted_by=40), "own"),
]


@pytest.mark.parametrize(("name", "lets", "who", "shuts", "code"), SHUT)
def test_a_guard_lets_through_what_it_should_and_shuts_the_rest(name, lets, who, shuts, code):
    step = next(one for one in STEPS if one.name == name)
    assert verdict(step, lets, who)
    assert verdict(step, shuts, who).code == code


def test_every_guard_is_tried_and_has_its_words_and_every_step_its_fields_and_its_effect():
    tried = {one.name for one in STEPS for row in SHUT if row[0] == one.name}
    assert [step.name for step in STEPS if step.guards and step.name not in tried] == [
        "remove_desk", "recall", "record_commitment", "send_back", "refuse_extension", "ask_withdrawal", "refuse_withdrawal"], "whose guards another tries"
    assert all(words_of(guard) for step in STEPS for guard in step.guards)
    assert {name for _, _, procedure in SUBJECTS for step in procedure for name in step.fields} == set(FIELDS)
    written = {*effects.SCHEME, *effects.PERIOD, *effects.COMMITMENT}
    assert {step.name for step in STEPS} - written == {"issue_scheme", "recall"}, "these move the state and nothing else"


def test_who_concludes_is_never_of_the_unit_and_who_signs_is_never_of_the_draft():
    for step in procedures.COMMITMENT:
        if step.name.startswith(("conclude", "grant", "refuse", "send_back", "note_late")):
            assert step.who == Role.SUPERVISOR and any(words_of(guard) == "不属责任单位一系" for guard in step.guards), step.name
    assert not [step for step in procedures.COMMITMENT if "public" in step.name and step.name not in ("draft_public", "sign_public")], "nothing removes it"


WORLD = checks.World(AT.date(), UTC, lambda on: on.weekday() < 5, frozenset({4}), (1, 4), (DESK,), checks.CaseSeen(9, 1, AT.date()),
                     scheme_days=(date(2025, 1, 1), date(2025, 12, 31)))


@pytest.mark.parametrize(("due", "fits"), [("2025-01-02", False), ("2025-01-03", True), ("2025-01-04", False), ("2025-01-06", True)])
def test_a_commitment_is_due_on_a_working_day_not_before_its_call(due, fits):
    given = {"period": 9, "case": 5, "desk": 1, "owner_unit": 4, "due": due}
    assert bool(checks.commitment(given, replace(ONE, state=CommitmentState.NEW), WORLD)) is not fits


@pytest.mark.parametrize(("starts", "ends", "wrong"), [
    ("2025-01-03T04:00+00:00", "2025-01-03T05:00+00:00", set()), ("2025-01-03T03:59+00:00", "2025-01-03T05:00+00:00", {"starts"}),
    ("2025-01-03T00:00+00:00", "2025-01-03T02:00+00:00", set()), ("2025-01-03T00:00+00:00", "2025-01-03T02:01+00:00", {"starts"}),
    ("2025-02-03T05:00+00:00", "2025-02-03T05:00+00:00", {"ends"}), ("2025-02-03T05:00+00:00", "2025-02-03T15:00+00:00", {"ends"}),
    ("2026-02-03T05:00+00:00", "2026-02-03T06:00+00:00", {"starts"})])
def test_a_leader_sits_at_one_desk_at_a_time_within_the_days_of_the_scheme(starts, ends, wrong):
    given = {"unit": 4, "leader": 40, "starts": starts, "ends": ends}
    assert set(checks.desk(given, TO_COME, WORLD)) == wrong
