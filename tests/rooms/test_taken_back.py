"""A wrong dispatch is taken back for a minute, while nobody has signed: back in the pile as if it had not been sent, but for the record."""

from __future__ import annotations

import os

import pytest
from tests.cast import NOW, later

from minsheng.cases import queries
from minsheng.cases.models import Case, CaseClock, CaseStep, CaseTask
from minsheng.cases.queries import soundness, unit_lists
from minsheng.cases.queries.verify_chain import broken_rows
from minsheng.cases.rules import State, TaskState
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.messages.models import Message


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


# --- who had a part in it and has none any more ------------------------------------------------------------


def _co(cast) -> tuple[Case, str]:
    return sent(cast, co_units=[cast.units["roads"].id]), "roads"


def _section(cast) -> tuple[Case, str]:
    case = cast.take(sent(cast), "sign", "water")
    return cast.take(case, "assign_task", "water", task_unit=cast.units["pipes"].id, duty="上门抢修"), "pipes"


def _township(cast) -> tuple[Case, str]:
    case = cast.at_state(State.IN_PROGRESS, lead="county")
    return cast.take(case, "county_dispatch", "county", task_unit=cast.units["town"].id, duty="到场核实"), "town"


def _returned(cast, case: Case) -> None:
    cast.take(case, "ask_return", "water", legal_ground="duty", reason="属城管局")
    cast.take(case, "uphold_return", "return_reviewer", ruling="同意")


def _task(case: Case) -> int:
    return CaseTask.objects.get(case_id=case.id).id


AWAY = {
    "undispatched": (_co, lambda cast, case: cast.take(case, "undispatch", "dispatcher")),
    "taken back": (_co, lambda cast, case: cast.take(case, "take_back", "coordinator", reason="改派")),
    "return upheld": (_co, _returned),
    "task cancelled": (_co, lambda cast, case: cast.take(case, "cancel_task", "coordinator", task=_task(case), reason="不需协办")),
    "task returned": (_co, lambda cast, case: cast.take(case, "task_return", "roads", task=_task(case), reason="不属本局")),
    "withdrawn": (_co, lambda cast, case: cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")),
    "section of a lead that lost it": (_section, lambda cast, case: cast.take(case, "take_back", "coordinator", reason="改派")),
    "township that gave it back": (_township, lambda cast, case: cast.take(case, "task_return", "town", task=_task(case), reason="不在本乡")),
}


@pytest.mark.parametrize("way", AWAY)
def test_a_unit_that_has_no_part_in_an_order_any_more_reads_it_no_more(cast, way):
    """Nowhere: no list, no page, no file, no step; and the order goes on without a task that nobody has."""
    begin, go = AWAY[way]
    case, who = begin(cast)
    by, client = cast.actors[who], cast.client(who)
    assert queries.visible(by).filter(id=case.id).exists() and client.get(f"/desk/unit/{case.id}").status_code == 200
    go(cast, case)
    case.refresh_from_db()
    assert not queries.visible(by).filter(id=case.id).exists() and not unit_lists.badges(by).tasks
    assert [client.get(f"/desk/{page}/{case.id}").status_code for page in ("unit", "case")] == [404, 404]
    with pytest.raises(Refused, match="没有这个工单"):
        cast.take(case, "contact", who, contact_at=NOW.isoformat(), contact_how="phone")
    assert not CaseTask.objects.filter(case_id=case.id, state__in=[s.value for s in TaskState if s.is_open]).exists()
    assert list(soundness.unsound()) == []


def test_who_gives_a_task_back_lands_on_their_own_desk_and_who_has_done_it_goes_on_reading(cast):
    case, who = _co(cast)
    client, task = cast.client(who), _task(case)
    answer = client.post(f"/desk/unit/{case.id}/step", {"step": "task_return", "task": task, "reason": "不属本局"}, follow=True)
    assert answer.status_code == 200 and answer.request["PATH_INFO"] == "/desk/unit"
    other, _ = _co(cast)
    cast.take(other, "task_sign", who, task=_task(other))
    cast.take(other, "sign", "water")
    cast.take(other, "task_reply", who, task=_task(other), done="已封路")
    cast.take(other, "co_accept", "water", task=_task(other))
    assert client.get(f"/desk/unit/{other.id}").status_code == 200
