"""The agent's desk: what the caller said is never lost, a call ends in one of five ways, and who may not register is told why."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import PHONE, later

from minsheng.cases.actions import drafts
from minsheng.cases.models import CallNote, Case, CaseStep, Draft
from minsheng.cases.queries import intake_desk
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.knowledge.models import PhoneEntry

KEY = "abc123def456"
WORDS = "幸福路小区停水两天，老人没有水用，请尽快处理。"


@pytest.fixture
def agent(cast):
    return cast.client("agent")


def finish(client, key=KEY, **typed):
    return client.post(f"/desk/intake/{key}/finish", {"kind": "help", "narrative": WORDS, "category": "tap", "phone": PHONE, **typed})


def test_the_page_takes_at_most_twelve_statements(cast, agent):
    cast.create()
    cast.at_state(State.IN_PROGRESS)
    agent.post(f"/desk/intake/{KEY}/draft", {"narrative": WORDS, "phone": PHONE, "category": "tap"})
    agent.get("/desk/intake")
    with CaptureQueriesContext(connection) as seen:
        page = agent.get("/desk/intake")
    assert page.status_code == 200 and WORDS in page.content.decode()
    assert len(seen) <= 12, [q["sql"][:90] for q in seen]


def test_what_was_typed_is_sealed_and_back_after_a_crash(cast, agent):
    agent.post(f"/desk/intake/{KEY}/draft", {"narrative": WORDS, "el-time": "夜里", "phone": PHONE, "foreign": "x"})
    row = Draft.objects.get()
    assert WORDS.encode() not in bytes(row.sealed) and PHONE.encode() not in bytes(row.sealed)
    page = agent.get("/desk/intake").content.decode()
    assert WORDS in page and PHONE in page and f"intake/{KEY}/finish" in page
    assert WORDS not in cast.client("shift_leader").get("/desk/intake").content.decode()


def test_an_emptied_form_is_no_draft(agent):
    agent.post(f"/desk/intake/{KEY}/draft", {"narrative": WORDS})
    agent.post(f"/desk/intake/{KEY}/draft", {"narrative": "", "kind": "help", "language": "zh"})
    assert not Draft.objects.exists()


def test_a_draft_goes_to_the_next_shift_and_one_colleague_takes_it(cast, agent):
    by, other = cast.actors["agent"], cast.actors["shift_leader"]
    drafts.keep(by=by, key=KEY, values={"narrative": WORDS})
    agent.post(f"/desk/intake/{KEY}/hand")
    assert "话务员甲" in cast.client("shift_leader").get("/desk/intake?draft=other1").content.decode()
    assert drafts.take_over(by=other, key=KEY).one("narrative") == WORDS
    with pytest.raises(Refused):
        drafts.take_over(by=by, key=KEY)


def test_the_words_propose_type_matter_and_say_why(agent):
    page = agent.post("/desk/intake/read", {"narrative": WORDS}).content.decode()
    assert 'data-kind="help"' in page and "停水" in page and 'hx-swap-oob="true"' in page


def test_danger_shows_the_number_to_transfer_to(agent):
    page = agent.post("/desk/intake/read", {"narrative": "三楼起火了，有人被困"}).content.decode()
    assert 'name="emergency" value="119"' in page


def test_missing_elements_are_marked(agent):
    page = agent.post("/desk/intake/read?part=elements", {"narrative": WORDS, "category": "noise"}).content.decode()
    assert "还缺" in page and 'name="el-time"' in page
    page = agent.post("/desk/intake/read?part=elements", {"narrative": WORDS, "category": "noise", "el-time": "夜里"}).content.decode()
    assert "还缺" not in page and "夜里" in page


def test_registering_shows_number_and_code_and_drops_the_draft(cast, agent):
    agent.post(f"/desk/intake/{KEY}/draft", {"narrative": WORDS})
    page = finish(agent, then="submit").content.decode()
    case = Case.objects.get()
    assert case.state == State.PENDING_REVIEW and case.number in page and "查询码" in page and "下一个来电" in page
    assert not Draft.objects.exists()


def test_the_same_form_sent_twice_makes_one_case(agent):
    finish(agent, then="submit")
    assert "已经登记过" in finish(agent, then="submit").content.decode()
    assert Case.objects.count() == 1


def test_an_error_stays_beside_its_field_and_all_typed_stays(agent):
    page = finish(agent, then="submit", narrative="", place="幸福路一号", complained="不存在局")
    text = page.content.decode()
    assert page.status_code == 422 and "幸福路一号" in text and "没有叫“不存在局”的单位" in text
    assert not Case.objects.exists()


def test_the_first_press_opens_the_panel_and_the_second_answers(agent):
    opened = finish(agent, then="answer")
    assert 'value="answer"' in opened.content.decode() and not Case.objects.exists()
    page = finish(agent, then="answer", panel="answer", answer="明早八点恢复供水。")
    assert page.status_code == 200 and Case.objects.get().state == State.DIRECT_ANSWERED


def test_an_emergency_transfer_needs_proof_of_the_other_side(agent):
    page = finish(agent, then="transfer", panel="transfer", target="119")
    assert page.status_code == 422 and "对方已接听" in page.content.decode() and not Case.objects.exists()
    finish(agent, then="transfer", panel="transfer", target="119", target_answered="1")
    assert Case.objects.get().state == State.TRANSFERRED


def test_declining_shows_the_duty_it_brings(agent):
    page = finish(agent, then="decline", panel="decline", decline_reason="lawful_channel", told="已告知法院电话").content.decode()
    assert "说明受理该事项的法定渠道" in page and Case.objects.get().state == State.DECLINED


def test_a_silent_call_ends_without_a_case(agent):
    finish(agent, then="note", panel="note", note_kind="silent")
    assert CallNote.objects.get().kind == "silent" and not Case.objects.exists()


def test_what_was_said_about_a_secret_is_not_written_down(cast):
    with pytest.raises(Invalid):
        intake_desk.note_call(by=cast.actors["agent"], kind="secret", note="涉及某部门的内容")


def test_a_note_masks_personal_data(cast):
    assert PHONE not in intake_desk.note_call(by=cast.actors["agent"], kind="wrong", note=f"打错，号码{PHONE}").note


def test_the_caller_comes_back_and_urges_without_a_new_case(cast, agent):
    case = cast.at_state(State.IN_PROGRESS)
    page = agent.get("/desk/intake/caller", {"phone": PHONE}).content.decode()
    assert case.number in page and f"phone_urge:{case.id}" in page and PHONE not in page
    finish(agent, step=f"phone_urge:{case.id}")
    assert Case.objects.count() == 1 and CaseStep.objects.filter(step="phone_urge").exists()


def test_adding_takes_the_words_of_the_middle(cast, agent):
    case = cast.at_state(State.PENDING_SIGN)
    finish(agent, step=f"phone_add:{case.id}", narrative="二单元也停水了")
    case.refresh_from_db()
    assert "二单元也停水了" in case.text.narrative
    assert finish(agent, step=f"phone_add:{case.id}", narrative="").status_code == 422


def test_a_closed_case_is_reopened_as_a_linked_one(cast, agent):
    old = cast.at_state(State.CLOSED)
    page = finish(agent, reopen=str(old.id)).content.decode()
    assert "关联重开上一单" in page
    finish(agent, then="submit", previous=str(old.id), reopen_reason="又停水了")
    assert Case.objects.exclude(id=old.id).get().previous_id == old.id


def test_who_opens_a_case_anew_from_another_number_is_asked_who_they_are_on_the_page(cast, agent):
    """The agent reads the new case's code aloud; the old case's matter, place and secrecy go over to it."""
    old = cast.at_state(State.CLOSED)
    again = {"previous": str(old.id), "reopen_reason": "又停水了", "phone": "13911112222"}
    assert "核对身份时问了什么" in finish(agent, reopen=str(old.id), phone="13911112222").content.decode()
    assert "核对身份时问了什么" not in finish(agent, reopen=str(old.id)).content.decode()
    for said in ([], ["when"]):
        page = finish(agent, then="submit", **again, identity=said)
        assert page.status_code == 422 and WORDS in page.content.decode() and 'id="f-identity-error"' in page.content.decode()
    assert Case.objects.count() == 1
    agent.post(f"/desk/intake/{KEY}/draft", {"narrative": WORDS, **again, "identity": ["when", "matter"]})
    assert re.search(r'value="matter" checked', agent.get(f"/desk/intake?draft={KEY}").content.decode()), "kept with the draft"
    assert finish(agent, then="submit", **again, identity=["when", "matter"]).status_code == 200
    assert CaseStep.objects.get(case_id=old.id, step="reopen").given["identity"] == ["matter", "when"]


def test_plus_one_registers_and_proposes_the_merge(cast, agent):
    master = cast.create()
    page = finish(agent, same=str(master.id), category="").content.decode()
    made = Case.objects.exclude(id=master.id).get()
    assert made.category_id == master.category_id and "建议并入该单" in page and made.state == State.PENDING_REVIEW


def test_the_shift_leader_sees_the_desk_and_why_it_is_shut(cast):
    page = cast.client("shift_leader").get("/desk/intake").content.decode()
    assert "由话务员办理" in page and 'data-end="4"' not in page


@pytest.mark.parametrize("who", ["dispatcher", "water", "checker", "system_admin"])
def test_others_are_turned_away(cast, who):
    client = cast.client(who)
    assert client.get("/desk/intake").status_code == 403
    assert finish(client, then="submit").status_code == 403 and not Case.objects.exists()


def test_the_district_that_is_named_is_proposed(cast, agent):
    page = agent.post("/desk/intake/read", {"narrative": "云岭县河口乡的路断了，请派人来修"}).content.decode()
    assert f'data-district="{cast.units["town"].id}"' in page


def test_words_in_tibetan_propose_the_language_and_the_field_for_the_original(agent):
    page = agent.post("/desk/intake/read", {"narrative": "ང་ཚོའི་ཁང་པར་ཆུ་ཆད་ནས་ཉིན་གཉིས་སོང་།"}).content.decode()
    assert 'data-language="bo"' in page and 'data-move="bo"' in page


def test_a_wrong_submit_is_taken_back_within_ten_minutes_and_waits_on_the_desk(cast, agent):
    page = finish(agent, then="submit").content.decode()
    case = Case.objects.get()
    assert "登记错了，撤回修改" in page
    agent.post(f"/desk/case/{case.id}/step", {"step": "unsubmit", "next": "/desk/intake"})
    case.refresh_from_db()
    assert case.state == State.DRAFT and case.due_at is None
    assert "退回补充的工单（1）" in agent.get("/desk/intake?draft=other1").content.decode()
    cast.take(case, "submit", "agent")
    with clock.fixed(later(minutes=11)), pytest.raises(Refused, match="10 分钟"):
        cast.take(case, "unsubmit", "agent")


def test_what_the_dispatcher_sends_back_lies_on_the_agent_s_desk_with_the_words(cast, agent):
    case = cast.create()
    cast.take(case, "ask_more", "dispatcher", reason="请补问楼栋号")
    page = agent.get("/desk/intake?draft=other1").content.decode()
    assert "请补问楼栋号" in page and f"/desk/intake/case/{case.id}" in page


def test_a_state_secret_leaves_no_words_anywhere(agent):
    agent.post(f"/desk/intake/{KEY}/draft", {"narrative": WORDS})
    answer = finish(agent, then="note", panel="note", note_kind="secret")
    assert answer.status_code == 302 and not Draft.objects.exists() and not Case.objects.exists()
    note = CallNote.objects.get()
    assert note.kind == "secret" and note.note == ""
    assert "报告值班长" in agent.get(answer["Location"], follow=True).content.decode()


def test_number_and_code_are_shown_as_they_are_read_aloud(agent):
    page = finish(agent, then="submit").content.decode()
    number = Case.objects.get().number
    assert f"<span>{number[:4]}</span><span>{number[4:8]}</span>" in page and f'aria-label="{number}"' in page


def test_the_telephone_book_says_nothing_where_a_number_is_of_no_unit(agent):
    PhoneEntry.objects.create(name="急救", phone="120", note="昼夜")
    PhoneEntry.objects.create(name="盲文图书", phone="0891-6330000")
    page = agent.get("/desk/intake/phones").content.decode()
    assert "急救" in page and "昼夜" in page and "None" not in page and "· 昼夜" not in page


def test_limits_run_from_when_it_was_sent_and_not_from_when_the_form_was_opened(cast, agent):
    """Nor from when it was first kept: who lets a form lie takes none of the centre's time, and gives none away."""
    with clock.fixed(later(hours=1)):
        agent.get("/desk/intake")
        agent.post(f"/desk/intake/{KEY}/draft", {"narrative": WORDS, "phone": PHONE, "category": "tap"})
    with clock.fixed(later(hours=4)):
        finish(agent, then="submit")
    case = Case.objects.get()
    assert case.received_at == later(hours=4) and {row.started_at for row in case.clocks.all()} == {later(hours=4)}
