"""What a step changes when it comes in an order that few think of: a second round, a way back, a matter set twice, nobody there to read."""

from __future__ import annotations

import pytest
from tests.cast import NOW, PNG, build, later

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import Grant
from minsheng.accounts.rules import clock_actor
from minsheng.cases import actions, queries
from minsheng.cases.actions import anchors
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.models import Case, CaseClock, CaseFile, CaseReader, CaseStep, CaseTask, CaseText, Category
from minsheng.cases.queries import soundness
from minsheng.cases.rules import State, TaskState
from minsheng.files import actions as files
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused

OTHER = actions.Requester("李小红", "13900000002")
DESPAIR = "我不想活了，一个人在幸福路小区3号楼顶。"


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()
        assert list(anchors.verify_history()) == [] and list(soundness.unsound()) == []


def merge(cast, case: Case, into: Case) -> Case:
    return cast.take(case, "merge", "dispatcher", master=into.id, reason="同一处停水")


def call_back(cast, order: Case, *merged: Case, **answers) -> None:
    cast.take(cast.reply(order, "water"), "accept_reply", "checker")
    actions.hand_to_clerk(case_id=order.id, clerk=cast.actors["callback_clerk"])
    for party in (*merged, order):
        cast.take(order, "record_callback", "callback_clerk", party=party.id, outcome="answered", **answers)


def close(cast, order: Case, *merged: Case) -> Case:
    call_back(cast, order, *merged, contacted=True, solved=True, satisfaction="satisfied")
    return cast.take(order, "close", "callback_clerk")


# --- the pile ------------------------------------------------------------


def test_the_same_matter_set_once_more_keeps_what_was_asked_and_another_drops_it(cast):
    case = cast.create(category="noise", elements={"time": "每晚八点"})
    kept = cast.take(case, "revise", "dispatcher", category="noise", place="幸福路2号")
    assert CaseText.objects.get(case_id=kept.id).elements == {"time": "每晚八点"}
    cast.take(case, "revise", "dispatcher", category="tap")
    assert CaseText.objects.get(case_id=kept.id).elements == {}


def test_a_found_unit_that_is_complained_of_afterwards_is_no_longer_offered(cast):
    case = cast.take(cast.create(), "ask_consult", "dispatcher", reason="职责不清")
    case = cast.take(case, "rule_consult", "coordinator", lead=cast.units["water"].id, minutes="会商由水务局承办")
    assert case.marks.found_lead == cast.units["water"].id
    case = cast.take(case, "name_complained", "dispatcher", complained_unit=cast.units["water"].id, reason="反映的就是该局")
    assert case.marks.found_lead is None
    with pytest.raises((Invalid, Refused)):
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)


def test_the_centre_that_is_late_itself_does_not_count_its_reminder_against_the_unit(cast):
    case = cast.at_state(State.PENDING_CALLBACK)
    assert cast.take(case, "remind", "supervisor", reason="回访超期").urges == case.urges
    with_unit = cast.at_state(State.IN_PROGRESS)
    assert cast.take(with_unit, "remind", "supervisor", reason="进展缓慢").urges == with_unit.urges + 1


def test_limits_that_did_not_move_are_not_recomputed_on_record(cast):
    case = cast.at_state(State.IN_PROGRESS)
    with pytest.raises(Refused, match="没有变化"):
        actions.take_step(case_id=case.id, step="recompute", by=clock_actor("时限重算"), given={"why": "放假安排公布"})
    assert not CaseStep.objects.filter(case_id=case.id, step="recompute").exists()


def test_taken_back_to_begin_anew_the_handling_limit_starts_again(cast):
    case = cast.at_state(State.IN_PROGRESS)
    first = CaseClock.objects.get(case_id=case.id, code="handle", void=False)
    with clock.fixed(later(hours=3)):
        case = cast.take(case, "take_back", "coordinator", reason="派错单位", restart=True)
        assert not CaseClock.objects.filter(case_id=case.id, code="handle", void=False, met_at=None).exists()
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
        again = CaseClock.objects.get(case_id=case.id, code="handle", void=False, met_at=None)
    assert again.id != first.id and again.started_at > first.started_at


# --- merged, and apart again ------------------------------------------------------------


def test_apart_again_a_case_takes_back_those_that_it_had_brought(cast):
    first, second, third = cast.at_state(State.PENDING_SIGN), cast.create(requester=OTHER), cast.create()
    third = merge(cast, third, second)
    second = merge(cast, second, first)
    third.refresh_from_db()
    assert third.master_id == first.id and Case.objects.get(id=first.id).marks.merged == 2
    second = cast.take(second, "unmerge", "dispatcher", reason="不是同一处")
    third.refresh_from_db()
    assert third.master_id == second.id and second.marks.merged == 1 and Case.objects.get(id=first.id).marks.merged == 0


