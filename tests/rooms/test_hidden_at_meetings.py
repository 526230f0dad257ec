"""A case whose requester asked for secrecy, and a restricted one, at a coordination meeting and in all that follows (rulings, 103)."""

import pytest
from tests.cast import later
from tests.leader_day import HELD, announced, call, go_on, promise, refused

from minsheng.accounts.rules import Role
from minsheng.cases.actions import Requester
from minsheng.cases.models import Case, CaseTask
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.leader_days import actions
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Commitment, Desk, Meeting
from minsheng.leader_days.queries import briefing, ledger, media, report
from minsheng.leader_days.queries import meetings as read

NAME, NUMBER, DOOR = "王小明", "13800000000", "3号楼502室"
WHO = {"narrative": f"我是{NAME}，住幸福路1号{DOOR}，电话{NUMBER}，家里停水两天了。", "title": f"{NAME}家停水", "place": f"幸福路1号{DOOR}"}
WATCHES = ("agent", "analyst", "callback_clerk", "checker", "coordinator", "county", "dispatcher", "inspector", "leader", "media", "pipes", "quality",
           "return_reviewer", "roads", "shift_leader", "supervisor", "town", "water", "water_head")


def go(cast, meeting_id, name, who="coordinator", **given) -> Meeting:
    actions.take_meeting_step(meeting_id=meeting_id, step=name, by=cast.actors[who], given=given)
    return Meeting.objects.get(id=meeting_id)


def planned(cast, period) -> int:
    given = {"period": period.id, "unit": cast.units["water"].id, "meets_on": "2025-01-06", "venue": "三楼会议室"}
    return actions.draft_meeting(by=cast.actors["coordinator"], given=given).subject_id


def ruling(cast, case, **more) -> dict:
    return {"case": case.id, "lead": cast.units["water"].id, "owner": "管网科科长", "duty": "更换老旧水管三十米", "due": "2025-01-20"} | more


def pages_of(cast, who: str, *addresses: str) -> str:
    client = cast.client(who)
    found = [client.get(address) for address in addresses]
    return "".join((one.getvalue() if one.streaming else one.content).decode() for one in found)


# --- secrecy was asked ------------------------------------------------------------------------


def test_who_asked_for_secrecy_is_named_neither_on_the_agenda_nor_in_the_minutes_nor_in_what_follows(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period, secrecy=True, requester=Requester(NAME, NUMBER), **WHO)
        assert case.sealed
        meeting = planned(cast, period)
        for word in (NAME, NUMBER, DOOR):
            assert refused(lambda w=word: go(cast, meeting, "put_on_agenda", case=case.id, reason=f"{w}多次来电")) == "reason", word
        go(cast, meeting, "put_on_agenda", case=case.id, reason="幸福路1号一带反复停水")
        go(cast, meeting, "convene", "leader", attends="水务局、城管局")
    with clock.fixed(later(days=5)):
        for word in (NAME, NUMBER, DOOR):
            wrong = {"held_on": "2025-01-06", "attended": "水务局", "minutes": f"研究了{word}反映的停水"}
            assert refused(lambda g=wrong: go(cast, meeting, "write_minutes", **g)) == "minutes", word
        go(cast, meeting, "write_minutes", held_on="2025-01-06", attended="水务局王局长", minutes="研究了幸福路1号一带停水")
        assert refused(lambda: go(cast, meeting, "rule_item", **ruling(cast, case, duty=f"到{DOOR}更换水管"))) == "duty"
        go(cast, meeting, "rule_item", **ruling(cast, case, co_units=[cast.units["roads"].id]))
        go(cast, meeting, "sign_minutes", "leader")
        assert go(cast, meeting, "carry_out").agenda.get().outcome == "done"
        one = Commitment.objects.get()
        for who in ("leader", "water", "roads", "supervisor", "coordinator"):
            said = pages_of(cast, who, "/desk/meetings", f"/desk/meetings/{meeting}", f"/desk/periods/{period.id}", "/desk/commitments",
                            f"/desk/commitments/{one.id}", "/desk/commitments.csv")
            assert not [word for word in (NAME, NUMBER, DOOR) if word in said], who
        assert "不说是谁" in pages_of(cast, "leader", f"/desk/meetings/{meeting}")
        assert refused(lambda: go_on(cast, one, "prove", "water", proof=f"已为{NAME}换管", done_on="2025-01-07")) == "proof"
        assert refused(lambda: go_on(cast, one, "draft_public", "coordinator", public_matter="换管", public_progress="在办")) == "closed"
        assert not ledger.public(()).rows and not [row for row in media.offered(period, cast.actors["coordinator"]) if row.id == case.id]
        assert refused(lambda: actions.propose_lead(by=cast.actors["coordinator"], given={
            "period": period.id, "case": case.id, "agreed": True, "asked_by": "话务员", "asked_at": clock.now().isoformat(), "call_no": "1",
            "headline": "停水", "lead_text": "停水"})) == "unfit"
        assert report.of([period], cast.actors["coordinator"]).as_dict()["commitments"]["made"] == 1, "it is counted as any other"
    assert list(verify_history()) == []


