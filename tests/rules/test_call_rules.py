"""An exchange's ledger is read line by line, and a call is what its events say: whatever the order, the batches, the repetitions."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minsheng.telephony.rules import calls, cti, ledger_lines, numbers
from minsheng.telephony.rules.events import Event, Kind
from minsheng.telephony.rules.words import CallbackReason, Result
from minsheng.telephony.simulator import CEL, Day, Town

T0 = datetime(2025, 1, 2, 2, 0, tzinfo=UTC)
E0 = int(T0.timestamp())
TOWN = Town(((11, ("zh", "bo")), (12, ("zh",)), (13, ("zh", "bo"))), per_hour=240, patience=25, talk=60)


def log(*lines: str) -> list[Event]:
    """`+12|1.1|q-zh|a5|CONNECT|…` at 12 seconds."""
    found = []
    for line in lines:
        at, _, rest = line.partition("|")
        event = ledger_lines.read_queue_log(f"{E0 + int(at)}|pbx1-{rest}", "pbx1")
        assert event is not None, line
        found.append(event)
    return found


def cel(*lines: str) -> list[Event]:
    """`12.5,CHAN_START,1.1,1.1,13900000000,,PJSIP/trunk-1,,`: at, type, linkedid, uniqueid, number, context, channel, app, extra."""
    found = []
    for line in lines:
        at, kind, linked, unique, number, context, channel, app, extra = line.split(",", 8)
        text = [kind, f"{E0 + float(at):.3f}", f"pbx1-{linked}", f"pbx1-{unique}", number, "12345", context, channel, app, extra]
        event = ledger_lines.read_cel(",".join('"' + part.replace('"', '""') + '"' for part in text), "pbx1")
        if event is not None:
            found.append(event)
    return found


ANSWERED = ("0|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "12|1.1|q-zh|PJSIP/a5|CONNECT|12|1.2|3", "72|1.1|q-zh|PJSIP/a5|COMPLETEAGENT|12|60|1")
EXACT = ("-6.25,CHAN_START,1.1,1.1,13900000001,from-trunk,PJSIP/trunk-1,,", "-1.0,IVR_LANG,1.1,1.1,,,PJSIP/trunk-1,CELGenUserEvent,{\"extra\":\"bo\"}",
         "0.75,APP_START,1.1,1.1,,,PJSIP/trunk-1,Queue,", "9.1,CHAN_START,1.1,1.2,,,PJSIP/a5-0000002a,,", "12.4,BRIDGE_ENTER,1.1,1.1,,,PJSIP/trunk-1,,",
         "12.5,REC_START,1.1,1.2,,,PJSIP/a5-0000002a,CELGenUserEvent,{\"extra\":\"2025\\/01\\/02\\/1.1.1.2.wav\"}",
         "30,HOLD,1.1,1.2,,,PJSIP/a5-0000002a,,", "41,UNHOLD,1.1,1.2,,,PJSIP/a5-0000002a,,", "75,SURVEY,1.1,1.1,,,PJSIP/trunk-1,CELGenUserEvent,{\"extra\":\"3\"}",
         "77.5,LINKEDID_END,1.1,1.1,,,PJSIP/trunk-1,,", "77.5,CHAN_END,1.1,1.1,,,PJSIP/trunk-1,,")


def test_an_answered_call_is_told_by_the_queue_alone_and_better_with_the_exact_ledger():
    bare = calls.what_was(log(*ANSWERED))
    assert (bare.result, bare.agent_id, bare.number, bare.language) == ("answered", 5, "+8613900000001", "zh")
    assert (bare.arrived_at, bare.queued_at, bare.ended_at) == (T0, T0, T0 + timedelta(seconds=72))
    both = calls.what_was(log(*ANSWERED) + cel(*EXACT))
    assert (both.queued_at, both.connected_at) == (T0 + timedelta(seconds=0.75), T0 + timedelta(seconds=12.4))
    assert (both.arrived_at, both.left_at, both.ended_at) == tuple(T0 + timedelta(seconds=s) for s in (-6.25, 72, 77.5))
    assert (both.language, both.survey, both.hold_s, both.doubtful) == ("bo", 3, 11, "")
    assert [(leg.leg, leg.path) for leg in calls.legs(cel(*EXACT))] == [("pbx1-1.2", "2025/01/02/1.1.1.2.wav")]
    offered = [e for e in cel(*EXACT) if e.kind == Kind.OFFERED]
    assert [e.agent for e in offered] == [5]


def test_what_became_of_a_call():
    enter = "0|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1"
    restart = [T0 + timedelta(seconds=40)]
    cases = {
        "abandoned": log(enter, "9|1.1|q-zh|NONE|ABANDON|1|1|9"),
        "callback": log(enter, "9|1.1|q-zh|NONE|EXITWITHKEY|1|1|1|9", "9|1.1|q-zh|NONE|CALLBACKREQ|13900000001"),
        "left": log(enter, "9|1.1|q-zh|NONE|EXITWITHTIMEOUT|1|1|9"),
        "voicemail": log(enter, "9|1.1|q-zh|NONE|EXITEMPTY|1|1|9", "30|1.1|q-zh|NONE|VOICEMAIL|13900000001"),
        "live": log(enter),
        "greeting": cel("0,CHAN_START,1.1,1.1,13900000001,from-trunk,PJSIP/trunk-1,,", "4,LINKEDID_END,1.1,1.1,,,,,"),
        "unreached": cel("0,CHAN_START,cb-7-1,cb-7-1,12345,callback,PJSIP/a5-1,,", "9,LINKEDID_END,cb-7-1,cb-7-1,,,,,"),
    }
    assert {name: calls.what_was(events).result for name, events in cases.items()} == {name: name for name in cases}
    assert calls.what_was(log(enter), restart).result == "pbx_restart" and calls.what_was(log(enter), restart).ended_at == restart[0]
    talking = calls.what_was(log(*ANSWERED[:2]), restart)
    assert (talking.result, talking.left_at) == ("pbx_restart", restart[0]), "who was talking is cut off, too"
    assert calls.what_was(log(*ANSWERED), restart).result == "answered", "its end was there, only later in the file"
    late = calls.what_was(log("50|1.9|q-zh|NONE|ENTERQUEUE||13900000001|1"), restart)
    assert late.result == "live", "it came after the restart"


def test_transfers_desks_calls_of_our_own_and_a_lost_beginning():
    gone = calls.what_was(log(*ANSWERED[:2], "40|1.1|q-zh|PJSIP/a5|BLINDTRANSFER|110|transfer|12|28|1"))
    assert (gone.result, gone.transferred_to, gone.left_at) == ("answered", "110", T0 + timedelta(seconds=40))
    desk = calls.what_was(log("0|1.1|q-desk-42|NONE|ENTERQUEUE||13900000001|1"))
    assert (desk.queue, desk.period_desk_id) == ("q-desk-42", 42)
    at_once = ("12|1.1|q-desk-1654859287756800007|NONE|ENTERQUEUE||13900000001|1", "12|1.1|q-desk-1654859287756800007|PJSIP/a6|CONNECT|0|x|0")
    passed = calls.what_was(log("0|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "12|1.1|q-zh|PJSIP/a5|CONNECT|12|x|3", *at_once))
    assert passed.period_desk_id == 1654859287756800007, "a desk's own number is of nineteen digits; within a second the queues have no order"
    in_a_second = ("12|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "12|1.1|q-zh|PJSIP/a5|CONNECT|0|x|0", "12|1.1|q-desk-42|NONE|ENTERQUEUE||13900000001|1")
    assert calls.what_was(log(*in_a_second)).period_desk_id == 42, "it rings at the desk: its page begins there"
    ours = calls.what_was([Event(Kind.ARRIVED, "pbx1", "cb-7-2", "cb-7-2", T0, agent=5), Event(Kind.CONNECTED, "pbx1", "cb-7-2", "cb-7-2", T0, exact=True),
                           Event(Kind.DIALLED, "pbx1", "cb-7-2", "cb-7-2", T0, target="BUSY"), Event(Kind.ENDED, "pbx1", "cb-7-2", "x", T0, target="linkedid")])
    assert (ours.direction, ours.callback_id, ours.result, ours.agent_id) == ("out", 7, "unreached", 5)
    assert calls.attempt_of("cb-7-2") == (7, 2) and calls.attempt_of("cb-7") is None and calls.attempt_of("cb-99999999999999999999-1") is None
    lost = calls.what_was(log("0|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "72|1.1|q-zh|PJSIP/a5|COMPLETECALLER|12|60|1"))
    assert (lost.result, lost.connected_at, lost.agent_id) == ("answered", T0 + timedelta(seconds=12), 5)


def test_a_call_that_a_colleague_has_taken_goes_on_and_a_leg_of_the_queues_is_no_colleague():
    """Asked first and passed on (REFER with Replaces), or taken over: queue_log says that the agent is done, the other ledger that it goes on."""
    passed = log(*ANSWERED[:2], "40|1.1|q-zh|PJSIP/a5|ATTENDEDTRANSFER|BRIDGE|x|12|28|1")
    joined = cel("12.4,BRIDGE_ENTER,1.1,1.2,,,PJSIP/a5-0000002a,AppQueue,", "40.3,BRIDGE_ENTER,1.1,1.9,,,PJSIP/a6-0000002b,AppDial,")
    assert [(e.kind, e.agent) for e in joined] == [(Kind.JOINED, 6)]
    was = calls.what_was(passed + joined)
    assert (was.result, was.ended_at, was.left_at, was.agent_id) == ("live", None, T0 + timedelta(seconds=40), 5)
    assert was.transferred_to == "a6" and calls.what_was(log(*ANSWERED)).transferred_to == "", "it counts as passed on"
    assert calls.what_was(passed).transferred_to == calls.ASKED_FIRST, "of nobody who came in is told"
    over = calls.what_was(passed + joined + cel("90,LINKEDID_END,1.1,1.1,,,,,"))
    assert (over.result, over.ended_at) == ("answered", T0 + timedelta(seconds=90))
    assert calls.what_was(passed).ended_at == T0 + timedelta(seconds=40), "to a number outside: nobody of ours has joined"
    assert calls.what_was(passed + joined, [T0 + timedelta(seconds=60)]).result == "pbx_restart"


def test_on_hold_is_until_the_person_was_done_however_it_ended():
    """Asked first, the caller on hold all the while: what they speak with 110 afterwards is no hold. And who is left on hold and hangs up waited till then."""
    on_hold = "30,HOLD,1.1,1.2,,,PJSIP/a5-0000002a,,"
    passed = log(*ANSWERED[:2], "40|1.1|q-zh|PJSIP/a5|ATTENDEDTRANSFER|BRIDGE|x|12|28|1") + cel(
        *EXACT[:5], on_hold, "40.3,BRIDGE_ENTER,1.1,1.9,110,,PJSIP/trunk-0000000b,AppDial,", "640,LINKEDID_END,1.1,1.1,,,,,")
    assert (calls.what_was(passed).hold_s, calls.what_was(passed).transferred_to) == (10, "110")
    left = calls.what_was(log(*ANSWERED[:2], "72|1.1|q-zh|PJSIP/a5|COMPLETECALLER|12|60|1") + cel(*EXACT[:5], on_hold, "72.2,LINKEDID_END,1.1,1.1,,,,,"))
    assert (left.hold_s, left.result) == (42, "answered")


def test_whoever_answers_a_caller_anew_is_not_done_with_them_before_they_are():
    """The first agent's telephone fell silent, or they sent the caller into a queue: the queue's log has an end of a talk, and a second beginning."""
    first = (*ANSWERED[:2], "40|1.1|q-zh|PJSIP/a5|COMPLETEAGENT|12|28|1", "41|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1")
    now = calls.what_was(log(*first, "50|1.1|q-zh|PJSIP/a6|CONNECT|9|1.4|3") + cel(*EXACT[:5], "40.2,AGENT_LOST,1.1,1.1,,,PJSIP/trunk-1,CELGenUserEvent,PJSIP/a5"))
    assert (now.result, now.left_at, now.ended_at) == ("live", None, None)
    over = calls.what_was(log(*first, "50|1.1|q-zh|PJSIP/a6|CONNECT|9|1.4|3", "90|1.1|q-zh|PJSIP/a6|COMPLETECALLER|9|40|1"))
    assert (over.result, over.left_at, over.ended_at) == ("answered", T0 + timedelta(seconds=90), T0 + timedelta(seconds=90)), "also where no other ledger is"


def test_while_the_ledger_of_a_passed_on_call_is_read_line_by_line_it_never_seems_to_have_ended():
    """Another program would be told of an end that is none."""
    lines = ('40.4,BLINDTRANSFER,1.1,1.2,,,PJSIP/a5-0000002a,AppQueue,{"extension":"110"}', "40.5,TRANSFER_OUT,1.1,1.1,,,PJSIP/trunk-1,CELGenUserEvent,110",
             "45,BRIDGE_ENTER,1.1,1.1,,,PJSIP/trunk-1,Dial,", "45,BRIDGE_ENTER,1.1,1.9,110,,PJSIP/trunk-0000000b,AppDial,")
    told = log(*ANSWERED[:2]) + cel(*EXACT[:5])
    passed = log("40|1.1|q-zh|PJSIP/a5|BLINDTRANSFER|110|from-agent|12|28|1")
    for n in range(1, len(lines) + 1):
        for queue in ([], passed):
            now = calls.what_was(told + queue + cel(*lines[:n]))
            assert (now.result, now.ended_at) == ("live", None), lines[n - 1]
    over = calls.what_was(told + passed + cel(*lines, "99,LINKEDID_END,1.1,1.1,,,,,"))
    assert (over.result, over.transferred_to, over.ended_at) == ("answered", "110", T0 + timedelta(seconds=99))


def test_who_got_a_caller_without_the_queue_and_passed_them_on_is_not_where_they_went():
    """A colleague who took the call over is no member of a queue to its log: what they do with it is told by the other ledger alone."""
    taken = log(*ANSWERED[:2], "40|1.1|q-zh|PJSIP/a5|BLINDTRANSFER|a6|from-agent|12|28|1") + cel(
        *EXACT[:5], '40.4,BLINDTRANSFER,1.1,1.2,,,PJSIP/a5-0000002a,AppQueue,{"extension":"a6","context":"from-agent"}',
        "45,BRIDGE_ENTER,1.1,1.9,,,PJSIP/a6-0000002b,AppDial,", "45,BRIDGE_ENTER,1.1,1.1,,,PJSIP/trunk-1,Dial,")
    assert calls.what_was(taken).transferred_to == "a6"
    on = cel('70,BLINDTRANSFER,1.1,1.9,,,PJSIP/a6-0000002b,AppDial,{"extension":"q-bo","context":"from-agent"}', "70.1,APP_START,1.1,1.1,,,PJSIP/trunk-1,Queue,")
    there = calls.what_was(taken + on + log("75|1.1|q-bo|a7|CONNECT|5|x|1") + cel("75.5,BRIDGE_ENTER,1.1,1.1,,,PJSIP/trunk-1,Queue,", "99,LINKEDID_END,1.1,1.1,,,,,"))
    assert (there.transferred_to, there.result, there.agent_id) == ("q-bo", "answered", 5)
    odd = cel('70,BLINDTRANSFER,1.1,1.9,,,PJSIP/a6-0000002b,AppDial,{"extension":"13912345678"}')
    assert odd[0].target == "", "no more is kept than the name of a line, a colleague, a queue"
    gone = calls.what_was(taken + on + log("80|1.1|q-bo|NONE|ABANDON|1|1|10") + cel("80.5,LINKEDID_END,1.1,1.1,,,,,"))
    assert (gone.transferred_to, gone.result) == ("", "in_transfer")


def test_to_whom_a_call_went_that_was_asked_about_first_is_who_came_in_then():
    """The other side was rung in a call of its own; when it is put through, its leg comes into the citizen's."""
    passed = log(*ANSWERED[:2], "40|1.1|q-zh|PJSIP/a5|ATTENDEDTRANSFER|BRIDGE|x|12|28|1")
    police = cel("40.3,BRIDGE_ENTER,1.1,1.9,110,,PJSIP/trunk-0000000b,AppDial,")
    assert [(e.kind, e.target, e.agent, e.number) for e in police] == [(Kind.JOINED, "110", 0, "")]
    was = calls.what_was(passed + police)
    assert (was.transferred_to, was.result, was.left_at) == ("110", "live", T0 + timedelta(seconds=40)), "the citizen speaks on, with 110"
    over = calls.what_was(passed + police + cel("95,LINKEDID_END,1.1,1.1,,,,,"))
    assert (over.transferred_to, over.result, over.ended_at) == ("110", "answered", T0 + timedelta(seconds=95))
    before = cel("20.1,BRIDGE_ENTER,1.1,1.7,119,,PJSIP/trunk-0000000a,AppDial,")
    assert calls.what_was(passed + before).transferred_to == calls.ASKED_FIRST, "who was in it long before is not who got it"
    on = calls.what_was(passed + cel("40.3,BRIDGE_ENTER,1.1,1.9,,,PJSIP/a6-0000002b,AppDial,", "70,BRIDGE_ENTER,1.1,1.11,120,,PJSIP/trunk-0000000c,AppDial,"))
    assert on.transferred_to == "120", "a colleague got it and passed it on"
    back = calls.what_was(passed + cel("41,BRIDGE_ENTER,1.1,1.9,,,PJSIP/a5-0000002b,AppDial,"))
    assert back.transferred_to == calls.ASKED_FIRST, "the agent's own second leg is nobody else"
    assert cel("40.3,BRIDGE_ENTER,cb-7-1,1.9,13900000001,,PJSIP/trunk-0000000b,AppDial,") == [], "a citizen's number is said nowhere"