def test_apart_again_only_tasks_that_the_merge_had_stopped_go_on(cast):
    case = cast.at_state(State.IN_PROGRESS)
    for unit in ("roads", "county"):
        cast.take(case, "add_co", "coordinator", co_unit=cast.units[unit].id, duty="封路")
    over, going = CaseTask.objects.filter(case_id=case.id).order_by("id")
    cast.take(case, "task_return", "roads", task=over.id, reason="不属本局职责")
    case = merge(cast, case, cast.at_state(State.IN_PROGRESS))
    given_back = CaseTask.objects.get(id=over.id).state
    assert not TaskState(given_back).is_open and CaseTask.objects.get(id=going.id).state == TaskState.CANCELLED
    cast.take(case, "unmerge", "dispatcher", reason="不是同一处")
    over.refresh_from_db()
    going.refresh_from_db()
    assert over.state == given_back and going.state == TaskState.PENDING_SIGN and going.ended_at is None


def test_a_file_named_after_one_who_asks_is_masked_in_every_case_that_comes_together(cast):
    order = cast.at_state(State.IN_PROGRESS)
    photo = files.store(content=PNG, name="李小红家门口.png", by=cast.actors["water"]).id
    cast.take(order, "field_record", "water", visited_at=NOW.isoformat(), found="漏水", done="已关阀", files=[photo])
    assert CaseFile.objects.get(case_id=order.id).masked_name == "李小红家门口.png", "nobody of that name has asked yet"
    merge(cast, cast.create(requester=OTHER, narrative="我家也停水。", title="停水"), order)
    assert "李小红" not in CaseFile.objects.get(case_id=order.id).masked_name


def test_what_a_merged_requester_said_leaves_nothing_in_an_order_that_was_erased_before(cast):
    order = cast.at_state(State.IN_PROGRESS)
    other = merge(cast, cast.create(requester=OTHER, narrative="我家也停水。", title="停水"), order)
    actions.take_step(case_id=other.id, step="add_facts", by=citizen(other.id), given={"addition": "三楼也没有水"})
    cast.take(other, "phone_urge", "agent")  # without a word
    close(cast, order, other)
    for case in (order, other):
        cast.take(case, "ask_erasure", "supervisor", reason="本人书面申请")
        cast.take(case, "erase", "security_admin", ground="request")
    text = CaseText.objects.get(case_id=order.id)
    assert text.salt is None and "三楼" not in text.narrative


def test_a_second_round_asks_every_merged_requester_again(cast):
    order = cast.at_state(State.IN_PROGRESS)
    other = merge(cast, cast.create(requester=OTHER, narrative="我家也停水。", title="停水"), order)
    call_back(cast, order, contacted=True)
    for answer in ({"outcome": "not_reached"}, {"outcome": "answered", "contacted": True, "solved": False, "satisfaction": "unsatisfied", "dissatisfaction": "result"}):
        cast.take(order, "record_callback", "callback_clerk", party=other.id, **answer)
    other.refresh_from_db()
    assert other.reached and other.satisfaction == "unsatisfied" and other.tries == 1
    cast.take(order, "ask_redo", "callback_clerk", reason="仍无水")
    cast.take(order, "order_redo", "checker", ruling="重新办理")
    other.refresh_from_db()
    assert other.reached is None and other.solved is None and other.satisfaction == "" and other.tries == 0


# --- requests and readers ------------------------------------------------------------


def test_a_procedure_that_names_no_limit_of_its_own_starts_none(cast):
    Category.objects.filter(code="tap").update(statutory={"code": "market"})
    queries.forget()
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "ask_statutory", "water", statute="market", reason="依法组织调解", document=[cast.file("water")])
    cast.take(case, "grant_statutory", "supervisor", ruling="同意")
    running = set(CaseClock.objects.filter(case_id=case.id, void=False, met_at=None, paused_at=None).values_list("code", flat=True))
    assert "interim" in running and "statutory" not in running


def test_where_nobody_holds_a_role_that_is_told_first_a_case_that_speaks_of_dying_stays_open_to_those_there_are(cast):
    Grant.objects.filter(role__in=["shift_leader", "supervisor", "dispatcher"]).update(until=NOW)
    case = cast.create(narrative=DESPAIR, title="")
    assert case.urgent and not case.restricted and not CaseReader.objects.filter(case_id=case.id).exists()


def test_when_the_shift_leader_is_complained_of_the_next_role_reads_first(cast):
    leader = cast.people["shift_leader"]
    accounts.change_person(person=leader, by=cast.actors["system_admin"], name=leader.name, unit=cast.units["water"], phone="")
    case = cast.create(narrative=DESPAIR, title="", complained_unit=cast.units["water"].id)
    readers = set(CaseReader.objects.filter(case_id=case.id).values_list("person_id", flat=True))
    assert case.restricted and leader.id not in readers and cast.people["supervisor"].id in readers


def test_a_strange_file_is_refused_at_intake_and_nothing_is_made(cast):
    foreign = files.store(content=PNG, name="别人的.png", by=cast.actors["water"]).id
    before = Case.objects.count()
    with pytest.raises(Invalid, match="附件不存在"):
        cast.create(files=[foreign])
    assert Case.objects.count() == before
