"""The desk of a leader day: one call, typed on two screens, ended by the leader or the agent beside; its list; who may sit there."""

from __future__ import annotations

import re
from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import leader_day
from tests.cast import NOW, later
from tests.leader_day import HELD, announced, call, called_back

from minsheng.cases import actions as cases
from minsheng.cases.actions import drafts
from minsheng.cases.models import Case, CaseAsk, CaseStep
from minsheng.cases.queries import ruling_preview
from minsheng.cases.rules import State
from minsheng.followup import actions as followup
from minsheng.kit import clock
from minsheng.leader_days.actions import desk_calls
from minsheng.leader_days.models import Commitment, DeskCall
from minsheng.leader_days.queries import desk_page

SAID = "家里停水两天了，请尽快处理。"


@pytest.fixture
def desk(cast):
    found = announced(cast).desks.get()
    with clock.fixed(HELD):
        yield found


def begun(cast, desk) -> DeskCall:
    cast.client("agent").post(f"/desk/desks/{desk.id}/begin")
    return DeskCall.objects.get(desk=desk, ended_at=None)


def write(cast, desk, who: str, name: str, text: str, rev: int = 0, **more):
    one = DeskCall.objects.get(desk=desk, ended_at=None)
    return cast.client(who).post(f"/desk/desks/{desk.id}/words", {"call": one.id, "name": name, "text": text, "rev": rev, **more}).json()


def end(cast, desk, who: str, then: str, **more):
    one = DeskCall.objects.filter(desk=desk).order_by("-id").first()
    return cast.client(who).post(f"/desk/desks/{desk.id}/end", {"call": one.id, "then": then, **more})


def taken(cast, desk, words: str = "今晚恢复供水。") -> None:
    begun(cast, desk)
    write(cast, desk, "agent", "phone", "13800000001")
    write(cast, desk, "agent", "narrative", SAID)
    write(cast, desk, "leader", "words", words)


def test_who_sits_at_a_desk_sees_it_on_its_day_and_nobody_else_or_on_another(cast, desk):
    for who, status in (("leader", 302), ("agent", 302), ("water", 302), ("roads", 200), ("dispatcher", 403), ("supervisor", 403)):
        assert cast.client(who).get("/desk/desks").status_code == status, who
    assert cast.client("roads").get(f"/desk/desks/{desk.id}").status_code == 404
    assert cast.client("roads").post(f"/desk/desks/{desk.id}/begin").status_code == 404 and not DeskCall.objects.exists()
    page = cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()
    assert "接一个电话" in page and "当场答复" not in page
    with clock.fixed((HELD - timedelta(hours=1)).astimezone(UTC)):  # as the machine's clock says it
        assert "10:00 开始接听" in cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()
    with clock.fixed(NOW):
        assert "今天没有您的接听席" in cast.client("leader").get("/desk/desks").content.decode()
        assert cast.client("leader").get(f"/desk/desks/{desk.id}").status_code == 404


def test_each_sees_the_others_words_and_the_number_as_far_as_their_rights_go(cast, desk):
    taken(cast, desk)
    seen = {who: cast.client(who).get(f"/desk/desks/{desk.id}/state").json()["fields"] for who in ("agent", "leader", "water")}
    assert {who: seen[who]["narrative"]["text"] for who in seen} == dict.fromkeys(seen, SAID)
    assert seen["agent"]["words"]["by_name"] == "领导甲" and seen["agent"]["phone"]["text"] == "13800000001"
    for who in ("leader", "water"):
        assert "13800000001" not in cast.client(who).get(f"/desk/desks/{desk.id}").content.decode()
        assert seen[who]["phone"]["text"] == "138********"
    assert cast.client("roads").get(f"/desk/desks/{desk.id}/state").status_code == 404
    raw = bytes(DeskCall.objects.get().sealed)
    assert SAID.encode() not in raw and b"13800000001" not in raw