def test_the_briefing_sheet_names_nobody_who_asked_for_secrecy(cast):
    with clock.fixed(later(days=-30)):
        late = cast.create(category="tap", secrecy=True, requester=Requester(NAME, NUMBER), **WHO)
        cast.take(late, "dispatch", "dispatcher", lead=cast.units["water"].id)
    period = announced(cast)
    desk = Desk.objects.get(period=period)
    with clock.fixed(HELD):
        sheet = briefing.sheet(desk.id, cast.actors["leader"])
        assert [line.id for line in sheet.late] == [late.id]
        said = pages_of(cast, "leader", f"/desk/desks/{desk.id}/briefing") + repr(sheet)
    assert not [word for word in (NAME, NUMBER, DOOR) if word in said] and late.number in said


def test_a_promise_names_no_requester_and_what_is_published_nobody_at_all(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period, requester=Requester(NAME, NUMBER))
        assert refused(lambda: promise(cast, period, case, what=f"为{NAME}更换水管")) == "what"
        one = promise(cast, period, case)
        for word in (NAME, NUMBER, DOOR, "13911112222"):
            assert refused(lambda w=word: go_on(cast, one, "draft_public", "coordinator", public_matter=f"为{w}换管", public_progress="在办")) == "public_matter"
        go_on(cast, one, "prove", "water", proof=f"已换管，{NAME}当面看过", done_on="2025-01-03")


# --- restricted ---------------------------------------------------------------------------------


@pytest.fixture
def shut(cast):
    """A restricted case of a period, read by the shift leader, a coordinator, the leader of the water bureau and a supervisor."""
    period = announced(cast)
    with clock.fixed(HELD):
        case, plain = call(cast, period), call(cast, period, title="另一件")
        readers = [cast.people[who].id for who in ("coordinator", "leader", "supervisor")]
        cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=readers, until="2025-06-01T00:00+08:00")
    return period, Case.objects.get(id=case.id), plain


