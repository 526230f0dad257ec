"""Every requester of a case, merged or not, sent back or not, can add, ask, withdraw their own part and rate; and is told what happens."""

import re
from functools import partial

import pytest
from tests.cast import NOW, PHONE, later

from minsheng.cases import actions
from minsheng.cases.actions import anchors, any_step, by_citizen
from minsheng.cases.effects import case_text
from minsheng.cases.models import Case, CaseClock, CaseFile, CaseStep, CaseText, StepText
from minsheng.cases.queries import citizen_view, facts_of, soundness
from minsheng.cases.rules import State
from minsheng.kit import clock, sealing
from minsheng.kit.verdict import Invalid, Refused
from minsheng.messages.actions import TEXT, TO
from minsheng.messages.models import Message

OTHER = actions.Requester("李小红", "13900000002")


def act(case: Case, step: str, **given) -> Case:
    """The requester on the page."""
    by_citizen.act(by=by_citizen.citizen(case.id), step=step, given=given)
    return Case.objects.get(id=case.id)


def story(case: Case):
    return citizen_view.story(by_citizen.citizen(case.id))


def told(case: Case) -> list[tuple[str, str, str]]:
    """(to, template, text) of what was sent about a case."""
    rows = Message.objects.filter(about=f"case:{case.id}").order_by("id")
    return [(sealing.unseal(m.to_sealed, TO), m.template, sealing.unseal(m.text_sealed, TEXT)) for m in rows]


@pytest.fixture
def merged(cast):
    """An order with the unit, and another requester's case merged into it."""
    order = cast.at_state(State.IN_PROGRESS)
    other = cast.create(requester=OTHER, narrative="我家也停水。", title="停水")
    return order, cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")


# --- merged ------------------------------------------------------------


def test_what_a_merged_requester_adds_reaches_the_order_under_masks(cast, merged):
    order, other = merged
    act(other, "add_facts", addition="我叫李小红，电话13900000002，三楼也没有水")
    assert "三楼也没有水" in CaseText.objects.get(case_id=other.id).narrative
    words = CaseText.objects.get(case_id=order.id).narrative
    assert "并单诉求人补充】" in words and "三楼也没有水" in words and "李小红" not in words and "13900000002" not in words
    page = cast.client("water").get(f"/desk/unit/{order.id}").content.decode()
    assert "三楼也没有水" in page and "李小红" not in page


@pytest.mark.parametrize("first", ["stays merged", "is handled alone again"])
def test_when_a_merged_requester_is_erased_the_order_forgets_what_it_heard(cast, merged, first):
    order, other = merged
    before = CaseText.objects.get(case_id=order.id).narrative
    by_citizen.act(by=by_citizen.citizen(other.id), step="add_facts", given={"addition": "三楼也没有水，药在冰箱里"}, uploads=[("冰箱.txt", "药".encode())])
    act(other, "add_facts", addition="停水")  # as the order's own requester said it, too
    act(order, "add_facts", addition="楼道灯也坏了")
    if first == "is handled alone again":
        cast.take(cast.take(other, "unmerge", "dispatcher", reason="不是同一处"), "phone_withdraw", "agent", reason="已来水")
    cast.take(other, "ask_erasure", "supervisor", reason="本人书面申请")
    cast.take(other, "erase", "security_admin", ground="request")
    words = CaseText.objects.get(case_id=order.id).narrative
    assert words.startswith(before) and "楼道灯也坏了" in words and "三楼" not in words and "冰箱" not in words
    assert not [row for row in StepText.objects.filter(case_id=order.id) if "三楼" in str(row.words) + str(row.masked)]
    assert not CaseFile.objects.filter(case_id=order.id, masked_name__contains="冰箱").exists()
    assert not list(anchors.verify_history())


def test_what_an_older_program_wrote_of_a_merged_requester_is_forgotten_too(cast, merged, monkeypatch):
    order, other = merged
    with monkeypatch.context() as older:
        older.setattr(case_text, "_paragraph", partial(case_text._paragraph, written=case_text._until_2026))
        act(other, "add_facts", addition="三楼也没有水，药在冰箱里")
    assert "【2025-01-02 10:00 并单诉求人补充】三楼" in CaseText.objects.get(case_id=order.id).narrative
    cast.take(other, "ask_erasure", "supervisor", reason="本人书面申请")
    cast.take(other, "erase", "security_admin", ground="request")
    words = CaseText.objects.get(case_id=order.id).narrative
    assert "三楼" not in words and "冰箱" not in words and not list(anchors.verify_history())


