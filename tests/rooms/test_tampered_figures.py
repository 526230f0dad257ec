"""What the program's own role may rewrite, and what the law counts by: figures, rungs of the ladder, calls, call-backs, recordings, whose case it is.

All is done as the role that owns nothing; `doctor --verify-history` names each.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import F
from tests.cast import NOW, build
from tests.rooms.test_call_backs_owed import answered, lost
from tests.rooms.test_recordings import recorded

from minsheng.cases import actions as cases
from minsheng.cases.actions import anchors
from minsheng.cases.models import Case, CaseText
from minsheng.cases.rules import State
from minsheng.cli import doctor
from minsheng.kit import clock
from minsheng.measures import following
from minsheng.measures.models import Cell, Following
from minsheng.oversight.models import Reached, Urged
from minsheng.telephony.actions import callbacks, recordings, verify
from minsheng.telephony.models import Call, Callback, CallbackTry, Recording


@pytest.fixture
def cast(db, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with clock.fixed(NOW):
        yield build()


def named(word: str) -> list[str]:
    return [line for well, line in doctor.history() if not well and word in line]


# --- figures ------------------------------------------------------------


@pytest.fixture
def counted(cast) -> Case:
    case = cast.at_state(State.CLOSED)
    following.catch_up()
    assert named("") == [] and Cell.objects.exists()
    return case


@pytest.mark.parametrize("deed", [
    lambda: Cell.objects.update(count=F("count") + 1), lambda: Cell.objects.filter(grain="m").delete(), lambda: Cell.objects.update(sets=0),
    lambda: Cell.objects.filter(fact="received").update(lead_id=7)])
def test_a_cell_of_the_cube_rewritten_added_or_taken_away_is_named(counted, deed):
    deed()
    assert [line for line in named("汇总") if "台账为" in line]


def test_the_place_up_to_which_steps_are_read_moved_by_hand_is_named_by_the_case_that_was_left_out(cast, counted):
    far = 2**62
    Following.objects.filter(id=1).update(number=far, step=far)
    left_out = cast.at_state(State.IN_PROGRESS)
    assert [line for line in named("台账中没有") if left_out.number in line]


# --- rungs ------------------------------------------------------------


def test_that_an_order_came_to_a_rung_is_noted_once_and_for_good(cast):
    case = cast.at_state(State.IN_PROGRESS)
    Reached.objects.create(case_id=case.id, unit=case.lead, rung="late-1", measure="urge", round=10_000, at=clock.now(), told=1)
    Urged.objects.create(kind="slip", subject_id=7, rung="late-1", due="2025-01-03", at=clock.now(), told=1)
    for table in ("oversight_reached", "oversight_urged"):
        for deed in (f"UPDATE {table} SET told = 0", f"DELETE FROM {table}", f"TRUNCATE {table}", f"ALTER TABLE {table} DISABLE TRIGGER USER"):
            with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(deed)
    assert Reached.objects.get().told == Urged.objects.get().told == 1


# --- whose case it is ------------------------------------------------------------


def broken() -> list[str]:
    return [str(row) for row in anchors.verify_history()]


@pytest.mark.parametrize("other", [None, "another"])
def test_whose_case_it_is_rewritten_by_hand_is_named(cast, other):
    case, next_ = cast.create(), cast.create(requester=cases.Requester("李红", "13900000002"))
    assert broken() == []
    Case.objects.filter(id=case.id).update(contact_id=next_.contact_id if other else None)
    assert [line for line in broken() if str(case.id) in line and "诉求人" in line]


def test_a_requester_put_on_an_anonymous_case_is_named_and_a_number_that_a_step_gave_is_not(cast):
    case = cast.at_state(State.PENDING_CALLBACK, requester=cases.Requester("", ""))
    case = cast.take(case, "give_number", "agent", party=case.id, phone="13900000008", reason="来信落款处", number_from="records", identity=[])
    assert case.contact_id and broken() == []
    other = cast.create(requester=cases.Requester("李红", "13900000002"))
    Case.objects.filter(id=case.id).update(contact_id=other.contact_id)
    assert [line for line in broken() if str(case.id) in line and "诉求人" in line]


def test_the_number_of_a_merged_requester_which_the_order_gave_them_verifies_and_another_is_named(cast):
    order = cast.at_state(State.IN_PROGRESS)
    merged = cast.create(requester=cases.Requester("", ""), narrative="我家也停水。", title="停水")
    merged = cast.take(merged, "merge", "dispatcher", master=order.id, reason="同一处停水")
    order = cast.take(cast.reply(order, "water"), "accept_reply", "checker")
    cast.take(order, "give_number", "agent", party=merged.id, phone="13900000008", reason="来信落款处", number_from="records", identity=[])
    merged.refresh_from_db()
    assert merged.contact_id and broken() == []
    Case.objects.filter(id=merged.id).update(contact_id=order.contact_id)
    assert [line for line in broken() if str(merged.id) in line and "诉求人" in line]


def test_what_the_history_keeps_of_whose_case_it_was_says_nothing_after_an_erasure(cast):
    case = cast.at_state(State.CLOSED)
    cast.take(case, "ask_erasure", "supervisor", reason="诉求人依法申请删除")
    cast.take(case, "erase", "security_admin", ground="request")
    assert broken() == [] and Case.objects.get(id=case.id).contact_id is None
    assert CaseText.objects.get(case_id=case.id).salt is None, "the salt of the digest is gone"


# --- calls ------------------------------------------------------------

CALLS = {
    "arrived_at": NOW - timedelta(hours=9), "connected_at": NOW - timedelta(seconds=299), "queued_at": None, "ended_at": NOW, "result": "answered",
    "agent_id": 5, "rings": 0, "hold_s": 99, "survey": 5, "language": "bo", "direction": "out", "queue": "q-bo", "transferred_to": "110", "party": "110",
    "period_desk_id": 3, "left_at": NOW, "callback_id": 3,
}


@pytest.mark.parametrize("column", CALLS)
def test_what_a_call_was_rewritten_by_hand_is_named_by_its_column(cast, column):
    lost("+8613900000001")
    answered("+8613900000002", ago=100)
    assert list(verify.verify_history()) == []
    call = Call.objects.order_by("id").first()
    assert getattr(call, column) != CALLS[column] or column == "rings", "it is another value than it was"
    Call.objects.filter(id=call.id).update(**{column: CALLS[column] if column != "rings" else 7})
    assert [line for line in named("来电、回拨") + named("通话") if f"通话 {call.id} 的" in line]


def test_a_call_that_no_exchange_told_of_is_named(cast):
    Call.objects.create(pbx="pbx1", linkedid="made-up", arrived_at=NOW, updated_at=NOW)
    assert [line for line in verify.verify_history() if "没有这通来电的记录" in line]


# --- call-backs ------------------------------------------------------------


@pytest.fixture
def owed(cast) -> Callback:
    lost("+8613900000001")
    callbacks.settle()
    row = callbacks.take(by=cast.actors["callback_clerk"])
    callbacks.reveal(callback_id=row.pk, by=cast.actors["callback_clerk"])
    callbacks.record(callback_id=row.pk, by=cast.actors["callback_clerk"], result="no_answer")
    assert list(verify.verify_history()) == []
    return Callback.objects.get(pk=row.pk)


@pytest.mark.parametrize("change", [
    {"state": "done", "closed_at": NOW}, {"state": "called_again", "closed_at": NOW}, {"state": "given_up", "closed_at": NOW}, {"attempts": 0}, {"attempts": 3},
    {"made_at": NOW + timedelta(hours=2)}, {"promised_at": NOW + timedelta(hours=9)}, {"closed_at": NOW}, {"number_hash": None}])
def test_a_call_back_rewritten_by_hand_is_named(owed, change):
    Callback.objects.filter(pk=owed.pk).update(**change)
    assert [line for line in verify.verify_history() if f"回拨 {owed.pk}" in line]


def test_an_attempt_that_nobody_made_and_one_taken_away_are_named(cast, owed):
    lost("+8613900000007")
    callbacks.settle()
    row = callbacks.take(by=cast.actors["agent"])
    CallbackTry.objects.filter(callback=row).update(result="reached")
    Callback.objects.filter(pk=row.pk).update(state="done", closed_at=clock.now(), leased_by=None)
    assert [line for line in verify.verify_history() if f"回拨 {row.pk}" in line and "没有接通" in line], "both rows agree, and nobody rang"
    CallbackTry.objects.filter(callback=owed).delete()
    assert [line for line in verify.verify_history() if f"回拨 {owed.pk}" in line and "已拨次数" in line]


def test_a_caller_who_came_through_again_and_one_who_was_reached_verify(cast, owed):
    answered("+8613900000001", ago=0)
    callbacks.settle()
    assert Callback.objects.get().state == "called_again" and list(verify.verify_history()) == []


# --- recordings ------------------------------------------------------------


@pytest.mark.parametrize("change", [{"sha256": None}, {"path": ""}, {"state": "deleted", "path": "", "sha256": None}])
def test_a_recording_hidden_by_hand_is_named(cast, change):
    row = recorded(cast, name="2025/01/02/pbx1-1.2.wav", case=cast.create())
    recordings.finish()
    row.refresh_from_db()
    assert row.path and not [line for line in verify.verify_history() if f"录音 {row.pk}" in line]
    Recording.objects.filter(pk=row.pk).update(**change)
    assert [line for line in verify.verify_history() if f"录音 {row.pk}" in line]
