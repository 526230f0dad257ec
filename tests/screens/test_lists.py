"""Lists and the one search box: filters that survive paging, several merged at once, what is not yours stays out."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import PHONE

from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.desk import deadline_trace


@pytest.fixture
def desk(cast):
    return cast.client("dispatcher")


def test_filters_stay_on_the_next_page(cast, desk):
    for _ in range(51):
        cast.create()
    text = desk.get("/desk/cases", {"state": "open", "kind": "help"}).content.decode()
    assert 'rel="next"' in text and "state=open&amp;kind=help&amp;after=" in text
    mark = text.split("after=")[1].split('"')[0]
    second = desk.get("/desk/cases", {"state": "open", "kind": "help", "after": mark}).content.decode()
    assert second.count("data-row") == 1 and 'value="open" selected' in second


def test_the_list_takes_a_fixed_number_of_statements(cast, desk):
    for _ in range(3):
        cast.at_state(State.PENDING_SIGN)
    desk.get("/desk/cases")
    with CaptureQueriesContext(connection) as few:
        desk.get("/desk/cases")
    for _ in range(3):
        cast.create()
    with CaptureQueriesContext(connection) as more:
        desk.get("/desk/cases")
    assert len(more) == len(few) <= 12


def test_several_become_one_and_one_press_undoes_it(cast, desk):
    first, second, third = (cast.create() for _ in range(3))
    answer = desk.post("/desk/cases/merge", {"case": [third.id, first.id, second.id], "reason": "同一处停水", "back": "/desk/cases?state=open"})
    assert answer["Location"] == "/desk/cases?state=open"
    assert [Case.objects.get(id=c.id).master_id for c in (first, second, third)] == [None, first.id, first.id]
    page = desk.get(answer["Location"]).content.decode()
    assert f"2 件已并入 {first.number}" in page and "/desk/cases/unmerge?ids=" in page
    undo = desk.post(f"/desk/cases/unmerge?ids={second.id},{third.id}&back=%2Fdesk%2Fcases%3Fstate%3Dopen")
    assert undo["Location"] == "/desk/cases?state=open", "whoever undoes stands where they stood"
    assert {Case.objects.get(id=c.id).state for c in (second, third)} == {State.PENDING_REVIEW}


def test_several_go_into_what_was_accepted_first_also_a_part_that_was_split_off_later(cast, desk):
    whole, other = cast.create(), cast.create()
    cast.take(whole, "split", "dispatcher", parts=[{"narrative": "路灯不亮"}, {"narrative": "井盖松动"}], reason="两件事")
    part = Case.objects.filter(id__gt=other.id).order_by("id").first()
    Case.objects.filter(id=other.id).update(received_at=part.received_at + timedelta(minutes=20))
    desk.post("/desk/cases/merge", {"case": [other.id, part.id], "reason": "同一处"})
    assert Case.objects.get(id=other.id).master_id == part.id, "the list says 不填：最早的一件, and shows when each was accepted"


def test_lines_without_a_blank_line_between_are_one_matter_each(cast, desk):
    """Whoever splits a case is told how to write its parts, and two lines are two."""
    case = cast.create()
    assert "在几件事之间空一行" in desk.get(f"/desk/case/{case.id}?step=split").content.decode()
    desk.post(f"/desk/case/{case.id}/step", {"step": "split", "parts": "路灯不亮\r\n井盖松动\r\n", "reason": "两件事"})
    assert Case.objects.get(id=case.id).state == State.SPLIT
    long = cast.create()
    desk.post(f"/desk/case/{long.id}/step", {"step": "split", "parts": "路灯不亮\r\n已经三天\r\n \r\n井盖松动", "reason": "两件事"})
    assert Case.objects.filter(id__gt=long.id).count() == 2


def test_whoever_splits_a_case_begins_with_its_words_and_as_they_stand_they_are_one(cast, desk):
    """Nothing is typed twice, and a press without a blank line put in makes no part of each line that the caller's words happen to have."""
    case = cast.create(narrative="楼道的路灯不亮。\n已经三天了。\n门口的井盖松动。")
    form = desk.get(f"/desk/case/{case.id}?step=split").content.decode().split('name="parts"')[1].split("</textarea>")[0]
    words = form.split(">", 1)[1].strip()
    assert words == "楼道的路灯不亮。 已经三天了。 门口的井盖松动。"
    desk.post(f"/desk/case/{case.id}/step", {"step": "split", "parts": words, "reason": "两件事"})
    assert Case.objects.get(id=case.id).state == State.PENDING_REVIEW
    desk.post(f"/desk/case/{case.id}/step", {"step": "split", "parts": words.replace(" 门口", "\n\n门口"), "reason": "两件事"})
    assert Case.objects.filter(id__gt=case.id).count() == 2


