"""Whoever gave up, pressed 1 or lost their call is rung back: once, by day, at different times; whoever came through meanwhile is not."""

from datetime import datetime, timedelta

import pytest
from tests.cast import NOW

from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger.models import Entry
from minsheng.telephony.actions import callbacks, ledger
from minsheng.telephony.models import Call, Callback, CallbackTry
from minsheng.telephony.queries import owed
from minsheng.telephony.rules import callbacks as rules
from minsheng.telephony.rules.events import Event, Kind

FAR = timedelta(seconds=60)


def lost(number: str, how: Kind = Kind.ABANDONED, ago: int = 300, name: str = "", **more) -> None:
    at, linked = NOW - timedelta(seconds=ago), name or f"pbx1-{number[-4:]}.{ago}"
    ledger.keep("pbx1", [Event(Kind.QUEUED, "pbx1", linked, linked, at, queue="q-zh", language="zh", number=number),
                         Event(how, "pbx1", linked, linked, at + timedelta(seconds=40), queue="q-zh", value=40, **more)])


def answered(number: str, ago: int, agent: int = 5) -> None:
    at, linked = NOW - timedelta(seconds=ago), f"pbx1-again{number[-4:]}"
    ledger.keep("pbx1", [Event(Kind.QUEUED, "pbx1", linked, linked, at, queue="q-zh", number=number),
                         Event(Kind.CONNECTED, "pbx1", linked, linked, at, queue="q-zh", agent=agent), Event(Kind.ENDED, "pbx1", linked, linked, at + FAR, target="caller")])


def test_each_lost_caller_is_owed_one_call_and_never_two(cast):
    lost("+8613900000001")
    lost("+8613900000001", ago=200)
    lost("+8613900000002", Kind.LEFT_QUEUE, target="key")
    lost("", ago=250, name="pbx1-hidden")
    lost("+8613900000003")
    answered("+8613900000003", ago=100)
    lost("+8613900000004", ago=45)
    for _ in range(3):
        callbacks.settle()
    assert {(c.reason, c.state, c.call.arrived_at) for c in Callback.objects.all()} == {
        ("abandoned", "waiting", NOW - timedelta(seconds=200)), ("pressed_1", "waiting", NOW - timedelta(seconds=300))}
    with clock.fixed(NOW + FAR):
        callbacks.settle()
    assert Callback.objects.count() == 3, "the one of a moment ago was let settle first"
    answered("+8613900000002", ago=0)
    callbacks.settle()
    assert Callback.objects.get(reason="pressed_1").state == "called_again"


def test_a_call_that_a_late_ledger_calls_answered_is_owed_nothing(cast):
    lost("+8613900000001", Kind.ENDED, target="linkedid")
    callbacks.settle()
    call = Call.objects.get()
    assert Callback.objects.count() == 1
    ledger.keep("pbx1", [Event(Kind.CONNECTED, "pbx1", call.linkedid, call.linkedid, call.arrived_at + timedelta(seconds=3), queue="q-zh", agent=5)])
    callbacks.settle()
    assert not Callback.objects.exists()


def test_one_person_has_it_at_a_time_and_attempts_lie_apart(cast):
    clerk, agent = cast.actors["callback_clerk"], cast.actors["agent"]
    for number in ("+8613900000001", "+8613900000002"):
        lost(number)
    callbacks.settle()
    row = callbacks.take(by=clerk)
    assert callbacks.take(by=clerk) == row and callbacks.take(by=agent).pk != row.pk
    with pytest.raises(Refused, match="没有到时间"):
        callbacks.take(by=cast.actors["shift_leader"])
    with pytest.raises(Refused, match="话务员"):
        callbacks.take(by=cast.actors["supervisor"])
    assert callbacks.reveal(callback_id=row.pk, by=clerk).phone.startswith("+8613900") and Entry.objects.filter(kind="reveal", about=f"callback:{row.pk}").count() == 1
    with pytest.raises(Refused):
        callbacks.reveal(callback_id=row.pk, by=agent)
    with pytest.raises(Invalid):
        callbacks.record(callback_id=row.pk, by=clerk, result="x")
    row = callbacks.record(callback_id=row.pk, by=clerk, result="no_answer", note="响铃无人接")
    assert row.state == "waiting" and callbacks.local(row.due_at).strftime("%d %H:%M") == "02 12:00"
    with pytest.raises(Refused, match="等到"):
        callbacks.take(by=clerk, callback_id=row.pk)
    for hour, due in ((12.5, "02 17:30"), (18, None)):
        with clock.fixed(NOW + timedelta(hours=hour - 10)):
            callbacks.take(by=clerk, callback_id=row.pk)
            with pytest.raises(Refused, match="还没有拨过"):
                callbacks.record(callback_id=row.pk, by=clerk, result="busy")
            callbacks.reveal(callback_id=row.pk, by=clerk)
            row = callbacks.record(callback_id=row.pk, by=clerk, result="busy")
            assert due is None or callbacks.local(row.due_at).strftime("%d %H:%M") == due
    assert (row.state, row.attempts, CallbackTry.objects.filter(callback=row).count()) == ("given_up", 3, 3)
    with clock.fixed(NOW.replace(hour=22)), pytest.raises(Refused, match="不打扰"):
        callbacks.take(by=clerk)


