"""The dispatcher's desk: what is oldest first, why this unit, one key to send, and what may not be sent says so."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PHONE

from minsheng.cases import actions, queries
from minsheng.cases.models import Case, Category
from minsheng.cases.rules import State
from minsheng.dispatch import queries as dispatch
from minsheng.kit import clock

MIDNIGHT = datetime.fromisoformat("2025-01-02T23:30+08:00")


@pytest.fixture
def desk(cast):
    return cast.client("dispatcher")


def page(client, **query):
    return client.get("/desk/dispatch", query).content.decode()


def test_the_page_takes_at_most_twelve_statements(cast, desk):
    for _ in range(3):
        cast.create()
    cast.at_state(State.IN_PROGRESS)
    page(desk)
    with CaptureQueriesContext(connection) as seen:
        text = page(desk)
    assert "待派单" in text and "派给谁" in text
    assert len(seen) <= 12, [q["sql"][:90] for q in seen]


def test_the_oldest_limit_is_first_and_previewed(cast, desk):
    first, second = cast.create(title="先来的停水"), None
    with clock.fixed(NOW.replace(hour=11)):
        second = cast.create(title="后来的停水")
        text = page(desk)
    assert text.index(first.title) < text.index(second.title) and f"/desk/dispatch/{first.id}/send" in text


def test_the_requester_is_masked(cast, desk):
    cast.create(narrative="停水两天", title="停水")
    text = page(desk)
    assert PHONE not in text and "王小明" not in text and "ms-masked" in text


def test_sending_says_what_is_now_true_and_goes_on(cast, desk):
    case, other = cast.create(), cast.create()
    answer = desk.post(f"/desk/dispatch/{case.id}/send", {"lead": cast.units["water"].id, "pile": "waiting", "following": other.id})
    case.refresh_from_db()
    assert answer.status_code == 302 and answer["Location"].endswith(f"case={other.id}") and case.state == State.PENDING_SIGN
    shown = page(desk, pile="waiting", case=str(other.id))
    assert "已派给市水务局，签收时限" in shown and f"/desk/dispatch/{other.id}/send" in shown


def test_a_unit_is_found_by_part_of_its_name(cast, desk):
    case = cast.create()
    desk.post(f"/desk/dispatch/{case.id}/send", {"other": "城管", "co": "市水务局", "limit": "3wd"})
    case.refresh_from_db()
    assert case.lead_id == cast.units["roads"].id and case.tasks.get().unit_id == cast.units["water"].id


def test_an_unknown_unit_stays_an_error_with_what_was_typed(cast, desk):
    case = cast.create()
    answer = desk.post(f"/desk/dispatch/{case.id}/send", {"other": "火星局", "basis": "某依据"})
    assert answer.status_code == 422 and "没有叫“火星局”的单位" in answer.content.decode() and "某依据" in answer.content.decode()
    case.refresh_from_db()
    assert case.state == State.PENDING_REVIEW


def test_missing_elements_stand_out_before_sending_and_shut_it(cast, desk):
    case = cast.create(category="noise", title="半夜噪声")
    text = page(desk, case=str(case.id))
    assert "缺要素：时段" in text and "why-send" in text
    answer = desk.post(f"/desk/dispatch/{case.id}/send", {"lead": cast.units["roads"].id})
    assert answer.status_code == 409


def test_what_was_done_lately_is_proposed_with_its_reason(cast, desk):
    cast.at_state(State.PENDING_SIGN)
    case = cast.create()
    text = page(desk, case=str(case.id))
    assert "近 90 天同类同地 1 件由其承办" in text and 'data-key="1"' in text


def test_of_a_common_matter_the_latest_cases_speak(cast, desk, monkeypatch):
    """Counting thousands made the desk of a large city slow, and old practice outweighs a new one."""
    monkeypatch.setattr(dispatch, "LATEST", 2)
    for lead in ("roads", "water", "water"):
        cast.take(cast.create(), "dispatch", "dispatcher", lead=cast.units[lead].id)
    text = page(desk, case=str(cast.create().id))
    assert "最近 2 件同类同地里 2 件由其承办" in text and "1 件由其承办" not in text


def test_the_unit_complained_of_is_said_before_sending(cast, desk):
    case = cast.create(complained_unit=cast.units["pipes"].id)
    text = page(desk, case=str(case.id))
    assert "不得派给被反映单位" in text
    answer = desk.post(f"/desk/dispatch/{case.id}/send", {"lead": cast.units["pipes"].id})
    assert answer.status_code == 422


def test_dates_are_shown_before_sending(cast, desk):
    case = cast.create()
    assert "签收" in page(desk) and "办结" in page(desk)
    assert "1月" in desk.get(f"/desk/dispatch/{case.id}/dues", {"limit": "3wd"}).content.decode()
    assert desk.get(f"/desk/dispatch/{case.id}/dues", {"limit": "许久"}).status_code == 422


def test_who_merges_says_why_it_is_one_matter_and_can_undo_it(cast, desk):
    master, case = cast.create(), cast.create()
    shown = page(desk, case=str(case.id))
    assert f"/desk/dispatch/{case.id}/merge" in shown and 'name="reason" maxlength="200" required' in shown
    silent = desk.post(f"/desk/dispatch/{case.id}/merge", {"master": master.id, "pile": "waiting"})
    assert silent.status_code == 422 and Case.objects.get(id=case.id).state == State.PENDING_REVIEW, "nobody judged that it is the same"
    desk.post(f"/desk/dispatch/{case.id}/merge", {"master": master.id, "pile": "waiting", "reason": "同一栋楼停水"})
    assert Case.objects.get(id=case.id).state == State.MERGED
    assert "同一栋楼停水" in cast.client("supervisor").get(f"/desk/case/{case.id}").content.decode()
    desk.post(f"/desk/dispatch/{case.id}/unmerge")
    assert Case.objects.get(id=case.id).state == State.PENDING_REVIEW


def test_a_returned_case_lies_on_its_own_pile(cast, desk):
    case = cast.at_state(State.RETURN_REVIEW)
    cast.take(case, "uphold_return", "return_reviewer", ruling="属城管局")
    assert case.number not in page(desk) and case.number in page(desk, pile="returned")


def test_a_decline_is_confirmed_or_overturned(cast, desk):
    one, two = cast.at_state(State.DECLINED), cast.at_state(State.DECLINED)
    text = page(desk, pile="declined", case=str(one.id))
    assert "改为受理" in text and "已告知法院的联系方式" in text
    desk.post(f"/desk/dispatch/{one.id}/rule", {"step": "confirm_decline", "pile": "declined"})
    assert desk.post(f"/desk/dispatch/{two.id}/rule", {"step": "overturn_decline", "pile": "declined"}).status_code == 422
    desk.post(f"/desk/dispatch/{two.id}/rule", {"step": "overturn_decline", "words": "尚未进入诉讼", "pile": "declined"})
    two.refresh_from_db()
    assert two.state == State.PENDING_REVIEW and one.number not in page(desk, pile="declined")


def test_the_shift_leader_sends_an_urgent_case_at_night_and_the_dispatcher_reviews(cast, desk):
    with clock.fixed(MIDNIGHT):
        case = cast.create(urgent=True)
        leader = cast.client("shift_leader")
        assert "夜间直派" in page(leader, case=str(case.id))
        leader.post(f"/desk/dispatch/{case.id}/send", {"lead": cast.units["water"].id})
        case.refresh_from_db()
        assert case.state == State.PENDING_SIGN
        assert "补审意见" in page(desk, pile="night")
        desk.post(f"/desk/dispatch/{case.id}/rule", {"step": "post_review", "words": "派单得当", "pile": "night"})
        assert "没有等待补审" in page(desk, pile="night")


def test_two_dispatchers_on_one_case_the_second_is_told(cast, desk):
    case = cast.create()
    actions.take_step(case_id=case.id, step="dispatch", by=cast.actors["dispatcher"], given={"lead": cast.units["water"].id})
    answer = desk.post(f"/desk/dispatch/{case.id}/send", {"lead": cast.units["roads"].id})
    assert answer.status_code == 409 and "当前状态为" in answer.content.decode()


def test_an_empty_desk_says_what_will_be_here(cast, desk):
    assert "没有等待派单的工单" in page(desk)


@pytest.mark.parametrize("who", ["agent", "water", "checker", "callback_clerk"])
def test_others_are_turned_away(cast, who):
    case = cast.create()
    client = cast.client(who)
    assert client.get("/desk/dispatch").status_code == 403 and client.get(f"/desk/dispatch/{case.id}").status_code == 403
    assert client.post(f"/desk/dispatch/{case.id}/send", {"lead": cast.units["water"].id}).status_code == 403


def test_what_waits_for_a_consultation_does_not_stand_before_what_can_be_sent(cast, desk):
    case, other = cast.create(), cast.create(title="后来的停水")
    cast.take(case, "ask_consult", "dispatcher", reason="两个单位互推")
    text = page(desk)
    assert f"data-row data-case=\"{case.id}\"" not in text and f"/desk/dispatch/{other.id}/send" in text
    text = page(desk, pile="consult")
    assert case.number in text and "正在等待裁定" in text


def test_the_field_offers_nobody_who_may_not_have_it(cast, desk):
    Category.objects.filter(code="tap").update(no_push_down=True)
    queries.forget()
    case = cast.create(complained_unit=cast.units["water"].id)
    offered = page(desk, case=str(case.id)).split('<datalist id="units">')[1].split("</datalist>")[0]
    assert "市城管局" in offered and "云岭县" in offered
    assert "河口乡" not in offered and "市水务局" not in offered and "管网科" not in offered


def test_a_review_afterwards_is_offered_where_there_is_one(cast, desk):
    assert "补审意见" not in page(desk, case=str(cast.create().id))


def test_the_second_page_stays_the_second_page_after_sending(cast, desk):
    for _ in range(52):
        cast.create()
    first = page(desk)
    mark = first.split("after=")[1].split('"')[0]
    second = page(desk, after=mark)
    ids = [part.split('"')[0] for part in second.split('data-row data-case="')[1:]]
    assert len(ids) == 2 and f'name="after" value="{mark}"' in second
    answer = desk.post(f"/desk/dispatch/{ids[0]}/send", {"lead": cast.units["water"].id, "pile": "waiting", "following": ids[1], "after": mark})
    assert f"after={mark}" in answer["Location"] and f"/desk/dispatch/{ids[1]}/send" in desk.get(answer["Location"]).content.decode()


def test_the_preview_asks_who_else_has_it_open(cast, desk):
    case = cast.create()
    cast.client("shift_leader").post(f"/desk/case/{case.id}/here")
    assert f'data-here="/desk/case/{case.id}/here"' in page(desk)
    assert desk.post(f"/desk/case/{case.id}/here").json()["people"] == ["值班长甲"]


def test_nobody_is_sent_to_an_address_without_end(cast):
    case = cast.create()
    answer = cast.client("dispatcher").get(f"/desk/dispatch/{case.id}", {"pile": "长" * 20_000})
    assert answer.status_code == 302 and answer.url == f"/desk/dispatch?case={case.id}"


def test_where_no_unit_is_proposed_the_page_says_what_is_missing(cast, desk):
    for more, said in (({"category": ""}, "还没有定事项"), ({}, "没有填所在区县"), ({"district": cast.units["county"].id}, "都没有这类事项")):
        case = cast.create(**more)
        assert said in page(desk, case=case.id), more


def test_a_district_that_the_place_names_already_is_not_said_twice(cast, desk):
    county = cast.units["county"]
    name = county.short or county.name
    cast.create(title="路灯不亮", district=county.id, place=f"{name}河西街道")
    text = page(desk)
    assert f"{name}河西街道</dd>" in text and f"（{name}）" not in text
    cast.create(title="又一处", district=county.id, place="河西街道")
    assert f"河西街道（{name}）" in page(desk, case=str(Case.objects.latest("id").id))
