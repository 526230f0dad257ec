"""A page of the citizen that was opened before the case moved on: what it sends is taken where it may be, else its words stay on the page."""

from __future__ import annotations

import pytest
from django.test import Client

from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules import State


def opened(cast, case: Case) -> Client:
    client = Client()
    assert client.post("/track", {"number": case.number, "code": cast.codes[case.id]}).status_code == 302
    return client


def taken(case: Case, step: str) -> int:
    return CaseStep.objects.filter(case_id=case.id, step=step).count()


LATE = [("add_facts", {"addition": "水又漏了，\n还是三楼"}, State.CLOSED), ("correct", {"addition": "水又漏了，\n还是三楼"}, State.PENDING_CALLBACK),
        ("withdraw", {"reason": "水又漏了，\n还是三楼"}, State.TERMINATED)]


@pytest.mark.parametrize(("step", "given", "state"), LATE)
def test_words_that_come_after_the_case_has_ended_stay_on_the_page_with_the_reason(cast, step, given, state):
    case = cast.at_state(state)
    answer = opened(cast, case).post(f"/case/{step}", given)
    page = answer.content.decode()
    assert answer.status_code == 409 and not taken(case, step)
    assert "还是三楼" in page and "您写的还在。" in page and 'id="pt-form"' not in page


def test_a_second_rating_from_another_tab_keeps_what_it_said(cast):
    case = cast.at_state(State.CLOSED)
    client = opened(cast, case)
    assert client.post("/case/rate", {"satisfaction": "very", "verbatim": "修得快"}).status_code == 302
    page = client.post("/case/rate", {"satisfaction": "unsatisfied", "verbatim": "后来又漏了"}).content.decode()
    assert "您已经评价过" in page and "后来又漏了" in page and taken(case, "rate") == 1
    assert "您写的还在。" not in client.get("/case/rate").content.decode()


@pytest.mark.parametrize("moved", ["merged", "merge undone"])
def test_what_was_begun_before_a_merge_is_taken_after_it(cast, moved):
    order, case = cast.at_state(State.IN_PROGRESS), cast.create()
    client = opened(cast, case)
    cast.take(case, "merge", "dispatcher", master=order.id, reason="同一处停水")
    if moved == "merge undone":
        cast.take(case, "unmerge", "dispatcher", reason="不是同一处")
    assert client.post("/case/add_facts", {"addition": "三楼也没有水"}).status_code == 302
    assert client.post("/case/withdraw", {"reason": "来水了"}).status_code == 302
    assert Case.objects.get(id=case.id).state == "withdrawn" and Case.objects.get(id=order.id).state == "in_progress"
    page = client.post("/case/withdraw", {"reason": "再撤一次"}).content.decode()
    assert "再撤一次" in page and taken(case, "withdraw") == 1


def test_who_was_registered_anew_is_not_told_to_call_for_it_again_while_that_is_handled(cast):
    case = cast.at_state(State.CLOSED)
    client = opened(cast, case)
    assert "可以重新登记" in client.get("/case").content.decode()
    case = cast.take(case, "reopen", "agent", reason="仍漏水", narrative="还是漏水，没有修好。")
    page = client.get("/case").content.decode()
    assert "已重新登记" in page and "可以重新登记" not in page
    cast.take(Case.objects.get(id=case.marks.reopened), "phone_withdraw", "agent", reason="已修好")
    assert "可以重新登记" in client.get("/case").content.decode()