def test_an_attempt_that_the_exchange_tells_of_needs_no_result_and_a_forgotten_one_goes_back(cast):
    clerk = cast.actors["callback_clerk"]
    lost("+8613900000001")
    callbacks.settle()
    row = callbacks.take(by=clerk)
    with clock.fixed(NOW + rules.LEASE):
        callbacks.settle()
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("waiting", 1)
        row, key = callbacks.take(by=clerk), f"cb-{row.pk}-2"
        at = clock.now()
        ledger.keep("pbx1", [Event(Kind.ARRIVED, "pbx1", key, key, at, agent=9), Event(Kind.DIALLED, "pbx1", key, key, at + FAR / 10, target="ANSWER"),
                             Event(Kind.CONNECTED, "pbx1", key, key, at + FAR / 10, exact=True), Event(Kind.ENDED, "pbx1", key, key, at + FAR, target="linkedid")])
        callbacks.settle()
    row.refresh_from_db()
    call = Call.objects.get(linkedid=key)
    assert row.state == "done" and (call.direction, call.result, call.callback_id) == ("out", "answered", row.pk)
    assert bytes(call.number_hash) == bytes(row.number_hash), "the number called is the record's"
    callbacks.settle()
    assert Callback.objects.count() == 1


def rung(key: str, status: str, at: datetime, ends: timedelta | None = FAR) -> None:
    """What the exchange writes of a call that we make."""
    events = [Event(Kind.ARRIVED, "pbx1", key, key, at, agent=9)]
    if status:
        events.append(Event(Kind.DIALLED, "pbx1", key, key, at + FAR / 10, target=status))
    if status == "ANSWER":
        events.append(Event(Kind.CONNECTED, "pbx1", key, key, at + FAR / 10, exact=True))
    ledger.keep("pbx1", [*events, *([Event(Kind.ENDED, "pbx1", key, key, at + ends, target="linkedid")] if ends else [])])


def test_what_the_exchange_tells_stands_and_the_clerk_adds_words(cast):
    clerk = cast.actors["callback_clerk"]
    lost("+8613900000001")
    callbacks.settle()
    row = callbacks.take(by=clerk)
    assert owed.told(row.pk, clerk).words == "" and owed.told(row.pk, cast.actors["agent"]) is None
    rung(f"cb-{row.pk}-1", "", NOW, ends=None)
    assert owed.told(row.pk, clerk).words == "正在呼叫"
    with pytest.raises(Refused, match="还没有结束"):
        callbacks.record(callback_id=row.pk, by=clerk, result="reached")
    rung(f"cb-{row.pk}-1", "BUSY", NOW)
    with pytest.raises(Refused, match="没有接通"):
        callbacks.record(callback_id=row.pk, by=clerk, result="reached")
    callbacks.settle()
    said = owed.told(row.pk, clerk)
    assert (said.words, said.over, said.due.strftime("%H:%M")) == ("占线", True, "12:00")
    with pytest.raises(Refused, match="已记下“占线”"):
        callbacks.record(callback_id=row.pk, by=clerk, result="reached", note="说了")
    assert callbacks.record(callback_id=row.pk, by=clerk, result="", note="忙音").tries.get().note == "忙音", "a note alone: the result is there already"
    with pytest.raises(Refused, match="不在您手里"):
        callbacks.record(callback_id=row.pk, by=clerk, result="busy", note="再写一遍")


def _cut(key: str, at: datetime, *events: Event) -> list[Event]:
    """The clerk's telephone falls silent in the talk."""
    return [Event(Kind.ARRIVED, "pbx1", key, key, at, agent=9), Event(Kind.CONNECTED, "pbx1", key, key, at + FAR / 10, exact=True),
            Event(Kind.DROPPED, "pbx1", key, f"{key}-2", at + FAR / 2, agent=9, exact=True), *events]


