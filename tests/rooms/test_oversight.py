"""Supervision on a real database: what leaves by the clock, exactly once; what a person must sign stays until then."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from django.db import connection, transaction
from tests.cast import NOW, SETUP

from minsheng.accounts import actions as accounts
from minsheng.accounts.actions import COMMAND_LINE
from minsheng.accounts.models import Person
from minsheng.accounts.rules import Role
from minsheng.cases import actions
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.sealing import unseal
from minsheng.kit.verdict import Invalid, Refused
from minsheng.messages.actions import TEXT
from minsheng.messages.models import Message
from minsheng.org import actions as org
from minsheng.oversight.actions import inspections, instructions, ladder, owed, reminders, replies, slips, stock_phrases
from minsheng.oversight.actions.verify import verify_history
from minsheng.oversight.erasing import take_away
from minsheng.oversight.models import (
    Duty,
    Finding,
    FindingWords,
    Inspection,
    InspectionStep,
    Instruction,
    LadderRung,
    Point,
    Reached,
    ReplyPrint,
    Slip,
    SlipWords,
)
from minsheng.oversight.queries import inspection_paper, sight
from minsheng.oversight.queries import inspections as seen
from minsheng.oversight.queries import ladder as read
from minsheng.oversight.queries.facts import whom

LADDER = yaml.safe_load((Path(__file__).parents[2] / "demo" / "oversight.yaml").read_text(encoding="utf-8"))["ladder"]
TOLD = ("ladder_remind", "ladder_urge")


@pytest.fixture
def rungs(cast):
    ladder.put_in(rows=LADDER, by=COMMAND_LINE)
    for name, phone in (("water", "0890-5550188"), ("water_head", "0890-5550199")):
        Person.objects.filter(id=cast.people[name].id).update(phone=phone)


class Killed(Exception):
    pass


def killed(do) -> None:
    """The work is done and its transaction lost, as when the worker or the database dies before it is kept."""
    with pytest.raises(Killed), transaction.atomic():
        do()
        raise Killed


def once(do) -> int:
    """What is done is cut off before it is kept, done again, and repeated: the repetition finds nothing to do."""
    n = 0
    try:
        with transaction.atomic():
            if n := do():
                raise Killed
    except Killed:
        assert do() == n and do() == 0
    return n


def month(days: int = 31):
    """The moments of a month at which the clock looks: morning, the last two hours of the office, night."""
    for n in range(days * 3):
        at = NOW.replace(minute=7) + timedelta(days=n // 3, hours=(0, 6, 13)[n % 3])
        with clock.fixed(at):
            yield at


def told() -> Counter:
    return Counter(Message.objects.filter(template__in=TOLD).values_list("about", "template"))


def test_a_row_of_the_ladder_holds_and_is_followed_not_changed(cast):
    assert ladder.put_in(rows=LADDER, by=COMMAND_LINE) == [True] * len(LADDER)
    changed = [LADDER[0] | {"name": "别名"}, *LADDER[1:], LADDER[0] | {"since": date(2025, 2, 1), "until": date(2025, 3, 1)}]
    assert ladder.put_in(rows=changed, by=COMMAND_LINE) == [None, *[False] * (len(LADDER) - 1), True]
    assert LadderRung.objects.get(code=LADDER[0]["code"], since=date(2023, 1, 1)).name == LADDER[0]["name"]
    with pytest.raises(ValueError, match="measure"):
        ladder.put_in(rows=[LADDER[0] | {"measure": "shame", "since": date(2026, 1, 1)}], by=COMMAND_LINE)


def test_over_a_month_each_reminder_leaves_once_through_kills_and_what_needs_a_signature_waits_for_it(cast, rungs):
    late, answered, parked = cast.at_state(State.IN_PROGRESS), cast.at_state(State.PENDING_CHECK), cast.at_state(State.PARKED)
    cast.take(late, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone")
    other = cast.at_state(State.IN_PROGRESS, lead="roads")
    hidden = cast.take(cast.at_state(State.IN_PROGRESS, lead="roads"), "restrict", "shift_leader", reason="涉及未成年人",
                       readers=[cast.people["inspector"].id], until="2025-06-01T00:00+08:00")
    for at in month():
        if once(reminders.remind) + once(slips.propose):
            assert read.in_office(at), at
    mine = {(f"case:{late.id}", template): n for template, n in (("ladder_remind", 2), ("ladder_urge", 4))}
    assert told() == mine, "urging goes to the head of the unit as well; nobody of the other unit left a number"
    reached = list(Reached.objects.filter(case_id=late.id, passed=False).order_by("id").values_list("rung", "told"))
    assert reached == [("remind_yellow", 1), ("remind_red", 1), ("urge_1", 2), ("urge_3", 2), ("order_late", 0), ("circular_late", 0)]
    assert not Reached.objects.filter(case_id__in=[answered.id, parked.id]).exists()
    text = unseal(Message.objects.filter(template="ladder_urge").first().text_sealed, TEXT)
    assert late.number in text and "停水" not in text and "王小明" not in text
    found = [(one.kind, one.rung, one.state, one.cases) for one in Slip.objects.order_by("unit", "id")]
    assert found == [(kind, f"{kind}_late", "proposed", [case.id]) for case in (late, other) for kind in ("order", "circular")], "what is restricted is on none"
    assert Reached.objects.filter(case_id=hidden.id, measure="urge").exists()
    assert not Message.objects.filter(template="slip_issued").exists() and list(verify_history()) == []
    for who in ("water", "water_head", "leader", "roads"):
        assert not sight.slips(cast.actors[who]).exists(), "a proposal is inside until it is signed and numbered"


def test_after_an_outage_the_gravest_is_told_and_a_redo_begins_a_round_of_its_own(cast, rungs):
    case = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(datetime.fromisoformat("2025-01-20T10:00+08:00")):
        assert reminders.remind() == 1
        assert sorted(Reached.objects.filter(case_id=case.id, passed=True).values_list("rung", flat=True)) == ["remind_red", "remind_yellow", "urge_1"]
        assert told() == {(f"case:{case.id}", "ladder_urge"): 2}
        cast.reply(Case.objects.get(id=case.id), "water")
        cast.take(case, "accept_reply", "checker")
        actions.hand_to_clerk(case_id=case.id, clerk=cast.actors["callback_clerk"])
        cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=True, solved=False, satisfaction="unsatisfied",
                  dissatisfaction="result")
        cast.take(case, "ask_redo", "callback_clerk", reason="没有恢复供水")
        cast.take(case, "order_redo", "checker", ruling="重办")
        assert reminders.remind() == 0
    with clock.fixed(datetime.fromisoformat("2025-02-20T10:00+08:00")):
        assert reminders.remind() == 1 and reminders.remind() == 0


def test_what_is_late_for_months_is_no_news_and_nobody_to_tell_is_noted(cast):
    ladder.put_in(rows=LADDER, by=COMMAND_LINE)
    case = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(datetime.fromisoformat("2025-06-20T10:00+08:00")):
        assert reminders.remind() == 0
    with clock.fixed(datetime.fromisoformat("2025-01-20T10:00+08:00")):
        reminders.remind()
        assert Reached.objects.get(case_id=case.id, passed=False).told == 0 and not Message.objects.filter(template__in=TOLD).exists()
        page = cast.client("supervisor").get("/desk/ladder/reached", {"untold": "1"}).content.decode()
        assert case.number in page and "单位没有留电话" in page
        assert cast.client("supervisor").get("/desk/ladder/reached", {"rung": "x" * 50}).status_code == 422
        ladders = cast.client("inspector").get("/desk/ladder").content.decode()
        assert "逾期三日再催" in ladders and 'href="/desk/ladder/reached?rung=urge_3&amp;month=1">1</a>' in ladders
        assert cast.client("water").get("/desk/ladder").status_code == 403


def test_a_restricted_order_is_urged_by_number_and_shown_to_its_named_persons_alone(cast, rungs):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["inspector"].id], until="2025-06-01T00:00+08:00")
    with clock.fixed(datetime.fromisoformat("2025-01-20T10:00+08:00")):
        assert reminders.remind() == 1
        assert case.number not in cast.client("supervisor").get("/desk/ladder/reached").content.decode()
        assert case.number in cast.client("inspector").get("/desk/ladder/reached").content.decode()


# --- slips ------------------------------------------------------------------------------------

LATE = datetime.fromisoformat("2025-01-20T10:00+08:00")  # the order of the cast is seven working days late
DRAFT = {"kind": "order", "rung": "order_late", "demand": "三日内恢复供水并答复诉求人", "answer_due": "2025-01-24"}


def refused(do) -> str:
    """The code of a refusal, or the fields that are wrong."""
    try:
        do()
    except Refused as wrong:
        return wrong.verdict.code
    except Invalid as wrong:
        return "、".join(sorted(wrong.errors))
    return ""


def step(cast, one: Slip, name: str, who: str, **given) -> Slip:
    slips.take(slip_id=one.id, step=name, by=cast.actors[who], given=given)
    return Slip.objects.get(id=one.id)


def test_a_slip_goes_from_its_proposal_to_its_end_and_nothing_out_of_turn(cast, rungs):
    case, second = cast.at_state(State.IN_PROGRESS), cast.another(Role.SUPERVISOR)
    with clock.fixed(LATE):
        slips.propose()
        one = Slip.objects.get()
        written = {"demand": DRAFT["demand"], "answer_due": DRAFT["answer_due"]}
        for name, who, given, wrong in (
                ("sign_slip", "supervisor", {}, "state"), ("take_up_slip", "water_head", written, "hidden"), ("take_up_slip", "coordinator", written, "role"),
                ("take_up_slip", "supervisor", written | {"answer_due": "2025-01-25"}, "answer_due"), ("take_up_slip", "supervisor", {}, "answer_due、demand")):
            assert refused(lambda n=name, w=who, g=given: step(cast, one, n, w, **g)) == wrong, (name, who)
        step(cast, one, "take_up_slip", "supervisor", **written)
        assert refused(lambda: step(cast, one, "sign_slip", "supervisor")) == "own", "who drafted does not sign"
        assert refused(lambda: step(cast, one, "issue_slip", "coordinator", doc_number="民督〔2025〕1号")) == "state", "no number without a signature"
        step(cast, one, "sign_slip", second)
        assert not sight.slips(cast.actors["water"]).exists()
        for number in ("1号", "民督〔2024〕1号", "民督〔2025〕0号"):
            assert refused(lambda n=number: step(cast, one, "issue_slip", "coordinator", doc_number=n)) == "doc_number", number
        one = step(cast, one, "issue_slip", "coordinator", doc_number="民督〔2025〕1号")
        texts = [unseal(m.text_sealed, TEXT) for m in Message.objects.filter(template="slip_issued")]
        assert len(texts) == 2 and all("民督〔2025〕1号" in text and "供水" not in text for text in texts)
        assert refused(lambda: step(cast, one, "acknowledge_slip", "roads")) == "hidden"
        assert refused(lambda: step(cast, one, "answer_slip", "water_head", answer="已恢复")) == "state"
        step(cast, one, "acknowledge_slip", "water")
        assert refused(lambda: step(cast, one, "answer_slip", "water", answer="已恢复")) == "role"
        step(cast, one, "answer_slip", "water_head", answer="已恢复供水")
        step(cast, one, "return_answer", "supervisor", reason="没有写明原因", new_due="2025-02-05")
        step(cast, one, "answer_slip", "water_head", answer="主管道破裂，已更换")
        one = step(cast, one, "accept_answer", "supervisor", finding="属实")
    assert (one.state, one.signed_by, one.answer, one.finding) == ("ended", "同事乙", "主管道破裂，已更换", "属实") and one.cases == [case.id]
    assert list(verify_history()) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE oversight_slip SET doc_number = '民督〔2025〕9号' WHERE id = %s", [one.id])
    assert [line for line in verify_history() if "文号" in line]


def test_a_slip_of_a_persons_own_without_ground_is_refused_and_numbers_are_given_once(cast, rungs):
    late, fresh, other = cast.at_state(State.IN_PROGRESS), cast.create(), cast.at_state(State.IN_PROGRESS, lead="roads")
    named = cast.take(cast.create(), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
    unit = cast.units["water"].id

    def make(**more):
        given = DRAFT | {"unit": unit, "cases": [late.id]} | more
        return slips.draft(by=cast.actors["supervisor"], given={n: v for n, v in given.items() if v is not None})

    with clock.fixed(LATE):
        for more, wrong in (({"cases": None}, "cases"), ({"cases": []}, "cases"), ({"cases": [fresh.id]}, "cases"), ({"cases": [other.id]}, "cases"),
                            ({"cases": [named.id]}, "cases"), ({"cases": [late.id, 99]}, "cases"), ({"rung": "order_redos"}, "cases"),
                            ({"rung": "circular_late"}, "rung"), ({"rung": "没有"}, "rung"), ({"unit": 99}, "cases、unit"), ({"kind": "urge"}, "kind、rung"),
                            ({"unit": cast.units["centre"].id}, "own_unit"), ({"answer_due": "2025-01-20"}, "answer_due")):
            assert refused(lambda m=more: make(**m)) == wrong, more
        second = cast.another(Role.SUPERVISOR)
        made = []
        for number in ("民督〔2025〕7号", "民督〔2025〕8号"):
            one = Slip.objects.get(id=make().subject_id)
            step(cast, one, "sign_slip", second)
            if made:
                assert refused(lambda o=one: step(cast, o, "issue_slip", "coordinator", doc_number=made[0].doc_number)) == "doc_number"
            made.append(step(cast, one, "issue_slip", "coordinator", doc_number=number))
        assert refused(lambda: step(cast, made[0], "withdraw_slip", "supervisor", reason="发错")) == "own"
        assert step(cast, made[0], "withdraw_slip", second, reason="发错").state == "withdrawn"


def test_nobody_signs_what_they_cannot_see_the_ground_of(cast, rungs):
    case, second = cast.at_state(State.IN_PROGRESS), cast.another(Role.SUPERVISOR)
    with clock.fixed(LATE):
        slips.propose()
        one = step(cast, Slip.objects.get(), "take_up_slip", "supervisor", demand=DRAFT["demand"], answer_due=DRAFT["answer_due"])
        cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
        assert refused(lambda: step(cast, one, "sign_slip", second)) == "cases"
        assert step(cast, one, "drop_slip", "supervisor", reason="所依据的工单已限制知悉").state == "dropped"


def test_many_orders_on_a_unit_make_a_circular_due_once(cast, rungs):
    case, second = cast.at_state(State.IN_PROGRESS), cast.another(Role.SUPERVISOR)
    with clock.fixed(LATE):
        for n in range(3):
            given = DRAFT | {"unit": cast.units["water"].id, "cases": [case.id]}
            one = Slip.objects.get(id=slips.draft(by=cast.actors["supervisor"], given=given).subject_id)
            step(cast, one, "sign_slip", second)
            step(cast, one, "issue_slip", "coordinator", doc_number=f"民督〔2025〕{n + 1}号")
        slips.propose()
        slips.propose()
        [found] = Slip.objects.filter(rung="circular_orders")
        assert found.kind == "circular" and len(found.slips) == 3 and not found.cases


def test_what_is_erased_of_a_case_is_erased_of_its_slips_and_the_history_still_verifies(cast, rungs):
    case = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(LATE):
        given = DRAFT | {"unit": cast.units["water"].id, "cases": [case.id], "demand": "联系王小明"}
        one = Slip.objects.get(id=slips.draft(by=cast.actors["supervisor"], given=given).subject_id)
        Case.objects.filter(id=case.id).update(erased=True)
        take_away(Case.objects.get(id=case.id))
    one.refresh_from_db()
    assert "王小明" not in one.demand and not SlipWords.objects.filter(subject_id=one.id).exists() and list(verify_history()) == []


def test_a_late_answer_or_correction_is_urged_once_a_rung_and_day_through_kills_and_not_on_what_was_shut(cast, rungs):
    second, group = cast.another(Role.SUPERVISOR), cast.actors["outside_group"]
    cases = [cast.at_state(State.IN_PROGRESS) for _ in range(2)]
    one = inspect(cast)
    go(cast, one, "approve_inspection", second)
    go(cast, one, "draw_sample", "supervisor")
    points = [inspections.note_point(by=group, given={"inspection": one.id, "case": case.id, "point": "没有写明恢复时间"}).subject_id for case in cases]
    with clock.fixed(LATE):
        slips.propose()
        slip = Slip.objects.get()
        for name, who, given in (("take_up_slip", "supervisor", {"demand": DRAFT["demand"], "answer_due": "2025-01-24"}), ("sign_slip", second, {}),
                                 ("issue_slip", "coordinator", {"doc_number": "民督〔2025〕1号"})):
            step(cast, slip, name, who, **given)
        for point in points:
            inspections.take_point(point_id=point, step="send_point", by=cast.actors["supervisor"], given={"due": "2025-01-24"})
        cast.take(cases[1], "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")

    def urged() -> Counter:
        return Counter(Message.objects.filter(template__endswith="_urged").values_list("about", "template"))

    def days(*on: str) -> None:
        for day in on:
            for hour in ("10", "20"):
                with clock.fixed(datetime.fromisoformat(f"2025-{day}T{hour}:10+08:00")):
                    once(owed.urge)

    with clock.fixed(datetime.fromisoformat("2025-01-24T16:00+08:00")):
        assert owed.urge() == 0, "the day itself is not over"
    days("01-26", "01-27", "01-28", "01-31", "02-03", "02-10", "02-17")
    mine = {(f"{kind}:{id_}", f"{kind}_urged"): 4 for kind, id_ in (("slip", slip.id), ("point", points[0]))}
    assert urged() == mine, "by each of the two rungs the liaison and the head"
    text = unseal(Message.objects.filter(template="slip_urged").first().text_sealed, TEXT)
    assert "民督〔2025〕1号" in text and "01月24日" in text and "供水" not in text
    with clock.fixed(datetime.fromisoformat("2025-02-17T15:00+08:00")):
        page = cast.client("supervisor").get(f"/desk/slips/{slip.id}").content.decode()
        assert "逾期三日再催，已告知 2 人" in page and "逾期催办" in cast.client("supervisor").get(f"/desk/points/{points[0]}").content.decode()
        step(cast, slip, "acknowledge_slip", "water")
        step(cast, slip, "answer_slip", "water_head", answer="已恢复供水")
        step(cast, slip, "return_answer", "supervisor", reason="没有写明原因", new_due="2025-02-19")
        inspections.take_point(point_id=points[0], step="correct_point", by=cast.actors["water_head"], given={"correction": "已补充"})
    days("02-19", "02-20", "02-21", "02-24")
    assert urged() == mine | {(f"slip:{slip.id}", "slip_urged"): 8}, "a new day begins anew; what was done is urged no more"
    assert list(verify_history()) == []


def test_what_is_sent_to_a_unit_that_was_merged_reaches_those_who_act_for_it(cast, rungs):
    """The slip was issued, and nobody knew: it was told to the liaison and the head that the merged unit no longer has."""
    second, heir = cast.another(Role.SUPERVISOR), cast.people["roads"]
    Person.objects.filter(id=heir.id).update(phone="13900000077")
    cast.at_state(State.IN_PROGRESS)
    with clock.fixed(LATE):
        slips.propose()
        slip = Slip.objects.get()
        step(cast, slip, "take_up_slip", "supervisor", demand=DRAFT["demand"], answer_due="2025-01-24")
        step(cast, slip, "sign_slip", second)
        Person.objects.filter(id__in=[cast.people[who].id for who in ("water", "water_head")]).update(is_active=False)
        org.merge_unit(unit=cast.units["water"], into=cast.units["roads"], by=SETUP, reason="机构改革")
        step(cast, slip, "issue_slip", "coordinator", doc_number="民督〔2025〕1号")
    assert heir.name in [unseal(m.text_sealed, TEXT) for m in Message.objects.filter(template="slip_issued")][0]
    with clock.fixed(datetime.fromisoformat("2025-01-27T10:10+08:00")):
        assert owed.urge() == 1
        told = {unseal(m.text_sealed, TEXT) for m in Message.objects.filter(template="ladder_urge")} if reminders.remind() else set()
    assert any(heir.name in text for text in told), "and what is urged of its orders reaches the heads of whoever acts"
    assert set(Message.objects.filter(template="slip_urged").values_list("about", flat=True)) == {f"slip:{slip.id}"}


@pytest.mark.parametrize("when", ["drafted", "signed"])
def test_no_slip_leaves_for_a_unit_that_was_dissolved_and_nobody_took_over(cast, rungs, when):
    """It was signed, numbered and issued, and no message went to anybody: of a closed section its office has it, of a closed office nobody."""
    second = cast.another(Role.SUPERVISOR)
    cast.at_state(State.IN_PROGRESS)
    with clock.fixed(LATE):
        slips.propose()
        slip = Slip.objects.get()
        step(cast, slip, "take_up_slip", "supervisor", demand=DRAFT["demand"], answer_due="2025-01-24")
        org.close(unit_id=cast.units["pipes"].id, by=SETUP, reason="机构改革")
        if when == "signed":
            step(cast, slip, "sign_slip", second)
        org.close(unit_id=cast.units["water"].id, by=SETUP, reason="机构改革")
        next_step = ("sign_slip", second, {}) if when == "drafted" else ("issue_slip", "coordinator", {"doc_number": "民督〔2025〕1号"})
        assert refused(lambda: step(cast, slip, next_step[0], next_step[1], **next_step[2])) == "dissolved"
        assert not Message.objects.filter(template="slip_issued").exists()
        if when == "signed":
            step(cast, slip, "recall_slip", "supervisor", reason="单位已停用")
        step(cast, slip, "drop_slip", "supervisor", reason="单位已停用，另拟")
    assert Slip.objects.get().state == "dropped" and list(verify_history()) == []


def test_a_slip_to_a_unit_that_left_no_telephone_says_that_no_message_reaches_anybody(cast, rungs):
    """It stood there as 送达, and nobody knew; of many heads the first three were asked for a number, not the first that have one."""
    second, page = cast.another(Role.SUPERVISOR), "消息发不到任何人，请另行送达"
    cast.at_state(State.IN_PROGRESS)
    with clock.fixed(LATE):
        slips.propose()
        slip = Slip.objects.get()
        step(cast, slip, "take_up_slip", "supervisor", demand=DRAFT["demand"], answer_due="2025-01-24")
        step(cast, slip, "sign_slip", second)
        assert page not in cast.client("coordinator").get(f"/desk/slips/{slip.id}").content.decode()
        Person.objects.filter(id__in=[cast.people[who].id for who in ("water", "water_head")]).update(phone="")
        assert page in cast.client("coordinator").get(f"/desk/slips/{slip.id}").content.decode(), "before it is sent"
        step(cast, slip, "issue_slip", "coordinator", doc_number="民督〔2025〕1号")
        assert page in cast.client("supervisor").get(f"/desk/slips/{slip.id}").content.decode()
        step(cast, slip, "acknowledge_slip", "water")
        assert page not in cast.client("supervisor").get(f"/desk/slips/{slip.id}").content.decode()
        for n in range(3):
            head = accounts.create_person(username=f"head{n}", name=f"负责人{n}", unit=cast.units["water"], by=COMMAND_LINE, setup=True, phone="13900000088" * (n == 2))
            accounts.grant_role(person=head, role=Role.UNIT_APPROVER, by=COMMAND_LINE, setup=True)
        assert whom(cast.units["water"].id, LATE, heads=True) == [("负责人2", "13900000088")]


# --- replies ------------------------------------------------------------------------------------

COPIED = "经核实，幸福路小区停水系二次供水泵房电机烧毁，已组织抢修队伍更换电机两台，并对泵房线路作了全面检修，目前水压正常，后续每周由专人巡检一次并张贴公告。"


def test_a_signed_reply_is_looked_at_once_and_its_findings_wait_for_a_person(cast):
    first = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(NOW + timedelta(days=4)):
        cast.take(first, "contact", "water", contact_at=(NOW + timedelta(hours=1)).isoformat(), contact_how="phone")
        cast.take(first, "draft_reply", "water", handling="先后联系诉求人三次，已派人到现场处理", public_reply=COPIED, claimed_solved=True)
        before = cast.take(first, "reply", "water_head")
        killed(replies.check)
        assert not ReplyPrint.objects.exists() and not Finding.objects.exists()
        assert replies.check() == 1 and replies.check() == 0
        found = {one.check_code: one for one in Finding.objects.all()}
        assert set(found) == {"number", "before_visit", "no_date", "typed_late"} and "三" not in found["number"].evidence
        assert found["number"].evidence == "答复称联系 3 次，记录为 1 次" and {one.unit_id for one in found.values()} == {cast.units["water"].id}
        second = cast.at_state(State.IN_PROGRESS)
        cast.take(second, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone")
        cast.take(second, "draft_reply", "water", handling="1月6日更换", public_reply=COPIED.replace("两台", "4台") + "感谢您的来电。", claimed_solved=True)
        cast.take(second, "reply", "water_head")
        replies.check()
        [copy] = Finding.objects.filter(case_id=second.id)
        assert (copy.check_code, copy.other_case) == ("copy", first.id)
        one = found["number"]
        for who in ("water", "water_head", "coordinator", "checker", "agent"):
            assert refused(lambda w=who: replies.judge(finding_id=one.id, step="finding_falls", by=cast.actors[w], given={"reason": "无"})) == "hidden", who
        replies.judge(finding_id=one.id, step="finding_holds", by=cast.actors["supervisor"], given={"reason": "话单只有一次通话"})
        one.refresh_from_db()
        assert (one.state, one.judged_by) == ("holds", "督办员甲")
        after = Case.objects.get(id=first.id)
        assert (after.seq, after.state, after.contacted) == (before.seq, before.state, before.contacted), "a finding moves nothing"
        assert list(verify_history()) == []
        with connection.cursor() as cursor:
            cursor.execute("UPDATE oversight_finding SET state = 'falls' WHERE id = %s", [one.id])
        assert list(verify_history())


def test_what_was_found_in_the_words_of_an_erased_case_goes_with_them(cast):
    case = cast.at_state(State.PENDING_CHECK)
    replies.check()
    assert Finding.objects.filter(case_id=case.id, check_code="no_date").count() == 0 and ReplyPrint.objects.get(case_id=case.id)
    odd = cast.at_state(State.IN_PROGRESS)
    cast.reply(odd, "water", handling="联系诉求人王小明9次", public_reply="已派人抢修，今日恢复供水。")
    replies.check()
    Case.objects.filter(id=odd.id).update(erased=True)
    take_away(Case.objects.get(id=odd.id))
    one = Finding.objects.get(case_id=odd.id, check_code="number")
    assert "9" not in one.evidence and not FindingWords.objects.filter(subject_id=one.id).exists() and list(verify_history()) == []


# --- inspections, instructions, duties ------------------------------------------------------------


def test_stock_phrases_change_by_anothers_signature_from_a_day_on_and_the_check_follows_them(cast):
    first, second = cast.actors["supervisor"], cast.actors[cast.another(Role.SUPERVISOR)]
    told, typed = "水管已经修好了，恢复通水啦", {"phrases": "水管已经修好了\n恢复通水啦", "since": "2025-01-06", "reason": "两句常被当作全部答复"}

    def checked(public_reply: str) -> set[str]:
        case = cast.reply(cast.at_state(State.IN_PROGRESS), "water", public_reply=public_reply)
        replies.check()
        return set(Finding.objects.filter(case_id=case.id).values_list("check_code", flat=True))

    assert "boilerplate" in checked("您反映的问题已收悉，将继续高度重视。") and "boilerplate" not in checked(told)
    assert refused(lambda: stock_phrases.draft(by=cast.actors["inspector"], given=typed)) == "role"
    assert refused(lambda: stock_phrases.draft(by=first, given=typed | {"since": "2025-01-01", "phrases": "字"})) == "phrases、since"
    one = stock_phrases.draft(by=first, given=typed).subject_id
    assert refused(lambda: stock_phrases.take(phrases_id=one, step="sign_phrases", by=first)) == "own"
    page = cast.client("inspector").get(f"/desk/phrases/{one}").content.decode()
    assert "加 2 句：水管已经修好了、恢复通水啦" in page and "高度重视" in page and cast.client("water").get(f"/desk/phrases/{one}").status_code == 403
    stock_phrases.take(phrases_id=one, step="sign_phrases", by=second)
    assert refused(lambda: stock_phrases.take(phrases_id=one, step="amend_phrases", by=first, given=typed)) == "state", "what was signed stays"
    assert "boilerplate" not in checked(told), "it begins on Monday"
    with clock.fixed(datetime.fromisoformat("2025-01-06T10:00+08:00")):
        assert "boilerplate" in checked(told) and "boilerplate" not in checked("您反映的问题已收悉，将继续高度重视，请放心。")
        listed = cast.client("supervisor").get("/desk/phrases").content.decode()
        assert "今天用的（2 句）" in listed and "已签发" in listed
        form = cast.client("supervisor").get("/desk/phrases/new").content.decode()
        assert "恢复通水啦" in form, "a new list begins with what holds"
    assert list(verify_history()) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE oversight_stockphrases SET phrases = '{}' WHERE id = %s", [one])
    assert any("常用语" in said for said in verify_history())


def inspect(cast, **more) -> Inspection:
    given = {"title": "供水办理质量督查", "basis": "年度督查计划", "since": "2025-01-01", "until": "2025-01-02", "size": 2,
             "members": [cast.people["outside_group"].id]} | more
    return Inspection.objects.get(id=inspections.draft(by=cast.actors["supervisor"], given=given).subject_id)


def go(cast, one: Inspection, name: str, who: str, **given) -> Inspection:
    inspections.take(inspection_id=one.id, step=name, by=cast.actors[who], given=given)
    return Inspection.objects.get(id=one.id)


def test_an_inspection_shows_its_outside_group_exactly_the_sample_that_its_seed_draws(cast):
    second, group = cast.another(Role.SUPERVISOR), cast.actors["outside_group"]
    cases = [cast.at_state(State.PENDING_CHECK) for _ in range(5)]
    shut = [cast.at_state(State.IN_PROGRESS, secrecy=True), cast.take(cast.at_state(State.IN_PROGRESS), "restrict", "shift_leader", reason="涉及未成年人",
            readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00"), cast.create(complained_unit=cast.units["roads"].id)]
    assert refused(lambda: inspect(cast, size=0, members=[cast.people["water"].id], until="2026-01-01")) == "members、size、until"
    empty = inspect(cast, since="2024-01-01", until="2024-01-02")
    one = inspect(cast)
    assert not sight.inspections(group).exists() and refused(lambda: go(cast, one, "approve_inspection", "supervisor")) == "own"
    go(cast, empty, "approve_inspection", second)
    assert refused(lambda: go(cast, empty, "draw_sample", "supervisor")) == "size"
    go(cast, one, "approve_inspection", second)
    one = go(cast, one, "draw_sample", "supervisor")
    assert len(one.sample) == 2 and set(one.sample) < {case.id for case in cases} == set(one.pool) and not set(one.pool) & {case.id for case in shut}
    assert {case.id for case in seen.sampled(one, group)} == set(one.sample) and list(verify_history()) == []
    first = one.seed
    one = go(cast, one, "redraw_sample", "supervisor", reason="两件都是同一事件")
    assert one.seed != first and [row.given["after"]["seed"] for row in InspectionStep.objects.filter(subject_id=one.id, given__after__has_key="seed").order_by("seq")] == [
        first, one.seed], "every draw stays in the history"
    other = next(case for case in cases if case.id not in one.sample)
    note = {"inspection": one.id, "point": "答复没有写明恢复时间"}
    assert refused(lambda: inspections.note_point(by=group, given=note | {"case": other.id})) == "case"
    row = inspections.note_point(by=group, given=note | {"case": one.sample[0]})
    for name, who, given, wrong in (("send_point", "outside_group", {"due": "2025-01-10"}, "role"), ("send_point", "supervisor", {"due": "2025-01-11"}, "due"),
                                    ("correct_point", "water_head", {"correction": "已补"}, "hidden")):
        assert refused(lambda n=name, w=who, g=given: inspections.take_point(point_id=row.subject_id, step=n, by=cast.actors[w], given=g)) == wrong
    for name, who, given in (("send_point", "supervisor", {"due": "2025-01-10"}), ("correct_point", "water_head", {"correction": "已补充说明"}),
                             ("return_point", "outside_group", {"reason": "没有附件"}), ("correct_point", "water_head", {"correction": "已附照片"})):
        inspections.take_point(point_id=row.subject_id, step=name, by=cast.actors[who], given=given)
    assert refused(lambda: go(cast, one, "close_inspection", "outside_group", summary="总体规范")) == "waiting"
    inspections.take_point(point_id=row.subject_id, step="accept_point", by=group)
    assert refused(lambda: go(cast, one, "close_inspection", "outside_group", summary="总体规范，一处已改")) == "unseen", "one was not looked at"
    for wrong in (one.sample[0], other.id):
        assert refused(lambda w=wrong: go(cast, one, "look_at_case", "outside_group", case=w)) == "case", "a point was noted, or it was not drawn"
    assert refused(lambda: go(cast, one, "look_at_case", second, case=one.sample[1])) == "role"
    one = go(cast, one, "look_at_case", "outside_group", case=one.sample[1])
    assert refused(lambda: go(cast, one, "look_at_case", "outside_group", case=one.sample[1])) == "case" and one.looked == one.sample[1:]
    one = go(cast, one, "close_inspection", "outside_group", summary="总体规范，一处已改")
    assert not seen.sampled(one, group).exists(), "what was lent for the inspection is given back"
    assert Point.objects.get().state == "ended" and list(verify_history()) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE oversight_inspection SET pool = pool || 1::bigint WHERE id = %s", [one.id])
    assert "抽样与种子不符" in "".join(verify_history())


def test_a_case_that_is_shut_after_the_draw_leaves_the_outside_groups_sight(cast):
    second, group, case = cast.another(Role.SUPERVISOR), cast.actors["outside_group"], cast.at_state(State.IN_PROGRESS)
    one = inspect(cast)
    go(cast, one, "approve_inspection", second)
    one = go(cast, one, "draw_sample", "supervisor")
    inspections.note_point(by=group, given={"inspection": one.id, "case": case.id, "point": "没有联系"})
    assert sight.points(group).exists()
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["inspector"].id], until="2025-06-01T00:00+08:00")
    assert not seen.sampled(one, group).exists() and not sight.points(group).exists() and sight.points(cast.actors["inspector"]).exists()
    assert refused(lambda: seen.sample_case(one.id, case.id, group)) == "hidden"


def test_who_looks_at_a_sample_marks_each_and_what_was_shut_or_drawn_away_is_owed_by_nobody(cast):
    second, group = cast.another(Role.SUPERVISOR), cast.actors["outside_group"]
    cases = [cast.at_state(State.PENDING_CHECK) for _ in range(3)]
    one = inspect(cast, size=3)
    go(cast, one, "approve_inspection", second)
    one = go(cast, one, "draw_sample", "supervisor")
    one = go(cast, one, "look_at_case", "outside_group", case=cases[0].id)
    cast.take(cases[1], "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["inspector"].id], until="2025-06-01T00:00+08:00")
    assert seen.left(one.id, group) == [cases[2].id], "nobody of the group may see the second any more"
    assert refused(lambda: go(cast, one, "look_at_case", "outside_group", case=cases[1].id)) == "case"
    one = go(cast, one, "redraw_sample", "supervisor", reason="一件已限制知悉")
    assert one.looked == [] and seen.left(one.id, group) == [cases[0].id, cases[2].id], "a new sample is looked at anew"
    page = seen.page(one.id, cast.actors["supervisor"])
    assert any("第1次重新抽样" in block.text and "一件已限制知悉" in block.text for block in inspection_paper.paper(page).blocks if hasattr(block, "text"))
    for case in (cases[0], cases[2]):
        go(cast, one, "look_at_case", "outside_group", case=case.id)
    assert go(cast, one, "close_inspection", "outside_group", summary="没有发现问题").state == "closed" and list(verify_history()) == []


def test_an_instruction_goes_from_its_report_to_its_feedback(cast):
    case, unit = cast.at_state(State.IN_PROGRESS), cast.units["water"].id
    report = {"title": "幸福路供水", "report": "多次反映，建议列入改造", "leader": "市长甲", "cases": [case.id]}
    hidden = cast.take(cast.at_state(State.IN_PROGRESS), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id],
                       until="2025-06-01T00:00+08:00")
    for more in ({"cases": [99]}, {"cases": [hidden.id]}):
        assert refused(lambda m=more: instructions.report_matter(by=cast.actors["supervisor"], given=report | m)) == "cases"
    one = Instruction.objects.get(id=instructions.report_matter(by=cast.actors["supervisor"], given=report).subject_id)

    def step_on(name, who, **given):
        return instructions.take_instruction(instruction_id=one.id, step=name, by=cast.actors[who], given=given)

    assert refused(lambda: step_on("record_instruction", "coordinator", instruction="请水务局速办", instructed_on="2025-01-03")) == "instructed_on"
    step_on("record_instruction", "coordinator", instruction="请水务局速办", instructed_on="2025-01-02")
    assert not sight.instructions(cast.actors["water_head"]).exists()
    assert refused(lambda: step_on("assign_instruction", "supervisor", unit=unit, due="2025-01-04")) == "due"
    step_on("assign_instruction", "supervisor", unit=unit, due="2025-01-10")
    assert refused(lambda: step_on("feed_back", "roads", feedback="已办")) == "hidden"
    for name, who, given in (("feed_back", "water_head", {"feedback": "已列入"}), ("return_feedback", "supervisor", {"reason": "没有日期"}),
                             ("feed_back", "water_head", {"feedback": "三月开工"}), ("accept_feedback", "supervisor", {"finding": "属实"}), ("report_back", "coordinator", {})):
        step_on(name, who, **given)
    one.refresh_from_db()
    assert (one.state, one.feedback) == ("ended", "三月开工") and list(verify_history()) == []
    Case.objects.filter(id=case.id).update(erased=True)
    take_away(Case.objects.get(id=case.id))
    one.refresh_from_db()
    assert one.report == "" and list(verify_history()) == []


def test_tolerance_is_a_ruling_and_a_lead_that_was_passed_is_not_shown_to_its_unit(cast):
    given = {"matter": "老旧管网改造", "unit": cast.units["water"].id, "duty_post": "管网科科长", "measures": "三月底前完成", "due": "2025-01-10"}

    def made() -> Duty:
        return Duty.objects.get(id=instructions.open_duty(by=cast.actors["supervisor"], given=given).subject_id)

    def step_on(one, name, who, **more) -> Duty:
        instructions.take_duty(duty_id=one.id, step=name, by=cast.actors[who], given=more)
        return Duty.objects.get(id=one.id)

    one, settled, passed = made(), made(), made()
    assert refused(lambda: step_on(one, "grant_tolerance", "supervisor", finding="同意")) == "not_asked"
    step_on(one, "ask_tolerance", "water_head", ground="force", reason="冻土期提前")
    assert refused(lambda: step_on(one, "grant_tolerance", "water_head", finding="同意")) == "role"
    one = step_on(step_on(one, "refuse_tolerance", "supervisor", reason="气象预报早有提示"), "ask_tolerance", "water_head", ground="mended", reason="已补救")
    one = step_on(one, "grant_tolerance", "supervisor", finding="及时补救，未造成损失")
    assert (one.state, one.ground, one.waiting) == ("tolerated", "mended", False)
    step_on(settled, "report_duty", "water_head", feedback="已完成")
    assert step_on(settled, "settle_duty", "supervisor", finding="到场核实").state == "settled"
    assert sight.duties(cast.actors["water_head"]).filter(id=passed.id).exists()
    step_on(passed, "pass_lead", "supervisor", organ="市纪委监委信访室", reason="反映虚报进度")
    assert not sight.duties(cast.actors["water_head"]).filter(id=passed.id).exists() and sight.duties(cast.actors["inspector"]).filter(id=passed.id).exists()
    assert refused(lambda: instructions.open_duty(by=cast.actors["supervisor"], given=given | {"unit": cast.units["panel"].id})) == "unit"
    assert list(verify_history()) == []