def test_who_was_erased_is_not_called_back(cast, merged):
    order, other = merged
    order = cast.take(cast.reply(order, "water"), "accept_reply", "checker")
    cast.take(other, "ask_erasure", "supervisor", reason="本人书面申请")
    cast.take(other, "erase", "security_admin", ground="request")
    assert [party.id for party in facts_of(order).callback.parties] == [order.id]


def test_a_merged_requester_urges_and_asks_secrecy_by_page_and_by_phone(cast, merged):
    order, other = merged
    act(other, "urge")
    cast.take(other, "phone_urge", "agent")
    assert Case.objects.get(id=order.id).urges == 1, "one requester, one day"
    assert act(other, "ask_secrecy").sealed and not Case.objects.get(id=order.id).sealed
    said = [s.given["said"] for s in CaseStep.objects.filter(case_id=order.id, step="from_merged").order_by("seq")]
    assert said == ["urge", "phone_urge", "ask_secrecy"]


def test_a_merged_requester_withdraws_and_the_order_goes_on(cast, merged):
    order, other = merged
    other = act(other, "withdraw", reason="我家来水了")
    assert other.state == State.WITHDRAWN and other.master_id is None
    order = Case.objects.get(id=order.id)
    assert order.state == State.IN_PROGRESS and facts_of(order).merge.count == 0
    assert CaseClock.objects.filter(case_id=order.id, code="handle", met_at=None, paused_at=None, void=False).exists()


def test_the_orders_own_requester_withdraws_and_the_others_case_goes_on(cast, merged):
    order, other = merged
    order = act(order, "withdraw", reason="搬走了")
    assert order.state == State.IN_PROGRESS and not order.paused and order.closed_at is None
    own = story(order)
    assert own.state == State.WITHDRAWN and "合并" not in "".join(e.public for e in own.events)
    assert [step.name for step in own.open_steps] == ["ask_secrecy"] and {v.code for _, v in own.steps if not v} <= {"left", "state", "rung"}
    assert story(other).state == State.IN_PROGRESS and "urge" in {s.name for s in story(other).open_steps}
    order = cast.take(cast.reply(order, "water"), "accept_reply", "checker")
    assert [p.id for p in facts_of(order).callback.parties] == [other.id], "who has withdrawn is not rung"


def test_an_order_ends_by_withdrawal_when_its_last_requester_has_withdrawn(cast, merged):
    order, other = merged
    cast.take(order, "phone_withdraw", "agent", reason="已来水")
    assert Case.objects.get(id=order.id).state == State.IN_PROGRESS
    act(other, "withdraw")
    order = Case.objects.get(id=order.id)
    assert order.state == State.WITHDRAWN and order.closed_at and Case.objects.get(id=other.id).state == State.WITHDRAWN
    assert order.steps.filter(step="all_withdrew").count() == 1


def test_undoing_the_merge_of_the_last_other_ends_an_order_whose_own_requester_has_withdrawn(cast, merged):
    order, other = merged
    act(order, "withdraw")
    other = cast.take(other, "unmerge", "dispatcher", reason="不是同一处")
    assert other.state == State.PENDING_REVIEW and Case.objects.get(id=order.id).state == State.WITHDRAWN


def test_a_merged_requester_rates_what_was_done_for_all(cast, merged):
    order, other = merged
    with pytest.raises(Refused):
        act(other, "rate", satisfaction="very")
    order = cast.take(cast.reply(order, "water"), "accept_reply", "checker")
    clerk = cast.actors["callback_clerk"]
    actions.hand_to_clerk(case_id=order.id, clerk=clerk)
    for party in (order.id, other.id):
        cast.take(order, "record_callback", "callback_clerk", party=party, outcome="answered", solved=True)
    cast.take(order, "close", "callback_clerk")
    assert act(other, "rate", satisfaction="very").marks.rated == "very"
    assert cast.take(order, "phone_rate", "agent", satisfaction="satisfied").marks.rated == "satisfied"


