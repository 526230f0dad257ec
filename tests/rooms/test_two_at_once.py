"""Two people at once on cases that touch each other: one of them waits, nobody's request is lost, nobody sees a deadlock."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from django.conf import settings
from django.db import connections
from tests import leader_day
from tests.cast import NOW, build, later

from minsheng.accounts import actions as accounts
from minsheng.calendar import actions as calendar
from minsheng.calendar.models import Holiday
from minsheng.cases import actions
from minsheng.cases.actions import categories
from minsheng.cases.models import Case, Category
from minsheng.cases.rules import State
from minsheng.contacts import actions as contacts
from minsheng.contacts.models import CallerFlag
from minsheng.contacts.rules import Grade
from minsheng.dispatch import actions as catalogue
from minsheng.dispatch.models import Rule
from minsheng.followup import actions as followup
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days.actions import desk_calls
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Commitment, Desk, DeskCall
from minsheng.org import actions as org
from minsheng.org.models import Unit
from minsheng.telephony.actions import callbacks
from minsheng.telephony.actions import ledger as calls
from minsheng.telephony.models import Callback
from minsheng.telephony.rules.events import Event, Kind

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


@pytest.fixture
def cast(transactional_db):
    with clock.fixed(NOW):
        yield build()


def both(*deeds) -> list[BaseException | None]:
    """Runs the deeds at the same moment, each on a connection of its own; what each ended with."""
    start, ended = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(n, deed):
        try:
            start.wait()
            deed()
        except BaseException as wrong:  # noqa: BLE001  (handed to the test)
            ended[n] = wrong
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def take(cast, case, step, who, **given):
    return lambda: actions.take_step(case_id=case.id, step=step, by=cast.actors[who], given=given)


def only_answers(ended) -> bool:
    """Each was done or was told why not."""
    return all(wrong is None or isinstance(wrong, Refused | Invalid) for wrong in ended)


def strays() -> list[str]:
    """Cases that were merged into one that nobody handles."""
    found = []
    for case in Case.objects.filter(state=State.MERGED):
        master = Case.objects.get(id=case.master_id)
        if not State(master.state).is_open:
            found.append(f"{case.number} → {master.number} {master.state}")
    return found


def counted(case) -> bool:
    """The master knows how many are merged into it."""
    case = Case.objects.get(id=case.id)
    return case.marks.merged == Case.objects.filter(master_id=case.id).count()


def test_a_case_is_not_merged_into_one_that_is_withdrawn_at_the_same_moment(cast):
    for _ in range(ROUNDS):
        case, into = cast.create(), cast.create()
        ended = both(take(cast, case, "merge", "dispatcher", master=into.id, reason="同一处"),
                     take(cast, into, "phone_withdraw", "agent", reason="已解决"))
        assert only_answers(ended) and strays() == [] and counted(into), ended


def test_a_chain_of_merges_made_at_once_ends_at_its_head(cast):
    for _ in range(ROUNDS):
        first, second, third = cast.create(), cast.create(), cast.create()
        ended = both(take(cast, first, "merge", "dispatcher", master=second.id, reason="同一处"),
                     take(cast, second, "merge", "dispatcher", master=third.id, reason="同一处"))
        assert ended == [None, None] and strays() == [], ended
        heads = set(Case.objects.filter(id__in=[first.id, second.id]).values_list("master_id", flat=True))
        assert heads == {third.id} and counted(third)


def test_two_cases_merged_into_each_other_leave_one_of_them_open(cast):
    for _ in range(ROUNDS):
        case, other = cast.create(), cast.create()
        ended = both(take(cast, case, "merge", "dispatcher", master=other.id, reason="同一处"),
                     take(cast, other, "merge", "dispatcher", master=case.id, reason="同一处"))
        assert only_answers(ended) and sum(wrong is None for wrong in ended) == 1, ended
        assert strays() == []


def test_several_merged_at_once_from_both_sides_wait_for_each_other(cast):
    cases = [cast.create() for _ in range(4)]
    ids = [case.id for case in cases]
    ended = both(lambda: actions.merge_many(case_ids=ids[:3], master=ids[3], by=cast.actors["dispatcher"], reason="同一处"),
                 lambda: actions.merge_many(case_ids=ids[1:], master=ids[0], by=cast.actors["dispatcher"], reason="同一处"))
    assert only_answers(ended) and strays() == [], ended


def test_cases_that_were_once_merged_do_not_lock_each_other_out(cast):
    """Each masks the other's requester for good, so a merge of either writes both."""
    for _ in range(ROUNDS):
        one, other, here, there = (cast.create() for _ in range(4))
        cast.take(one, "merge", "dispatcher", master=other.id, reason="同一处")
        cast.take(one, "unmerge", "dispatcher", reason="不是同一处")
        ended = both(take(cast, one, "merge", "dispatcher", master=here.id, reason="同一处"),
                     take(cast, other, "merge", "dispatcher", master=there.id, reason="同一处"))
        assert ended == [None, None] and counted(here) and counted(there), ended


