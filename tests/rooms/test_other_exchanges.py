"""An exchange that the city keeps tells of calls as it likes: in another order, twice, late, with numbers as numbers and people as lists."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from tests.cast import NOW, build

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import Role
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.telephony.actions import presence, relays
from minsheng.telephony.models import Call, CallCase, CallEvent
from minsheng.telephony.queries import link, live, numbers, ringing
from minsheng.telephony.rules import cti

KEY = "k" * 40


@pytest.fixture
def cast(db, monkeypatch):
    monkeypatch.setenv("MINSHENG_CTI_SECRET", KEY)
    with clock.fixed(NOW):
        yield build()


class Program:
    def __init__(self, cast, who: str = "agent"):
        _, self.word = accounts.make_token(person=cast.people[who], name="话务", scopes={"calls.write"}, by=accounts.COMMAND_LINE, setup=True)

    def send(self, event: str, late: float = 0, key: str = KEY, call: str = "c.1", **given) -> int:
        body, stamp = json.dumps({"event": event, "callId": call, **given}).encode(), str(int(clock.machine_now().timestamp() - late))
        head = {"Authorization": f"Bearer {self.word}", "X-Minsheng-Time": stamp, "X-Minsheng-Signature": cti.signature(key, stamp, body)}
        return Client().post("/api/v1/cti", body, content_type="application/json", headers=head).status_code


def test_a_number_that_is_a_number_and_people_that_are_a_list_are_read(cast):
    program, agent = Program(cast), cast.people["agent"].id
    assert program.send("newCall", **{"from": 13900000001, "to": 12345, "user": ["", f"a{agent}", "a999"]}) == 200
    assert program.send("answer", user=[f"a{agent}"]) == 200
    call = Call.objects.get()
    assert (numbers.whole(call), call.agent_id, call.hidden_number) == ("+8613900000001", agent, False)
    assert program.send("newCall", call="c.2", **{"from": None}) == 200 and program.send("newCall", call="c.3", **{"from": True}) == 200
    assert set(Call.objects.exclude(pk=call.pk).values_list("hidden_number", flat=True)) == {True}


def test_who_answers_after_another_has_joined_the_call_and_may_register_it(cast):
    program, second = Program(cast), cast.another(Role.AGENT)
    first, other = cast.people["agent"].id, cast.people[second].id
    for event, user in (("newCall", ""), ("answer", f"a{first}"), ("answer", f"a{first}"), ("answer", f"a{other}"), ("answer", f"a{other}")):
        assert program.send(event, user=user, **{"from": "13900000001"}) == 200
    call = Call.objects.get()
    assert call.agent_id == first and call.doubtful == ""
    assert list(CallEvent.objects.filter(kind__in=["connected", "joined"]).values_list("kind", "data__agent")) == [("connected", first), ("joined", other)]
    assert {ringing.of_person(cast.actors[who]).count() for who in ("agent", second)} == {1}
    assert program.send("hangup") == 200
    call.refresh_from_db()
    assert call.result == "answered" and call.ended_at


@pytest.mark.parametrize("order", [("answer", "newCall", "hangup"), ("hangup", "answer", "newCall"), ("newCall", "hangup", "answer"),
                                   ("hangup", "newCall", "hangup", "answer", "newCall")])
def test_in_whatever_order_they_come_it_is_one_call_that_was_answered_and_is_over(cast, order):
    program = Program(cast)
    for at, event in enumerate(order):
        with clock.fixed(NOW + timedelta(seconds=at)):
            assert program.send(event, user="a5", **{"from": "13900000001"}) == 200
    call = Call.objects.get()
    assert (call.result, call.agent_id, numbers.whole(call)) == ("answered", 5, "+8613900000001") and call.ended_at
    assert not live.now().waiting and not live.now().talking


@pytest.mark.parametrize("late", [301, -330, 86_400])
def test_what_is_older_or_younger_than_five_minutes_is_refused_and_makes_no_call(cast, late):
    program = Program(cast)
    assert program.send("newCall", late=late) == 409 and program.send("newCall", key="x" * 40) == 409 and not Call.objects.exists()
    assert program.send("newCall", late=late / abs(late) * 290) == 200


def test_two_programs_with_the_same_number_of_a_call_tell_of_two_calls(cast):
    one, two = Program(cast), Program(cast, "shift_leader")
    assert one.send("newCall", **{"from": "13900000001"}) == two.send("newCall", **{"from": "13900000002"}) == 200
    assert Call.objects.count() == 2 and {call.doubtful for call in Call.objects.all()} == {""}


def test_a_ring_of_which_nobody_tells_the_end_waits_on_no_wall_for_ever_and_is_said(cast, settings):
    settings.TELEPHONY = "simulator"
    Program(cast).send("newCall", **{"from": "13900000001"})
    with clock.fixed(Call.objects.get().arrived_at + timedelta(seconds=9)):
        assert [one.waits_s for one in live.now().waiting] == [9]
    with clock.fixed(Call.objects.get().arrived_at + timedelta(hours=3)):
        assert not live.now().waiting
        assert [said for well, said in link.told() if well is None and "还没有结束" in said]


@pytest.mark.parametrize("queue", ["q-desk-9999999999999999999", "q-desk-9223372036854775808", "q-desk-0"])
def test_a_queue_that_is_named_like_a_desk_and_is_none_loses_no_call(cast, queue):
    program = Program(cast)
    assert [program.send(event, queue=queue, **{"from": "13900000001"}) for event in ("newCall", "answer", "hangup")] == [200] * 3
    assert (Call.objects.get().queue, Call.objects.get().period_desk_id or 0) == (queue, 0)


@pytest.mark.parametrize("user", ["a999999999999999999", "a4294967296", "a999999"])
def test_an_agent_who_is_nobody_of_ours_loses_no_call_and_stands_on_no_wall(cast, user):
    program = Program(cast)
    with clock.fixed(clock.machine_now()):
        assert [program.send(event, user=user, **{"from": "13900000001"}) for event in ("newCall", "answer")] == [200] * 2
        assert live.now().agents == () and live.now().talking == 1
        assert program.send("hangup", user=user) == 200 and Call.objects.get().result == "answered"


def test_who_answered_talks_on_the_wall_until_the_call_is_over_and_stands_then_where_they_stood(cast):
    program, agent, other = Program(cast), cast.people["agent"].id, cast.people["shift_leader"].id
    with clock.fixed(clock.machine_now()):
        presence.change(person_id=other, state="paused", reason="meal", at=clock.now() - timedelta(minutes=5))
        for call, person in (("c.1", agent), ("c.2", other)):
            assert [program.send(event, call=call, user=f"a{person}", late=5) for event in ("newCall", "answer")] == [200] * 2
        assert {one.person_id: one.state for one in live.now().agents} == {agent: "talking", other: "talking"}
        for call in ("c.1", "c.2"):
            assert program.send("hangup", call=call) == 200
        assert {one.person_id: (one.state, one.reason) for one in live.now().agents} == {other: ("paused", "meal")}


@pytest.mark.parametrize("name", ["rl-{}-5", "cb-{}-1", "hf-{}-1"])
def test_a_call_that_bears_the_name_of_one_of_ours_proves_nothing(cast, name):
    """Only our own exchange says that a unit has spoken with a requester through the centre, or that a number was rung back; the call is there all the same."""
    program, case = Program(cast), cast.at_state(State.IN_PROGRESS)
    given = {"call": name.format(case.id), "direction": "out", "to": "13900000001"}
    with clock.fixed(clock.now() + timedelta(minutes=3)):
        for event, late in (("newCall", 90), ("answer", 80), ("hangup", 10)):
            assert program.send(event, late=late, user=f"a{cast.people['agent'].id}", **given) == 200
        assert relays.settle() == 0
    call = Call.objects.get()
    assert (call.linkedid, call.result, call.callback_id) == ("x-" + given["call"], "answered", None)
    assert not case.steps.filter(step="relay_contact").exists() and not CallCase.objects.exists()
