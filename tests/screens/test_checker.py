"""The checker's desk: the reply beside the request, what is missing, one key and the next comes up; redos with the clerk's record."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import ANSWER, NOW, PEOPLE

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import Role
from minsheng.cases import actions, queries
from minsheng.cases.models import Case, Category
from minsheng.cases.rules import State


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def noise(cast, **more) -> Case:
    """A matter of place: it needs a record from the field."""
    case = cast.create(category="noise", title="夜里施工噪声", elements={"time": "夜里两点"})
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    case = cast.take(case, "sign", "water")
    cast.take(case, "contact", "water", contact_at=NOW.isoformat(), contact_how="phone", contact_note="约好今晚再看")
    cast.take(case, "field_record", "water", visited_at=NOW.isoformat(), found="夜间施工", done="责令停工", files=[cast.file("water")])
    cast.take(case, "draft_reply", "water", **{**ANSWER, **more})
    return cast.take(case, "reply", "water_head")


def asks_redo(cast) -> Case:
    case = cast.at_state(State.PENDING_CALLBACK)
    cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=False, solved=False,
              satisfaction="unsatisfied", dissatisfaction="result", verbatim="水还是没有来")
    return cast.take(case, "ask_redo", "callback_clerk", reason="水还是没有来")


def test_the_reply_stands_beside_the_request_with_what_the_unit_claims(cast):
    case = noise(cast)
    answer = cast.client("checker").get("/desk/check")
    text = words(answer)
    assert "幸福路小区停水两天" in text and ANSWER["public_reply"] in text and "单位认为已解决" in text
    assert "约好今晚再看" in text and "责令停工" in text and "现场办理记录" in text
    assert f"/desk/case/{case.id}/file/" in answer.content.decode(), "the photo is on the page"


def test_what_is_missing_is_said_and_stands_ready_as_the_ground(cast):
    cast.at_state(State.PENDING_CHECK)
    client = cast.client("checker")
    assert "缺" not in words(client.get("/desk/check")).split("本类事项要的佐证")[1].split("单位做了什么")[0]
    Category.objects.filter(code="tap").update(evidence="photo")  # the table asks for more since
    queries.forget()
    answer = client.get("/desk/check")
    assert "缺现场办理记录" in words(answer) and "缺现场照片" in words(answer)
    assert "缺少：现场办理记录、现场照片。请补齐后重新答复。" in answer.content.decode()


def test_a_consultation_shows_the_ground_of_its_answer(cast):
    cast.reply(cast.at_state(State.IN_PROGRESS, kind="consult"), "water", basis="《供水条例》第十二条")
    assert "答复的依据 《供水条例》第十二条" in words(cast.client("checker").get("/desk/check"))


def test_accepting_is_one_key_and_the_next_comes_up(cast):
    first, second = cast.at_state(State.PENDING_CHECK), cast.at_state(State.PENDING_CHECK)
    client = cast.client("checker")
    page = client.get("/desk/check")
    assert page.context["case"].id == first.id and 'data-key="a a"' in page.content.decode()
    answer = client.post("/desk/check", {"case": first.id, "step": "accept_reply"}, follow=True)
    assert Case.objects.get(id=first.id).state == State.PENDING_CALLBACK
    assert answer.context["case"].id == second.id and f"{first.number}：审核通过" in words(answer)


def test_sending_back_needs_a_defect_and_words_and_keeps_what_was_typed(cast):
    case = cast.at_state(State.PENDING_CHECK)
    client = cast.client("checker")
    answer = client.post("/desk/check", {"case": case.id, "step": "reject_reply", "reason": "请写明抢修的地点"})
    assert answer.status_code == 422 and "请选择退回原因" in words(answer)
    assert "请写明抢修的地点" in answer.content.decode() and answer.context["case"].id == case.id
    client.post("/desk/check", {"case": case.id, "step": "reject_reply", "defect": "template", "reason": "请写明抢修的地点"})
    assert Case.objects.get(id=case.id).state == State.IN_PROGRESS


def test_the_second_reply_shows_the_first_and_why_it_came_back(cast):
    case = cast.at_state(State.PENDING_CHECK)
    cast.take(case, "reject_reply", "checker", defect="template", reason="请写明抢修的地点")
    cast.take(case, "draft_reply", "water", **{**ANSWER, "public_reply": "幸福路1号门前的主管道已经修好。"})
    cast.take(case, "reply", "water_head")
    text = words(cast.client("checker").get("/desk/check"))
    assert "以前的答复（1 次）" in text and ANSWER["public_reply"] in text and "请写明抢修的地点" in text and "审核退回" in text
    assert "幸福路1号门前" in text


def test_a_redo_is_reviewed_with_the_clerks_record_and_its_consequences_come_true(cast):
    case = asks_redo(cast)
    client = cast.client("checker")
    page = client.get("/desk/check")
    text = words(page)
    assert "回访员提请重办" in text and "水还是没有来" in text and "不满意" in text
    said = next(line for line in page.context["outcomes"][0][0].then if "期限" in line)
    assert 'name="ruling"' in client.get(f"/desk/check?case={case.id}").content.decode(), "what a ruling needs can be typed"
    client.post("/desk/check", {"case": case.id, "step": "order_redo", "ruling": "请到场核实后重新办理"})
    case = Case.objects.get(id=case.id)
    assert case.state == State.IN_PROGRESS and case.redos == 1
    assert f"{case.handle_due_at.astimezone(NOW.tzinfo):%H:%M}" in said and f"{case.handle_due_at.astimezone(NOW.tzinfo).day}日" in said


def test_a_redo_that_is_refused_closes_the_case(cast):
    case = asks_redo(cast)
    own = cast.client("checker").post("/desk/check", {"case": case.id, "step": "refuse_redo", "ruling": "已现场核实供水正常"})
    assert own.status_code == 409 and "“审核通过”是您办的" in words(own)  # nobody upholds their own acceptance
    another = accounts.create_person(username="checker2", name="审核乙", unit=cast.units["centre"], by=accounts.COMMAND_LINE, setup=True,
                                     must_change_password=False)
    accounts.grant_role(person=another, role=Role.CHECKER, by=accounts.COMMAND_LINE, setup=True)
    cast.people["checker2"] = another
    client = cast.client("checker2")
    assert client.post("/desk/check", {"case": case.id, "step": "refuse_redo"}).status_code == 422
    client.post("/desk/check", {"case": case.id, "step": "refuse_redo", "ruling": "已现场核实供水正常"})
    assert Case.objects.get(id=case.id).state == State.CLOSED


def test_an_order_of_the_checkers_own_unit_does_not_come_up_and_is_shut_when_opened(cast):
    own, other = cast.at_state(State.PENDING_CHECK, lead="roads"), cast.at_state(State.PENDING_CHECK)
    here = accounts.create_person(username="checker.roads", name="审核乙", unit=cast.units["roads"], by=accounts.COMMAND_LINE, setup=True,
                                  must_change_password=False)
    accounts.grant_role(person=here, role=Role.CHECKER, by=accounts.COMMAND_LINE, setup=True)
    cast.people["checker.roads"] = here
    client = cast.client("checker.roads")
    assert client.get("/desk/check").context["case"].id == other.id
    text = words(client.get(f"/desk/check?case={own.id}"))
    assert "本单由您所在单位承办，须由他人办理" in text and "退回重新答复" not in text
    assert client.post("/desk/check", {"case": own.id, "step": "accept_reply"}).status_code == 409
    assert Case.objects.get(id=own.id).state == State.PENDING_CHECK


def test_two_checkers_on_one_reply_and_the_second_is_told(cast):
    case = cast.at_state(State.PENDING_CHECK)
    client = cast.client("checker")
    actions.take_step(case_id=case.id, step="accept_reply", by=cast.actors["checker"], given={})
    answer = client.post("/desk/check", {"case": case.id, "step": "accept_reply"})
    assert answer.status_code == 409 and "待回访" in words(answer)


def test_only_this_desks_steps_go_through_it(cast):
    case = cast.at_state(State.PENDING_CALLBACK)
    assert cast.client("checker").post("/desk/check", {"case": case.id, "step": "close"}).status_code == 409


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"checker"}))
def test_nobody_else_enters(cast, who):
    assert cast.client(who).get("/desk/check").status_code == 403


def test_the_desk_takes_few_statements_however_long_the_queue(cast):
    for _ in range(4):
        noise(cast)
    asks_redo(cast)
    client = cast.client("checker")
    client.get("/desk/check")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/desk/check").status_code == 200
    assert len(asked) <= 14, [q["sql"][:90] for q in asked]
