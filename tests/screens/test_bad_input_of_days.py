"""What a page of leader days, supervision and field work is wrongly given: a clear sentence, what was typed stays, nothing half done."""

import re
from datetime import timedelta

from django.test import Client
from tests.leader_day import BEGINS, HELD, announced, call, desk, draft, go_on, promise, scheme, step
from tests.screens.test_api import Program

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import actor_of
from minsheng.accounts.rules import Role
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.leader_days import actions as days
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Commitment, Desk, DeskCall, MediaLead, Period, Signup
from minsheng.oversight.models import Slip


def local(at) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def test_a_period_without_a_desk_overlapping_desks_of_one_leader_and_a_signature_by_who_drafted(cast):
    plan = scheme(cast)
    period, client = draft(cast, plan), cast.client("coordinator")
    here = f"/desk/periods/{period.id}/step"
    again = desk(cast, BEGINS) | {"starts": local(BEGINS), "ends": local(BEGINS.replace(hour=BEGINS.hour + 1)), "seat": "二号席甲"}
    page = client.post(here, {"step": "add_desk", **again})
    said = page.content.decode()
    assert page.status_code == 422 and "时间重叠" in said and "二号席甲" in said and Desk.objects.filter(period=period).count() == 1
    client.post(here, {"step": "remove_desk", "desk": Desk.objects.get(period=period).id})
    shut = cast.client("supervisor").post(here, {"step": "announce"})
    assert shut.status_code == 409 and "还没有接听席" in shut.content.decode() and Period.objects.get(id=period.id).state == "draft"
    assert client.post(here, {"step": "announce"}).status_code in (403, 409)