@pytest.mark.parametrize("typist", ["agent", "leader"])
def test_whose_a_sealed_case_is_no_number_tells_the_unit_that_handles_it(cast, desk, typist):
    with clock.fixed(NOW):
        open_, sealed = cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS, secrecy=True)
        assert sealed.sealed and not open_.sealed
    begun(cast, desk)
    write(cast, desk, typist, "phone", cast.requester.phone)
    for who in ("leader", "water"):
        for page in (f"/desk/desks/{desk.id}/earlier", f"/desk/desks/{desk.id}"):
            seen = cast.client(who).get(page).content.decode()
            assert str(sealed.id) not in seen, (who, page)
        assert str(open_.id) in cast.client(who).get(f"/desk/desks/{desk.id}/earlier").content.decode()
    assert str(sealed.id) in cast.client("agent").get(f"/desk/desks/{desk.id}/earlier").content.decode()


def test_two_who_type_the_same_field_lose_nothing_and_the_later_is_told(cast, desk):
    begun(cast, desk)
    first = write(cast, desk, "agent", "narrative", "停水两天", tab="a")
    assert first["stands"] and first["field"]["rev"] == 1
    later_one = write(cast, desk, "leader", "narrative", "老人住在三楼", rev=0, tab="b")
    assert not later_one["stands"] and later_one["field"]["text"] == "停水两天" and later_one["field"]["by_name"] == "话务员甲"
    assert [(one["mine"], one["text"]) for one in later_one["field"]["beside"]] == [(True, "老人住在三楼")]
    page = cast.client("agent").get(f"/desk/desks/{desk.id}").content.decode()
    assert "停水两天" in page and "老人住在三楼" in page and "领导甲" in page and "都留下" in page
    answer = end(cast, desk, "agent", "answer", words="今晚恢复", **{"rev-words": "0"})
    assert answer.status_code == 409 and "还没有处理" in answer.content.decode() and not Case.objects.exists()
    both = write(cast, desk, "leader", "narrative", "停水两天\n老人住在三楼", rev=1, tab="b", settles=cast.people["leader"].id)
    assert both["stands"] and both["field"]["beside"] == []
    assert write(cast, desk, "leader", "narrative", "停水两天\n老人住在三楼，走不动", rev=1, tab="b")["stands"], "one's own page goes on"
    for wrong, status in (({"name": "state"}, 422), ({"name": "narrative", "text": "长" * 4001}, 422), ({"name": "narrative", "call": "7"}, 409)):
        given = {"call": DeskCall.objects.get().id, "text": "x", "rev": 0} | wrong
        assert cast.client("agent").post(f"/desk/desks/{desk.id}/words", given).status_code == status, wrong


def test_answered_on_the_spot_by_the_leader_it_is_called_back_by_the_hotline(cast, desk):
    taken(cast, desk)
    assert end(cast, desk, "water", "answer").status_code == 409 and not Case.objects.exists()
    assert end(cast, desk, "leader", "answer").status_code == 302
    case = Case.objects.get()
    assert (case.state, case.period_id, case.marks.desk, case.marks.leader, case.agent_name) == (
        "pending_callback", desk.period_id, desk.id, desk.leader_id, "话务员甲")
    assert list(case.steps.order_by("seq").values_list("step", "by_name")) == [("take_in_person", "领导甲"), ("answer_in_person", "领导甲")]
    assert bytes(DeskCall.objects.get().sealed) == b"" and case.due_code == "callback"
    assert end(cast, desk, "leader", "answer").status_code == 302 and Case.objects.count() == 1, "pressed twice"
    page = cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()
    assert "当场答复 1" in page and f"/desk/case/{case.id}" in page
    assert cast.client("leader").get(f"/desk/case/{case.id}").status_code == 200
    assert cast.client("roads").get(f"/desk/case/{case.id}").status_code == 404
    assert called_back(cast, case).state == "direct_answered"


def test_not_solved_after_an_answer_on_the_spot_it_goes_to_a_unit_for_the_first_time(cast, desk):
    case = call(cast, desk.period, then="answer", given={"answer": "今晚恢复供水。", "no_article": "现场答复"})
    assert case.state == "pending_callback", "also when the agent beside wrote the answer down"
    called_back(cast, case, solved=False)
    granted, _ = ruling_preview.of(Case.objects.select_related("category").get(id=case.id), CaseAsk.objects.get(case_id=case.id, ruled_at=None))
    assert granted.then[0].startswith("没有派过单位：退回待派单") and "原时限的一半" not in "".join(granted.then), "what is said before is what is done"
    case = cast.take(case, "order_redo", "checker", ruling="请派单位核实")
    assert (case.state, case.redos, case.due_code) == ("pending_review", 1, "review")


