"""The pages of supervision: proposed, drafted, signed, numbered, answered through forms; who sees them; how many statements they take."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PHONE, build
from tests.docx_words import docx_words

from minsheng.accounts.actions import COMMAND_LINE
from minsheng.accounts.rules import Role
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.oversight.actions import ladder, replies, slips
from minsheng.oversight.models import Duty, Finding, Inspection, Instruction, Point, Slip
from minsheng.oversight.queries import merges

LADDER = yaml.safe_load((Path(__file__).parents[2] / "demo" / "oversight.yaml").read_text(encoding="utf-8"))["ladder"]
LATE = datetime.fromisoformat("2025-01-20T10:00+08:00")


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        made = build()
        ladder.put_in(rows=LADDER, by=COMMAND_LINE)
        yield made


def test_a_slip_is_followed_through_forms_from_its_proposal_to_its_answer(cast):
    case, second = cast.at_state(State.IN_PROGRESS), cast.another(Role.SUPERVISOR)
    drafts, signs, office, unit, head = (cast.client(who) for who in ("supervisor", second, "coordinator", "water", "water_head"))
    with clock.fixed(LATE):
        assert "会自动拟出建议" in drafts.get("/desk/slips").content.decode() and "没有送达本单位" in unit.get("/desk/slips").content.decode()
        slips.propose()
        one = Slip.objects.get()
        here = f"/desk/slips/{one.id}"
        page = drafts.get(here).content.decode()
        assert "系统拟出" in page and case.number in page and "办理逾期满 3 个工作日" in page
        assert unit.get(here).status_code == unit.get(f"{here}/print").status_code == 404
        typed = {"step": "take_up_slip", "demand": "三日内恢复供水", "answer_due": "2025-01-25"}
        wrong = drafts.post(f"{here}/step", typed)
        assert wrong.status_code == 422 and "不是工作日" in wrong.content.decode() and "三日内恢复供水" in wrong.content.decode()
        assert drafts.post(f"{here}/step", typed | {"answer_due": "2025-01-24"}).status_code == 302
        assert drafts.post(f"{here}/step", {"step": "sign_slip"}).status_code == 409
        assert "未签发编号的不得送出" in drafts.get(f"{here}/print").content.decode()
        assert "草稿" in docx_words(drafts.get(f"{here}/paper.docx").content) and unit.get(f"{here}/paper.pdf").status_code == 404, "not theirs before it is sent"
        for who, form in ((signs, {"step": "sign_slip"}), (office, {"step": "issue_slip", "doc_number": "民督〔2025〕1号"}),
                          (unit, {"step": "acknowledge_slip"}), (head, {"step": "answer_slip", "answer": "主管道已更换"}),
                          (drafts, {"step": "accept_answer", "finding": "属实"})):
            assert who.post(f"{here}/step", form).status_code == 302, form
        seen = unit.get(here).content.decode()
        assert "已了结" in seen and "民督〔2025〕1号" in seen and "采用并拟稿" not in seen and "登记文号并送达" in seen
        paper = unit.get(f"{here}/print").content.decode()
        assert "三日内恢复供水" in paper and case.number in paper and "同事乙" in paper
        words = docx_words(unit.get(f"{here}/paper.docx").content)
        assert all(said in words for said in ("民督〔2025〕1号", "签发人：同事乙", "市水务局：", case.number, "三日内恢复供水", "请于2025年1月24日前书面回复", "热线中心"))
        assert "草稿" not in words and unit.get(f"{here}/paper.pdf").content.startswith(b"%PDF")
        assert "民督〔2025〕1号" in unit.get("/desk/slips?state=ended").content.decode()
        assert cast.client("roads").get(here).status_code == 404 and cast.client("inspector").get(here).status_code == 200
        assert drafts.get("/desk/slips?state=nothing").status_code == 422


def test_a_case_out_of_a_readers_sight_is_counted_on_the_slip_and_not_named(cast):
    kept, hidden = cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS)
    with clock.fixed(LATE):
        slips.propose()
        cast.take(hidden, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["inspector"].id], until="2025-06-01T00:00+08:00")
        here = f"/desk/slips/{Slip.objects.get().id}"
        for path in (here, f"{here}/print"):
            page = cast.client("supervisor").get(path).content.decode()
            assert kept.number in page and hidden.number not in page and "另有 1 件" in page
        assert hidden.number in cast.client("inspector").get(here).content.decode()


def test_a_supervisors_own_slip_names_its_orders_by_their_numbers(cast):
    case, client = cast.at_state(State.IN_PROGRESS), cast.client("supervisor")
    form = client.get("/desk/slips/new", {"cases": case.number}).content.decode()
    assert case.number in form and "督办单：逾期督办（办理逾期满 3 个工作日）" in form
    typed = {"kind": "order", "unit": cast.units["water"].id, "rung": "order_late", "demand": "恢复供水", "answer_due": "2025-01-24", "cases": case.number}
    early = client.post("/desk/slips/new", typed)
    assert early.status_code == 422 and "没有到“逾期督办”这一档" in early.content.decode()
    with clock.fixed(LATE):
        assert "没有编号为“X9”的工单" in client.post("/desk/slips/new", typed | {"cases": f"{case.number}、X9"}).content.decode()
        assert client.post("/desk/slips/new", typed | {"cases": ""}).status_code == 422
        assert client.post("/desk/slips/new", typed).status_code == 302
    assert Slip.objects.get().cases == [case.id]
    page = client.get(f"/desk/slips/{Slip.objects.get().id}").content.decode()
    assert "适用的档：逾期督办" in page and "order_late" not in page, "the history says the name of a code"
    assert cast.client("coordinator").get("/desk/slips/new").status_code == 403


def test_lists_take_the_same_statements_for_one_row_as_for_many(cast):
    client, counted = cast.client("supervisor"), []
    with clock.fixed(LATE):
        for _ in range(2):
            with clock.fixed(NOW):
                made = [cast.at_state(State.IN_PROGRESS) for _ in range(2)]
                cast.reply(cast.at_state(State.IN_PROGRESS), "water", handling="联系诉求人9次")
                cast.at_state(State.CLOSED)
            assert made
            slips.propose()
            replies.check()
            for page in ("/desk/findings", f"/desk/findings/{Finding.objects.latest('id').id}", "/desk/bends", "/desk/bends/calls",
                         "/desk/slips", "/desk/ladder", "/desk/ladder/reached", f"/desk/slips/{Slip.objects.latest('id').id}"):
                client.get(page)
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(page).status_code == 200
                counted.append(len(seen))
    assert counted[:8] == counted[8:] and max(counted) <= 12, counted


def test_a_finding_is_judged_on_its_page_and_counted_above_its_list(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.reply(case, "water", handling="联系诉求人9次")
    replies.check()
    client, one = cast.client("supervisor"), Finding.objects.get(check_code="number")
    listed = client.get("/desk/findings?state=open").content.decode()
    assert "答复称联系 9 次，记录为 1 次" in listed and 'href="/desk/findings?check=number&amp;state=open">1</a>' in listed
    here = f"/desk/findings/{one.id}"
    assert client.post(f"{here}/step", {"step": "finding_holds", "reason": ""}).status_code == 422
    assert client.post(f"{here}/step", {"step": "finding_holds", "reason": "话单只有一次"}).status_code == 302
    assert "话单只有一次" in cast.client("inspector").get(here).content.decode()
    assert client.get("/desk/findings?check=nothing").status_code == 422
    for who in ("water", "water_head", "coordinator", "callback_clerk"):
        assert cast.client(who).get(here).status_code == cast.client(who).get("/desk/bends").status_code == 403, who


def test_what_could_be_bent_opens_to_its_lists(cast):
    case = cast.at_state(State.PENDING_CALLBACK)
    cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="refused")
    denied = cast.at_state(State.PENDING_CALLBACK)
    cast.take(denied, "record_callback", "callback_clerk", party=denied.id, outcome="answered", contacted=False, solved=True, satisfaction="satisfied")
    with clock.fixed(LATE):
        client = cast.client("supervisor")
        page = client.get("/desk/bends").content.decode()
        assert "回访员甲" in page and "少于 30 次" in page and "measure=response_gap" in page
        clerk = cast.people["callback_clerk"].id
        refused = client.get(f"/desk/bends/calls?clerk={clerk}&outcome=refused").content.decode()
        assert case.number in refused and denied.number not in refused
        assert client.get("/desk/bends/calls?outcome=x").status_code == 422


def test_an_outside_inspector_reads_exactly_the_sample_masked_and_notes_a_point(cast):
    inside, outside = cast.at_state(State.PENDING_CHECK), cast.at_state(State.IN_PROGRESS, lead="roads")
    second, drafts, group = cast.another(Role.SUPERVISOR), cast.client("supervisor"), cast.client("outside_group")
    typed = {"title": "供水督查", "basis": "年度计划", "since": "2025-01-01", "until": "2025-01-02", "unit": cast.units["water"].id, "size": "5"}
    wrong = drafts.post("/desk/inspections/new", typed)
    assert wrong.status_code == 422 and "供水督查" in wrong.content.decode() and "督查甲" in wrong.content.decode()
    drafts.post("/desk/inspections/new", typed | {"members": [cast.people["outside_group"].id]})
    one = Inspection.objects.get()
    here = f"/desk/inspections/{one.id}"
    assert group.get(here).status_code == 404 and "督查甲" in drafts.get(here).content.decode()
    cast.client(second).post(f"{here}/step", {"step": "approve_inspection"})
    assert drafts.post(f"{here}/step", {"step": "draw_sample"}).status_code == 302
    page = group.get(here).content.decode()
    assert inside.number in page and outside.number not in page and "结果一致" in page
    paper = group.get(f"{here}/cases/{inside.id}").content.decode()
    assert "幸福路" in paper and "签发答复" in paper and PHONE not in paper and "王小明" not in paper
    for case_id in (outside.id, 1):
        assert group.get(f"{here}/cases/{case_id}").status_code == group.get(f"{here}/cases/{case_id}/point").status_code == 404
    assert group.get(f"/desk/case/{inside.id}").status_code == 404, "the sample opens nothing else"
    assert group.post(f"{here}/cases/{inside.id}/point", {"point": ""}).status_code == 422
    assert group.post(f"{here}/cases/{inside.id}/point", {"point": "没有写明恢复时间，王小明仍在等"}).status_code == 302
    point = f"/desk/points/{Point.objects.get().id}"
    assert cast.client("water_head").get(point).status_code == 404
    drafts.post(f"{point}/step", {"step": "send_point", "due": "2025-01-10"})
    assert "没有写明恢复时间" in cast.client("water_head").get("/desk/points").content.decode()
    assert cast.client("water_head").post(f"{point}/step", {"step": "correct_point", "correction": "已补充"}).status_code == 302
    assert group.post(f"{point}/step", {"step": "accept_point"}).status_code == 302
    assert "已了结" in group.get(point).content.decode() and cast.client("roads").get(point).status_code == 404
    words = docx_words(drafts.get(f"{here}/paper.docx").content)
    assert all(said in words for said in ("供水督查报告", "草稿", inside.number, "没有写明恢复时间", "已补充", "发现问题1个，涉及1个单位，已了结1个", "尚无结论"))
    assert "王小明" not in words, "a paper leaves: who asked is named in it to nobody"
    assert group.post(f"{here}/step", {"step": "close_inspection", "summary": "答复应写明恢复时间，联系人13812345678"}).status_code == 302
    words = docx_words(drafts.get(f"{here}/paper.docx").content)
    assert "草稿" not in words and "答复应写明恢复时间" in words and "13812345678" not in words and Inspection.objects.get().seed in words
    assert drafts.get(f"{here}/paper.pdf").content.startswith(b"%PDF") and cast.client("water_head").get(f"{here}/paper.pdf").status_code == 403
    cast.take(inside, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["inspector"].id], until="2025-06-01T00:00+08:00")
    words = docx_words(drafts.get(f"{here}/paper.docx").content)
    assert inside.number not in words and "没有写明恢复时间" not in words and "另有1个问题不在列出的范围" in words
    assert "有 1 个，现在不在您的知悉范围" in drafts.get(here).content.decode()


def test_a_member_goes_from_one_case_of_the_sample_to_the_next_and_the_list_says_what_was_looked_at(cast):
    first, then = cast.at_state(State.PENDING_CHECK), cast.at_state(State.IN_PROGRESS)
    typed = {"title": "供水督查", "basis": "年度计划", "since": "2025-01-01", "until": "2025-01-02", "size": "5", "members": [cast.people["outside_group"].id]}
    drafts, group = cast.client("supervisor"), cast.client("outside_group")
    here = drafts.post("/desk/inspections/new", typed)["Location"]
    cast.client(cast.another(Role.SUPERVISOR)).post(f"{here}/step", {"step": "approve_inspection"})
    drafts.post(f"{here}/step", {"step": "draw_sample"})
    assert group.get(here).content.decode().count("还没有看") == 2
    page = group.get(f"{here}/cases/{first.id}").content.decode()
    assert "这件还没有看" in page and "还有 2 件没有看过" in page and f"{here}/cases/{then.id}" in page
    shut = group.post(f"{here}/step", {"step": "close_inspection", "summary": "没有发现问题"})
    assert shut.status_code == 409 and "还有 2 件没有看过" in shut.content.decode() and "没有发现问题" in shut.content.decode()
    assert group.post(f"{here}/cases/{first.id}/look")["Location"] == f"{here}/cases/{then.id}"
    again = group.post(f"{here}/cases/{first.id}/look")
    assert again.status_code == 409 and "已经看过" in again.content.decode()
    assert group.post(f"{here}/cases/{then.id}/look")["Location"] == here
    page = drafts.get(here).content.decode()
    assert page.count("看过，没有发现问题（督查甲）") == 2 and "还没有看" not in page
    assert "抽到的2件，督查组看过2件：0件记了问题，2件没有发现问题。" in docx_words(drafts.get(f"{here}/paper.docx").content)


def test_an_inspection_of_which_nothing_was_drawn_has_no_report(cast):
    typed = {"title": "供水督查", "basis": "年度计划", "since": "2025-01-01", "until": "2025-01-02", "size": "5", "members": [cast.people["outside_group"].id]}
    made = cast.client("supervisor").post("/desk/inspections/new", typed)
    answer = cast.client("supervisor").get(f"{made['Location']}/paper.pdf")
    assert answer.status_code == 409 and "还没有抽样" in answer.content.decode()


def test_instructions_and_duties_are_kept_through_forms(cast):
    case, drafts, head, office = cast.at_state(State.IN_PROGRESS), cast.client("supervisor"), cast.client("water_head"), cast.client("coordinator")
    typed = {"title": "幸福路供水", "report": "多次反映，建议列入改造", "leader": "市长甲", "cases": case.number}
    assert "没有编号为“X1”的工单" in drafts.post("/desk/instructions/new", typed | {"cases": "X1"}).content.decode()
    assert drafts.post("/desk/instructions/new", typed).status_code == 302
    here = f"/desk/instructions/{Instruction.objects.get().id}"
    assert head.get(here).status_code == 404 and case.number in drafts.get(here).content.decode()
    office.post(f"{here}/step", {"step": "record_instruction", "instruction": "请水务局速办", "instructed_on": "2025-01-02"})
    drafts.post(f"{here}/step", {"step": "assign_instruction", "unit": cast.units["water"].id, "due": "2025-01-10"})
    seen = head.get(here).content.decode()
    assert "请水务局速办" in seen and "建议列入改造" not in seen and "幸福路供水" in head.get("/desk/instructions").content.decode()
    duty = {"matter": "老旧管网改造", "unit": cast.units["water"].id, "duty_post": "管网科科长", "measures": "三月底前完成", "due": "2025-01-11"}
    assert "不是工作日" in drafts.post("/desk/duties/new", duty).content.decode()
    assert drafts.post("/desk/duties/new", duty | {"due": "2025-01-10"}).status_code == 302
    there = f"/desk/duties/{Duty.objects.get().id}"
    assert head.post(f"{there}/step", {"step": "ask_tolerance", "ground": "force", "reason": "冻土期提前"}).status_code == 302
    assert drafts.post(f"{there}/step", {"step": "grant_tolerance", "finding": "属实"}).status_code == 302
    assert "不可抗力" in head.get(there).content.decode() and "容错免责" in head.get("/desk/duties").content.decode()
    counted = []
    for _ in range(2):
        for path in ("/desk/instructions", "/desk/duties", here, there):
            drafts.get(path)
            with CaptureQueriesContext(connection) as told:
                assert drafts.get(path).status_code == 200
            counted.append(len(told))
        drafts.post("/desk/instructions/new", typed)
        drafts.post("/desk/duties/new", duty | {"due": "2025-01-10"})
    assert counted[:4] == counted[4:] and max(counted) <= 12, counted


def test_who_merges_what_lies_elsewhere_stands_with_its_list_for_those_outside(cast, django_assert_num_queries):
    master, same, other = cast.create(), cast.create(), cast.create(category="noise")
    for case in (same, other):
        cast.take(case, "merge", "dispatcher", master=master.id, reason="都停着")
    client, person = cast.client("supervisor"), cast.people["dispatcher"].id
    page = client.get("/desk/bends").content.decode()
    assert f"bends/merges?person={person}" in page and f"bends/merges?person={person}&amp;other=matter" in page and "other=district" not in page
    listed = client.get(f"/desk/bends/merges?person={person}&other=matter").content.decode()
    assert other.number in listed and master.number in listed and same.number not in listed
    assert same.number in client.get(f"/desk/bends/merges?person={person}").content.decode()
    merges.by_person(cast.actors["supervisor"])
    with django_assert_num_queries(1):
        assert [(line.name, line.total, line.matter) for line in merges.by_person(cast.actors["supervisor"])] == [(cast.people["dispatcher"].name, 2, 1)]
    Case.objects.filter(id=master.id).update(restricted=True)
    hidden = client.get(f"/desk/bends/merges?person={person}").content.decode()
    assert other.number in hidden and master.number not in hidden and "您无权查看的工单" in hidden
    Case.objects.filter(id=master.id).update(restricted=False)
    cast.take(other, "unmerge", "dispatcher", reason="不是同一件")
    assert "other=matter" not in client.get("/desk/bends").content.decode(), "what was undone is counted again, and blames nobody"
    assert client.get("/desk/bends/merges?other=moon").status_code == 422 and cast.client("water").get("/desk/bends/merges").status_code == 403