def test_the_same_step_sent_twice_at_once_with_one_key_is_one_step(cast):
    case = cast.at_state(State.IN_PROGRESS)
    rows = []

    def send():
        rows.append(actions.take_step(case_id=case.id, step="interim_reply", by=cast.actors["water"], given={"interim": "已开挖"}, key="k1"))

    assert both(send, send, send) == [None, None, None]
    assert len({row.id for row in rows}) == 1 and sorted(row.replayed for row in rows) == [False, True, True]


def test_clerks_who_take_write_down_and_stay_on_a_call_at_once_lock_nobody_out(cast):
    """Cases are locked before the rows of their calls, by whoever does what."""
    clerk = cast.actors["callback_clerk"]
    others = [replace(clerk, id=clerk.id + n) for n in (1000, 2000)]
    for _ in range(ROUNDS):
        for _ in range(3):
            cast.at_state(State.PENDING_CALLBACK)
        mine = followup.take_next(by=clerk)
        said = {"outcome": "answered", "contacted": True, "solved": True, "satisfaction": "satisfied", "verbatim": ""}
        ended = both(partial(followup.record, case_id=mine.case_id, party_id=mine.party_id, by=clerk, given=said),
                     partial(followup.keep_in_hand, row_id=mine.id, by=clerk), *(partial(followup.take_next, by=by) for by in others))
        assert only_answers(ended), ended
        assert Case.objects.get(id=mine.case_id).state == State.CLOSED


def test_two_coordinators_who_give_one_leader_desks_at_one_time_arrange_one_of_them(cast):
    """In two periods, at the same moment: whoever comes second is told which time is taken."""
    plan = leader_day.scheme(cast)
    for n in range(3):
        begins = NOW + timedelta(days=7 + n)
        periods = [leader_day.actions.draft_period(by=cast.actors["coordinator"], given={"scheme": plan.id, "number": 2 * n + i, "theme": "供水"}).subject_id
                   for i in (1, 2)]
        ended = both(*(partial(leader_day.step, cast, one, "add_desk", **leader_day.desk(cast, begins + timedelta(minutes=30 * i)))
                       for i, one in enumerate(periods)))
        wrong = [one for one in ended if one is not None]
        assert len(wrong) == 1 and isinstance(wrong[0], Invalid) and "时间重叠" in wrong[0].errors["starts"], ended
        assert Desk.objects.filter(period__in=periods, removed_at=None).count() == 1


def test_two_who_begin_a_call_at_one_desk_have_one_and_two_who_end_it_make_one_case(cast):
    desk = leader_day.announced(cast).desks.get()
    with clock.fixed(leader_day.HELD):
        for _ in range(3):
            made = Case.objects.count()
            assert both(*(partial(desk_calls.begin, desk_id=desk.id, by=cast.actors[who]) for who in ("leader", "agent"))) == [None, None]
            call = DeskCall.objects.get(desk=desk, ended_at=None)
            write = partial(desk_calls.type_words, desk_id=desk.id, call_id=call.id, rev=0)
            assert both(partial(write, by=cast.actors["agent"], name="narrative", text="家里停水两天了，请尽快处理。"),
                        partial(write, by=cast.actors["leader"], name="words", text="今晚恢复供水。")) == [None, None]
            ended = both(partial(desk_calls.answer, desk_id=desk.id, call_id=call.id, by=cast.actors["leader"]),
                         partial(desk_calls.hand_over, desk_id=desk.id, call_id=call.id, by=cast.actors["agent"]))
            assert sum(one is None for one in ended) == 1 and only_answers(ended) and Case.objects.count() == made + 1, ended


def test_of_two_who_end_one_commitment_or_carry_out_one_meeting_at_once_the_second_is_told(cast):
    period = leader_day.announced(cast)
    with clock.fixed(leader_day.HELD):
        case, other = leader_day.call(cast, period), leader_day.call(cast, period)
        one = leader_day.promise(cast, period, case)
    with clock.fixed(later(days=5)):
        leader_day.go_on(cast, one, "prove", "water", proof="已换", done_on="2025-01-06")
        end = partial(leader_day.actions.take_commitment_step, commitment_id=one.id, by=cast.actors["supervisor"])
        ended = both(partial(end, step="conclude_kept", given={"finding": "属实"}), partial(end, step="send_back", given={"reason": "缺一处"}))
        assert sum(wrong is None for wrong in ended) == 1 and only_answers(ended), ended
        planned = {"period": period.id, "unit": cast.units["water"].id, "meets_on": "2025-01-07", "venue": "会议室"}
        meeting = leader_day.actions.draft_meeting(by=cast.actors["coordinator"], given=planned).subject_id
        go = partial(leader_day.actions.take_meeting_step, meeting_id=meeting)
        ruling = {"case": other.id, "lead": cast.units["water"].id, "owner": "管网科科长", "duty": "更换老旧水管", "due": "2025-01-20"}
        for name, who, given in (("put_on_agenda", "coordinator", {"case": other.id, "reason": "难"}), ("convene", "leader", {"attends": "水务局"}),
                                 ("write_minutes", "coordinator", {"held_on": "2025-01-07", "attended": "水务局", "minutes": "议了停水。"}),
                                 ("rule_item", "coordinator", ruling), ("sign_minutes", "leader", {})):
            go(step=name, by=cast.actors[who], given=given)
        ended = both(*[partial(go, step="carry_out", by=cast.actors["coordinator"])] * 2)
        assert sum(wrong is None for wrong in ended) == 1 and only_answers(ended), ended
        assert Commitment.objects.filter(case_id=other.id).count() == 1 and list(verify_history()) == []