def test_a_promise_for_a_rest_day_or_before_its_call_and_a_lead_without_consent(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        typed = {"case": case.number, "desk": Desk.objects.get(period=period).id, "what": "更换老旧水管", "owner_unit": cast.units["water"].id, "owner": "管网科科长"}
        for due, words in (("2025-01-04", "不是工作日"), ("2025-01-02", "不能早于")):
            page = cast.client("leader").post(f"/desk/periods/{period.id}/commit", typed | {"due": due})
            assert page.status_code == 422 and words in page.content.decode() and "管网科科长" in page.content.decode(), due
        lead = {"case": case.number, "asked_by": "话务员甲", "asked_at": "2025-01-03T10:30", "call_no": "17", "headline": "停水", "lead_text": "家里停水两天。"}
        page = cast.client("coordinator").post(f"/desk/periods/{period.id}/lead", lead)
        assert page.status_code == 422 and "同意" in page.content.decode() and "家里停水两天。" in page.content.decode()
    assert not Commitment.objects.exists() and not MediaLead.objects.exists()


def test_a_visit_in_the_future_and_a_step_on_an_order_that_was_withdrawn_meanwhile(cast):
    case = cast.at_state(State.IN_PROGRESS)
    visit = {"step": "field_record", "visited_at": "2025-01-03T10:00", "found": "阀门坏了", "done": "已换"}
    for page in (cast.client("water").post(f"/desk/unit/{case.id}/step", visit), cast.client("water").post(f"/desk/unit/{case.id}/noted", visit | {"key": "0d" * 12})):
        assert page.status_code == 422 and "不能晚于现在" in (page.content.decode() if "html" in page["Content-Type"] else str(page.json()))
    cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")
    told = cast.client("water").post(f"/desk/unit/{case.id}/noted", visit | {"visited_at": "2025-01-02T10:00", "key": "0e" * 12})
    assert told.status_code == 409 and told.json()["taken"] is False and told.json()["now"]["state"] == State.WITHDRAWN.label
    assert not CaseStep.objects.filter(case_id=case.id, step="field_record").exists() and Case.objects.get(id=case.id).state == State.WITHDRAWN


def test_a_slip_without_ground(cast):
    given = {"kind": "order", "unit": cast.units["water"].id, "rung": "", "cases": "", "demand": "查明原因，限期答复", "answer_due": "2025-01-24"}
    page = cast.client("supervisor").post("/desk/slips/new", given)
    assert page.status_code == 422 and "查明原因，限期答复" in page.content.decode() and not Slip.objects.exists()


def change_of_post(cast):
    """The coordinator becomes a supervisor."""
    person = cast.people["coordinator"]
    accounts.revoke_role(person=person, role=Role.COORDINATOR, by=accounts.COMMAND_LINE, setup=True)
    accounts.grant_role(person=person, role=Role.SUPERVISOR, by=accounts.COMMAND_LINE, setup=True)
    cast.actors["coordinator"] = actor_of(person, frozenset({Role.SUPERVISOR}))


def test_who_drafted_signs_nothing_of_it_in_a_new_post_by_page_and_api(cast):
    period = draft(cast, scheme(cast))
    change_of_post(cast)
    page = cast.client("coordinator").post(f"/desk/periods/{period.id}/step", {"step": "announce"})
    told = Program(cast, "coordinator", ["days.write"]).post(f"/periods/{period.id}/steps", {"step": "announce", "given": {}})
    assert (page.status_code, told.status_code) == (409, 409) and told.json()["error"]["reason"] in page.content.decode()
    assert told.json()["error"]["code"] == "own" and Period.objects.get(id=period.id).state == "draft"


def test_by_the_api_a_lead_without_consent_and_a_slip_without_ground_are_refused_by_field(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        given = {"period": str(period.id), "case": str(call(cast, period).id), "asked_by": "话务员甲", "asked_at": HELD.isoformat(), "call_no": "17",
                 "headline": "停水", "lead_text": "家里停水两天。"}
        office = Program(cast, "coordinator", ["days.write"])
        for consent in ({}, {"agreed": False}, {"agreed": None}):
            told = office.post("/leads/steps", {"step": "propose_lead", "given": given | consent})
            assert told.status_code == 422 and "agreed" in told.json()["errors"], consent
    slip = {"kind": "order", "unit": cast.units["water"].id, "rung": "", "demand": "查明原因", "answer_due": "2025-01-24"}
    for cases in ({}, {"cases": []}, {"cases": [1]}):
        told = Program(cast, "supervisor", ["days.write"]).post("/slips/steps", {"step": "draft_slip", "given": slip | cases})
        assert told.status_code == 422 and {"cases", "rung"} & told.json()["errors"].keys(), cases
    assert not MediaLead.objects.exists() and not Slip.objects.exists()


def test_by_the_api_a_visit_in_the_future_and_a_step_on_an_order_that_was_withdrawn_meanwhile(cast):
    case, unit = cast.at_state(State.IN_PROGRESS), Program(cast, "water")
    visit = {"visited_at": "2025-01-03T10:00+08:00", "found": "阀门坏了", "done": "已换"}
    told = unit.post(f"/cases/{case.number}/steps", {"step": "field_record", "given": visit})
    assert told.status_code == 422 and "不能晚于现在" in told.json()["errors"]["visited_at"]
    cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")
    told = unit.post(f"/cases/{case.number}/steps", {"step": "field_record", "given": visit | {"visited_at": "2025-01-02T10:00+08:00"}})
    assert told.status_code == 409 and "已撤诉" in told.json()["error"]["reason"]
    assert not CaseStep.objects.filter(case_id=case.id, step="field_record").exists()


def test_a_leader_who_loses_the_post_in_mid_call_leaves_the_call_to_who_sits_beside(cast):
    seat = announced(cast).desks.get()
    with clock.fixed(HELD):
        leader, agent = cast.client("leader"), cast.client("agent")
        leader.post(f"/desk/desks/{seat.id}/begin")
        one = DeskCall.objects.get(desk=seat)
        for name, text in (("narrative", "家里停水两天了"), ("phone", "13800000001")):
            agent.post(f"/desk/desks/{seat.id}/words", {"call": one.id, "name": name, "text": text, "rev": 0})
        leader.post(f"/desk/desks/{seat.id}/words", {"call": one.id, "name": "words", "text": "今晚恢复供水", "rev": 0})
        accounts.revoke_role(person=cast.people["leader"], role=Role.LEADER, by=accounts.COMMAND_LINE, setup=True)
        gone = cast.client("leader")
        ended = gone.post(f"/desk/desks/{seat.id}/end", {"call": one.id, "then": "commit", "words": "今晚恢复供水"})
        assert ended.status_code in (302, 403, 404) and not Case.objects.exists() and not Commitment.objects.exists()
        page = agent.get(f"/desk/desks/{seat.id}").content.decode()
        assert "家里停水两天了" in page and "今晚恢复供水" in page, "what the leader said is still there"
        assert agent.post(f"/desk/desks/{seat.id}/end", {"call": one.id, "then": "hand", "words": "今晚恢复供水", "narrative": "家里停水两天了"}).status_code in (200, 302)
    assert Case.objects.get().period_id == seat.period_id


def test_a_publication_corrected_twice_shows_the_last_words_that_were_signed_and_keeps_all_three(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        one = promise(cast, period, call(cast, period))
    for n, words in enumerate(("已开工", "已完成一半", "已全部更换"), 1):
        with clock.fixed(HELD + timedelta(days=n)):
            go_on(cast, one, "draft_public", "coordinator", public_matter="更换水管", public_progress=words)
            before = Client().get("/leader-days").content.decode()
            assert words not in before, "not before it is signed"
            one = go_on(cast, one, "sign_public", "supervisor")
            page = Client().get("/leader-days").content.decode()
            shown = [each for each in ("已开工", "已完成一半", "已全部更换") if each in page]
            assert shown == [words] and ("更正" in page) == (n > 1), words
            assert n == 1 or re.search(rf"1月{3 + n}日[^<]*更正", page), "the day of the last correction"
    told = cast.client("supervisor").get(f"/desk/commitments/{one.id}").content.decode()
    assert all(each in told for each in ("已开工", "已完成一半", "已全部更换")) and list(verify_history()) == []


def test_a_step_kept_on_a_phone_meets_an_order_that_was_merged_or_called_back_meanwhile(cast):
    visit = {"step": "field_record", "visited_at": "2025-01-02T10:00", "found": "阀门坏了", "done": "已换"}
    master, merged, undone = cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS), cast.at_state(State.PENDING_SIGN)
    cast.take(merged, "merge", "dispatcher", master=master.id, reason="同一处")
    told = cast.client("water").post(f"/desk/unit/{merged.id}/noted", visit | {"key": "1d" * 12})
    assert told.status_code == 409 and told.json()["taken"] is False and told.json()["now"]["state"] == State.MERGED.label, told.content.decode()
    cast.take(undone, "undispatch", "dispatcher")
    told = cast.client("water").post(f"/desk/unit/{undone.id}/noted", {"step": "sign", "key": "2d" * 12})
    assert told.status_code in (404, 409) and not CaseStep.objects.filter(case_id__in=[merged.id, undone.id], step="field_record").exists()
    assert not CaseStep.objects.filter(case_id=undone.id, step="sign").exists()


def test_a_period_is_not_summed_up_while_somebody_talks_at_its_desk_or_a_topic_lies_unanswered(cast):
    """The leader's page was gone in mid-call, and what was handed in lay there for ever."""
    period = announced(cast)
    seat, here = period.desks.get(), f"/desk/periods/{period.id}/step"
    days.sign_up(key="k1", address="203.0.113.7", period_id=period.id, kind="consult", said="北门街水压不足怎么办", phone="13800000000")
    with clock.fixed(HELD):
        leader, office = cast.client("leader"), cast.client("coordinator")
        leader.post(f"/desk/desks/{seat.id}/begin")
        one = DeskCall.objects.get(desk=seat)
        leader.post(f"/desk/desks/{seat.id}/words", {"call": one.id, "name": "narrative", "text": "家里停水两天了", "rev": 0})
        assert office.post(here, {"step": "hold"}).status_code == 302
        shut = office.post(here, {"step": "close_period", "summary": "来电都已登记"})
        assert shut.status_code == 409 and "还有一个电话没有了结" in shut.content.decode() and "来电都已登记" in shut.content.decode()
        assert "家里停水两天了" in leader.get(f"/desk/desks/{seat.id}").content.decode()
        assert leader.post(f"/desk/desks/{seat.id}/end", {"call": one.id, "then": "answer", "words": "今晚恢复供水", "narrative": "家里停水两天了",
                                                          "category": "tap", "place": "幸福路1号"}).status_code == 302
        shut = office.post(here, {"step": "close_period", "summary": "来电都已登记"})
        assert shut.status_code == 409 and "还有 1 份网上报名没有办理" in shut.content.decode()
        days.take_signup_step(signup_id=Signup.objects.get().id, step="pass_on", by=cast.actors["coordinator"])
        assert office.post(here, {"step": "close_period", "summary": "来电都已登记"}).status_code == 302
        assert leader.post(f"/desk/desks/{seat.id}/begin").status_code == 409 and not DeskCall.objects.filter(ended_at=None).exists()


def test_a_desk_whose_leader_has_left_is_named_and_not_announced(cast):
    plan = scheme(cast)
    period, other = draft(cast, plan), step(cast, draft(cast, plan, 2, BEGINS + timedelta(days=3)).id, "announce", "supervisor")
    accounts.revoke_role(person=cast.people["leader"], role=Role.LEADER, by=accounts.COMMAND_LINE, setup=True)
    shut = cast.client("supervisor").post(f"/desk/periods/{period.id}/step", {"step": "announce"})
    assert shut.status_code == 409 and "已离岗，或已不是接听领导" in shut.content.decode() and Period.objects.get(id=period.id).state == "draft"
    for one, says in ((period, "当天没有人能坐这一席。请换一位领导"), (other, "请撤回公告，换一位领导")):
        assert says in cast.client("coordinator").get(f"/desk/periods/{one.id}").content.decode()
    assert "已离岗" not in cast.client("water").get(f"/desk/periods/{other.id}").content.decode()
