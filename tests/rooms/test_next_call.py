"""Taking the next call-back: every requester of a merged case is rung, and many waiting cost no more statements than few."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from minsheng.accounts.rules import Role
from minsheng.cases.actions import leavers
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.followup import actions, queries


def test_the_next_call_back_takes_as_many_statements_however_many_wait(cast):
    clerk, counts = cast.actors["callback_clerk"], []
    for waiting in (2, 7):
        for _ in range(waiting):
            cast.at_state(State.PENDING_CALLBACK)
        counts.append(min(_statements(clerk) for _ in range(2)))  # what every process remembers for seconds may be read anew in one of them
    assert counts[0] == counts[1]


def _statements(clerk) -> int:
    with CaptureQueriesContext(connection) as seen:
        row = actions.take_next(by=clerk)
    actions.put_back(row_id=row.id, by=clerk)
    return len(seen)


def test_what_a_clerk_who_left_had_in_hand_is_the_next_clerks_at_once(cast):
    cast.at_state(State.PENDING_CALLBACK)
    other = cast.actors[cast.another(Role.CALLBACK_CLERK)]
    held = actions.take_next(by=cast.actors["callback_clerk"])
    assert held is not None and actions.take_next(by=other) is None
    leavers.close_account(person_id=cast.people["callback_clerk"].id, by=cast.actors["system_admin"], reason="调离岗位")
    assert actions.take_next(by=other).id == held.id


def test_every_requester_of_a_merged_case_is_planned_once(cast):
    merged = [cast.at_state(State.MERGED)]
    master = Case.objects.get(id=merged[0].master_id)
    merged.append(cast.take(cast.create(), "merge", "dispatcher", master=master.id, reason="同一处停水"))
    alone = cast.at_state(State.PENDING_CALLBACK)
    master = cast.take(master, "dispatch", "dispatcher", lead=cast.units["water"].id)
    master = cast.take(master, "sign", "water")
    cast.take(cast.reply(master, "water"), "accept_reply", "checker")
    for _ in range(2):
        row = actions.take_next(by=cast.actors["callback_clerk"])
        actions.put_back(row_id=row.id, by=cast.actors["callback_clerk"])
    assert sorted(p.party_id for p in queries.parties(master.id)) == sorted([master.id, *(m.id for m in merged)])
    assert [p.party_id for p in queries.parties(alone.id)] == [alone.id]