def test_whose_talk_broke_on_our_side_is_owed_another_call_at_once_and_it_counts_as_no_attempt(cast):
    clerk = cast.actors["callback_clerk"]
    lost("+8613900000001")
    callbacks.settle()
    row = callbacks.take(by=clerk)
    key = f"cb-{row.pk}-1"
    ledger.keep("pbx1", _cut(key, NOW, Event(Kind.ENDED, "pbx1", key, key, NOW + FAR, target="linkedid")))
    for said in ("reached", "cut", "no_answer"):
        with pytest.raises(Refused, match="由话务平台记下"):
            callbacks.record(callback_id=row.pk, by=clerk, result=said)
    callbacks.settle()
    row.refresh_from_db()
    assert Call.objects.get(linkedid=key).result == "cut"
    assert (row.state, owed.told(row.pk, clerk).words) == ("waiting", "接通后断线") and row.due_at <= NOW
    assert callbacks.take(by=cast.actors["agent"]).pk == row.pk, "anybody may ring them again now"
    again = f"cb-{row.pk}-2"
    ledger.keep("pbx1", _cut(again, NOW, Event(Kind.JOINED, "pbx1", again, f"{again}-3", NOW + FAR * 0.6, agent=9, exact=True),
                             Event(Kind.ENDED, "pbx1", again, again, NOW + FAR, target="linkedid")))
    callbacks.settle()
    row.refresh_from_db()
    assert (Call.objects.get(linkedid=again).result, row.state) == ("answered", "done"), "the telephone was back and they went on"


def test_an_exchange_that_restarts_in_an_attempt_reached_nobody(cast):
    clerk = cast.actors["callback_clerk"]
    for number, connected, word in (("+8613900000001", True, "接通后断线"), ("+8613900000002", False, "未拨出")):
        lost(number)
        callbacks.settle()
        row = callbacks.take(by=clerk)
        key = f"cb-{row.pk}-1"
        events = [Event(Kind.ARRIVED, "pbx1", key, key, NOW, agent=9), *([Event(Kind.CONNECTED, "pbx1", key, key, NOW + FAR / 10, exact=True)] if connected else [])]
        ledger.keep("pbx1", [*events, Event(Kind.PBX_RESTARTED, "pbx1", "", "", NOW + FAR)])
        callbacks.settle()
        row.refresh_from_db()
        assert (row.state, owed.told(row.pk, clerk).words, row.due_at <= NOW) == ("waiting", word, True)
        Callback.objects.filter(pk=row.pk).update(state="given_up", closed_at=NOW)


def test_a_number_is_nobody_elses_while_it_is_spoken_with(cast):
    clerk, agent = cast.actors["callback_clerk"], cast.actors["agent"]
    lost("+8613900000001")
    callbacks.settle()
    row = callbacks.take(by=clerk)
    rung(f"cb-{row.pk}-1", "ANSWER", NOW + timedelta(minutes=14), ends=None)
    with clock.fixed(NOW + timedelta(minutes=20)):
        callbacks.settle()
        with pytest.raises(Refused, match="没有到时间"):
            callbacks.take(by=agent)
        rung(f"cb-{row.pk}-1", "ANSWER", NOW + timedelta(minutes=14))
        callbacks.settle()
        row.refresh_from_db()
        assert row.state == "done"


def test_several_lost_calls_of_one_number_are_one_call_back_also_when_it_is_over(cast):
    clerk = cast.actors["callback_clerk"]
    for ago in (400, 300, 200):
        lost("+8613900000001", ago=ago)
    callbacks.settle()
    row = callbacks.take(by=clerk)
    lost("+8613900000001", ago=100)
    callbacks.reveal(callback_id=row.pk, by=clerk)
    callbacks.record(callback_id=row.pk, by=clerk, result="reached")
    with clock.fixed(NOW + FAR):
        callbacks.settle()
        assert list(Callback.objects.values_list("state", flat=True)) == ["done"], "rung once, whatever was lost before"
    lost("+8613900000001", ago=-60)
    with clock.fixed(NOW + timedelta(minutes=5)):
        callbacks.settle()
    assert Callback.objects.count() == 2, "lost anew afterwards, it is owed anew"