def test_who_is_merged_is_told_and_told_again_by_their_own_number(cast):
    second = cast.create(requester=OTHER)
    order = cast.create()
    cast.take(second, "merge", "dispatcher", master=order.id, reason="同一处停水")
    cast.take(order, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast.take(second, "unmerge", "dispatcher", reason="不是同一处")
    assert [template for _, template, _ in told(second)] == ["accepted", "merged", "dispatched", "unmerged"]
    assert all(second.number in text for _, _, text in told(second)) and all("13900000002" in to for to, _, _ in told(second))
    assert [template for _, template, _ in told(order)] == ["accepted", "dispatched"]


# --- sent back ------------------------------------------------------------


def test_who_is_asked_for_more_is_told_and_answers_on_the_page(cast):
    case = cast.create()
    case = cast.take(case, "ask_more", "dispatcher", reason="请写明几号楼几单元")
    assert told(case)[-1][1] == "asked_more" and "几号楼" not in told(case)[-1][2]
    asked = story(case)
    assert asked.asked == "请写明几号楼几单元" and "add_facts" in {s.name for s in asked.open_steps}
    assert {"withdraw", "ask_secrecy"} <= {s.name for s in asked.open_steps}
    case = act(case, "add_facts", addition="3号楼2单元")
    assert case.state == State.PENDING_REVIEW and not case.paused and case.due_at and story(case).asked == ""
    assert "3号楼2单元" in CaseText.objects.get(case_id=case.id).narrative
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)


def test_an_agent_takes_the_answer_on_the_phone_whoever_registered_the_case(cast):
    case = cast.take(cast.create(), "ask_more", "dispatcher", reason="请写明几号楼")
    assert cast.take(case, "phone_add", "agent", addition="3号楼").state == State.PENDING_REVIEW


def test_adding_to_a_case_that_was_not_asked_moves_nothing(cast):
    case = cast.at_state(State.IN_PROGRESS)
    due = case.due_at
    case = act(case, "add_facts", addition="水还没有来")
    assert case.state == State.IN_PROGRESS and case.due_at == due and CaseClock.objects.filter(case_id=case.id, code="review").count() == 1


@pytest.mark.parametrize("own", ["is there", "has withdrawn"])
def test_of_an_order_that_is_sent_back_each_who_is_merged_into_it_is_asked_and_the_first_answer_puts_it_back(cast, own):
    order = cast.create()
    others = [cast.create(requester=who, narrative="我家也停水。", title="停水") for who in (OTHER, actions.Requester("赵小兰", "13900000003"))]
    for other in others:
        cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    if own == "has withdrawn":
        act(order, "withdraw")
    cast.take(order, "ask_more", "dispatcher", reason="王小明说的是哪一栋？")
    for other in others:
        assert [template for _, template, _ in told(other)][-1] == "asked_more" and other.number in told(other)[-1][2]
        assert "哪一栋" in story(other).asked and "王小明" not in story(other).asked
    assert [template for _, template, _ in told(order)].count("asked_more") == (own == "is there")
    act(others[0], "withdraw")
    assert Case.objects.get(id=order.id).state == State.DRAFT, "who withdraws has not answered"
    act(others[1], "add_facts", addition="三栋")
    back = Case.objects.get(id=order.id)
    assert back.state == State.PENDING_REVIEW and not back.marks.asked_more and not back.paused and back.due_at is not None
    assert story(others[1]).asked == "" and not list(soundness.unsound()) and not list(anchors.verify_history())


def test_a_sent_back_case_can_be_withdrawn(cast):
    case = cast.take(cast.create(), "ask_more", "dispatcher", reason="请写明几号楼")
    assert act(case, "withdraw").state == State.WITHDRAWN


# --- who speaks ------------------------------------------------------------


@pytest.mark.parametrize("step, more", [("phone_withdraw", {"reason": "已来水"}), ("phone_correct", {"addition": "是5号楼"}), ("phone_secrecy", {}),
                                        ("new_code", {}), ("phone_rate", {"satisfaction": "very"}),
                                        ("reopen", {"reason": "又出现", "narrative": "昨夜又停水"})])
def test_before_a_phone_step_changes_a_case_it_is_asked_who_speaks(cast, step, more):
    case = cast.at_state(State.CLOSED if step in {"phone_rate", "reopen"} else State.IN_PROGRESS)
    for identity, sentence in ((None, "请填写"), (["name"], "至少两项"), (["name", "nothing"], "")):
        with pytest.raises(Invalid) as wrong:
            actions.take_step(case_id=case.id, step=step, by=cast.actors["agent"], given={**more, **({"identity": identity} if identity else {})})
        assert sentence in wrong.value.errors["identity"]
    actions.take_step(case_id=case.id, step=step, by=cast.actors["agent"], given={**more, "identity": ["number"]})
    kept = CaseStep.objects.filter(case_id=case.id).latest("seq").given
    assert kept["identity"] == ["number"] and PHONE not in str(kept), "what was asked, never the answer"


