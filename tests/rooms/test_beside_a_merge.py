"""What is decided about an order reaches those merged into it, and a unit that has an order keeps it when others shut it (rulings, 30 and 31)."""

from __future__ import annotations

import pytest
from tests import invariants
from tests.cast import NOW, SETUP, Cast, later

from minsheng.cases import actions, queries
from minsheng.cases.actions import anchors, timers
from minsheng.cases.models import Case
from minsheng.cases.queries import shift_lists
from minsheng.cases.queries.facts import facts_of
from minsheng.cases.rules import State, sees
from minsheng.kit.verdict import Refused
from minsheng.messages.models import Message
from minsheng.org import actions as org

DANGER = "孩子说不想活了，请快来人。"


def seen(cast: Cast, who: str, case: Case) -> bool:
    """The rule and the list, which must agree."""
    by, case = cast.actors[who], Case.objects.get(id=case.id)
    by_rule, by_list = bool(sees(facts_of(case), by)), queries.visible(by).filter(id=case.id).exists()
    assert by_rule == by_list
    return by_rule


def whole() -> list[str]:
    return [*invariants.broken(), *map(str, anchors.verify_history())]


def pair(cast: Cast, first: State = State.IN_PROGRESS) -> tuple[Case, Case]:
    """(merged into the order, which 市水务局 handles; the order). The first was with 市城管局 before, if it was sent."""
    merged = cast.create() if first == State.PENDING_REVIEW else cast.at_state(first, "roads")
    order = cast.at_state(State.IN_PROGRESS, "water")
    return cast.take(merged, "merge", "dispatcher", master=order.id, reason="同一处停水"), order


@pytest.mark.parametrize("first", [State.PENDING_REVIEW, State.PENDING_SIGN, State.IN_PROGRESS, State.PENDING_CHECK])
def test_a_unit_named_in_the_order_is_kept_from_every_case_merged_into_it_and_gets_none_back(cast, first):
    merged, order = pair(cast, first)
    cast.take(order, "name_complained", "dispatcher", complained_unit=cast.units["roads"].id)
    assert not seen(cast, "roads", order) and not seen(cast, "roads", merged)
    assert cast.client("roads").get(f"/desk/case/{merged.id}").status_code == 404
    merged = cast.take(merged, "unmerge", "dispatcher", reason="不是同一处")
    if first in (State.PENDING_SIGN, State.IN_PROGRESS):
        assert (merged.state, merged.lead_id) == (State.PENDING_REVIEW, None)
    assert not seen(cast, "roads", merged) and merged.sealed and whole() == []


def test_a_name_is_taken_back_case_by_case_when_they_stand_alone(cast):
    """Who is merged may complain of the unit, too: opening the order would open theirs."""
    merged, order = pair(cast, State.PENDING_REVIEW)
    cast.take(order, "name_complained", "dispatcher", complained_unit=cast.units["roads"].id)
    with pytest.raises(Refused) as wrong:
        cast.take(order, "unname_complained", "supervisor", reason="反映的是别的单位")
    assert "请先撤销并单" in wrong.value.verdict.reason
    for case in (cast.take(merged, "unmerge", "dispatcher", reason="分开核"), order):
        cast.take(case, "unname_complained", "supervisor", reason="反映的是别的单位")
        assert seen(cast, "analyst", case) and Case.objects.get(id=case.id).complained_line is None
    assert whole() == []


@pytest.mark.parametrize("how", ["restrict", "words", "words of the merged"])
def test_an_order_that_is_shut_shuts_the_cases_merged_into_it_and_opens_them_again(cast, how):
    merged, order = pair(cast)
    another = cast.take(cast.create(), "merge", "dispatcher", master=order.id, reason="同一处停水")
    if how == "restrict":
        cast.take(order, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["dispatcher"].id], until=later(days=30).isoformat())
    else:
        cast.take(order if how == "words" else merged, "phone_add", "agent", addition=DANGER)
    for case in (order, merged, another):
        assert not seen(cast, "analyst", case) and not seen(cast, "checker", case) and seen(cast, "shift_leader", case)
    assert whole() == []
    if how == "restrict":
        timers.lift_restrictions(at=later(days=31))
    else:
        cast.take(order, "clear_restriction", "shift_leader", reason="已核实，没有危险")
    assert all(seen(cast, "analyst", case) for case in (order, merged, another)) and whole() == []


def test_a_case_shut_while_it_was_merged_comes_back_to_the_units_that_had_it(cast):
    merged = cast.at_state(State.IN_PROGRESS, "roads")
    cast.take(merged, "add_co", "coordinator", co_unit=cast.units["county"].id, duty="查支管")
    order = cast.at_state(State.IN_PROGRESS, "water")
    cast.take(merged, "merge", "dispatcher", master=order.id, reason="同一处停水")
    cast.take(order, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["dispatcher"].id], until=later(days=30).isoformat())
    assert not seen(cast, "county", merged)
    cast.take(merged, "unmerge", "dispatcher", reason="不是同一处")
    assert seen(cast, "roads", merged) and seen(cast, "county", merged) and not seen(cast, "analyst", merged) and whole() == []