def test_who_rings_us_at_this_moment_is_rung_by_nobody(cast):
    """They wait, or talk with a colleague: a second call would be busy, or break in."""
    lost("+8613900000001", ago=400)
    lost("+8613900000002", ago=300)
    callbacks.settle()
    first, second = (Callback.objects.get(call__arrived_at=NOW - timedelta(seconds=ago)) for ago in (400, 300))
    by, other = cast.actors["agent"], cast.actors["callback_clerk"]
    comes = Event(Kind.QUEUED, "pbx1", "pbx1-now", "pbx1-now", NOW - timedelta(seconds=20), queue="q-zh", number="+8613900000001")
    ledger.keep("pbx1", [comes])
    assert callbacks.take(by=by).pk == second.pk
    with pytest.raises(Refused, match="正在打进来"):
        callbacks.take(by=other, callback_id=first.pk)
    again = Event(Kind.QUEUED, "pbx1", "pbx1-two", "pbx1-two", NOW - timedelta(seconds=9), queue="q-zh", number="+8613900000002")
    talks = Event(Kind.CONNECTED, "pbx1", "pbx1-two", "pbx1-two", NOW - timedelta(seconds=5), queue="q-zh", agent=7)
    ledger.keep("pbx1", [again, talks])
    for deed in (callbacks.dial, callbacks.reveal):
        with pytest.raises(Refused, match="正在打进来"):
            deed(callback_id=second.pk, by=by)
    assert not Entry.objects.filter(kind="reveal").exists()
    ledger.keep("pbx1", [Event(Kind.ABANDONED, "pbx1", "pbx1-now", "pbx1-now", NOW - timedelta(seconds=12), queue="q-zh", value=8),
                         Event(Kind.ENDED, "pbx1", "pbx1-two", "pbx1-two", NOW, target="caller", value=5, agent=7)])
    with clock.fixed(NOW + FAR):
        callbacks.settle()
        assert {row.pk: row.state for row in Callback.objects.all()} == {first.pk: "waiting", second.pk: "called_again"}, "given up again is owed once"
        assert callbacks.take(by=other).pk == first.pk


def test_what_is_in_hand_at_nine_in_the_evening_is_not_rung(cast):
    lost("+8613900000001")
    callbacks.settle()
    with clock.fixed(NOW.replace(hour=20, minute=58)):
        row = callbacks.take(by=cast.actors["callback_clerk"])
    for deed in (callbacks.dial, callbacks.reveal):
        with clock.fixed(NOW.replace(hour=21, minute=1)), pytest.raises(Refused, match="不打扰"):
            deed(callback_id=row.pk, by=cast.actors["callback_clerk"])


def test_hours_of_the_day_are_kept():
    at = datetime.fromisoformat
    assert rules.first_at(at("2025-01-02T22:10+08:00")) == at("2025-01-03T08:00+08:00") and rules.first_at(at("2025-01-02T05:00+08:00")).hour == 8
    assert rules.first_at(at("2025-01-02T10:00+08:00")) == at("2025-01-02T10:01+08:00")
    assert rules.next_at([at("2025-01-02T18:00+08:00")]) == at("2025-01-03T08:00+08:00")
    assert rules.next_at([at("2025-01-02T09:00+08:00"), at("2025-01-02T13:00+08:00"), at("2025-01-02T18:00+08:00")]) == at("2025-01-03T08:00+08:00")
    assert rules.promised_by(at("2025-01-02T10:00+08:00")) == at("2025-01-02T14:00+08:00")
    assert rules.promised_by(at("2025-01-02T19:00+08:00")) == at("2025-01-03T10:00+08:00")
    assert rules.after_try("wrong", 1) == "given_up" and rules.after_try("dropped", 9) == "waiting"


def test_an_exchange_of_the_citys_own_tells_by_signed_messages_and_twice_is_once(cast, monkeypatch):
    import json

    from django.test import Client

    from minsheng.accounts import actions as accounts
    from minsheng.telephony.rules import cti

    _, secret = accounts.make_token(person=cast.people["agent"], name="话务", scopes={"calls.write"}, by=accounts.COMMAND_LINE, setup=True)
    monkeypatch.setenv("MINSHENG_CTI_SECRET", "k" * 40)

    def send(signed: bool = True, **given):
        body, stamp = json.dumps({"callId": "c.1", **given}).encode(), str(int(clock.machine_now().timestamp()))
        head = {"Authorization": f"Bearer {secret}", "X-Minsheng-Time": stamp, "X-Minsheng-Signature": cti.signature("k" * 40, stamp, body) if signed else "00"}
        return Client().post("/api/v1/cti", body, content_type="application/json", headers=head)

    ring = {"event": "newCall", "from": "13900000001", "to": "12345"}
    assert send(signed=False, **ring).status_code == 409 and not Call.objects.exists()
    assert [send(**ring).status_code, send(**ring).status_code, send(event="answer", user="a5").status_code, send(event="hangup").status_code] == [200] * 4
    assert send(event="newCall", callId="a b").status_code == 422
    call = Call.objects.get()
    assert (call.result, call.agent_id, call.doubtful) == ("answered", 5, "")