def test_a_number_that_was_never_left_proves_nothing(cast):
    case = cast.create(requester=actions.Requester("", ""))
    for asked in (["number"], ["name", "matter"]):
        with pytest.raises(Invalid) as wrong:
            cast.take(case, "phone_withdraw", "agent", reason="已来水", identity=asked)
        assert "没有留" in wrong.value.errors["identity"]
    cast.take(case, "phone_withdraw", "agent", reason="已来水", identity=["when", "matter"])


def test_a_number_that_a_caller_gives_makes_them_known_so_it_is_asked_first_who_they_are(cast):
    """From then on the number alone says who speaks: withdraws, gets another code, hears what was answered."""
    case = cast.at_state(State.PENDING_CALLBACK, requester=actions.Requester("", ""))
    said = {"party": case.id, "phone": "13900000009", "reason": "来电说这是他的号码"}
    for identity in ([], ["number"], ["when"], ["number", "when"]):
        with pytest.raises(Invalid) as wrong:
            cast.take(case, "give_number", "agent", **said, identity=identity)
        assert "两项" in wrong.value.errors["identity"]
    with pytest.raises(Invalid) as wrong:
        actions.take_step(case_id=case.id, step="give_number", by=cast.actors["agent"], given=said)
    assert "number_from" in wrong.value.errors
    cast.take(case, "give_number", "agent", **said, identity=["when", "matter"])
    other = cast.at_state(State.PENDING_CALLBACK, requester=actions.Requester("", ""))
    cast.take(other, "give_number", "agent", party=other.id, phone="13900000008", reason="来信落款处", number_from="records", identity=[])
    kept = [CaseStep.objects.filter(case_id=one.id).latest("seq").given for one in (case, other)]
    assert [(one["number_from"], one.get("identity", [])) for one in kept] == [("caller", ["matter", "when"]), ("records", [])]


def test_a_withdrawal_by_phone_is_told_to_the_number_on_record(cast):
    case = cast.at_state(State.WITHDRAWN)
    assert told(case)[-1][1] == "withdrawn" and "不是您本人" in told(case)[-1][2]


def test_a_contact_through_the_desk_names_its_call(cast):
    case = cast.at_state(State.IN_PROGRESS, secrecy=True)
    with pytest.raises(Invalid) as wrong:
        cast.take(case, "desk_contact", "agent", contact_at=NOW.isoformat(), contact_how="phone", contact_note="已说明")
    assert "call" in wrong.value.errors
    cast.take(case, "desk_contact", "agent", contact_at=NOW.isoformat(), contact_how="phone", contact_note="已说明", call=77)


# --- codes ------------------------------------------------------------


def opens(case: Case, code: str) -> bool:
    try:
        return by_citizen.open_by_code(number=case.number, code=code, address="10.0.0.1").case_id == case.id
    except Refused:
        return False


def test_an_agent_gives_out_another_code_and_the_old_one_ends(cast):
    case = cast.create()
    row = any_step.take(case_id=case.id, step="new_code", by=cast.actors["agent"], given={"identity": ["number"]}).step
    assert opens(case, row.code) and not opens(case, cast.codes[case.id])
    assert row.code not in str(row.given) and told(case)[-1][1] == "new_code" and row.code in told(case)[-1][2]


def test_a_lost_answer_to_a_create_gives_a_code_again_by_the_same_key(cast):
    asked = {"by": cast.actors["agent"], "kind": "help", "narrative": "停水", "key": ("api", "k1")}
    first, again = actions.create_case(**asked), actions.create_case(**asked)
    assert again.replayed and again.case.id == first.case.id
    assert opens(first.case, again.code) and not opens(first.case, first.code)
    assert first.case.steps.filter(step="renew_code").count() == 1


@pytest.mark.parametrize("step", ["new_code", "reopen"])
def test_a_step_that_gives_out_a_code_gives_another_when_its_answer_was_lost(cast, step):
    case = cast.at_state(State.CLOSED)
    given = {"identity": ["number"]} | ({} if step == "new_code" else {"reason": "又出现", "narrative": "昨夜又停水"})
    asked = {"case_id": case.id, "step": step, "by": cast.actors["agent"], "given": given, "key": "k1"}
    first, again = actions.take_step(**asked), actions.take_step(**asked)
    assert again.replayed and again.id == first.id
    about = case if step == "new_code" else again.made[0].case
    lost, code = (first.code, again.code) if step == "new_code" else (first.made[0].code, again.made[0].code)
    assert opens(about, code) and not opens(about, lost)