def test_the_answer_to_a_call_back_that_comes_twice_says_both_times_what_it_ended(cast, desk):
    case = call(cast, desk.period, then="answer", given={"answer": "今晚恢复供水。", "no_article": "现场答复"})
    clerk = cast.actors["callback_clerk"]
    cases.hand_to_clerk(case_id=case.id, clerk=clerk)
    sent = {"case_id": case.id, "party_id": case.id, "by": clerk, "given": {"outcome": "answered", "solved": True, "satisfaction": "satisfied"}, "key": "k"}
    assert [followup.record(**sent), followup.record(**sent)] == ["close", "close"] and Case.objects.get(id=case.id).state == "direct_answered"


def test_a_case_answered_there_and_not_solved_is_dispatched_like_any_other(cast, desk):
    case = call(cast, desk.period, then="answer", given={"answer": "今晚恢复供水。", "no_article": "现场答复"})
    called_back(cast, case, solved=False)
    case = cast.take(case, "order_redo", "checker", ruling="请派单位核实")
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    assert (case.state, case.due_code) == ("pending_sign", "sign")
    assert cast.create(then="answer", given={"answer": "明早恢复", "no_article": "无"}).state == "direct_answered", "any other call ends there"


def test_an_order_goes_to_dispatch_as_handed_over_in_person_and_the_dispatcher_reads_it(cast, desk):
    taken(cast, desk, "请市水务局今天派人到场")
    assert end(cast, desk, "leader", "hand").status_code == 302
    case = Case.objects.get()
    assert (case.state, case.steps.order_by("-seq").first().step) == ("pending_review", "hand_over_in_person")
    page = cast.client("dispatcher").get("/desk/dispatch").content.decode()
    assert "接听领导交办" in page and "请市水务局今天派人到场" in page
    back = cast.take(case, "ask_more", "dispatcher", reason="请问清楼号")
    assert [one.case.id for one in desk_returned(cast)] == [back.id], "the agent beside goes on with it"
    taken(cast, desk, "转城管局")
    assert end(cast, desk, "agent", "hand").status_code == 302
    assert Case.objects.latest("id").steps.order_by("-seq").first().step == "submit"


def desk_returned(cast):
    from minsheng.cases.queries import intake_desk

    return intake_desk.returned(cast.actors["agent"])


def test_a_promise_is_written_with_its_case_or_not_at_all(cast, desk):
    taken(cast, desk, "一周内更换老旧水管")
    page = end(cast, desk, "leader", "promise").content.decode()
    assert "记入承诺并交办" in page and "责任单位" in page and "一周内更换老旧水管" in page and not Case.objects.exists()
    given = {"panel": "promise", "owner_unit": cast.units["water"].id, "owner": "管网科科长"}
    for due, said in (("2025-01-11", "不是工作日"), ("2025-01-02", "不能早于"), ("", "")):
        wrong = end(cast, desk, "leader", "promise", **given, due=due)
        assert wrong.status_code == 422 and said in wrong.content.decode() and "管网科科长" in wrong.content.decode()
        assert not Case.objects.exists() and DeskCall.objects.get().ended_at is None
    assert end(cast, desk, "agent", "promise", **given, due="2025-01-10").status_code == 409
    assert end(cast, desk, "leader", "promise", **given, due="2025-01-10").status_code == 302
    one = Commitment.objects.get()
    assert (one.what, one.case_id, one.desk_id) == ("一周内更换老旧水管", Case.objects.get().id, desk.id)
    assert "承诺 1" in cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()