def test_one_that_may_not_be_merged_leaves_all_alone(cast, desk):
    first, second, sealed = cast.create(), cast.create(), cast.create(secrecy=True)
    answer = desk.post("/desk/cases/merge", {"case": [first.id, second.id, sealed.id], "reason": "同一处"})
    assert "没有并单" in desk.get(answer["Location"]).content.decode()
    assert {Case.objects.get(id=c.id).state for c in (first, second, sealed)} == {State.PENDING_REVIEW}


def test_only_a_dispatcher_is_offered_the_ticks(cast, desk):
    cast.create()
    assert "data-tick" in desk.get("/desk/cases").content.decode()
    agent = cast.client("agent")
    assert "data-tick" not in agent.get("/desk/cases").content.decode()
    assert agent.post("/desk/cases/merge", {"case": ["1", "2"]}).status_code == 403


def test_one_box_finds_by_number_phone_and_words_of_three_languages(cast):
    case = cast.create(narrative="路灯不亮", original="ལམ་སྒྲོན་ཆག་འདུག the lamp is broken", language="bo")
    agent = cast.client("agent")
    assert agent.get("/desk/search", {"q": case.number})["Location"].endswith(f"/desk/case/{case.id}")
    for words in ("路灯", "ལམ་སྒྲོན", "lamp", PHONE):
        assert case.number in agent.get("/desk/search", {"q": words}).content.decode(), words
    text = agent.get("/desk/search", {"q": "没有这个词"}).content.decode()
    assert "没有找到" in text


def test_who_may_not_see_numbers_does_not_find_by_number(cast):
    case = cast.create()
    assert case.number not in cast.client("analyst").get("/desk/search", {"q": PHONE}).content.decode()


def test_days_that_count_alike_are_one_line():
    from datetime import date, timedelta
    from types import SimpleNamespace

    why = ["周五，起算当日（第 0 天），不计", "周六，不计", "周日，不计", "周一，第 1 个工作日", "周二，第 2 个工作日", "国庆节放假，不计", "国庆节放假，不计",
           "国庆节调休上班，第 3 个工作日"]
    found = deadline_trace.runs(SimpleNamespace(date=date(2024, 9, 20) + timedelta(i), why=w) for i, w in enumerate(why))
    assert [(r.why, (r.last - r.first).days + 1) for r in found] == [
        (why[0], 1), ("周末，不计", 2), ("第 1 个工作日至第 2 个工作日", 2), ("国庆节放假，不计", 2), (why[7], 1)]


def test_a_title_is_words_wherever_it_is_listed(cast, desk):
    """Lines are put together by hand: what somebody typed is never part of the page's own text."""
    case = cast.take(cast.create(title="<i>水&\"压\"</i>低", narrative="三楼水压很低，请派人来看。"), "dispatch", "dispatcher", lead=cast.units["water"].id)
    asked = [(desk, "/desk/cases"), (desk, "/desk/search?q=水压"), (cast.client("water"), "/desk/unit"),
             (cast.client("supervisor"), "/board/list?measure=received&part=numerator")]
    for client, path in asked:
        text = client.get(path).content.decode()
        assert case.number in text and "低" in text and "<i>" not in text and '"压"' not in text, path
