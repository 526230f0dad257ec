"""What is marked urgent, heeded, calmed or merged: its clocks follow, and an alarm that nobody has heeded is lost by none of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cast import NOW, build, later

from minsheng.cases import actions
from minsheng.cases.actions import anchors
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.models import Case, CaseClock
from minsheng.cases.queries import shift_lists, soundness
from minsheng.cases.rules import State
from minsheng.kit import clock

OTHER = actions.Requester("李小红", "13900000002")
SMOKE = "楼道里冒浓烟，有人被困"


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()
        assert list(anchors.verify_history()) == [] and list(soundness.unsound()) == []


def alarms(cast) -> list[int]:
    return [one.id for one, _ in shift_lists.alarms(cast.actors["shift_leader"])]


def limit(case: Case, code: str) -> str:
    return CaseClock.objects.get(case_id=case.id, code=code, void=False).limit


def said_later(case: Case, words: str) -> Case:
    actions.take_step(case_id=case.id, step="add_facts", by=citizen(case.id), given={"addition": words})
    return Case.objects.get(id=case.id)


def test_urgent_and_calm_again_each_start_their_own_clock_of_review(cast):
    case = cast.create()
    slow = limit(case, "review"), case.due_at
    urgent = cast.take(case, "mark_urgent", "dispatcher", reason="老人断水三天")
    assert urgent.urgent and limit(case, "review") != slow[0] and urgent.due_at < slow[1]
    calm = cast.take(case, "unmark_urgent", "dispatcher", reason="已送水")
    assert not calm.urgent and (limit(case, "review"), calm.due_at) == slow


def test_an_order_whose_citizen_was_contacted_gets_no_second_clock_of_contact(cast):
    case = cast.take(cast.at_state(State.IN_PROGRESS), "contact", "water", contact_at=NOW.isoformat(), contact_how="phone")
    before = list(CaseClock.objects.filter(case_id=case.id, code="contact").values_list("id", "met_at", "due_at"))
    case = cast.take(case, "mark_urgent", "dispatcher", reason="水漫进配电间")
    assert case.urgent and list(CaseClock.objects.filter(case_id=case.id, code="contact").values_list("id", "met_at", "due_at")) == before


def test_a_second_danger_in_an_urgent_order_is_heard_too_and_moves_no_clock(cast):
    case = said_later(cast.at_state(State.PENDING_SIGN), SMOKE)
    assert case.urgent and alarms(cast) == [case.id]
    cast.take(case, "heed_alarm", "shift_leader", reason="已通知119")
    assert alarms(cast) == []
    with clock.fixed(later(minutes=20)):
        again = said_later(case, "楼下燃气管也在漏气")
    assert set(again.marks.danger) > set(case.marks.danger) and again.sign_due_at == case.sign_due_at and alarms(cast) == [case.id]


@pytest.mark.parametrize("decided", [True, False])
def test_the_night_leader_who_makes_a_matter_urgent_or_calm_starts_the_clock_that_fits(cast, decided):
    case = cast.create(narrative="一楼水管渗水。" if decided else SMOKE, title="")
    assert case.urgent is not decided
    after = cast.take(case, "triage", "shift_leader", urgent=decided, reason="现场电话核实")
    assert after.urgent is decided and (after.due_at < case.due_at) is decided and after.due_at != case.due_at


def test_an_alarm_that_nobody_has_heeded_goes_with_a_case_into_the_order(cast):
    order, other = cast.at_state(State.PENDING_SIGN), cast.create(requester=OTHER, narrative="我家也停水。", title="停水")
    other = said_later(other, SMOKE)
    assert alarms(cast) == [other.id]
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一栋楼")
    order.refresh_from_db()
    assert order.urgent and set(order.marks.danger) == set(other.marks.danger) and order.id in alarms(cast)


def due(case, code: str):
    return CaseClock.objects.filter(case_id=case.id, code=code, void=False).latest("id").due_at


@pytest.mark.parametrize(("state", "code", "hours"), [(State.PENDING_SIGN, "sign", 30), (State.IN_PROGRESS, "contact", 30), (State.PENDING_REVIEW, "review", 60)])
def test_a_limit_that_has_passed_stays_passed_when_the_order_becomes_urgent(cast, state, code, hours):
    case = cast.at_state(state)
    before = due(case, code)
    with clock.fixed(NOW + timedelta(hours=hours)):
        assert before < clock.now()
        cast.take(case, "mark_urgent", "dispatcher", reason="老人断水三天")
        assert due(case, code) == before, "who is late is late"
        if state == State.PENDING_REVIEW:
            cast.take(case, "unmark_urgent", "dispatcher", reason="已送水")
            assert due(case, code) == before


def test_who_need_not_be_contacted_is_not_asked_to_be_when_the_order_becomes_urgent(cast):
    case = cast.at_state(State.IN_PROGRESS, requester=actions.Requester())
    case = cast.take(case, "waive_contact", "water", no_contact="anonymous", reason="来电没有留下号码")
    clocks = CaseClock.objects.filter(case_id=case.id, code="contact").count()
    cast.take(case, "mark_urgent", "dispatcher", reason="水漫进配电间")
    assert CaseClock.objects.filter(case_id=case.id, code="contact").count() == clocks


# --- clocks that stand still, and those of another desk ------------------------------------------------------------


def test_what_became_urgent_while_it_was_consulted_about_goes_on_with_the_urgent_limit(cast):
    case = cast.create()
    with clock.fixed(later(minutes=10)):
        cast.take(case, "ask_consult", "dispatcher", reason="分不清管网还是路面")
    with clock.fixed(later(hours=5)):  # its first limit would be over by now, had it not stood
        cast.take(case, "mark_urgent", "dispatcher", reason="老人断水三天")
    with clock.fixed(later(hours=6)):
        case = cast.take(case, "rule_consult", "coordinator", lead=cast.units["water"].id, minutes="属水务局")
        assert not case.paused and case.due_at == later(hours=6, minutes=30)


def test_what_became_urgent_while_its_return_was_ruled_on_hastens_the_ruling_and_what_comes_after(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    with clock.fixed(later(minutes=30)):
        case = cast.take(case, "mark_urgent", "dispatcher", reason="水漫进配电间")
        assert case.due_code == "rule_return" and case.due_at == later(hours=2, minutes=30)
    with clock.fixed(later(hours=1)):
        case = cast.take(case, "reject_return", "return_reviewer", ruling="属水务局职责")
        assert case.due_code == "sign" and case.due_at == later(minutes=90) and case.contact_due_at == later(hours=2)


def test_what_is_no_longer_urgent_has_its_limit_from_when_it_came_less_the_time_it_stood(cast):
    case = cast.create()
    slow = case.due_at
    with clock.fixed(later(hours=1)):
        cast.take(case, "mark_urgent", "dispatcher", reason="老人断水三天")
    with clock.fixed(later(minutes=70)):
        assert cast.take(case, "unmark_urgent", "dispatcher", reason="已送水").due_at == slow, "not from when it was marked"
        cast.take(case, "ask_consult", "dispatcher", reason="分不清管网还是路面")
    with clock.fixed(later(minutes=80)):
        cast.take(case, "mark_urgent", "dispatcher", reason="又停了")
    with clock.fixed(later(minutes=90)):
        cast.take(case, "unmark_urgent", "dispatcher", reason="已送水")
    with clock.fixed(later(minutes=100)):
        case = cast.take(case, "rule_consult", "coordinator", lead=cast.units["water"].id, minutes="属水务局")
        assert case.due_at == slow + timedelta(minutes=30), "it stood half an hour"
