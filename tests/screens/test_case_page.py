"""The case page: the story with its hashes, why this date, steps open or shut with a reason, and what sealed, restricted, erased look like."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import PHONE, later

from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules import State
from minsheng.kit import clock


def page(cast, case, who: str, **query) -> str:
    return cast.client(who).get(f"/desk/case/{case.id}", query).content.decode()


def test_every_step_shows_who_when_why_and_its_hash(cast):
    case = cast.at_state(State.RETURN_REVIEW)
    text = page(cast, case, "dispatcher")
    for row in CaseStep.objects.filter(case_id=case.id):
        assert f"{row.seq} · {bytes(row.hash)[:4].hex()}" in text
    assert "属城管局职责" in text and "次仁" in text and "市水务局" in text


def test_the_date_says_why_and_days_that_count_alike_are_one_line(cast):
    case = cast.at_state(State.IN_PROGRESS)
    text = page(cast, case, "coordinator")
    assert "为什么？" in text and "逐日说明" in text and "起算当日（第 0 天），不计" in text
    assert "周末，不计" in text and "周六，不计" not in text.split("办理逐日说明")[1].split("</table>")[0]


def test_a_shut_step_stands_in_its_place_with_its_reason(cast):
    case = cast.at_state(State.PENDING_SIGN, urgent=True)
    text = page(cast, case, "dispatcher")
    assert 'aria-describedby="why-mark_urgent"' in text and 'id="why-mark_urgent"' in text


def test_one_main_action_also_when_a_form_is_open(cast):
    case = cast.create()
    assert page(cast, case, "dispatcher").count("btn-primary") == 1
    opened = page(cast, case, "dispatcher", step="ask_more")
    assert opened.count("btn-primary") == 1 and "data-first-field" in opened


def test_what_was_typed_stays_when_a_step_is_refused(cast):
    case = cast.create()
    answer = cast.client("dispatcher").post(f"/desk/case/{case.id}/step", {"step": "ask_consult", "reason": ""})
    assert answer.status_code == 422 and "请改这几处" in answer.content.decode()
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    answer = cast.client("dispatcher").post(f"/desk/case/{case.id}/step", {"step": "ask_more", "reason": "请补问楼栋号"})
    assert answer.status_code == 409 and "请补问楼栋号" in answer.content.decode()


def test_the_number_takes_a_reason_and_is_in_no_other_place(cast):
    case = cast.create()
    text = page(cast, case, "agent")
    assert f"tel:{PHONE}" not in text and "138******" in text and "查看号码（写明理由，记入台账）" in text
    client = cast.client("agent")
    assert client.post(f"/desk/case/{case.id}/number", {"reason": ""}).status_code == 409
    assert PHONE in client.post(f"/desk/case/{case.id}/number", {"reason": "联系诉求人核实地点"}).content.decode()


def test_a_sealed_case_says_who_may_not_see_it(cast):
    case = cast.create(complained_unit=cast.units["pipes"].id)
    text = page(cast, case, "dispatcher")
    assert "保密工单：承办单位看不到诉求人" in text and "管网科及其下级看不到本单" in text


def test_a_restricted_case_is_open_to_the_named_and_hidden_from_all_others(cast):
    case = cast.create()
    readers = [cast.people["dispatcher"].id]
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=readers, until=later(days=30).isoformat())
    text = page(cast, case, "dispatcher")
    assert "限制知悉：只有被指名的人能打开本单" in text
    assert "派单员甲" in text.split("知悉人员：")[1][:60]
    assert cast.client("agent").get(f"/desk/case/{case.id}").status_code == 404


def test_relations_are_named_on_both_sides(cast):
    master, case = cast.create(), cast.create()
    cast.take(case, "merge", "dispatcher", master=master.id, reason="同一处停水")
    assert master.number in page(cast, case, "dispatcher") and "主单" in page(cast, case, "dispatcher")
    assert "并入本单" in page(cast, master, "dispatcher")


def test_two_people_on_one_case_are_told_of_each_other(cast):
    case = cast.create()
    assert cast.client("agent").post(f"/desk/case/{case.id}/here").json()["people"] == []
    assert cast.client("dispatcher").post(f"/desk/case/{case.id}/here").json()["people"] == ["话务员甲"]
    assert f'data-here="/desk/case/{case.id}/here"' in page(cast, case, "dispatcher")


def test_the_page_prints_with_the_reader_s_name(cast):
    text = page(cast, cast.create(), "dispatcher")
    assert "data-print" in text and "打印：派单员甲" in text


def test_the_page_takes_at_most_twelve_statements(cast):
    case = cast.at_state(State.CLOSED)
    client = cast.client("supervisor")
    client.get(f"/desk/case/{case.id}")
    with CaptureQueriesContext(connection) as seen:
        assert client.get(f"/desk/case/{case.id}").status_code == 200
    assert len(seen) <= 12, [q["sql"][:90] for q in seen]


def test_a_draft_that_was_sent_back_opens_with_all_it_holds(cast):
    case = cast.create(urgent=True)
    cast.take(case, "ask_more", "dispatcher", reason="请补问楼栋号")
    client = cast.client("agent")
    client.post(f"/desk/case/{case.id}/step", {"step": "amend", "narrative": "幸福路小区三栋停水两天", "urgent": "no"})
    client.post(f"/desk/case/{case.id}/step", {"step": "submit"})
    case = Case.objects.get(id=case.id)
    assert case.state == State.PENDING_REVIEW and "三栋" in case.text.narrative and not case.urgent


@pytest.mark.parametrize("asked", ["1999-06-01", "case", "停水", "//evil.example/desk", "https://evil.example/", "javascript:alert(1)", "\\\\evil.example",
                                   "/desk/cases?q=" + "长" * 20_000])
def test_a_page_to_go_on_to_that_is_no_page_of_ours_is_passed_over(cast, asked):
    case = cast.create()
    answer = cast.client("dispatcher").post(f"/desk/case/{case.id}/step", {"step": "mark_urgent", "reason": "老人独居", "next": asked})
    assert answer.status_code == 302 and answer.url.startswith("/desk/")
    many = cast.client("dispatcher").post("/desk/cases/merge", {"case": str(case.id), "back": asked})
    assert (many.status_code, many.url) == (302, "/desk/cases")


@pytest.mark.parametrize("state", [State.PENDING_REVIEW, State.IN_PROGRESS])
def test_a_clock_that_an_end_cut_short_is_neither_done_nor_will_it_go_on(cast, state):
    case = cast.at_state(state)
    with clock.fixed(clock.now() + timedelta(minutes=5)):
        cast.take(case, "phone_withdraw", "agent", reason="不用了")
    page = cast.client("supervisor").get(f"/desk/case/{case.id}").content.decode()
    assert "已停止" in page and "已暂停" not in page and ("已完成" in page) == (state == State.IN_PROGRESS), "signing was done, review was not"


def test_the_review_of_what_was_split_was_not_done(cast):
    case = cast.create()
    cast.take(case, "split", "dispatcher", parts=[{"narrative": "路灯不亮"}, {"narrative": "井盖松动"}], reason="两件事")
    page = cast.client("dispatcher").get(f"/desk/case/{case.id}").content.decode()
    assert "已停止" in page and "已完成" not in page


def test_a_file_says_whether_the_requester_or_the_unit_brought_it(cast):
    """Two photographs of one name stood side by side: one shows the trouble, the other that it is gone."""
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "phone_add", "agent", addition="又漏了")
    cast.take(case, "field_record", "water", visited_at=clock.now().isoformat(), found="管道破裂", done="已更换", files=[cast.file("water")])
    for who, where in (("supervisor", f"/desk/case/{case.id}"), ("water", f"/desk/unit/{case.id}")):
        assert re.search(r"现场\.png</a> <span [^>]*>办理佐证", cast.client(who).get(where).content.decode()), who


def test_the_form_of_a_shut_step_is_not_drawn_but_says_why(cast):
    """An old page or a link leads to a form that would be refused at its end, after all was typed."""
    case = cast.at_state(State.IN_PROGRESS)
    text = page(cast, case, "dispatcher", step="mark_urgent")
    assert 'name="step" value="mark_urgent"' in text
    closed = cast.at_state(State.CLOSED)
    text = page(cast, closed, "dispatcher", step="mark_urgent")
    assert 'name="step" value="mark_urgent"' not in text and "现在不能办：" in text
    text = page(cast, closed, "dispatcher", step="draft_reply")  # nor that of a step of somebody else's
    assert 'name="step" value="draft_reply"' not in text