def test_a_restricted_case_has_a_meeting_of_its_own_that_only_its_readers_know_of(cast, shut):
    period, case, plain = shut
    other = cast.another(Role.COORDINATOR)
    with clock.fixed(HELD):
        mixed, meeting = planned(cast, period), planned(cast, period)
        go(cast, mixed, "put_on_agenda", case=plain.id, reason="难")
        assert refused(lambda: go(cast, mixed, "put_on_agenda", case=case.id, reason="难")) == "case", "not beside others"
        assert refused(lambda: go(cast, meeting, "put_on_agenda", other, case=case.id, reason="难")) == "case", "nobody but a reader"
        go(cast, meeting, "put_on_agenda", case=case.id, reason="两家各说各的")
        assert refused(lambda: go(cast, meeting, "put_on_agenda", case=plain.id, reason="难")) == "case", "nothing beside it"
        seers = {who for who in (*WATCHES, other) if read.seen_by(cast.actors[who]).filter(id=meeting).exists()}
        assert seers == {"coordinator", "leader", "supervisor", "shift_leader"}
        for who in WATCHES:
            if who not in seers:
                said = pages_of(cast, who, "/desk/meetings", f"/desk/meetings/{meeting}", f"/desk/periods/{period.id}")
                assert case.number not in said and f"meetings/{meeting}" not in said, who
        assert refused(lambda: go(cast, meeting, "convene", "leader", attends="水务局、城管局")) == "attends"
        page = pages_of(cast, "leader", f"/desk/meetings/{meeting}")
        assert "只研究这一件" in page and "领导甲" in page
        go(cast, meeting, "convene", "leader", attends="领导甲、督办员甲")
    with clock.fixed(later(days=5)):
        minutes = {"held_on": "2025-01-06", "minutes": "研究了停水"}
        assert refused(lambda: go(cast, meeting, "write_minutes", attended="领导甲、格桑", **minutes)) == "attended"
        go(cast, meeting, "write_minutes", attended="领导甲、督办员甲", **minutes)
        go(cast, meeting, "rule_item", **ruling(cast, case, co_units=[cast.units["roads"].id]))
        go(cast, meeting, "sign_minutes", "leader")
        assert not read.seen_by(cast.actors["roads"]).filter(id=meeting).exists(), "not before it is sent the case"
        with pytest.raises(Refused):
            read.page(meeting, cast.actors["roads"])
        assert go(cast, meeting, "carry_out").agenda.get().outcome == "done"
        one = Commitment.objects.get()
        assert {who for who in WATCHES if ledger.rows(cast.actors[who], ledger.Filters()).filter(id=one.id).exists()} == seers
        assert refused(lambda: go_on(cast, one, "draft_public", "coordinator", public_matter="换管", public_progress="在办")) == "closed"
        assert not ledger.public(()).rows and case.id not in [row.id for row in media.offered(period, cast.actors["coordinator"])]
    assert list(verify_history()) == []


def test_the_leader_who_convenes_is_a_reader_and_a_unit_that_a_ruling_asks_reads_once_it_has_a_task(cast, shut):
    period, case, _ = shut
    with clock.fixed(HELD):
        cast.take(case, "prolong_restriction", "shift_leader", reason="另定知悉人员", readers=[cast.people["coordinator"].id, cast.people["supervisor"].id,
                  cast.people["dispatcher"].id], until="2025-06-01T00:00+08:00")
        meeting = planned(cast, period)
        assert refused(lambda: go(cast, meeting, "put_on_agenda", case=case.id, reason="难")) == "case", "no leader of theirs may read it"
        cast.take(case, "prolong_restriction", "shift_leader", reason="请领导召集", until="2025-06-01T00:00+08:00",
                  readers=[cast.people[who].id for who in ("coordinator", "supervisor", "dispatcher", "leader")])
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
        go(cast, meeting, "put_on_agenda", case=case.id, reason="难")
        go(cast, meeting, "convene", "leader", attends="领导甲")
    with clock.fixed(later(days=5)):
        go(cast, meeting, "write_minutes", held_on="2025-01-06", attended="领导甲", minutes="研究了停水")
        go(cast, meeting, "rule_item", **ruling(cast, case, co_units=[cast.units["roads"].id]))
        go(cast, meeting, "sign_minutes", "leader")
        go(cast, meeting, "carry_out")
        assert CaseTask.objects.get(case_id=case.id).unit_id == cast.units["roads"].id
        seers = {who for who in WATCHES if read.seen_by(cast.actors[who]).filter(id=meeting).exists()}
        assert seers == {"coordinator", "leader", "shift_leader", "supervisor", "water", "water_head", "roads"}, "and nobody else of the centre"
    assert list(verify_history()) == []


def test_a_case_that_is_restricted_after_a_plain_meeting_was_held_is_not_carried_out(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        meeting = planned(cast, period)
        go(cast, meeting, "put_on_agenda", case=case.id, reason="难")
        go(cast, meeting, "convene", "leader", attends="水务局")
        go(cast, meeting, "write_minutes", held_on="2025-01-03", attended="水务局", minutes="研究了停水")
        go(cast, meeting, "rule_item", **ruling(cast, case))
        go(cast, meeting, "sign_minutes", "leader")
        cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["coordinator"].id], until="2025-06-01T00:00+08:00")
        item = go(cast, meeting, "carry_out").agenda.get()
    assert item.outcome == "void" and "限制知悉" in item.why and not Commitment.objects.exists()
