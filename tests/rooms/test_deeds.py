"""Deeds that are easy to get wrong: clocks that run again, marks that expire, orders taken back, requests that nobody rules any more."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from tests.cast import NOW

from minsheng.accounts.models import Person
from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases import actions
from minsheng.cases.actions import leavers, timers
from minsheng.cases.models import Case, CaseAsk, CaseClock, CaseReader, CaseStep, CaseTask
from minsheng.cases.queries import facts_of, shift_lists, visible
from minsheng.cases.rules import State
from minsheng.followup import actions as followup
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import actions as org


def handling(case: Case) -> list[CaseClock]:
    return list(CaseClock.objects.filter(case_id=case.id, code="handle", void=False).order_by("id"))


def called(cast, case: Case, **given) -> Case:
    actions.hand_to_clerk(case_id=case.id, clerk=cast.actors["callback_clerk"])
    return cast.take(case, "record_callback", "callback_clerk", party=case.id, **given)


def unsolved(cast, case: Case) -> Case:
    called(cast, case, outcome="answered", contacted=True, solved=False, satisfaction="unsatisfied", dissatisfaction="result")
    cast.take(case, "ask_redo", "callback_clerk", reason="仍未来水")
    return cast.take(case, "order_redo", "checker", ruling="同意重办")


# --- clocks ------------------------------------------------------------


def test_a_rejected_reply_of_a_redo_leaves_the_first_round_met(cast):
    case = unsolved(cast, cast.at_state(State.PENDING_CALLBACK))
    first, second = handling(case)
    assert first.met_at and not second.met_at
    case = cast.reply(case, "water")
    case = cast.take(case, "reject_reply", "checker", defect="off_topic", reason="没有回答何时来水")
    first, second = handling(case)
    assert first.met_at and not second.met_at and case.handle_due_at == second.due_at


@pytest.mark.parametrize("state", [State.PENDING_REVIEW, State.PENDING_SIGN, State.IN_PROGRESS, State.PENDING_CHECK])
def test_undoing_a_merge_lets_the_clocks_run_that_ran_before(cast, state):
    """They had been counted as met: what came back from a merge was in a pile and never due again."""
    master, case = cast.at_state(State.PENDING_CHECK), cast.at_state(state)
    running = CaseClock.objects.filter(case_id=case.id, met_at=None, void=False).order_by("id")
    before = list(running.values_list("code", flat=True))
    due = case.due_at
    cast.take(case, "merge", "dispatcher", master=master.id, reason="同一处停水")
    with clock.fixed(NOW + timedelta(hours=1)):
        case = cast.take(case, "unmerge", "dispatcher", reason="不是同一处")
    assert list(running.values_list("code", flat=True)) == before != [] and not running.exclude(paused_at=None).exists()
    assert (case.state, case.paused) == (state.value, False) and case.due_at >= due


def test_undoing_a_merge_of_a_replied_order_leaves_its_handling_met(cast):
    master, case = cast.create(), cast.at_state(State.PENDING_CHECK)
    cast.take(case, "merge", "dispatcher", master=master.id, reason="同一处停水")
    case = cast.take(case, "unmerge", "dispatcher", reason="不是同一处")
    assert case.state == State.PENDING_CHECK and handling(case)[-1].met_at


def test_another_limit_at_a_re_route_does_not_move_the_start_of_handling(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    with clock.fixed(NOW + timedelta(hours=1)):
        cast.take(case, "uphold_return", "return_reviewer", ruling="属城管局职责")
        case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id, limit="10wd")
    assert handling(case)[-1].started_at == NOW


def test_a_statutory_procedure_has_its_own_limit_and_an_interim_reply_falls_due(cast):
    from minsheng.cases import queries
    from minsheng.cases.models import Category

    Category.objects.filter(code="tap").update(statutory={"code": "market", "finish": "45wd", "basis": "示例办法"})
    queries.forget()
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "ask_statutory", "water", statute="market", reason="依法组织调解", document=[cast.file("water")])
    case = cast.take(case, "grant_statutory", "supervisor", ruling="同意")
    clocks = {c.code: c for c in CaseClock.objects.filter(case_id=case.id, void=False)}
    assert clocks["handle"].paused_at and clocks["statutory"].paused_at is None and clocks["statutory"].limit == "45wd"
    assert clocks["interim"].due_at < clocks["statutory"].due_at
    cast.take(case, "interim_reply", "water", interim="已受理调解申请")
    assert CaseClock.objects.get(case_id=case.id, code="interim").met_at
    cast.take(case, "leave_statutory", "water", result="达成调解协议")
    assert CaseClock.objects.get(case_id=case.id, code="statutory").met_at and handling(case)[-1].paused_at is None


def test_a_request_for_a_ruling_has_a_date(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "ask_extension", "water", reason="等配件", interim="配件已订")
    assert CaseAsk.objects.get(case_id=case.id).due_at == datetime.fromisoformat("2025-01-03T18:00+08:00")  # 1 wd


def test_a_task_falls_due_before_its_order_and_by_the_limit_of_tasks(cast):
    case = cast.at_state(State.IN_PROGRESS, kind="complaint")
    cast.take(case, "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="开挖路面")
    assert CaseTask.objects.get(case_id=case.id).due_at == datetime.fromisoformat("2025-01-07T18:00+08:00")  # 3 wd, order: 15 wd


# --- restricted cases ------------------------------------------------------------


def restricted(cast, case: Case, days: int = 30) -> Case:
    return cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id],
                     until=(NOW + timedelta(days=days)).isoformat())


def test_what_is_passed_to_nobody_or_read_by_somebody_again_takes_no_step(cast):
    case = restricted(cast, cast.at_state(State.PENDING_REVIEW))
    with pytest.raises(Refused) as wrong:
        actions.take_step(case_id=case.id, step="pass_restriction", by=clock_actor("知悉人员离岗"), given={"why": "知悉人员均已离岗"})
    assert wrong.value.verdict.code == "reader_left", "whoever looked before is not believed"
    Person.objects.filter(grants__role__in=["shift_leader", "supervisor", "dispatcher"]).update(is_active=False)
    steps = CaseStep.objects.filter(case_id=case.id).count()
    assert (timers.pass_restrictions(), timers.pass_restrictions()) == (0, 0) and CaseStep.objects.filter(case_id=case.id).count() == steps


def test_a_restriction_expires_by_a_step_and_never_hides_a_case_from_all(cast):
    case = restricted(cast, cast.at_state(State.PENDING_REVIEW))
    assert timers.lift_restrictions() == 0 and not visible(cast.actors["dispatcher"]).filter(id=case.id).exists()
    with clock.fixed(NOW + timedelta(days=31)):
        assert timers.lift_restrictions() == 1 and timers.lift_restrictions() == 0
        assert visible(cast.actors["dispatcher"]).filter(id=case.id).exists()
    assert CaseStep.objects.filter(case_id=case.id, step="lift_restriction").count() == 1


def test_a_restricted_case_whose_readers_have_all_left_is_seen_by_the_shift_leaders(cast):
    case, next_one = restricted(cast, cast.at_state(State.PENDING_REVIEW)), cast.another(Role.SHIFT_LEADER)
    close = partial(leavers.close_account, by=cast.actors["system_admin"], reason="调离")
    close(person_id=cast.people["supervisor"].id)
    assert timers.pass_restrictions() == 0, "who restricted it is there"
    close(person_id=cast.people["shift_leader"].id)
    assert not visible(cast.actors[next_one]).filter(id=case.id).exists()
    assert (timers.pass_restrictions(), timers.pass_restrictions()) == (1, 0)
    assert visible(cast.actors[next_one]).filter(id=case.id).exists() and not visible(cast.actors["agent"]).filter(id=case.id).exists()
    assert case.id in [one.case.id for one in shift_lists.stuck(cast.actors[next_one])], "and a dispatcher has to be named"
    with clock.fixed(NOW + timedelta(days=31)):
        assert timers.lift_restrictions() == 1, "no longer than it was to be"


def test_a_restriction_is_prolonged_for_the_same_persons(cast):
    case = restricted(cast, cast.at_state(State.PENDING_REVIEW))
    cast.take(case, "prolong_restriction", "shift_leader", reason="案件尚在侦办", until=(NOW + timedelta(days=90)).isoformat())
    with clock.fixed(NOW + timedelta(days=31)):
        assert timers.lift_restrictions() == 0
        case = Case.objects.get(id=case.id)
        assert facts_of(case).restriction.readers == {cast.people["supervisor"].id, cast.people["shift_leader"].id}


def test_what_is_split_from_or_reopened_after_a_sealed_and_restricted_case_stays_so(cast):
    case = cast.create(complained_unit=cast.units["water"].id, secrecy=True)
    named = [cast.people[w].id for w in ("dispatcher", "agent")]
    case = cast.take(case, "restrict", "shift_leader", reason="举报人信息", readers=named, until=(NOW + timedelta(days=9)).isoformat())
    row = actions.take_step(case_id=case.id, step="split", by=cast.actors["dispatcher"],
                            given={"parts": [{"narrative": "小区停水"}, {"narrative": "另有一处井盖缺失"}], "reason": "两件事"})
    part = Case.objects.get(id=row.made[0].case.id)
    assert part.sealed and part.restricted and part.complained_unit_id == cast.units["water"].id
    assert facts_of(part).restriction.readers == facts_of(case).restriction.readers
    closed = cast.take(part, "phone_withdraw", "agent", reason="已自行解决")
    row = actions.take_step(case_id=closed.id, step="reopen", by=cast.actors["agent"], given={"identity": ["when", "matter"], "reason": "又出现", "narrative": "同一问题再次出现"})
    made = Case.objects.get(id=row.made[0].case.id)
    assert made.sealed and made.restricted and facts_of(made).restriction.readers == facts_of(case).restriction.readers
    assert not visible(cast.actors["checker"]).filter(id__in=[part.id, made.id]).exists()
    assert CaseReader.objects.filter(case_id=made.id).exists()


# --- taking back ------------------------------------------------------------


def test_a_unit_that_handles_the_order_is_named_as_complained_of_only_after_the_order_was_taken_back(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="开挖路面")
    with pytest.raises(Invalid) as wrong:
        cast.take(case, "name_complained", "dispatcher", complained_unit=cast.units["water"].id)
    assert "收回" in wrong.value.errors["complained_unit"]
    due = case.handle_due_at
    case = cast.take(case, "take_back", "coordinator", reason="主办单位即被反映单位")
    assert case.state == State.PENDING_REVIEW and case.lead_id is None
    assert not CaseTask.objects.filter(case_id=case.id).exclude(state="cancelled").exists()
    cast.take(case, "name_complained", "dispatcher", complained_unit=cast.units["water"].id)
    assert not visible(cast.actors["water"]).filter(id=case.id).exists()
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["panel"].id)
    assert case.handle_due_at == due  # handling runs on


# --- the duty list ------------------------------------------------------------


def test_an_unsigned_order_rings_the_duty_list_in_office_hours_an_urgent_one_at_night_too(cast):
    org.set_duty(unit=cast.units["water"], name="值班甲", phone="13900000001", starts=NOW, ends=NOW + timedelta(days=9),
                 by=cast.actors["system_admin"])
    plain, urgent = cast.at_state(State.PENDING_SIGN), cast.at_state(State.PENDING_SIGN, urgent=True)

    def rung(case):
        return CaseStep.objects.filter(case_id=case.id, step="ring_duty").count()

    timers.ring(at=datetime.fromisoformat("2025-01-02T23:30+08:00"))
    assert (rung(plain), rung(urgent)) == (0, 1)
    timers.ring(at=datetime.fromisoformat("2025-01-03T10:00+08:00"))
    assert (rung(plain), rung(urgent)) == (1, 2)  # the same name again: it rings on until somebody signs


# --- the end ------------------------------------------------------------


def test_a_case_is_not_closed_without_a_call_nor_over_the_head_of_an_unhappy_requester(cast):
    case = cast.at_state(State.PENDING_CALLBACK)
    for given, code in (({}, "no_callback"), ({"outcome": "answered", "solved": False}, "unhappy")):
        if given:
            called(cast, case, **given)
        with pytest.raises(Refused) as refused:
            cast.take(case, "close", "callback_clerk")
        assert refused.value.verdict.code == code
    with pytest.raises(Invalid) as wrong:
        called(cast, case, outcome="answered", solved=True, satisfaction="satisfied")
    assert "已完成回访" in wrong.value.errors["party"], "no second call writes over the first answer: a person reviews it"
    cast.take(case, "ask_redo", "callback_clerk", reason="仍未来水")
    assert cast.take(case, "refuse_redo", cast.another(Role.CHECKER), ruling="已穷尽措施").state == State.CLOSED


def test_a_master_closes_when_one_requester_refused_and_the_other_was_not_reached(cast):
    master = cast.at_state(State.PENDING_SIGN)
    other = cast.take(cast.create(), "merge", "dispatcher", master=master.id, reason="同一处停水")
    master = cast.take(cast.reply(cast.take(master, "sign", "water"), "water"), "accept_reply", "checker")
    clerk, at = cast.actors["callback_clerk"], NOW
    actions.hand_to_clerk(case_id=master.id, clerk=clerk)
    followup.record(case_id=master.id, party_id=master.id, by=clerk, given={"outcome": "refused"})
    for _ in range(3):
        at += timedelta(days=1)
        with clock.fixed(at):
            followed = followup.record(case_id=master.id, party_id=other.id, by=clerk, given={"outcome": "not_reached"})
    assert followed == "close" and Case.objects.get(id=master.id).state == State.CLOSED


def test_what_waits_for_a_ruling_when_the_requester_withdraws_is_settled(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "ask_extension", "water", reason="等配件", interim="配件已订")
    case = cast.take(case, "phone_withdraw", "agent", reason="已来水")
    waiting = CaseAsk.objects.get(case_id=case.id)
    assert waiting.ruled_at and waiting.granted is None and not facts_of(case).requests.pending