LOST = '20.2,AGENT_LOST,1.1,1.1,,,PJSIP/trunk-1,CELGenUserEvent,{"extra":"PJSIP\\/a5"}'


def test_a_telephone_that_fell_silent_in_the_talk_is_said_and_its_caller_is_owed_a_call_until_somebody_is_on_again():
    talked = log(*ANSWERED[:2], "20|1.1|q-zh|PJSIP/a5|COMPLETEAGENT|12|8|1")
    dropped = talked + cel(LOST)
    assert [(e.kind, e.agent) for e in cel(LOST)] == [(Kind.DROPPED, 5)]
    assert [e.target for e in log("20|NONE|NONE|a5|PAUSEALL|lost")] == ["lost"], "and is out of the queues"
    now = calls.what_was(dropped)
    assert (now.result, now.ended_at, now.agent_id) == ("live", None, 5), "it waits again"
    gave_up = calls.what_was(dropped + cel("33,LINKEDID_END,1.1,1.1,,,,,"))
    assert (gave_up.result, gave_up.left_at) == ("cut", T0 + timedelta(seconds=20))
    assert calls.owed_for(gave_up.result, True, False, True) == CallbackReason.PBX_RESTART
    by_queue = dropped + log("24|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "26|1.1|q-zh|PJSIP/a6|CONNECT|2|1.3|1", "50|1.1|q-zh|PJSIP/a6|COMPLETECALLER|2|24|1")
    found = calls.what_was(by_queue + cel("50.2,LINKEDID_END,1.1,1.1,,,,,"))
    assert (found.result, found.agent_id, found.doubtful, found.left_at) == ("answered", 5, "", T0 + timedelta(seconds=50))
    assert (found.queued_at, found.connected_at) == (T0, T0 + timedelta(seconds=12)), "its wait is that before the first voice"
    itself = dropped + cel("27,BRIDGE_ENTER,1.1,1.4,,,PJSIP/a5-0000002c,Dial,")
    assert calls.what_was(itself).result == "live"
    back = calls.what_was(itself + cel("60,LINKEDID_END,1.1,1.1,,,,,"))
    assert (back.result, back.left_at) == ("answered", T0 + timedelta(seconds=60)), "the same person, back again"
    again = calls.what_was(itself + cel(LOST.replace("20.2", "40.0"), "60,LINKEDID_END,1.1,1.1,,,,,"))
    assert again.result == "cut"


def test_a_leader_who_listens_is_where_the_ear_is_and_no_call_comes_of_it():
    rows = [(E0 + 1, "CHAN_START", ""), (E0 + 2, "ANSWER", "ChanSpy"), (E0 + 9, "CHAN_END", "ChanSpy"), (E0 + 9, "LINKEDID_END", "")]
    read = [ledger_lines.read_cel(f'"{what}","{at}.000","spy-26-9","spy-26-9","","","","PJSIP/a26-0000000a","{app}",""', "pbx1") for at, what, app in rows]
    heard = [event for event in read if event is not None]
    assert [(e.kind, e.linkedid, e.agent, e.target) for e in heard] == [(Kind.AGENT_CHANGED, "", 26, "listening"), (Kind.AGENT_CHANGED, "", 26, "listened")]


def test_two_exchanges_of_one_name_and_a_clock_that_jumps_are_said():
    twice = [*log("0|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1"), *log("0|1.1|q-zh|NONE|ENTERQUEUE||13900000002|1")]
    assert calls.what_was(twice).doubtful == "twice"
    jumped = calls.what_was(log("0|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "300|1.1|q-zh|PJSIP/a5|CONNECT|12|1.2|3"))
    assert jumped.doubtful == "clock"
    again = log("0|1.1|q-bo|NONE|ENTERQUEUE||13900000001|1", "60|1.1|q-bo|NONE|EXITWITHTIMEOUT|1|1|60", "60|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1",
                "70|1.1|q-zh|PJSIP/a5|CONNECT|10|1.2|3")
    assert (calls.what_was(again).doubtful, calls.what_was(again).queue) == ("", "q-zh")


@pytest.mark.parametrize(("line", "why"), [
    ("", "字段"), ("1735783200|a|b", "字段"), ("abc|1.1|q-zh|NONE|ABANDON|1|1|1", "时间不是数字"), ("12|1.1|q-zh|NONE|ABANDON|1|1|1", "时间不是数字"),
    ("0000000012|1.1|q-zh|NONE|ABANDON|1|1|1", "2000"), ("99999999999|1.1|q-zh|NONE|ABANDON|1|1|1", "2000"),
    ("1735783200|1.1|q-zh|NONE|ABANDON|1|1|neun", "不是数字"), ("1735783200|1.1|q-zh|a5|CONNECT||x|3", "不是数字"),
    ("1735783200|1 1;|q-zh|NONE|ABANDON|1|1|1", "通话编号"), ("1735783200|1.1|q zh|NONE|ABANDON|1|1|1", "队列名"),
    ("1735783200|1.1|q-zh|NONE|ABANDON|1|1|1\x00", "损坏"), ("1735783200|" + "x" * 5000, "过长"), ("1735783200|1.1|q-zh|NONE|ABANDON|1|1|٣", "不是数字")])
def test_a_line_that_cannot_be_read_says_why(line, why):
    with pytest.raises(ledger_lines.Unread, match=why):
        ledger_lines.read_queue_log(line, "pbx1")


def test_who_was_passed_on_to_nobody_and_is_answered_by_the_next_went_nowhere():
    lines = ("0|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "3|1.1|q-zh|PJSIP/a5|CONNECT|3|1.2|3", "20|1.1|q-zh|PJSIP/a5|BLINDTRANSFER|a9|from-agent|3|17|1")
    back = cel("26.5,PASSED_BACK,1.1,1.1,,passed-back,PJSIP/trunk-1,CELGenUserEvent,{\"extra\":\"\"}", "90,LINKEDID_END,1.1,1.1,,,PJSIP/trunk-1,,")
    again = ("27|1.1|q-zh|NONE|ENTERQUEUE||13900000001|1", "30|1.1|q-zh|PJSIP/a6|CONNECT|3|1.3|3", "90|1.1|q-zh|PJSIP/a6|COMPLETEAGENT|3|60|1")
    was = calls.what_was(log(*lines, *again) + back)
    assert (was.result, was.agent_id, was.transferred_to, was.doubtful) == ("answered", 5, "", "")
    on = log(*again[:2]) + log("50|1.1|q-zh|PJSIP/a6|BLINDTRANSFER|110|from-agent|3|20|1")
    assert calls.what_was(log(*lines) + on + back).transferred_to == "110", "later, to another, it went"


def test_lines_of_no_interest_are_passed_over_and_odd_ones_of_the_other_ledger_say_why():
    for line in ("1735783200|NONE|NONE|NONE|CONFIGRELOAD|", "1735783200|1.1|q-zh|NONE|DID|12345"):
        assert ledger_lines.read_queue_log(line, "pbx1") is None
    for line, why in (('"CHAN_START","x"', "字段"), ('"CHAN_START","1735783200.1","a b","a b","","","","","",""', "通话编号"), ('"CHAN_START"x,"1', "引号")):
        with pytest.raises(ledger_lines.Unread, match=why):
            ledger_lines.read_cel(line, "pbx1")
    tag = '"USER_DEFINED","1735783200.1","1.1","1.1","","","","","","{""extra"":""en""}","IVR_LANG"'
    assert ledger_lines.read_cel(tag, "pbx1").language == "en"
    assert ledger_lines.read_cel(tag.replace("en", "xx"), "pbx1") is None
    assert ledger_lines.read_cel(tag.replace("IVR_LANG", "SURVEY"), "pbx1") is None, "a word is no mark"
    keys = {key: bool(ledger_lines.read_cel(tag.replace("IVR_LANG", "SURVEY").replace("en", key), "pbx1")) for key in "0134"}
    assert keys == {"0": False, "1": True, "3": True, "4": False}, "three keys are offered"
    assert ledger_lines.whole_lines(b"a\nb\r\nhalf") == ([(0, b"a"), (2, b"b")], 5)


@given(st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_no_text_makes_the_readers_fall(text):
    for reader in ledger_lines.READERS.values():
        for line in (text, f"1735783200|{text}", f'"CHAN_START","1735783200.1",{text}'):
            try:
                event = reader(line, "pbx1")
            except ledger_lines.Unread:
                continue
            assert event is None or isinstance(event, Event)


def day(seed: int, minutes: int = 12) -> list[Event]:
    made = []
    for line in Day(TOWN, seed, T0).until((T0 + timedelta(minutes=minutes)).timestamp()):
        if line.sound is None:
            event = ledger_lines.READERS[ledger_lines.CEL if line.file == CEL else ledger_lines.QUEUE_LOG](line.text, "pbx1")
            if event is not None:
                made.append(event)
    return made


def test_110_rings_the_simulator_too_and_waits_until_somebody_answers():
    made = []
    for line in Day(replace(TOWN, police=0.3), 7, T0).until((T0 + timedelta(minutes=30)).timestamp()):
        event = line.sound is None and ledger_lines.READERS[ledger_lines.CEL if line.file == CEL else ledger_lines.QUEUE_LOG](line.text, "pbx1")
        made += [event] if event else []
    found = outcome(made)
    police = {linkedid: one for linkedid, one in found.items() if one.party}
    assert len(found) > len(police) > 10 and {one.party for one in police.values()} == {"110"}
    assert len({e.number for e in made if e.kind == Kind.ARRIVED and e.linkedid in police}) == 1, "one number, of 110 itself"
    assert sum(one.result == Result.ANSWERED for one in police.values()) > len(police) / 2


def outcome(events: list[Event]) -> dict[str, calls.CallFacts]:
    restarts = [e.at for e in events if e.kind == Kind.PBX_RESTARTED]
    by: dict[str, list[Event]] = {}
    for event in events:
        if event.linkedid:
            by.setdefault(event.linkedid, []).append(event)
    return {linkedid: calls.what_was(those, restarts) for linkedid, those in by.items()}


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_order_and_repetition_change_no_call_and_no_call_runs_backwards(seed, dice: random.Random):
    events = day(seed)
    whole = outcome(events)
    mixed = events + dice.sample(events, len(events) // 3)
    dice.shuffle(mixed)
    assert outcome(mixed) == whole
    for facts in whole.values():
        steps = [at for at in (facts.arrived_at, facts.queued_at, facts.connected_at, facts.left_at, facts.ended_at) if at]
        assert steps == sorted(steps) and not facts.doubtful
        assert (facts.result == Result.ANSWERED) == (facts.connected_at is not None and facts.ended_at is not None)
    assert {Result(f.result) for f in whole.values()} >= {Result.ANSWERED}


def test_callers_ids_in_all_the_shapes_that_trunks_send():
    shapes = {
        "13900000001": "+8613900000001", "013900000001": "+8613900000001", "+8613900000001": "+8613900000001", "008613900000001": "+8613900000001",
        "8613900000001": "+8613900000001", '"A" <sip:13900000001@10.0.0.1;user=phone>': "+8613900000001", "sip:+8613900000001@carrier": "+8613900000001",
        "tel:+86-139-0000-0001;phone-context=x": "+8613900000001", "<sip:%2B8613900000001@ims.example>": "+8613900000001", "sip:%00%0A@x": "",
        '"+8613900000002" <sip:anonymous@anonymous.invalid>': "", "sip:+8613900000001;npdi;rn=+861390@10.0.0.1;user=phone": "+8613900000001",
        "0086-139-0000-0001": "+8613900000001", "008608916300000": "+868916300000", "1390000000123456789012": "", "sip:13900000001%20@x": "+8613900000001",
        "08916300000": "+868916300000", "8916300000": "+868916300000",
        "+8608916300000": "+868916300000", "6300000": "+868916300000", "0868916300000": "", "4008001234": "+864008001234",
        "anonymous": "", "Restricted": "", "sip:anonymous@anonymous.invalid": "", "": "", "unknown": "", "139abc": "", "13900000001\r\nAction: Originate": "",
        "13９00000001": "", "0": "", "12345": "", "+1 212 555 0100": "+12125550100", "9" * 60: "",
        "1259313900000001": "+8613900000001", "1795113900000001": "+8613900000001", "1790908916300000": "+868916300000", "1795112345": "", "1812313900000001": "",
        "0891/6300000": "+868916300000", "+86 (0891) 630-0000": "+868916300000", "13900000001/13900000002": "",
    }
    assert {raw: numbers.caller(raw) for raw in shapes} == shapes


def test_who_is_rung_back_and_why():
    owed = {(r, c, n, q): calls.owed_for(r, c, n, q) for r in Result for c in (False, True) for n in (False, True) for q in (False, True)}
    assert owed[("abandoned", False, False, True)] == CallbackReason.ABANDONED and owed[("abandoned", False, True, True)] == CallbackReason.NIGHT
    assert owed[("callback", False, True, True)] == CallbackReason.PRESSED_1 and owed[("answered", True, False, True)] is None
    assert owed[("pbx_restart", False, False, False)] is None and owed[("pbx_restart", True, False, False)] == CallbackReason.PBX_RESTART
    assert owed[("greeting", False, False, False)] is None and owed[("live", False, False, True)] is None


def test_people_needed_by_the_known_vectors():
    from minsheng.telephony.rules import staffing

    assert staffing.needed(100, 240, 0.80, 20, most_busy=0.85) == 17 and staffing.on_the_roll(17, 0.30) == 25
    known = staffing.by_erlang_c(17, 100, 240, 20)
    assert (round(known.in_time, 4), round(known.occupancy, 4), round(known.waits, 4)) == (0.8104, 0.7843, 0.2573)
    assert round(staffing.erlang_b(10, 8), 4) == 0.1217, "the tables of Erlang B"
    short = staffing.by_erlang_c(13, 100, 240, 20)
    assert short.in_time == 0 and short.occupancy == 1, "thirteen people never catch up with 13.3 erlangs"
    assert staffing.needed(0, 240, 0.8, 20) == 0 and staffing.on_the_roll(0, 0.3) == 0 and staffing.by_erlang_c(2, 0, 240, 20).in_time == 1


def test_where_callers_give_up_a_short_desk_still_answers_some_and_patience_without_end_is_erlang_c():
    from minsheng.telephony.rules import staffing

    patient = staffing.by_erlang_a(17, 100, 240, 20, patience_s=1e7)
    known = staffing.by_erlang_c(17, 100, 240, 20)
    assert abs(patient.waits - known.waits) < 0.001 and abs(patient.asa - known.asa) < 0.1 and patient.gives_up < 1e-4
    assert abs(patient.in_time - known.in_time) < 0.01
    short = staffing.by_erlang_a(10, 100, 240, 20, patience_s=60)
    assert 0.2 < short.gives_up < 0.35 and short.occupancy < 1
    assert staffing.by_erlang_a(12, 100, 240, 20, 60).gives_up < short.gives_up, "two more lose fewer"
    answered = (1 - short.gives_up) * staffing.load(100, 240)
    assert abs(answered - 10 * short.occupancy) < 1e-6, "what is answered is what people do"
    assert staffing.by_erlang_a(0, 10, 60, 15, 60).gives_up == 1 and staffing.by_erlang_a(3, 0, 60, 15, 60).in_time == 1


def test_messages_of_any_exchange_are_read_like_its_files_and_only_fresh_and_signed():
    from minsheng.kit.verdict import Invalid
    from minsheng.telephony.rules import cti

    def told(at: int, **given) -> list[Event]:
        return cti.events_of({"callId": "x.1", **given}, "cti-1", T0 + timedelta(seconds=at))

    ring = told(0, event="newCall", **{"from": "013900000001", "to": "12345"})
    facts = calls.what_was([*ring, *told(12, event="answer", user="a5"), *told(70, event="hangup", cause="normalClearing")])
    assert (facts.result, facts.agent_id, facts.number, facts.connected_at) == ("answered", 5, "+8613900000001", T0 + timedelta(seconds=12))
    assert calls.what_was([*ring, *told(9, event="hangup")]).result == "abandoned"
    assert calls.what_was(told(0, event="newCall", direction="out", to="13900000001")).direction == "out"
    for odd in ({"event": "x"}, {"event": "answer", "callId": "a\r\nb"}, {"event": "answer", "queue": "q zh"}, {"event": "newCall", "direction": "up"}, {"event": 7}):
        with pytest.raises(Invalid):
            told(0, **odd)
    stamp, body = str(E0), b'{"event":"answer"}'
    good = cti.signature("s" * 32, stamp, body)
    assert cti.genuine("s" * 32, stamp, good.upper(), body, T0 + timedelta(minutes=4))
    wrong = [("x" * 32, stamp, good, body, 0), ("s" * 32, stamp, good, body + b" ", 0), ("s" * 32, str(E0 + 1), good, body, 0), ("s" * 32, stamp, good, body, 6),
             ("s" * 32, "heute", good, body, 0), ("s" * 32, stamp, "签名", body, 0)]
    assert not any(cti.genuine(secret, when, signed, text, T0 + timedelta(minutes=late)) for secret, when, signed, text, late in wrong)


@pytest.mark.parametrize("result", [Result.ANSWERED, Result.CUT, Result.IN_TRANSFER, Result.PBX_RESTART])
def test_of_who_was_answered_no_other_program_hears_that_nobody_answered(result):
    call = cti.Told("1.1", "in", "+8613900000001", "12345", "q-zh", 5, T0, T0, T0, result.value)
    assert [said["event"] for _, _, said in cti.messages(call, 0)] == ["newCall", "answer", "hangup"]
    assert cti.messages(call, 0)[-1][2]["cause"] == "normalClearing"
    assert cti.messages(replace(call, connected_at=None, agent=None, result="abandoned"), 0)[-1][2]["cause"] == "cancel"
