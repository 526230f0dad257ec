"""Desks that rule: what was asked, its basis and precedents; what each ruling causes is said before, and comes true."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import ANSWER, NOW, PEOPLE, PHONE, later

from minsheng.api import shapes
from minsheng.calendar import rules as time_rules
from minsheng.cases import queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseTask, Category, StepText
from minsheng.cases.queries import case_page
from minsheng.cases.rules import State
from minsheng.dispatch.models import Rule
from minsheng.kit import clock


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def day(at) -> str:
    return time_rules.for_public(at, clocks.city_calendar())


def of(case) -> Case:
    return Case.objects.get(id=case.id)


def ruled(answer, step: str) -> str:
    """What the page says would follow from that ruling."""
    return " ".join(line for outcome, _ in answer.context["rulings"] if outcome.step == step for line in outcome.then)


def extension(cast, **more) -> Case:
    case = cast.at_state(State.IN_PROGRESS)
    return cast.take(case, "ask_extension", "water", **{"reason": "管材后天到货", "interim": "已临时供水", **more})


# --- returns ------------------------------------------------------------


def test_a_return_shows_its_ground_the_catalogue_and_how_the_same_was_ruled_before(cast):
    before = cast.at_state(State.RETURN_REVIEW)
    cast.take(before, "reject_return", "return_reviewer", ruling="供水设施由水务局管护")
    Rule.objects.create(category=Category.objects.get(code="tap"), lead=cast.units["water"], basis="《城市供水条例》第七条", valid_from=date(2024, 1, 1))
    cast.at_state(State.RETURN_REVIEW)
    text = words(cast.client("return_reviewer").get("/desk/returns"))
    assert "不属本单位法定职责" in text and "属城管局职责" in text and "市城管局" in text
    assert "《城市供水条例》第七条" in text and "即申请退单的单位" in text
    assert "供水设施由水务局管护" in text and "（同一单位）" in text


def test_upholding_binds_only_the_unit_that_returned_and_says_so_before(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    client = cast.client("return_reviewer")
    assert "不再派给市水务局" in ruled(client.get("/desk/returns"), "uphold_return")
    client.post("/desk/returns", {"case": case.id, "step": "uphold_return", "ruling": "确属城管职责"})
    case = of(case)
    assert case.state == State.PENDING_REVIEW and case.marks.released == (cast.units["water"].id,) and case.returns == 1


def test_rejecting_says_the_new_limit_and_shuts_the_return(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    client = cast.client("return_reviewer")
    with clock.fixed(later(hours=3)):
        said = ruled(client.get("/desk/returns"), "reject_return")
        client.post("/desk/returns", {"case": case.id, "step": "reject_return", "ruling": "供水由水务局负责"})
    case = of(case)
    assert case.state == State.PENDING_SIGN and case.marks.bound == (cast.units["water"].id,)
    assert day(case.sign_due_at) in said and "不得再次退单" in said


def test_a_third_return_would_make_a_problem_order_and_that_is_said(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    client = cast.client("return_reviewer")
    assert "疑难工单" not in ruled(client.get("/desk/returns"), "uphold_return")
    for lead in ("roads", "county"):
        cast.take(of(case), "uphold_return", "return_reviewer", ruling="同意改派")
        cast.take(of(case), "dispatch", "dispatcher", lead=cast.units[lead].id)
        cast.take(of(case), "ask_return", lead, legal_ground="duty", reason="不属本单位职责")
    assert "列为疑难工单" in ruled(client.get("/desk/returns"), "uphold_return")
    client.post("/desk/returns", {"case": case.id, "step": "uphold_return", "ruling": "同意"})
    assert of(case).problem


def test_the_limit_restarts_only_when_the_ruling_says_so(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    cast.client("return_reviewer").post("/desk/returns", {"case": case.id, "step": "uphold_return", "ruling": "派单有误", "restart": "yes"})
    with clock.fixed(later(days=4)):
        case = cast.take(of(case), "dispatch", "dispatcher", lead=cast.units["roads"].id)
    assert case.clocks.filter(code="handle", void=False).get().started_at == later(days=4)


def test_a_return_is_not_ruled_without_words_and_what_was_ticked_stays(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    answer = cast.client("return_reviewer").post("/desk/returns", {"case": case.id, "step": "uphold_return", "restart": "yes"})
    assert answer.status_code == 422 and "请填写裁定意见" in words(answer) and "须写明裁定意见" in words(answer)
    assert 'name="restart" value="yes" checked' in answer.content.decode() and of(case).state == State.RETURN_REVIEW


# --- the supervisor ------------------------------------------------------------


def test_an_extension_shows_the_interim_report_both_dates_and_what_is_left(cast):
    case = extension(cast, limit="3wd")
    answer = cast.client("supervisor").get("/desk/rulings")
    said, text = ruled(answer, "grant_extension"), words(answer)
    assert "已临时供水" in text and "已延期 0 次，还可延 2 次" in text and day(case.handle_due_at) in said
    answer = cast.client("supervisor").post("/desk/rulings", {"case": case.id, "step": "grant_extension"}, follow=True)
    assert "等单位经办人在 " in words(answer)  # the one who ruled is not told to do the unit's work
    after = of(case)
    assert day(after.handle_due_at) in said and after.handle_due_at > case.handle_due_at and after.extensions == 1


def test_granting_without_words_writes_down_the_words_under_the_button(cast):
    case = extension(cast)
    client = cast.client("supervisor")
    usual = client.get("/desk/rulings").context["rulings"][0][0].usual
    client.post("/desk/rulings", {"case": case.id, "step": "grant_extension"})
    row = StepText.objects.get(step__case_id=case.id, step__step="grant_extension")
    assert usual and row.words["ruling"] == usual


def test_refusing_needs_words_and_moves_no_date(cast):
    case = extension(cast)
    client = cast.client("supervisor")
    assert client.post("/desk/rulings", {"case": case.id, "step": "refuse_extension"}).status_code == 422
    client.post("/desk/rulings", {"case": case.id, "step": "refuse_extension", "ruling": "材料在本地可买到"})
    assert of(case).handle_due_at == case.handle_due_at and of(case).extensions == 0


def test_after_a_ruling_the_next_request_is_there(cast):
    first, second = extension(cast), extension(cast)
    answer = cast.client("supervisor").post("/desk/rulings", {"case": first.id, "step": "grant_extension"}, follow=True)
    assert answer.context["case"].id == second.id and first.number in words(answer)


def ask(cast, kind: str) -> Case:
    case = cast.at_state(State.CLOSED if kind == "exclusion" else State.IN_PROGRESS)
    given = {"parking": {"measures": "临时供水", "solve_by": "2025-06-30T18:00+08:00"}, "termination": {"told": "已当面说明"},
             "statutory": {"statute": "market", "document": [cast.file("water")]}, "exclusion": {}}[kind]
    who = "water_head" if kind in {"parking", "termination"} else "water"
    return cast.take(case, f"ask_{kind}", who, reason="情况特殊，理由如附", **given)


@pytest.mark.parametrize(("kind", "state"), [("parking", "parked"), ("termination", "terminated"), ("statutory", "in_progress"), ("exclusion", "closed")])
def test_every_kind_of_request_is_granted_on_the_desk(cast, kind, state):
    case = ask(cast, kind)
    client = cast.client("supervisor")
    assert "情况特殊，理由如附" in words(client.get("/desk/rulings"))
    client.post("/desk/rulings", {"case": case.id, "step": f"grant_{kind}", "ruling": "同意"})
    case = of(case)
    assert case.state == state and not case.marks.pending
    assert (case.stands_since is not None) == (kind in {"parking", "statutory"}) and case.excluded == (kind == "exclusion")


def test_parked_orders_come_with_what_was_promised_and_are_reviewed(cast):
    case = cast.at_state(State.PARKED)
    client = cast.client("supervisor")
    text = words(client.get("/desk/rulings/parked"))
    assert case.number in text and "临时供水" in text and "需列入明年改造" in text
    due = case.due_at
    with clock.fixed(later(days=10)):
        client = cast.client("supervisor")
        assert client.post("/desk/rulings/parked", {"case": case.id, "step": "review_parking"}).status_code == 422
        client.post("/desk/rulings/parked", {"case": case.id, "step": "review_parking", "words": "方案已批，等待开工"})
        assert of(case).due_at > due
        client.post("/desk/rulings/parked", {"case": case.id, "step": "recall_parking", "words": "资金已到位"})
    assert of(case).state == State.IN_PROGRESS


def test_what_is_late_stands_by_unit_and_is_reminded_with_one_reason(cast):
    case = cast.at_state(State.PENDING_SIGN)
    with clock.fixed(later(days=1)):
        client = cast.client("supervisor")
        answer = client.get("/desk/rulings/overdue")
        assert "市水务局" in words(answer) and case.number in words(answer)
        client.post(f"/desk/rulings/overdue?unit={cast.units['water'].id}", {"case": case.id, "reason": "请立即签收"})
        assert of(case).urges == 1
        assert client.post("/desk/rulings/overdue", {"case": case.id, "reason": ""}).status_code == 422


def test_one_text_goes_to_every_order_that_lies_with_the_unit_one_by_one_and_to_none_that_lies_with_the_centre(cast):
    ours = [cast.at_state(State.PENDING_SIGN), cast.at_state(State.IN_PROGRESS)]
    centres = cast.at_state(State.PENDING_CHECK)
    with clock.fixed(later(days=40)):
        client, page = cast.client("supervisor"), f"/desk/rulings/overdue?unit={cast.units['water'].id}"
        text = client.get(page).content.decode()
        assert all(case.number in text for case in ours) and centres.number not in text, "what the centre is late with is not the unit's"
        answer = client.post(page, {"all": "1", "row": [*(c.id for c in ours), centres.id], "reason": "请立即办理"}, follow=True)
        assert "已逐件催办 2 件；1 件没有催：这件工单现在不在单位手里，不催单位" in words(answer)
        one = client.post(page, {"case": ours[0].id, "reason": "请立即办理"}, headers={"hx-request": "true"})
        assert one.content.decode() == "已催 2 次"
        refused = client.post(page, {"case": centres.id, "reason": "请立即办理"}, headers={"hx-request": "true"})
        assert refused.status_code == 409 and "不在单位手里" in refused.content.decode()
    assert [of(c).urges for c in (*ours, centres)] == [2, 1, 0]


def test_a_reminder_to_the_centre_itself_is_not_counted_against_the_unit(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    assert cast.take(case, "remind", "supervisor", reason="请尽快裁定").urges == 0


def test_the_case_and_the_ruling_on_it_stand_beside_each_other(cast):
    cast.at_state(State.RETURN_REVIEW)
    text = cast.client("return_reviewer").get("/desk/returns").content.decode()
    case, _, ruling = text.partition('class="ms-verdict"')
    assert 'class="ms-ruled"' in case and "我叫王小明" in case and "我叫王小明" not in ruling and "重新计算" in ruling


# --- the coordinator ------------------------------------------------------------


def test_a_consultation_binds_the_unit_that_it_names(cast):
    case = cast.take(cast.create(), "ask_consult", "dispatcher", reason="两家都说不是自己的")
    client = cast.client("coordinator")
    assert "两家都说不是自己的" in words(client.get("/desk/coordinate"))
    wrong = client.post("/desk/coordinate", {"case": case.id, "step": "rule_consult", "minutes": "会上认定由水务局办"})
    assert wrong.status_code == 422 and "会上认定由水务局办" in wrong.content.decode()
    client.post("/desk/coordinate", {"case": case.id, "step": "rule_consult", "lead_name": "市水务局", "co": "城管局、云岭县", "minutes": "会上认定由水务局办"})
    assert of(case).marks.bound == (cast.units["water"].id,)
    assert of(case).steps.get(step="rule_consult").given["co_units"] == [cast.units["roads"].id, cast.units["county"].id]


def test_a_final_reply_is_granted_with_its_document_at_hand(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "ask_final", "water_head", reason="已三次答复", public_reply="维持原答复意见。", document=[cast.file("water_head")])
    client = cast.client("coordinator")
    page = client.get("/desk/coordinate")
    assert "维持原答复意见" in words(page) and f"/desk/case/{case.id}/file/" in page.content.decode()
    client.post("/desk/coordinate", {"case": case.id, "step": "grant_final", "ruling": "同意"})
    assert of(case).state == State.FINAL_REPLIED


def test_a_task_that_a_co_unit_gave_back_is_on_the_coordinators_list_until_another_has_it(cast):
    case = cast.create()
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, co_units=[cast.units["roads"].id])
    cast.take(case, "task_return", "roads", task=CaseTask.objects.get().id, reason="不在本单位管辖路段")
    client = cast.client("coordinator")
    assert "已退回，尚无人接" in words(client.get("/desk/coordinate/tasks"))
    cast.take(case, "add_co", "coordinator", co_unit=cast.units["county"].id, duty="到场核实")
    assert "没有退回或超期的协办任务" in words(client.get("/desk/coordinate/tasks"))


def test_problem_orders_and_the_call_back_list_have_their_pages(cast):
    waiting = cast.at_state(State.PENDING_CALLBACK)
    assert "没有疑难工单" in words(cast.client("coordinator").get("/desk/coordinate/problems"))
    assert waiting.number in words(cast.client("supervisor").get("/desk/rulings/callbacks"))


# --- erasure ------------------------------------------------------------


def test_erasure_takes_two_persons_and_says_what_goes_and_what_stays(cast):
    case = cast.create()
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    case = cast.take(case, "sign", "water")
    cast.take(case, "field_record", "water", visited_at=NOW.isoformat(), found="停水", done="抢修", files=[cast.file("water")])
    cast.reply(case, "water")
    case = cast._after(of(case), State.CLOSED)
    file = case.files.get().file_id
    case = cast.take(case, "ask_erasure", "supervisor", reason="诉求人依法要求删除")
    client = cast.client("security_admin")
    page = client.get("/desk/erasures")
    assert "诉求人依法要求删除" in words(page) and "不能恢复" in words(page)
    assert PHONE not in page.content.decode() and "王小明" not in page.content.decode()
    client.post("/desk/erasures", {"case": case.id, "step": "erase", "ground": "request"})
    case = of(case)
    assert case.erased and case.text.narrative == "" and case.contact_id is None
    assert not StepText.objects.filter(case_id=case.id).exclude(words={}).exists()
    assert cast.client("supervisor").get(f"/desk/case/{case.id}/file/{file}").status_code == 404, "the photo is gone too"
    assert "没有等待删除的申请" in words(client.get("/desk/erasures"))


def test_a_restricted_case_that_waits_to_be_erased_is_ruled_by_who_reads_no_word_of_it(cast):
    """The security administrator sees that it waits, why, and where it stands: not what it is about, not who has it, no file."""
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "field_record", "water", visited_at=NOW.isoformat(), found="停水", done="抢修", files=[cast.file("water")])
    cast.reply(case, "water")
    case = cast._after(of(case), State.CLOSED)
    until = (NOW + timedelta(days=90)).isoformat()
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until=until)
    by, client, file = cast.actors["security_admin"], cast.client("security_admin"), case.files.get().file_id

    def shown() -> str:
        return "".join(client.get(a).content.decode() for a in ("/desk/erasures", f"/desk/erasures?case={case.id}", f"/desk/case/{case.id}"))

    assert case.number not in shown()
    cast.take(case, "ask_erasure", "supervisor", reason="诉求人依法要求删除，电话13800000000")
    desk = client.get("/desk/erasures").content.decode()
    assert case.number in desk and "诉求人依法要求删除" in desk and "限制知悉" in desk and 'value="erase"' in desk
    told = ("停水", "幸福路", "王小明", PHONE, "水务局", "抢修", "现场.png", "自来水", "涉及未成年人", "求助")
    assert [word for word in told if word in shown()] == []
    assert case.number not in client.get("/desk/cases").content.decode()
    assert client.get(f"/desk/case/{case.id}/file/{file}").status_code == 404 and not queries.visible(by).filter(id=case.id).exists()
    full = json.dumps(shapes.full(case_page.open_case(case.id, by)) | shapes.steps(case_page.open_case(case.id, by)), default=str, ensure_ascii=False)
    assert [word for word in told if word in full] == []
    assert client.post("/desk/erasures", {"case": case.id, "step": "erase", "ground": "request"}).status_code == 302
    assert of(case).erased and client.get(f"/desk/case/{case.id}").status_code == 404


# --- who and how fast ------------------------------------------------------------

DESKS = {"returns": "return_reviewer", "rulings": "supervisor", "rulings/parked": "supervisor", "rulings/overdue": "supervisor",
         "rulings/callbacks": "supervisor", "coordinate": "coordinator", "coordinate/problems": "coordinator", "coordinate/tasks": "coordinator",
         "erasures": "security_admin"}


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_opens_for_its_role_alone(cast, desk):
    for who in PEOPLE:
        assert cast.client(who).get(f"/desk/{desk}").status_code == (200 if who == DESKS[desk] else 403), who


def test_a_reviewer_of_either_unit_reads_why_the_ruling_is_not_theirs(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    cast.take(case, "remind", "supervisor", reason="请尽快裁定")
    from minsheng.accounts import actions as accounts
    from minsheng.accounts.rules import Role

    own = accounts.create_person(username="rr", name="裁定乙", unit=cast.units["roads"], by=accounts.COMMAND_LINE, setup=True,
                                 must_change_password=False)
    accounts.grant_role(person=own, role=Role.RETURN_REVIEWER, by=accounts.COMMAND_LINE, setup=True)
    cast.people["rr"] = own
    client = cast.client("rr")
    assert "您属于争议一方单位，须由他人裁定" in words(client.get("/desk/returns"))
    assert client.post("/desk/returns", {"case": case.id, "step": "reject_return", "ruling": "驳回"}).status_code == 409


@pytest.mark.parametrize("desk", ["returns", "rulings", "rulings/overdue", "rulings/parked"])
def test_a_desk_takes_few_statements_however_long_the_queue(cast, desk):
    for _ in range(3):
        cast.at_state(State.RETURN_REVIEW), extension(cast), cast.at_state(State.PARKED), cast.at_state(State.PENDING_SIGN)
    with clock.fixed(NOW + timedelta(days=1)):
        client = cast.client(DESKS[desk])
        client.get(f"/desk/{desk}")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/desk/{desk}").status_code == 200
    assert len(asked) <= 16, [q["sql"][:90] for q in asked]


def test_the_words_of_a_draft_are_not_lost_between_the_desks(cast):
    """A reply that waits for the check is on no ruling desk, and a request for an extension is on no check desk."""
    case = extension(cast)
    assert case.number not in words(cast.client("checker").get("/desk/check"))
    assert ANSWER["public_reply"] not in words(cast.client("supervisor").get("/desk/rulings"))
