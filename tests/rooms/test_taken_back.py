"""A wrong dispatch is taken back for a minute, while nobody has signed: back in the pile as if it had not been sent, but for the record."""

from __future__ import annotations

import os

import pytest
from tests.cast import NOW, build, later

from minsheng.cases import queries
from minsheng.cases.models import Case, CaseClock, CaseStep, CaseTask
from minsheng.cases.queries.verify_chain import broken_rows
from minsheng.cases.rules import State, TaskState
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.messages.models import Message


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()


def sent(cast, **more) -> Case:
    return cast.take(cast.create(), "dispatch", "dispatcher", lead=cast.units["water"].id, **more)


def test_it_is_back_in_the_pile_and_no_clock_of_the_unit_runs(cast):
    before = cast.create()
    case = sent(cast, co_units=[cast.units["roads"].id])
    case = cast.take(case, "undispatch", "dispatcher")
    assert case.state == State.PENDING_REVIEW and case.lead_id is None and case.dispatches == 0 and case.dispatched_at is None
    assert case.contact_due_at is None and case.handle_due_at is None and case.due_at == before.due_at
    running = set(CaseClock.objects.filter(case_id=case.id, met_at=None, void=False).values_list("code", flat=True))
    assert not running & {"sign", "contact", "handle"}
    assert set(CaseTask.objects.filter(case_id=case.id).values_list("state", flat=True)) == {TaskState.CANCELLED}
    assert not queries.visible(cast.actors["water"]).filter(id=case.id).exists()
    again = cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    assert again.lead_id == cast.units["roads"].id and again.dispatches == 1


def test_only_who_sent_it_for_a_minute_and_while_nobody_has_signed(cast):
    case = sent(cast)
    with clock.fixed(later(seconds=61)), pytest.raises(Refused, match="一分钟"):
        cast.take(case, "undispatch", "dispatcher")
    cast.take(case, "sign", "water")
    with pytest.raises(Refused):
        cast.take(case, "undispatch", "dispatcher")
    other = sent(cast, co_units=[cast.units["roads"].id])
    task = CaseTask.objects.get(case_id=other.id)
    cast.take(other, "task_sign", "roads", task=task.id)
    with pytest.raises(Refused, match="已签收"):
        cast.take(other, "undispatch", "dispatcher")


def test_a_second_dispatch_that_is_taken_back_keeps_what_the_first_began(cast):
    case = sent(cast)
    cast.take(case, "sign", "water")
    case = cast.take(case, "take_back", "coordinator", reason="派错了")
    first = case.handle_due_at
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    case = cast.take(case, "undispatch", "dispatcher")
    assert case.dispatches == 1 and case.lead_id is None and case.handle_due_at == first


def test_what_has_not_left_is_not_sent_and_what_has_left_is_said(cast, monkeypatch):
    monkeypatch.setitem(os.environ, "MINSHENG_SMS_URL", "https://sms.invalid/send")
    case = sent(cast)
    assert Message.objects.filter(about=f"case:{case.id}", template="dispatched", state="queued").exists()
    cast.take(case, "undispatch", "dispatcher")
    assert not Message.objects.filter(about=f"case:{case.id}", template="dispatched", state="queued").exists()
    assert not CaseStep.objects.get(case_id=case.id, step="undispatch").given.get("told")
    other = sent(cast)
    Message.objects.filter(about=f"case:{other.id}", template="dispatched").update(state="sent", sent_at=NOW)
    page = cast.client("dispatcher").post(f"/desk/dispatch/{other.id}/undo", follow=True).content.decode()
    assert "通知已经发出" in page and CaseStep.objects.get(case_id=other.id, step="undispatch").given["told"] == 1


def test_the_history_still_verifies(cast):
    case = cast.take(sent(cast), "undispatch", "dispatcher")
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    assert list(broken_rows()) == []