def test_passed_to_the_agent_beside_all_that_was_typed_is_on_the_agents_page(cast, desk):
    taken(cast, desk, "请话务员登记")
    write(cast, desk, "leader", "narrative", "另外楼道灯不亮", rev=0)
    assert end(cast, desk, "leader", "pass").status_code == 302
    kept, = drafts.listed(cast.actors["agent"])
    assert SAID in kept.one("narrative") and "另外楼道灯不亮" in kept.one("narrative") and "请话务员登记" in kept.one("narrative")
    page = cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()
    assert "话务员在办 1" in page
    form = cast.client("agent").get(f"/desk/intake?draft={kept.key}").content.decode()
    assert SAID in form and re.search(rf'<option value="{desk.id}"[^>]*selected', form)
    said = {n: v for n, v in kept.values.items()} | {"then": "submit", "category": "tap"}
    assert cast.client("agent").post(f"/desk/intake/{kept.key}/finish", said).status_code == 200
    page = cast.client("leader").get(f"/desk/desks/{desk.id}?fate=agent").content.decode()
    assert "话务员登记 1" in page and "话务员在办" not in page


def test_an_end_that_lacks_words_says_which_and_keeps_all_that_was_typed(cast, desk):
    begun(cast, desk)
    wrong = end(cast, desk, "leader", "answer", words="今晚恢复", **{"rev-words": "0"})
    assert wrong.status_code == 422 and "请先记下来电人说的事" in wrong.content.decode() and "今晚恢复" in wrong.content.decode()
    assert end(cast, desk, "leader", "drop").status_code == 409
    write(cast, desk, "leader", "words", "", rev=1)
    assert end(cast, desk, "leader", "drop").status_code == 302 and not Case.objects.exists()
    taken(cast, desk, "")
    assert end(cast, desk, "leader", "answer").status_code == 422
    bad = end(cast, desk, "agent", "hand", phone="12", **{"rev-phone": "1"})
    assert bad.status_code == 422 and DeskCall.objects.filter(ended_at=None).exists() and not Case.objects.exists()


def test_a_call_that_nobody_ended_lies_in_the_shifts_tray_the_next_day(cast, desk):
    taken(cast, desk)
    assert desk_calls.lay_over(at=HELD) == 0
    with clock.fixed(later(days=2)):
        assert (desk_calls.lay_over(at=later(days=2)), desk_calls.lay_over(at=later(days=2))) == (1, 0)
        kept, = drafts.listed(cast.actors["agent"])
        assert kept.in_tray and SAID in kept.one("narrative")
        assert bytes(DeskCall.objects.get().sealed) == b""


def test_the_page_asks_the_same_statements_for_one_call_as_for_many(cast, desk):
    counted, leader = [], cast.client("leader")
    for n in range(2):
        for _ in range(1 + n):
            taken(cast, desk)
            end(cast, desk, "leader", "answer")
        taken(cast, desk)
        leader.get(f"/desk/desks/{desk.id}")
        with CaptureQueriesContext(connection) as seen:
            assert leader.get(f"/desk/desks/{desk.id}").status_code == 200
        end(cast, desk, "leader", "pass")
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 16, counted


def test_the_bell_reaches_who_sits_there_and_nobody_else(cast, desk):
    may = {who: desk_page.KIND.may(cast.actors[who], [desk.id, 7]) for who in ("leader", "agent", "water", "roads", "supervisor")}
    assert may == {"leader": {desk.id}, "agent": {desk.id}, "water": {desk.id}, "roads": set(), "supervisor": set()}


def test_coordinated_and_urged_in_person_only_at_the_own_desk_and_never_closed_or_rated(cast, desk):
    from minsheng.accounts.rules import Role
    from minsheng.cases.rules.procedure import PROCEDURE
    from minsheng.kit.verdict import Refused

    case, elsewhere = call(cast, desk.period), cast.create()
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    cast.take(case, "coordinate_in_person", "leader", coordinated="与城管局商定今天到场")
    cast.take(case, "urge_in_person", "leader", urging="明天中午前报结果")
    with pytest.raises(Refused):
        cast.take(elsewhere, "urge_in_person", "leader", urging="抓紧")
    page = cast.client("leader").get(f"/desk/case/{case.id}").content.decode()
    assert "亲自协调" in page and "与城管局商定今天到场" in page and "明天中午前报结果" in page
    assert CaseStep.objects.filter(case_id=case.id, by_name="领导甲").count() == 2
    assert {row.name for row in PROCEDURE if row.who is Role.LEADER} == {
        "take_in_person", "answer_in_person", "hand_over_in_person", "coordinate_in_person", "urge_in_person"}
    assert leader_day.desk(cast)["leader"] == desk.leader_id
