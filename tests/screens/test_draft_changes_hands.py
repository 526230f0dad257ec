"""A case that was sent back to an agent who is not there any more goes on: it is taken over, or handed on by the shift leader."""

import pytest
from django.urls import reverse
from tests.cast import later

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import Role
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused


@pytest.fixture
def sent_back(cast):
    return cast.take(cast.create(), "ask_more", "dispatcher", reason="请补问楼栋号")


def gone(cast, how: str) -> None:
    agent = cast.people["agent"]
    if how == "left":
        accounts.leave(person=agent, by=accounts.COMMAND_LINE, reason="合同到期", setup=True)
    else:
        accounts.revoke_role(person=agent, role=Role.AGENT, by=accounts.COMMAND_LINE, reason="转岗", setup=True)


@pytest.mark.parametrize("how", ["left", "moved"])
def test_a_draft_of_an_agent_who_is_gone_lies_on_every_agents_desk_and_is_finished_there(cast, sent_back, how):
    colleague = cast.another(Role.AGENT)
    desk = cast.client(colleague)
    assert reverse("intake-again", args=[sent_back.id]) not in desk.get("/desk/intake?draft=other1").content.decode(), "its writer is there and goes on with it"
    gone(cast, how)
    page = desk.get("/desk/intake?draft=other1").content.decode()
    assert f"/desk/case/{sent_back.id}?step=take_over" in page and "请补问楼栋号" in page
    with pytest.raises(Refused, match="接手草稿"):
        cast.take(sent_back, "amend", colleague, place="3号楼")
    desk.post(f"/desk/case/{sent_back.id}/step", {"step": "take_over"})
    assert reverse("intake-again", args=[sent_back.id]) in desk.get("/desk/intake?draft=other1").content.decode()
    cast.take(sent_back, "amend", colleague, place="3号楼")
    assert cast.take(sent_back, "submit", colleague).state == State.PENDING_REVIEW
    assert sent_back.steps.get(step="take_over").by_name == "同事乙" and Case.objects.get(id=sent_back.id).agent_name == "话务员甲"


def test_the_shift_leader_hands_a_draft_to_an_agent_who_is_there(cast, sent_back):
    colleague, leader = cast.another(Role.AGENT), cast.client("shift_leader")
    with clock.fixed(later(minutes=30)):
        assert f"/desk/shift/case/{sent_back.id}/give" in leader.get("/desk/shift").content.decode()
        leader.post(f"/desk/shift/case/{sent_back.id}/give", {"agent": cast.people[colleague].id})
        assert reverse("intake-again", args=[sent_back.id]) in cast.client(colleague).get("/desk/intake?draft=other1").content.decode()
        cast.take(sent_back, "amend", colleague, place="3号楼")
        with pytest.raises(Refused):
            cast.take(sent_back, "amend", "agent", place="4号楼")


def test_a_draft_is_handed_to_agents_in_use_alone(cast, sent_back):
    gone(cast, "left")
    for who in ("agent", "dispatcher"):
        with pytest.raises(Invalid) as wrong:
            cast.take(sent_back, "hand_draft", "shift_leader", agent=cast.people[who].id)
        assert "不是在岗的话务员" in wrong.value.errors["agent"]
