"""Who did it does not judge it; a duty finding binds; what is answered or declined at once says its ground."""

from datetime import timedelta

import pytest
from tests.cast import NOW

from minsheng.accounts import actions as accounts
from minsheng.accounts import queries as people
from minsheng.accounts.models import Grant
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions
from minsheng.cases.models import Case
from minsheng.cases.queries import case_page
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused


def also(actor: Actor, *roles: Role) -> Actor:
    """The same person with more roles, as a small desk or a change of duties makes them."""
    return Actor(actor.id, actor.name, actor.roles | set(roles), actor.unit, actor.unit_path)


def test_an_agent_who_dispatches_too_does_not_confirm_their_own_decline_and_the_button_says_so(cast):
    case = cast.at_state(State.DECLINED)
    both = also(cast.actors["agent"], Role.DISPATCHER)
    for step in ("confirm_decline", "overturn_decline"):
        with pytest.raises(Refused) as refused:
            actions.take_step(case_id=case.id, step=step, by=both, given={"reason": "属实"})
        assert refused.value.verdict.code == "two_persons" and "“不予受理”是您办的" in refused.value.verdict.reason
        shown = dict((s.name, v) for s, v in case_page.open_case(case.id, both).steps)
        assert shown[step].code == "two_persons"
    assert cast.take(case, "confirm_decline", "dispatcher").state == State.DECLINED


def test_a_shift_leader_who_became_dispatcher_does_not_review_the_own_night_dispatch(cast):
    with clock.fixed(NOW + timedelta(hours=13)):
        case = cast.create(urgent=True)
        case = cast.take(case, "night_dispatch", "shift_leader", lead=cast.units["water"].id)
        with pytest.raises(Refused) as refused:
            actions.take_step(case_id=case.id, step="post_review", by=also(cast.actors["shift_leader"], Role.DISPATCHER), given={"ruling": "准确"})
        assert refused.value.verdict.code == "two_persons"
        cast.take(case, "post_review", "dispatcher", ruling="准确")


def test_who_handled_an_order_before_changing_desks_neither_checks_it_nor_calls_back(cast):
    case = cast.at_state(State.PENDING_CHECK)
    was = also(cast.actors["checker"], Role.CALLBACK_CLERK)
    moved = Actor(cast.actors["water"].id, "次仁", was.roles, was.unit, was.unit_path)
    with pytest.raises(Refused) as refused:
        actions.take_step(case_id=case.id, step="accept_reply", by=moved)
    assert refused.value.verdict.code == "two_persons"
    case = cast.take(case, "accept_reply", "checker")
    actions.hand_to_clerk(case_id=case.id, clerk=was)
    with pytest.raises(Refused) as refused:
        actions.take_step(case_id=case.id, step="record_callback", by=was, given={"party": case.id, "outcome": "answered", "solved": True})
    assert "“审核通过”是您办的" in refused.value.verdict.reason


def test_roles_that_met_before_the_rule_are_found(cast):
    assert people.kept_apart() == (True, "没有人兼着不能兼任的岗位")
    Grant.objects.create(person=cast.people["checker"], role=Role.AGENT, since=NOW, by_id=0, by_name="从前")
    [(person, reason)] = people.clashes()
    assert person.username == "checker" and "不得兼任" in reason
    well, said = people.kept_apart()
    assert not well and said.startswith("1 个账号兼着不能兼任的岗位") and "（checker）：" in said and reason in said
    with pytest.raises(Refused):
        accounts.grant_role(person=cast.people["dispatcher"], role=Role.COORDINATOR, by=accounts.COMMAND_LINE, setup=True)


# --- a duty finding ---------------------------------------------------------------


def test_a_duty_finding_binds_the_unit_whose_return_was_upheld_before(cast):
    """Upheld for both units that could bear it, then found by consultation: the order has a way out."""
    case = cast.at_state(State.RETURN_REVIEW)
    case = cast.take(case, "uphold_return", "return_reviewer", ruling="同意")
    with pytest.raises(Invalid):
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast.take(case, "ask_consult", "dispatcher", reason="两家都退")
    cast.take(case, "rule_consult", "coordinator", lead=cast.units["water"].id, minutes="按三定规定由水务局承办")
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    assert case.state == State.PENDING_SIGN
    with pytest.raises(Refused) as refused:
        cast.take(case, "ask_return", "water", legal_ground="duty", reason="仍不属我局")
    assert refused.value.verdict.code == "bound"


# --- answered or declined at once ---------------------------------------------------


def test_a_section_is_its_unit_when_an_order_is_given_back_and_when_duty_is_found(cast):
    case = cast.take(cast.at_state(State.RETURN_REVIEW), "uphold_return", "return_reviewer", ruling="同意")
    with pytest.raises(Invalid, match="市水务局"):
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["pipes"].id)
    case = cast.take(case, "settle_duty", "coordinator", lead=cast.units["water"].id, ruling="由水务局办")
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["pipes"].id)
    with pytest.raises(Refused, match="不得再次退单"):
        cast.take(case, "ask_return", "pipes", legal_ground="duty", reason="属城管局职责")
    other = cast.take(cast.at_state(State.PENDING_SIGN, lead="pipes"), "ask_return", "pipes", legal_ground="duty", reason="不是本科室的事")
    other = cast.take(other, "uphold_return", "return_reviewer", ruling="同意")
    assert cast.take(other, "dispatch", "dispatcher", lead=cast.units["water"].id).lead_id == cast.units["water"].id


def test_a_consultation_answered_without_an_article_says_why(cast):
    with pytest.raises(Invalid) as wrong:
        cast.create(kind="consult", then="answer", given={"answer": "请到政务大厅办理。"})
    assert "为什么" in wrong.value.errors["no_article"]
    case = cast.create(kind="consult", then="answer", given={"answer": "请到政务大厅办理。", "no_article": "知识库没有，按窗口公告答复"})
    assert case.state == State.DIRECT_ANSWERED
    assert cast.create(kind="help", then="answer", given={"answer": "已告知抢修时间。"}).state == State.DIRECT_ANSWERED


@pytest.mark.parametrize(("more", "field"), [({}, "target"), ({"target": "12345"}, "target"), ({"target": "119"}, "target_answered"),
                                             ({"target": "119", "target_answered": False}, "target_answered")])
def test_a_decline_as_an_emergency_proves_that_the_other_side_has_answered(cast, more, field):
    given = {"decline_reason": "emergency", "told": "已告知撤到安全处。"}
    with pytest.raises(Invalid) as wrong:
        cast.create(then="decline", given=given | more)
    assert field in wrong.value.errors
    made = cast.create(then="decline", given=given | {"target": "119", "target_answered": True})
    assert made.state == State.DECLINED and Case.objects.get(id=made.id).steps.last().given["target"] == "119"


def test_any_other_decline_takes_no_transfer(cast):
    with pytest.raises(Invalid):
        cast.create(then="decline", given={"decline_reason": "secret", "told": "已说明。", "target": "119", "target_answered": True})
