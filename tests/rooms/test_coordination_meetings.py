"""Coordination meetings by steps on a real database: agenda, convening, minutes, rulings, and what becomes of each ruling."""

from django.conf import settings
from django.db import connections
from tests.cast import later
from tests.docx_words import docx_words
from tests.leader_day import HELD, announced, call, refused, step

from minsheng.calendar import actions as calendar
from minsheng.cases.models import Case, CaseTask
from minsheng.kit import clock
from minsheng.leader_days import actions
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Commitment, Meeting, MeetingWords
from minsheng.leader_days.queries import meetings as read

DAY = later(days=5)  # Tuesday, 7 January 2025



def go(cast, meeting_id, name, who="coordinator", **given) -> Meeting:
    actions.take_meeting_step(meeting_id=meeting_id, step=name, by=cast.actors[who], given=given)
    return Meeting.objects.get(id=meeting_id)


def planned(cast, period, **more) -> int:
    given = {"period": period.id, "unit": cast.units["water"].id, "meets_on": "2025-01-06", "venue": "三楼会议室"} | more
    return actions.draft_meeting(by=cast.actors["coordinator"], given=given).subject_id


def convened(cast, period, *of) -> int:
    meeting = planned(cast, period)
    for case in of:
        go(cast, meeting, "put_on_agenda", case=case.id, reason="两家单位各说各的")
    go(cast, meeting, "convene", "leader", attends="水务局、城管局分管负责人")
    return meeting


def rule(cast, meeting, case, **more):
    given = {"case": case.id, "lead": cast.units["water"].id, "owner": "管网科科长", "duty": "更换老旧水管三十米", "due": "2025-01-20"} | more
    return go(cast, meeting, "rule_item", **given)