@pytest.mark.parametrize("step", ["confirm_restriction", "prolong_restriction"])
def test_whoever_is_named_the_unit_that_has_the_order_goes_on_reading_it(cast, step):
    """The shift leader names two of the centre: the unit's own order answered 404 to all of its people."""
    order = cast.at_state(State.IN_PROGRESS)
    cast.take(order, "phone_add", "agent", addition=DANGER)
    named = {"readers": [cast.people["supervisor"].id], "until": later(days=30).isoformat()}
    cast.take(order, step, "shift_leader", **named, **({} if step == "confirm_restriction" else {"reason": "涉及未成年人"}))
    assert seen(cast, "water", order) and seen(cast, "water_head", order) and not seen(cast, "pipes", order)
    cast.take(order, "contact", "water", contact_at=later().isoformat(), contact_how="phone")
    assert whole() == []


def test_an_order_that_is_shut_to_its_unit_by_hand_waits_on_the_shift_leaders_desk(cast):
    order = cast.at_state(State.IN_PROGRESS)
    named = {"readers": [cast.people["supervisor"].id], "until": later(days=30).isoformat()}
    cast.take(order, "restrict", "shift_leader", reason="涉及未成年人", **named)
    assert not seen(cast, "water", order) and [one.case.id for one in shift_lists.stuck(cast.actors["shift_leader"])] == [order.id]
    cast.take(order, "prolong_restriction", "shift_leader", reason="由水务局办理", readers=[cast.people["water"].id], until=named["until"])
    assert seen(cast, "water", order) and shift_lists.stuck(cast.actors["shift_leader"]) == []


def test_of_a_unit_of_which_somebody_is_named_only_those_read(cast):
    order = cast.at_state(State.IN_PROGRESS)
    cast.take(order, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["water_head"].id], until=later(days=30).isoformat())
    assert seen(cast, "water_head", order) and not seen(cast, "water", order)


def test_a_unit_that_becomes_the_line_is_told_nothing_before_the_clock_takes_the_order_from_it(cast):
    order = cast.create(complained_unit=cast.units["roads"].id)
    cast.take(order, "dispatch", "dispatcher", lead=cast.units["water"].id)
    org.set_duty(unit=cast.units["water"], name="水务值班", phone="13900000001", starts=NOW, ends=later(days=60), by=SETUP)
    org.merge_unit(unit=cast.units["roads"], into=cast.units["water"], by=SETUP, reason="机构改革")
    before = Message.objects.count()
    cast.take(order, "phone_urge", "agent", addition="还没有人来")
    cast.take(order, "remind", "supervisor", reason="催办")
    assert timers.ring(at=later(days=5)) == 0 and timers.tell_late(at=later(days=30)) == 0
    assert Message.objects.count() == before


def test_what_was_declined_and_registered_anew_is_not_opened_beside_it(cast):
    declined = cast.at_state(State.DECLINED)
    made, = actions.take_step(case_id=declined.id, step="reopen", by=cast.actors["agent"], given={
        "identity": ["when", "matter"], "reason": "有新情况", "narrative": "幸福路小区又停水两天。"}).made
    with pytest.raises(Refused) as wrong:
        cast.take(declined, "overturn_decline", "dispatcher", reason="应受理")
    assert "在新单上办理" in wrong.value.verdict.reason
    cast.take(declined, "confirm_decline", "dispatcher")
    assert made.case.state == State.PENDING_REVIEW and whole() == []


def test_what_is_open_anew_is_not_opened_a_second_time_and_once_it_has_ended_it_may_be(cast):
    ended = cast.at_state(State.WITHDRAWN)
    given = {"identity": ["when", "matter"], "reason": "有新情况", "narrative": "幸福路小区又停水两天。"}
    first, = actions.take_step(case_id=ended.id, step="reopen", by=cast.actors["agent"], given=given).made
    with pytest.raises(Refused) as wrong:
        actions.take_step(case_id=ended.id, step="reopen", by=cast.actors["agent"], given=given)
    assert "新单还在办" in wrong.value.verdict.reason and Case.objects.filter(previous_id=ended.id).count() == 1
    cast.take(first.case, "phone_withdraw", "agent", reason="已恢复")
    assert actions.take_step(case_id=ended.id, step="reopen", by=cast.actors["agent"], given=given).made and whole() == []


def test_answers_about_the_order_do_not_stay_with_a_case_that_stands_alone_again(cast):
    """Solved and contacted, said of the order's unit, stood for the case's own unit, which had done nothing yet."""
    order, merged = cast.at_state(State.PENDING_CHECK), cast.create()
    cast.take(merged, "merge", "dispatcher", master=order.id, reason="同一处停水")
    cast.take(order, "accept_reply", "checker")
    actions.hand_to_clerk(case_id=order.id, clerk=cast.actors["callback_clerk"])
    cast.take(order, "record_callback", "callback_clerk", party=merged.id, outcome="answered", contacted=True, solved=True, satisfaction="satisfied")
    assert Case.objects.get(id=merged.id).solved is True
    merged = cast.take(merged, "unmerge", "dispatcher", reason="不是同一处")
    assert (merged.reached, merged.contacted, merged.solved, merged.satisfaction, merged.tries) == (None, None, None, "", 0) and whole() == []
