"""Who was answered and is passed on waits again: on the wall, at whoever is rung, and on the list of those who are owed a call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Q
from tests.cast import NOW

from minsheng.kit import clock
from minsheng.telephony.actions import callbacks, ledger, links, lost, presence, transfers
from minsheng.telephony.models import AgentState, Call, Callback
from minsheng.telephony.queries import figures, live, ringing
from minsheng.telephony.queries.call_sets import SETS
from minsheng.telephony.rules.ledger_lines import read_cel, read_queue_log
from minsheng.telephony.rules.words import Result

BEGAN = NOW - timedelta(minutes=10)
T0 = int(BEGAN.timestamp())
CALL, NUMBER = "pbx1-1.1", "13900000001"
HERS = (CALL, CALL, NUMBER, "from-trunk", "PJSIP/trunk-00000001")


def cel(at: float, name: str, place: tuple[str, ...], app: str = "", extra: str = "") -> str:
    linked, unique, number, context, channel = place
    return ",".join(f'"{one.replace(chr(34), chr(34) * 2)}"' for one in (name, f"{T0 + at:.3f}", linked, unique, number, "s", context, channel, app, extra))


def leg(person: int, n: int = 2) -> tuple[str, ...]:
    return (CALL, f"pbx1-1.{n}", f"a{person}", "q-zh", f"PJSIP/a{person}-0000000{n}")


def heard(*lines: str) -> None:
    ledger.keep("pbx1", [event for line in lines if (event := (read_cel if line.startswith('"') else read_queue_log)(line, "pbx1"))])


def answered_and_passed_on(person: int, to: str) -> None:
    heard(cel(0, "CHAN_START", HERS), cel(1, "APP_START", HERS, "Queue"), f"{T0 + 1}|{CALL}|q-zh|NONE|ENTERQUEUE||{NUMBER}|1",
          cel(2, "CHAN_START", leg(person)), f"{T0 + 5}|{CALL}|q-zh|a{person}|CONNECT|4|x|3", cel(5.1, "BRIDGE_ENTER", leg(person), "AppQueue"),
          cel(5.2, "BRIDGE_ENTER", HERS, "Queue"), f"{T0 + 60}|{CALL}|q-zh|a{person}|BLINDTRANSFER|{to}|from-agent|4|55|1", cel(60.4, "BLINDTRANSFER", leg(person), "AppQueue"))


def test_on_the_wall_she_waits_and_where_it_rings_now_her_call_is_seen(cast):
    first, second = cast.people["agent"].id, cast.people["shift_leader"].id
    answered_and_passed_on(first, "q-bo")
    heard(cel(60.5, "APP_START", HERS, "Queue"), f"{T0 + 60}|{CALL}|q-bo|NONE|ENTERQUEUE||{NUMBER}|1")
    with clock.fixed(BEGAN + timedelta(seconds=70)):
        now = live.now()
        assert ([(one.queue, round(one.waits_s / 10)) for one in now.waiting], now.talking) == ([("q-bo", 1)], 0)
        assert ringing.now(cast.actors["shift_leader"]) is None
        heard(cel(65, "CHAN_START", leg(second, 3)))
        call = Call.objects.get()
        assert ringing.caller(cast.actors["shift_leader"], call.id).number.endswith(NUMBER) and ringing.may_hear(cast.actors["shift_leader"], [call.id]) == {call.id}
        assert ringing.may_hear(cast.actors["callback_clerk"], [call.id]) == set()
        heard(f"{T0 + 68}|{CALL}|q-bo|a{second}|CONNECT|8|x|3", cel(68.6, "BRIDGE_ENTER", HERS, "Queue"))
        assert (live.now().waiting, live.now().talking) == ((), 1)
        assert Call.objects.get().left_at is None, "whoever answered now is not done"
    heard(cel(99, "LINKEDID_END", HERS))
    call.refresh_from_db()
    assert (call.result, call.transferred_to, call.agent_id) == ("answered", "q-bo", first)


def test_who_was_rung_before_her_call_went_elsewhere_sees_it_no_more(cast):
    first, second = cast.people["agent"].id, cast.people["shift_leader"].id
    answered_and_passed_on(first, f"a{second}")
    heard(cel(61, "CHAN_START", leg(second, 3)))
    call = Call.objects.get()
    assert ringing.may_hear(cast.actors["shift_leader"], [call.id]) == {call.id}
    heard(cel(70, "BRIDGE_ENTER", (CALL, "pbx1-1.9", "a77", "from-agent", "PJSIP/a77-00000009"), "AppDial"))
    assert ringing.may_hear(cast.actors["shift_leader"], [call.id]) == set()


@pytest.mark.parametrize("then", [[], [f"{T0 + 90}|{CALL}|q-bo|NONE|ABANDON|1|1|30"], 
                                  [f"{T0 + 90}|{CALL}|q-bo|NONE|EXITWITHKEY|1|1|1|30", f"{T0 + 90}|{CALL}|q-bo|NONE|CALLBACKREQ|{NUMBER}"]])
def test_gone_before_anybody_there_answered_she_is_answered_once_passed_on_to_nobody_and_rung_back(cast, then):
    answered_and_passed_on(cast.people["agent"].id, "q-bo")
    assert callbacks.settle() == 0, "she is still on the line"
    heard(*then, cel(90.2, "LINKEDID_END", HERS))
    with clock.fixed(NOW):
        assert (callbacks.settle(), callbacks.settle()) == (1, 0)
        counts = figures.figures(BEGAN - timedelta(hours=1), NOW)[0].counts
    assert Callback.objects.get().get_reason_display() == "转接中离开"
    assert {name: counts[name] for name in ("offered", "answered", "transferred", "in_transfer", "abandoned", "pressed")} == {
        "offered": 1, "answered": 1, "transferred": 0, "in_transfer": 1, "abandoned": 0, "pressed": 0}


def test_that_110_did_not_answer_before_she_hung_up_or_came_back_is_on_her_case(cast):
    answered_and_passed_on(cast.people["agent"].id, "110")
    heard(cel(60.5, "TRANSFER_OUT", HERS, extra="110"), cel(75, "TRANSFER_RESULT", HERS, extra="BUSY"), cel(75.1, "PASSED_BACK", HERS),
          cel(80, "TRANSFER_OUT", HERS, extra="119"), cel(85, "TRANSFER_RESULT", HERS, extra="CANCEL"), cel(85.1, "LINKEDID_END", HERS))
    case = cast.create()
    links.link(call_id=Call.objects.get().id, case_id=case.id, by=cast.actors["agent"])
    assert (transfers.settle(), transfers.settle()) == (2, 0)
    assert [(step.given["target"], step.text.words["why"]) for step in case.steps.filter(step="transfer_failed").order_by("seq")] == [("110", "占线"), ("119", "对方接听前取消")]


def test_whose_log_in_ends_in_a_talk_that_was_passed_on_to_them_talks_to_its_end(cast):
    """The first of them is done with it and goes, whoever got it stays until it is over."""
    first, second = cast.people["agent"].id, cast.people["shift_leader"].id
    answered_and_passed_on(first, f"a{second}")
    heard(cel(61, "CHAN_START", leg(second, 3)), cel(63, "BRIDGE_ENTER", leg(second, 3), "AppDial"), cel(63, "BRIDGE_ENTER", HERS, "Dial"))
    presence.change_many([presence.Change(first, "talking", BEGAN + timedelta(seconds=5), call_id=Call.objects.get().id),
                          presence.Change(second, "talking", BEGAN + timedelta(seconds=63), call_id=Call.objects.get().id)])
    rows = list(AgentState.objects.filter(until=None))
    assert len(rows) == 2 and lost.talking(rows) == {second}
    heard(cel(99, "LINKEDID_END", HERS))
    assert lost.talking(rows) == set()


def test_what_became_of_a_call_is_a_number_that_can_be_opened():
    """Each of the results that a call of a citizen may have, but that it was answered or could not be made, which are counted by the talk."""
    def said(condition):
        return {value for one in condition.children for value in (said(one) if isinstance(one, Q) else {one[1]})}

    counted = {value for one in SETS.values() for value in said(one.holds) if isinstance(value, str)}
    assert counted >= {one.value for one in Result} - {Result.ANSWERED.value, Result.UNREACHED.value}
