"""What must hold of every case: a sound database says nothing, one that was damaged by hand names the case and what is wrong."""

import pytest
from tests.cast import NOW

from minsheng.cases.models import Case, CaseAsk, CaseClock
from minsheng.cases.queries import soundness
from minsheng.cases.rules import Ask, State
from minsheng.cli import doctor

ON_THE_WAY = [s for s in State if s not in {State.START, State.SPLIT}]


def erased(cast) -> Case:
    case = cast.at_state(State.CLOSED)
    cast.take(case, "ask_erasure", "supervisor", reason="本人申请")
    return cast.take(case, "erase", "security_admin", ground="request")


def test_cases_in_every_state_are_sound(cast):
    for state in ON_THE_WAY:
        cast.at_state(state)
    erased(cast)
    assert list(soundness.unsound()) == [] and doctor.sound() == [(True, "办结的没有遗留，计时与状态相符")]


def open_task(cast):
    case = cast.at_state(State.IN_PROGRESS, lead="roads")
    case = cast.take(case, "add_co", "coordinator", co_unit=cast.units["water"].id, duty="关阀配合", task_due="2025-01-03T17:00+08:00")
    Case.objects.filter(id=case.id).update(state=State.CLOSED)
    CaseClock.objects.filter(case_id=case.id, met_at=None).update(met_at=NOW)
    return case


def waiting_request(cast):
    case = cast.at_state(State.CLOSED)
    CaseAsk.objects.create(case_id=case.id, ask=Ask.EXTENSION, asked_at=NOW, asked_by=1, asked_unit=1, due_at=NOW, given={}, step_id=1)
    return case


def clock_that_stands(cast):
    case = cast.at_state(State.IN_PROGRESS)
    CaseClock.objects.filter(case_id=case.id, code="handle").update(paused_at=NOW)
    return case


def clock_that_runs(cast):
    case = cast.at_state(State.CLOSED)
    CaseClock.objects.filter(case_id=case.id, code="handle").update(met_at=None)
    return case


def no_date(cast):
    case = cast.at_state(State.PENDING_SIGN)
    Case.objects.filter(id=case.id).update(due_at=None)
    return case


def paused_without_reason(cast):
    case = cast.at_state(State.IN_PROGRESS)
    Case.objects.filter(id=case.id).update(paused=True)
    return case


@pytest.mark.parametrize(("damage", "said"), [
    (open_task, "未完成的协办"), (waiting_request, "等待裁定"), (clock_that_stands, "没有理由"), (clock_that_runs, "还在走"),
    (no_date, "没有时限"), (paused_without_reason, "标为计时暂停"),
])
def test_damage_by_hand_is_named_with_its_case(cast, damage, said):
    case = damage(cast)
    found = [sentence for well, sentence in doctor.sound() if not well]
    assert any(case.number in sentence and said in sentence for sentence in found), found