def test_what_two_put_in_at_once_is_there_once_and_the_second_is_told(cast):
    """A name, a code, the first row of a matter, the first limit of its own: whoever looks first and then writes."""
    admin, coordinator, tap = cast.actors["system_admin"], cast.actors["coordinator"], Category.objects.get(code="tap")
    case = cast.create()
    twice = {
        "account": lambda n: accounts.open_account(username="xinren", name="新人", unit_id=cast.units["water"].id, by=admin),
        "unit": lambda n: org.open_unit(code="new.one", name="新单位", kind="bureau", parent_id=cast.units["city"].id, by=admin),
        "matter": lambda n: categories.add_matter(code="tap.new", parent="tap", by=cast.actors["supervisor"], setup=True, name="停水通知"),
        "rule": lambda n: catalogue.add_rule(category=tap, lead=cast.units["water"], by_district=False, basis="水务条例", valid_from=date(2025, 2, 1 + n), by=coordinator),
        "limit": lambda n: calendar.set_limit(code="sign", matter="tap", value="2wh", valid_from=date(2025, 2, 1 + n), by=admin),
        "holiday": lambda n: calendar.announce_holiday(calendar=settings.CALENDAR, day=date(2025, 3, 3), kind="holiday", why="放假", by=admin),
        "flag": lambda n: contacts.flag_of_case(contact=Case.objects.get(id=case.id).contact, by=cast.actors["agent"], grade=Grade.NOTE, ground="三天内来电四十次辱骂话务员"),
    }
    for name, deed in twice.items():
        ended = both(partial(deed, 0), partial(deed, 1))
        assert None in ended and only_answers(ended), (name, ended)
    rules = list(Rule.objects.filter(category=tap).order_by("valid_from"))
    assert all(a.valid_to is not None and a.valid_to < b.valid_from for a, b in zip(rules, rules[1:], strict=False)), "two rows of one matter count on one day"
    assert CallerFlag.objects.count() == 1 and Holiday.objects.filter(day=date(2025, 3, 3)).count() == 1


def test_two_moves_at_once_make_no_ring_and_wait_for_each_other(cast):
    by, water, roads, pipes, town = cast.actors["system_admin"], *(cast.units[c].id for c in ("water", "roads", "pipes", "town"))
    for _ in range(ROUNDS):
        ended = both(partial(org.move, unit_id=water, parent_id=roads, by=by, reason="机构改革"), partial(org.move, unit_id=roads, parent_id=pipes, by=by, reason="机构改革"),
                     partial(org.move, unit_id=town, parent_id=water, by=by, reason="机构改革"))
        assert only_answers(ended), ended
        paths = {u.id: u.path for u in Unit.objects.all()}
        assert all(path[-1] == id_ and len(set(path)) == len(path) for id_, path in paths.items())
        assert all(paths[u.id] == [*paths[u.parent_id], u.id] for u in Unit.objects.exclude(parent=None))
        for unit in (water, roads):
            with suppress(Refused):
                org.move(unit_id=unit, parent_id=cast.units["city"].id, by=by, reason="改回")


def test_a_clerk_who_presses_twice_gets_one_call_back_and_two_clerks_get_two(cast):
    for n in range(3):
        linked, at = f"pbx1-{n}", NOW - timedelta(minutes=10 + n)
        calls.keep("pbx1", [Event(Kind.QUEUED, "pbx1", linked, linked, at, queue="q-zh", number=f"+861390000000{n}"),
                            Event(Kind.ABANDONED, "pbx1", linked, linked, at + timedelta(seconds=40), value=40)])
    with clock.fixed(NOW):
        callbacks.settle()
        ended = both(*(partial(callbacks.take, by=cast.actors[who]) for who in ("callback_clerk", "callback_clerk", "callback_clerk", "agent")))
    assert ended == [None] * 4
    assert sorted(Callback.objects.filter(state="leased").values_list("leased_by", flat=True)) == sorted(cast.people[who].id for who in ("callback_clerk", "agent"))
