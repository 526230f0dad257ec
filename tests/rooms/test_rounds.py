"""What a unit types never betters its own rate; each round keeps its own result; where a case stands says whether time runs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests import orders
from tests.orders import Order, local

from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases import actions
from minsheng.cases.actions import timers
from minsheng.cases.models import Case, CaseClock, CaseTask
from minsheng.cases.queries import dispatch_lists, lists, unit_lists
from minsheng.cases.queries.case_page import band_of, open_case
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import State, TaskState
from minsheng.contacts.models import Contact
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid
from minsheng.measures import queries
from minsheng.measures.queries import Asked

pytestmark = pytest.mark.django_db
JANUARY = Asked(date(2025, 1, 1), date(2025, 1, 31))
ALL = clock_actor("测试")


@pytest.fixture
def city():
    with clock.fixed(local(31, 12)):
        yield orders.build()


def share(code) -> tuple[int, int]:
    [row] = queries.rows(JANUARY, ALL, [code])
    return row.numerator, row.denominator


# --- what is typed late ------------------------------------------------------------


def test_a_contact_typed_after_the_limit_is_not_in_time_whatever_hour_it_names(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    order.unit("contact", Role.UNIT_HANDLER, local(6, 9), contact_at=local(2, 11).isoformat(), contact_how="phone")
    assert share("response_claimed") == (1, 1) and share("response_confirmed") == (0, 1) and share("contact_typed_late") == (1, 1)
    assert order.case.steps.get(step="contact").given["typed_late"] is True
    order.reply(local(6, 10)).accept().call(solved=True, contacted=True)
    assert share("response_confirmed") == (1, 1) and share("contact_typed_late") == (0, 1), "the requester says the same"


def test_a_contact_typed_within_a_working_day_is_not_marked(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    order.unit("contact", Role.UNIT_HANDLER, local(3, 9), contact_at=local(2, 11).isoformat(), contact_how="phone")
    assert "typed_late" not in order.case.steps.get(step="contact").given and share("response_confirmed") == (1, 1)


@pytest.mark.parametrize(("ground", "call", "taken"), [("anonymous", None, False), ("not_needed", None, False), ("not_needed", 77, True),
                                                        ("impossible", None, False), ("impossible", 78, True)])
def test_not_contacting_needs_a_ground_that_the_record_bears_out(city, ground, call, taken):
    order = Order(city, local(2, 10), phone="13800000001").dispatch("water").sign()
    given = {"no_contact": ground, "reason": "诉求人这样说", **({"call": call} if call else {})}
    if taken:
        order.unit("waive_contact", Role.UNIT_HANDLER, **given)
        assert share("contact_waived") == (1, 1) and share("response_confirmed") == (0, 0), "counted apart"
    else:
        with pytest.raises(Invalid):
            order.unit("waive_contact", Role.UNIT_HANDLER, **given)
        assert order.case.contact_waived_at is None


def test_who_left_no_number_need_not_be_contacted(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    order.unit("waive_contact", Role.UNIT_HANDLER, no_contact="anonymous", reason="匿名")
    assert Contact.objects.count() == 0 and share("contact_waived") == (1, 1)


def test_a_waiver_after_the_limit_is_a_contact_missed(city):
    order = Order(city, local(2, 10), phone="13800000001").dispatch("water").sign()
    order.unit("waive_contact", Role.UNIT_HANDLER, local(6, 9), no_contact="not_needed", reason="诉求人说不必", call=5)
    assert share("response_confirmed") == (0, 1) and share("contact_waived") == (0, 1)


# --- rounds ------------------------------------------------------------


def unhappy(order: Order) -> Order:
    order.call(solved=False, contacted=False)
    return order.centre("ask_redo", Role.CALLBACK_CLERK, reason="仍停水").centre("order_redo", Role.CHECKER, ruling="重办")


def test_a_redo_in_time_mends_nothing_of_a_first_round_that_was_late(city):
    order = Order(city, local(2, 10)).dispatch("water").sign().contact()
    unhappy(order.reply(local(20, 10)).accept())
    assert share("on_time_completion") == (0, 2), "nor is the redo done yet"
    order.contact().reply().accept().call(solved=True, contacted=True)
    assert share("on_time_completion") == (1, 2)
    assert share("solve") == (1, 2), "the first round was not solved and stays so"
    assert share("response_confirmed") == (1, 2), "the first contact was denied, the second confirmed"


def test_the_second_round_has_a_contact_of_its_own(city):
    order = unhappy(Order(city, local(2, 10)).to_callback("water"))
    case = order.case
    assert case.contacted_at is None and case.due_code == "contact" and case.contact_due_at > order.at
    assert not order.case.marks.contact


def test_a_new_lead_contacts_the_requester_itself(city):
    order = Order(city, local(2, 10)).dispatch("water").sign().contact()
    order.centre("take_back", Role.COORDINATOR, local(3, 10), reason="实属城管局").dispatch("roads", local(3, 11)).sign()
    case = order.case
    assert case.contacted_at is None and case.contact_due_at == local(4, 11) and case.due_code == "contact"
    with pytest.raises(Exception, match="联系"):
        order.reply()


def test_a_new_lead_is_not_late_with_what_the_one_before_it_left_undone(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    order.centre("take_back", Role.COORDINATOR, local(6, 10), reason="实属城管局").dispatch("roads", local(6, 11)).sign()
    with clock.fixed(order.at):
        assert order.case.contact_due_at == local(7, 11) and order.case.handle_due_at == local(9, 18), "only handling runs on"
        assert not lists.listed(city.centre(Role.AGENT), Filters(overdue=True)).rows
    order.contact().reply()
    assert share("response_claimed") == (1, 2), "the other one is missing with the unit that had it when it fell due"


def test_a_late_order_that_is_withdrawn_stays_late_and_one_in_time_asks_nothing_more(city):
    Order(city, local(2, 10)).dispatch("water").sign().contact().centre("phone_withdraw", Role.AGENT, local(3, 10), reason="已好")
    assert share("on_time_completion") == (0, 0)
    Order(city, local(2, 10)).dispatch("water").sign().contact().centre("phone_withdraw", Role.AGENT, local(20, 10), reason="已好")
    assert share("on_time_completion") == (0, 1)


def test_what_was_late_when_time_stopped_is_not_hidden_by_the_stop(city):
    late = Order(city, local(2, 10)).dispatch("water").sign().contact()
    late.unit("ask_parking", Role.UNIT_APPROVER, local(20, 10), reason="需列入改造", measures="临时供水", solve_by=local(1, month=6).isoformat())
    late.centre("grant_parking", Role.SUPERVISOR, ruling="同意")
    assert share("on_time_completion") == (0, 1)


# --- where a case stands says whether time runs ------------------------------------------------------------


def test_what_was_sent_back_for_more_and_submitted_again_lies_in_the_pile_with_its_time_running(city):
    order = Order(city, local(2, 10)).centre("ask_more", Role.DISPATCHER, reason="缺楼栋号")
    assert not CaseClock.objects.filter(case_id=order.id, met_at=None, void=False, paused_at=None).exists()
    order.centre("submit", Role.AGENT, local(6, 10))
    case, dispatcher = order.case, city.centre(Role.DISPATCHER)
    assert not case.paused and case.due_code == "review"
    assert [c.id for c in dispatch_lists.piled(dispatcher, dispatch_lists.Pile.WAITING).rows] == [order.id]
    order.dispatch("water")
    assert [c.id for c in unit_lists.to_do(city.of("water", Role.UNIT_LIAISON)).rows] == [order.id]
    assert order.case.due_code == "sign" and not order.case.paused
    with clock.fixed(local(28, 10)):
        assert band_of(order.case)[0] == "overdue" and share("sign_on_time") == (0, 1)


def test_submitting_is_undone_and_done_again_within_minutes(city):
    order = Order(city, local(2, 10)).centre("unsubmit", Role.AGENT).centre("submit", Role.AGENT)
    assert not order.case.paused and order.case.due_code == "review"


@pytest.mark.parametrize("step", ["phone_withdraw", "merge", "grant_termination", "grant_final"])
def test_no_slice_of_duty_outlives_its_order(city, step):
    order = Order(city, local(2, 10)).dispatch("water", co_units=[city.units["roads"].id]).sign().contact()
    if step == "phone_withdraw":
        order.centre(step, Role.AGENT, reason="已好")
    elif step == "merge":
        order.centre(step, Role.DISPATCHER, master=Order(city, local(2, 10)).id, reason="同一处")
    elif step == "grant_termination":
        order.unit("ask_termination", Role.UNIT_APPROVER, reason="已拆除", told="已说明").centre(step, Role.SUPERVISOR, ruling="同意")
    else:
        from tests.cast import PNG

        from minsheng.files import actions as files

        by = city.of("water", Role.UNIT_APPROVER)
        order.unit("ask_final", Role.UNIT_APPROVER, reason="三次答复", public_reply="维持原答复意见不变。",
                   document=[files.store(content=PNG, name="批.png", by=by).id]).centre(step, Role.COORDINATOR, ruling="同意")
    assert not State(order.case.state).is_open
    assert set(CaseTask.objects.filter(case_id=order.id).values_list("state", flat=True)) == {TaskState.CANCELLED}


def test_undoing_a_merge_gives_the_slices_of_duty_back(city):
    order = Order(city, local(2, 10)).dispatch("water", co_units=[city.units["roads"].id]).sign()
    order.centre("merge", Role.DISPATCHER, master=Order(city, local(2, 10)).id, reason="同一处").centre("unmerge", Role.DISPATCHER, reason="看错")
    assert CaseTask.objects.get(case_id=order.id).state == TaskState.PENDING_SIGN
    assert order.case.due_code == "contact" and not order.case.paused


# --- a promise and a deed come from one function ------------------------------------------------------------


def promised(case: Case) -> dict[str, str]:
    return {p.label: p.due for p in dispatch_lists.promises(case)}


@pytest.mark.parametrize("kind", ["help", "consult"])
def test_what_the_dispatcher_is_shown_before_sending_is_what_the_order_gets(city, kind):
    order = Order(city, local(2, 10))
    Case.objects.filter(id=order.id).update(kind=kind)
    order.dispatch("water").unit("ask_return", Role.UNIT_LIAISON, legal_ground="duty", reason="不属职责", proposed_unit=city.units["roads"].id)
    order.centre("uphold_return", Role.RETURN_REVIEWER, local(6, 10), ruling="职责在城管局")
    now = local(7, 15)
    with clock.fixed(now):
        shown = promised(order.case)
        order.dispatch("roads", now)
        page = {view.clock.code: view.due_text for view in open_case(order.id, city.centre(Role.DISPATCHER)).clocks if view.clock.met_at is None}
    assert (shown["签收"], shown["联系诉求人"], shown["办结"]) == (page["sign"], page["contact"], page["handle"])


def test_another_limit_given_by_hand_is_promised_as_it_is_set(city):
    order = Order(city, local(2, 10))
    with clock.fixed(local(2, 11)):
        shown = {p.label: p.due for p in dispatch_lists.promises(order.case, "7wd")}["办结"]
        order.dispatch("water", local(2, 11), limit="7wd")
        made = {view.clock.code: view.due_text for view in open_case(order.id, city.centre(Role.DISPATCHER)).clocks}["handle"]
    assert shown == made


# --- one function colours everywhere ------------------------------------------------------------


def test_leads_of_a_matters_own_row_colour_the_list_as_they_colour_the_page(city):
    from minsheng.accounts.rules import Actor
    from minsheng.calendar import actions as calendar
    from minsheng.calendar import queries as calendars

    admin = Actor(1, "装载", frozenset({Role.SYSTEM_ADMIN}))
    calendar.set_limit(code="handle_help", matter="tap", value="5wd", yellow="4wd", red="3wd", valid_from=date(2025, 1, 1), basis="试点", by=admin)
    calendars.forget()
    order = Order(city, local(2, 10)).dispatch("water").sign().contact()
    for day in (2, 3, 6, 7, 8, 9, 10):
        with clock.fixed(local(day, 17)):
            page = next(v for v in open_case(order.id, city.centre(Role.DISPATCHER)).clocks if v.clock.code == "handle")
            assert band_of(order.case)[0] == page.band, day
    with clock.fixed(local(6, 17)):
        assert band_of(order.case)[0] == "yellow", "the usual lead is one day"


def test_a_list_speaks_of_the_nearest_limit_that_is_not_met(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    with clock.fixed(local(2, 10) + timedelta(hours=65)):
        band, words, _ = band_of(order.case)
    assert band == "overdue" and words.startswith("联系诉求人")
    order.contact(local(2, 12))
    with clock.fixed(local(3, 10)):
        assert band_of(order.case)[:2] == ("calm", "还剩 4 个工作日")


def test_an_order_of_a_later_step_waits_for_nothing_of_an_earlier_one(city):
    order = Order(city, local(2, 10)).centre("ask_consult", Role.DISPATCHER, reason="职责不清")
    assert order.case.paused
    Case.objects.filter(id=order.id).update(urgent=True)
    with clock.fixed(local(2, 23)):
        order.take("night_dispatch", city.centre(Role.SHIFT_LEADER), local(2, 23), lead=city.units["water"].id)
    case = order.case
    assert not case.paused and case.marks.pending == {} and case.due_code == "sign"
    assert actions.open_tasks(case.id) == 0


# --- from an older version ------------------------------------------------------------


def test_open_cases_of_an_older_version_get_the_columns_that_lists_read(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    after = order.case
    Case.objects.filter(id=order.id).update(due_code="", due_limit="", yellow_at=None, red_at=None, due_at=None)
    assert (timers.show_older(), timers.show_older()) == (1, 0)
    assert [getattr(order.case, n) for n in timers._SHOWN] == [getattr(after, n) for n in timers._SHOWN] and after.due_code == "contact"
