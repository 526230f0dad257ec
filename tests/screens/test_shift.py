"""The shift leader's desk: what is urgent and unsigned, whom to ring, who is here, what is handed on."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PHONE

from minsheng.cases.actions import drafts
from minsheng.cases.models import CaseStep
from minsheng.cases.queries import intake_desk, shift_lists
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.org.models import Duty

MIDNIGHT = datetime.fromisoformat("2025-01-02T23:30+08:00")
WORDS = "三号楼电梯困人，请尽快处理。"


@pytest.fixture
def leader(cast):
    return cast.client("shift_leader")


def page(client):
    return client.get("/desk/shift").content.decode()


def on_duty(cast, unit: str, name: str, phone: str):
    Duty.objects.create(unit=cast.units[unit], name=name, phone=phone, starts=NOW - timedelta(days=1), ends=NOW + timedelta(days=2))


def test_an_urgent_unsigned_order_shows_whom_to_ring_and_keeps_who_was_reached(cast, leader):
    on_duty(cast, "water", "值班乙", "0890-5550199")
    case = cast.at_state(State.PENDING_SIGN, urgent=True)
    text = page(leader)
    assert case.number in text and "tel:0890-5550199" in text and "还没有人被呼叫" in text
    leader.post(f"/desk/case/{case.id}/step", {"step": "ring_unit", "duty_name": "值班乙", "next": "/desk/shift"})
    assert CaseStep.objects.filter(case_id=case.id, step="ring_unit").exists()
    assert "值班长甲：值班乙" in page(leader)
    cast.take(case, "sign", "water")
    assert case.number not in page(leader)


def test_a_duty_list_above_answers_for_the_section_below(cast):
    on_duty(cast, "water", "值班乙", "1")
    found = shift_lists.org.on_duty_many([cast.units["pipes"].id, cast.units["roads"].id], NOW)
    assert [d.name for d in found[cast.units["pipes"].id]] == ["值班乙"] and found[cast.units["roads"].id] == []


def test_what_waits_at_night_is_sent_from_here_and_by_day_says_why_not(cast, leader):
    case = cast.create(urgent=True)
    assert "上班时间由派单员审核派单" in page(leader)
    with clock.fixed(MIDNIGHT):
        text = page(leader)
    assert f"case={case.id}" in text and "夜间直派" in text


def test_a_draft_left_behind_goes_into_the_tray_and_its_words_stay_its_writer_s_until_then(cast, leader):
    agent = cast.actors["agent"]
    drafts.keep(by=agent, key="abc123", values={"narrative": WORDS, "phone": PHONE})
    assert "移入交班暂存" not in page(leader)
    with clock.fixed(NOW + timedelta(hours=2)):
        text = page(leader)
        assert "移入交班暂存" in text and WORDS not in text
        leader.post(f"/desk/shift/draft/{agent.id}/abc123")
        text = page(leader)
    assert WORDS in text and "话务员甲交班" in text and PHONE not in text
    assert drafts.take_over(by=agent, key="abc123").one("narrative") == WORDS


def test_only_the_shift_leader_moves_another_s_draft(cast):
    drafts.keep(by=cast.actors["agent"], key="abc123", values={"narrative": WORDS})
    with pytest.raises(Refused):
        drafts.to_tray(by=cast.actors["dispatcher"], owner=cast.actors["agent"].id, of="话务员甲", key="abc123")


def test_agents_their_state_and_their_day(cast, leader):
    cast.create()
    cast.at_state(State.DIRECT_ANSWERED)
    intake_desk.note_call(by=cast.actors["agent"], kind="secret")
    text = page(leader)
    row = text.split("话务员甲</th>")[1].split("</tr>")[0]
    assert "未登录" in row and [int(n) for n in row.replace("</td>", ">").split(">") if n.strip().isdigit()] == [2, 1, 1]
    cast.client("agent")
    assert "在用" in page(leader).split("话务员甲</th>")[1].split("</tr>")[0]
    assert "涉密终止" in text


def test_the_page_takes_a_fixed_number_of_statements(cast, leader):
    def many() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(leader)
        return len(seen)

    for lead in ("water", "roads"):
        cast.at_state(State.PENDING_SIGN, urgent=True, lead=lead)
    cast.create(urgent=True)
    page(leader)
    before = many()
    for lead in ("water", "roads", "county"):
        cast.at_state(State.PENDING_SIGN, urgent=True, lead=lead)
    assert many() == before <= 12, before


def test_others_are_turned_away(cast):
    for who in ("agent", "dispatcher", "water", "system_admin"):
        assert cast.client(who).get("/desk/shift").status_code == 403