def test_a_program_that_gives_out_another_code_reads_it_in_the_answer(cast, client):
    from minsheng.accounts import actions as accounts

    case = cast.create()
    token = accounts.make_token(person=cast.people["agent"], name="话务系统", scopes=["steps.take"], by=accounts.COMMAND_LINE, setup=True)[1]
    answer = client.post(f"/api/v1/cases/{case.id}/steps", {"step": "new_code", "given": {"identity": ["number"]}}, content_type="application/json",
                         HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 201 and opens(case, answer.json()["query_code"])


# --- split ------------------------------------------------------------


def test_a_case_opened_anew_tells_its_number_and_code_to_the_number_of_the_one_before(cast):
    old = cast.at_state(State.CLOSED)
    row = actions.take_step(case_id=old.id, step="reopen", by=cast.actors["agent"], given={"identity": ["when", "matter"], "reason": "又停水", "narrative": "又停水了"})
    (to, template, text), = told(row.made[0].case)
    assert (to, template) == (f"+86{PHONE}", "accepted") and row.made[0].case.number in text and row.made[0].code in text


def test_a_split_ends_its_parent_whose_number_answers_with_its_parts(cast):
    case = cast.create(urgent=True)
    taken = any_step.take(case_id=case.id, step="split", by=cast.actors["dispatcher"], given={
        "reason": "两件事", "parts": [{"narrative": "幸福路小区停水两天"}, {"narrative": "幸福路井盖缺失", "kind": "report"}]})
    assert taken.step.to == State.SPLIT and Case.objects.get(id=case.id).closed_at
    first, second = [Case.objects.get(id=m.case.id) for m in taken.made]
    assert {first.state, second.state} == {State.PENDING_REVIEW} and first.due_at and first.urgent
    for part in (first, second):
        [(to, template, text)] = told(part)
        assert template == "accepted" and to == "+8613800000000"
        assert opens(part, re.search(r"查询码(\d+)", text).group(1))
    told_parent = story(Case.objects.get(id=case.id))
    assert [p.number for p in told_parent.parts] == [first.number, second.number] and told_parent.state == State.SPLIT
    assert citizen_view.part_of(by_citizen.citizen(case.id), first.number) == first.id
    with pytest.raises(Refused):
        citizen_view.part_of(by_citizen.citizen(first.id), second.number)


def test_a_case_with_others_merged_into_it_is_not_split_under_them(cast):
    order = cast.create()
    other = cast.create(requester=OTHER)
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    with pytest.raises(Refused) as refused:
        cast.take(order, "split", "dispatcher", parts=[{"narrative": "一"}, {"narrative": "二"}], reason="两件事")
    assert refused.value.verdict.code == "is_master"


# --- the call-back on the page ------------------------------------------------------------


def test_who_left_no_number_answers_the_call_back_on_the_page(cast):
    case = cast.at_state(State.PENDING_CALLBACK, requester=actions.Requester("", ""))
    assert story(case).open_steps[0].name == "answer_callback"
    case = act(case, "answer_callback", contacted="yes", solved="yes", satisfaction="very")
    assert case.reached and case.solved and case.satisfaction == "very"
    actions.hand_to_clerk(case_id=case.id, clerk=cast.actors["callback_clerk"])
    assert cast.take(case, "close", "callback_clerk").state == State.CLOSED


def test_who_can_be_rung_is_rung(cast):
    case = cast.at_state(State.PENDING_CALLBACK)
    with pytest.raises(Refused) as refused:
        act(case, "answer_callback", solved="yes")
    assert refused.value.verdict.code == "rung"


def test_a_merged_requester_without_a_number_answers_for_the_order(cast):
    order = cast.at_state(State.IN_PROGRESS)
    other = cast.create(requester=actions.Requester("", ""))
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处停水")
    order = cast.take(cast.reply(order, "water"), "accept_reply", "checker")
    act(other, "answer_callback", solved="no", satisfaction="unsatisfied", dissatisfaction="result", verbatim="我家还是没有水")
    mine, theirs = facts_of(order).callback.parties
    assert not mine.standing.is_done and theirs.standing == "answered" and theirs.is_unhappy
    assert Case.objects.get(id=other.id).solved is False


def test_an_urge_is_written_down_each_time_and_counted_once_a_day_for_each_requester(cast, merged):
    order, other = merged
    for _ in range(3):
        act(order, "urge")
    cast.take(order, "phone_urge", "agent")
    act(other, "urge")
    assert Case.objects.get(id=order.id).urges == 2, "two requesters"
    assert CaseStep.objects.filter(case_id=order.id, step__in=("urge", "phone_urge", "from_merged")).count() == 5
    with clock.fixed(later(days=1)):
        act(order, "urge")
        act(other, "urge")
    assert Case.objects.get(id=order.id).urges == 4