def test_a_meeting_goes_from_its_agenda_to_its_rulings_and_nothing_out_of_turn(cast):
    period = announced(cast)
    assert refused(lambda: planned(cast, period)) == "period", "not before the desk begins"
    with clock.fixed(HELD):
        case, other, answered = call(cast, period), cast.create(), call(cast, period, then="answer", given={"answer": "今晚恢复供水。", "no_article": "现场"})
        assert refused(lambda: planned(cast, period, unit=cast.units["roads"].id)) == "unit", "no desk of theirs in this period"
        assert refused(lambda: planned(cast, period, meets_on="2025-01-02")) == "meets_on"
        meeting = planned(cast, period)
        unread = call(cast, period)
        cast.take(unread, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
        for who, name, given, wrong in (
                ("leader", "convene", {"attends": "水务局"}, "no_agenda"), ("coordinator", "convene", {"attends": "水务局"}, "role"),
                ("coordinator", "put_on_agenda", {"case": other.id, "reason": "难"}, "case"),
                ("coordinator", "put_on_agenda", {"case": answered.id, "reason": "难"}, "case"),
                ("coordinator", "put_on_agenda", {"case": unread.id, "reason": "难"}, "case"),
                ("coordinator", "put_on_agenda", {"case": case.id}, "reason"),
                ("coordinator", "put_on_agenda", {"case": case.id, "reason": "难", "venue": "楼上"}, "venue"),
                ("roads", "put_on_agenda", {"case": case.id, "reason": "难"}, "hidden"),
                ("coordinator", "take_off_agenda", {"case": case.id, "reason": "不议"}, "no_agenda"),
                ("coordinator", "write_minutes", {"held_on": "2025-01-03", "attended": "各单位", "minutes": "会议研究了停水"}, "state")):
            assert refused(lambda w=who, n=name, g=given: go(cast, meeting, n, w, **g)) == wrong, (who, name, given)
        go(cast, meeting, "put_on_agenda", case=case.id, reason="两家单位各说各的")
        assert refused(lambda: go(cast, meeting, "put_on_agenda", case=case.id, reason="难")) == "case", "twice"
        go(cast, meeting, "convene", "leader", attends="水务局、城管局")
        assert refused(lambda: go(cast, meeting, "write_minutes", held_on="2025-01-09", attended="各单位", minutes="会议研究了停水")) == "held_on"
    with clock.fixed(DAY):
        go(cast, meeting, "write_minutes", held_on="2025-01-06", attended="水务局、城管局", minutes="会议研究了停水")
        assert refused(lambda: go(cast, meeting, "sign_minutes", "leader")) == "no_ruling"
        for more, wrong in (({"due": "2025-01-11"}, "due"), ({"due": "2025-01-03"}, "due"), ({"lead": cast.units["centre"].id}, "lead"),
                            ({"co_units": [cast.units["water"].id]}, "co_units"), ({"owner": ""}, "owner")):
            assert refused(lambda m=more: rule(cast, meeting, case, **m)) == wrong, more
        assert refused(lambda: rule(cast, meeting, other)) == "case", "not on the agenda"
        rule(cast, meeting, case)
        assert refused(lambda: go(cast, meeting, "carry_out")) == "state", "not before the signature"
        assert refused(lambda: go(cast, meeting, "sign_minutes", "water_head")) == "role"
        go(cast, meeting, "sign_minutes", "leader")
        assert refused(lambda: rule(cast, meeting, case)) == "state", "what is signed stands"
        step(cast, period.id, "hold")
        assert refused(lambda: step(cast, period.id, "close_period", summary="总结")) == "meetings"
        assert go(cast, meeting, "carry_out").state == "carried"
    assert list(verify_history()) == []


def test_a_ruling_becomes_steps_on_the_case_and_a_commitment_and_what_cannot_be_says_why(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        here, moved, gone, fresh = (call(cast, period) for _ in range(4))
    with clock.fixed(later(days=1, hours=2)):
        for case, lead in ((here, "water"), (moved, "roads"), (gone, "water")):
            cast.take(case, "dispatch", "dispatcher", lead=cast.units[lead].id)
        cast.take(here, "sign", "water")
        meeting = convened(cast, period, here, moved, gone, fresh)
    with clock.fixed(DAY):
        go(cast, meeting, "write_minutes", held_on="2025-01-06", attended="水务局、城管局", minutes="会议研究了停水")
        rule(cast, meeting, here, co_units=[cast.units["roads"].id])
        for case in (moved, gone, fresh):
            rule(cast, meeting, case)
        cast.take(gone, "phone_withdraw", "agent", reason="已恢复供水")
        go(cast, meeting, "sign_minutes", "leader")
        go(cast, meeting, "carry_out")
    items = {item.case_id: item for item in Meeting.objects.get(id=meeting).agenda.all()}
    assert {items[case.id].outcome for case in (here, moved, fresh)} == {"done"}
    assert items[gone.id].outcome == "void" and "撤诉" in items[gone.id].why
    assert set(Commitment.objects.values_list("case_id", "source")) == {(case.id, "meeting") for case in (here, moved, fresh)}
    water = cast.units["water"].id
    now = {case.id: Case.objects.get(id=case.id) for case in (here, moved, gone, fresh)}
    assert water in now[here.id].marks.bound and CaseTask.objects.get(case_id=here.id).unit_id == cast.units["roads"].id
    assert (now[moved.id].state, now[moved.id].marks.found_lead) == ("pending_review", water), "taken back, to be sent to the new lead"
    assert now[fresh.id].marks.found_lead == water and now[gone.id].state == "withdrawn"
    with clock.fixed(DAY):
        assert refused(lambda: go(cast, meeting, "carry_out")) == "state", "once"
        late = cast.take(now[moved.id], "dispatch", "dispatcher", lead=water)
        assert refused(lambda: cast.take(late, "ask_return", "water", legal_ground="duty", reason="属城管局", proposed_unit=cast.units["roads"].id)) == "bound"
        assert refused(lambda: cast.take(now[here.id], "settle_duty", "coordinator", lead=cast.units["roads"].id, ruling="改由城管局牵头")) == "lead"
    assert list(verify_history()) == []


def test_the_minutes_are_a_paper_of_the_office_that_convened_and_a_draft_until_they_are_signed(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        meeting = convened(cast, period, case)
    client = cast.client("coordinator")
    with clock.fixed(DAY):
        assert client.get(f"/desk/meetings/{meeting}/paper.pdf").status_code == 409, "nobody has met"
        go(cast, meeting, "write_minutes", held_on="2025-01-06", attended="水务局、城管局", minutes="研究了停水。\n分两段换管。")
        rule(cast, meeting, case)
        words = docx_words(client.get(f"/desk/meetings/{meeting}/paper.docx").content)
        said = ("草稿", "时间：2025年1月6日", "到会：水务局、城管局", "分两段换管。", case.number, "管网科科长", "2025年1月20日", "待落实")
        assert all(one in words for one in said)
        go(cast, meeting, "sign_minutes", "leader")
        signed = client.get(f"/desk/meetings/{meeting}/paper.docx")
        words = docx_words(signed.content)
        assert "草稿" not in words and "签发人：领导甲" in words and words.rstrip().endswith("2025年1月7日")
        assert client.get(f"/desk/meetings/{meeting}/paper.pdf").content.startswith(b"%PDF")
        assert cast.client("roads").get(f"/desk/meetings/{meeting}/paper.pdf").status_code == 404
        cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
        assert client.get(f"/desk/meetings/{meeting}/paper.pdf").status_code == 409, "what was shut is on no paper"


def test_words_of_a_meeting_name_no_requester_are_seen_by_those_it_concerns_and_go_with_the_case(cast):
    from minsheng.cases.actions import Requester

    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period, requester=Requester("王小明", "13800000000"))
        meeting = planned(cast, period)
        assert refused(lambda: go(cast, meeting, "put_on_agenda", case=case.id, reason="王小明多次来电")) == "reason"
        go(cast, meeting, "put_on_agenda", case=case.id, reason="多次来电")
        go(cast, meeting, "convene", "leader", attends="水务局")
        assert refused(lambda: go(cast, meeting, "write_minutes", held_on="2025-01-03", attended="水务局", minutes="请联系13800000000")) == "minutes"
        go(cast, meeting, "write_minutes", held_on="2025-01-03", attended="水务局", minutes="会议研究了停水")
        rule(cast, meeting, case, co_units=[cast.units["roads"].id])

        def seers():
            return {who for who in ("coordinator", "supervisor", "inspector", "leader", "water", "roads", "county", "agent", "analyst", "media")
                    if read.seen_by(cast.actors[who]).filter(id=meeting).exists()}

        assert seers() == {"coordinator", "supervisor", "inspector", "leader", "water"}
        go(cast, meeting, "sign_minutes", "leader")
        assert seers() == {"coordinator", "supervisor", "inspector", "leader", "water", "roads"}, "whom a signed ruling asks"
        cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")
        cast.take(case, "ask_erasure", "supervisor", reason="本人依法要求")
        cast.take(case, "erase", "security_admin", ground="request")
        assert go(cast, meeting, "carry_out").agenda.get().outcome == "void"
    assert MeetingWords.objects.filter(words__has_key="duty").count() == 0 == MeetingWords.objects.filter(words__has_key="reason").count()
    assert list(verify_history()) == []


def test_a_changed_ruling_is_found(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        meeting = convened(cast, period, case)
        go(cast, meeting, "write_minutes", held_on="2025-01-03", attended="水务局", minutes="会议研究了停水")
        rule(cast, meeting, case)
    with connections["default"].cursor() as cursor:
        for change in ("leader_days_meetingitem SET due = '2025-03-03'", "leader_days_meeting SET minutes = '没有研究'", "leader_days_meeting SET held_on = '2025-01-02'"):
            cursor.execute("SAVEPOINT before")
            cursor.execute(f"UPDATE {change}")
            assert list(verify_history()), change
            cursor.execute("ROLLBACK TO SAVEPOINT before")


def test_a_ruling_that_was_signed_is_carried_out_although_its_day_became_a_rest_day(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
    with clock.fixed(later(days=1, hours=2)):
        meeting = convened(cast, period, case)
    with clock.fixed(DAY):
        go(cast, meeting, "write_minutes", held_on="2025-01-06", attended="水务局", minutes="会议研究了停水")
        rule(cast, meeting, case)
        go(cast, meeting, "sign_minutes", "leader")
        due = Meeting.objects.get(id=meeting).agenda.get().due
        calendar.announce_holiday(calendar=settings.CALENDAR, day=due, kind="holiday", why="放假通知", by=cast.actors["system_admin"])
        assert go(cast, meeting, "carry_out").agenda.get().outcome == "done"
        assert Commitment.objects.get().due == due
        given = {"what": "更换水泵", "owner_unit": cast.units["water"].id, "owner": "科长", "due": str(due), "period": period.id, "case": case.id,
                 "source": "meeting", "met_on": "2025-01-06"}
        assert refused(lambda: actions.commit(by=cast.actors["coordinator"], given=given)) == "due", "what is typed anew is held against today's calendar"
    assert list(verify_history()) == []
