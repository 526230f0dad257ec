"""110 hands over what is not the police's: by message and by telephone, each reference one case, its receipt, its result; against a real HTTP server."""

from __future__ import annotations

import dataclasses
import json

import pytest
from django.test import Client
from tests.cast import NOW, build
from tests.rooms.test_two_at_once import both
from tests.telephony.consumer import listening

from minsheng.accounts import actions as accounts
from minsheng.cases.actions import Requester, create_case
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.inter_agency import outgoing, rules
from minsheng.inter_agency.actions import incoming, telling
from minsheng.inter_agency.models import Feedback, Handover
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony.rules import cti
from minsheng.telephony.teller import Teller

THEIRS, OURS = "p" * 40, "m" * 40
REF = "JQ20250102-0017"
BODY = {"reference": REF, "officer": "警号 012345", "narrative": "小区里的路灯坏了半个月，晚上看不见路。", "place": "幸福路1号", "name": "王小明", "phone": "13800000000",
        "happened_at": "2025-01-02T09:40+08:00"}

@pytest.fixture
def cast(db, monkeypatch):
    monkeypatch.setenv(outgoing.THEIRS, THEIRS)
    with clock.fixed(NOW):
        yield build()

class Police:
    """110's own system."""

    def __init__(self, cast):
        self.token = accounts.make_token(person=cast.people["agent"], name="110", scopes={"police.write"}, by=accounts.COMMAND_LINE, setup=True)[1]

    def push(self, secret: str = THEIRS, late: int = 0, **given):
        body, stamp = json.dumps({**BODY, **given}).encode(), str(int(clock.machine_now().timestamp()) - late)
        head = {"Authorization": f"Bearer {self.token}", "X-Minsheng-Time": stamp, "X-Minsheng-Signature": cti.signature(secret, stamp, body)}
        return Client(raise_request_exception=False).post("/api/v1/police/handovers", body, content_type="application/json", headers=head)

    def receipt(self, reference: str):
        return Client().get(f"/api/v1/police/handovers/{reference}", headers={"Authorization": f"Bearer {self.token}"})

def says(answer) -> str:
    return answer.json()["error"]["reason"]

@pytest.fixture
def police(cast):
    return Police(cast)

@pytest.fixture
def there():
    with listening(OURS) as made:
        yield made

def told(there) -> list[str]:
    """Everything that is owed is written and sent; what has come there, in order."""
    telling.owe()
    telling.send_some(Teller(there.url, OURS).post)
    return [one["event"] for one in there.taken]

def test_a_push_is_a_case_its_answer_the_receipt_and_the_same_again_the_same_receipt(police):
    first, again = police.push(), police.push()
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    case = Case.objects.get(number=first.json()["number"])
    assert (case.channel, case.state) == ("police", State.PENDING_REVIEW) and Case.objects.count() == 1
    step = case.steps.get(step="police_handover")
    assert step.text.words["police_ref"] == REF and step.text.words["police_officer"] == "警号 012345" and step.by_name == "110转来"
    assert police.receipt(REF).json() == first.json()
    assert police.receipt("JQ-0000").status_code == 404 and "没有收到过这个编号" in says(police.receipt("JQ-0000"))
    assert "与这次的内容不同" in says(police.push(narrative="另一件事，井盖丢了。")) and Case.objects.count() == 1

def test_what_is_not_signed_of_these_minutes_or_cannot_be_read_is_refused_in_words(police, monkeypatch):
    assert "签名不对" in says(police.push(secret="x" * 40)) and "请对时" in says(police.push(late=400)) and "请对时" in says(police.push(late=-400))
    assert "请核对110的时钟" in says(police.push(happened_at="2025-01-02T10:20+08:00"))
    assert "缺少时区" in says(police.push(happened_at="2025-01-02T09:20:00"))
    for bad in ("JQ1\r\nAction: Originate", "JQ1\nX", "a", "", "警情十七号", "x" * 41, "JQ 1 2"):
        assert police.push(reference=bad).status_code == 422, bad
    monkeypatch.delenv(outgoing.THEIRS)
    assert "没有设置 MINSHENG_110_SECRET" in says(police.push())
    assert not Case.objects.exists() and not Handover.objects.exists()

def test_a_token_of_another_kind_hands_over_nothing(cast, police):
    police.token = accounts.make_token(person=cast.people["agent"], name="x", scopes={"cases.write", "calls.write"}, by=accounts.COMMAND_LINE, setup=True)[1]
    assert police.push().status_code == 403 and police.receipt(REF).status_code == 403 and not Handover.objects.exists()

def test_danger_stays_with_110_with_the_reason_and_comes_in_when_110_has_looked(police):
    answer = police.push(narrative="厨房里煤气泄漏，满屋都是煤气味，人还在里面。")
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "returned" and "退回：文字里有险情（燃气泄漏" in says(answer)
    row = Handover.objects.get()
    assert (row.receipt, row.case_id) == ("returned", None) and "仍由110处置" in row.reason
    assert police.receipt(REF).json()["receipt"] == "returned"
    assert police.push(narrative="厨房里煤气泄漏，满屋都是煤气味，人还在里面。", no_danger=True).status_code == 201
    row.refresh_from_db()
    assert (row.receipt, row.reason) == ("accepted", "") and Case.objects.get().urgent

def test_words_that_only_make_one_ask_are_no_reason_to_hand_back(police):
    assert police.push(narrative="小区南门路灯坏了半个月，晚上看不见路，老人摔过一次。").status_code == 201


def test_the_end_is_told_once_in_order_with_no_word_of_a_person(cast, police, there):
    police.push(category="tap")
    case = Case.objects.get()
    assert told(there) == []
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    assert told(there) == []
    cast._with_unit(case, State.CLOSED, "water")
    assert told(there) == told(there) == ["result"] and there.asked == 1
    said = there.taken[0]
    assert said["reference"] == REF and said["outcome"] == "已办结" and said["unit"] == "市水务局" and said["number"] == case.number
    assert not any(word in json.dumps(said, ensure_ascii=False) for word in ("王小明", "1380", "路灯", "012345"))
    assert [row.text.words["police_told"] for row in case.steps.filter(step="police_feedback")] == ["办理结果，对方已收"]

def test_merged_is_told_then_resumed_and_what_is_withdrawn_is_its_result(cast, police, there):
    police.push()
    case, other = Case.objects.get(), cast.create()
    cast.take(case, "merge", "dispatcher", master=other.id, reason="同一盏灯")
    assert told(there) == ["merged"] and there.taken[0]["parts"] == [other.number]
    cast.take(case, "unmerge", "dispatcher", reason="不是同一盏")
    assert told(there) == ["merged", "resumed"]
    cast.take(case, "phone_withdraw", "agent", reason="修好了")
    assert told(there) == ["merged", "resumed", "result"] and there.taken[-1]["outcome"] == "已按您的要求撤回" and [one["n"] for one in there.taken] == [1, 2, 3]

def test_a_merged_matter_ends_with_its_order(cast, police, there):
    police.push()
    case, other = Case.objects.get(), cast.create()
    cast.take(case, "merge", "dispatcher", master=other.id, reason="同一盏灯")
    assert told(there) == ["merged"]
    cast.take(other, "dispatch", "dispatcher", lead=cast.units["water"].id)
    assert cast._with_unit(other, State.TERMINATED, "water").state == State.TERMINATED
    assert told(there) == ["merged", "result"] and there.taken[1]["parts"][0] | {"ended_at": ""} == {
        "number": other.number, "outcome": "已终止办理", "unit": "市水务局", "ended_at": ""}


def test_a_part_that_was_merged_or_split_again_goes_on_there_and_is_no_result(cast, police, there):
    police.push()
    case, other = Case.objects.get(), cast.create()
    parts = [{"narrative": "路灯不亮。"}, {"narrative": "井盖缺失。"}]
    cast.take(case, "split", "dispatcher", parts=parts, reason="两件事")
    first, second = Case.objects.filter(parent_id=case.id).order_by("id")
    assert told(there) == ["split"] and there.taken[-1]["parts"] == [first.number, second.number]
    cast.take(first, "merge", "dispatcher", master=other.id, reason="同一盏灯")
    cast.take(second, "split", "dispatcher", parts=parts, reason="又是两件事")
    again = list(Case.objects.filter(parent_id=second.id).order_by("id"))
    assert told(there) == ["split", "split"] and there.taken[-1]["parts"] == sorted([other.number, *(one.number for one in again)])
    for one in (other, *again):
        cast.take(one, "phone_withdraw", "agent", reason="修好了")
        cast.take(first, "unmerge", "dispatcher", reason="诉求人仍要办") if one.id == other.id else None
    assert "result" not in told(there), "the first part is handled by itself again"
    cast.take(first, "phone_withdraw", "agent", reason="修好了")
    assert told(there)[-1] == "result" and len(there.taken[-1]["parts"]) == 3


def test_the_agent_who_hears_of_danger_hands_it_back_and_110_is_told(cast, there):
    made = take_over(cast, then="decline", given={"decline_reason": "emergency", "told": "这是警情，请110处置", "target": "110", "target_answered": True})
    assert made.case.state == State.DECLINED
    assert told(there) == ["receipt", "returned"] and there.taken[1]["reason"] == "紧急警情，由110处置"
    cast.take(made.case, "overturn_decline", "dispatcher", reason="是路灯")
    assert told(there) == ["receipt", "returned", "resumed"]

def take_over(cast, reference: str = REF, key: str = "call-1", **more):
    content = {"kind": "help", "narrative": "路灯坏了半个月。", "requester": Requester("王小明", "13800000000"), "key": ("desk", key), "channel": "police"} | more
    return incoming.take_over(spoken=incoming.Spoken(reference, "接警员李", True), make=lambda: create_case(by=cast.actors["agent"], **content), by=cast.actors["agent"])

def test_by_telephone_the_case_bears_110s_number_who_handed_over_and_110_gets_its_receipt(cast, police, there):
    made = take_over(cast)
    assert take_over(cast).case.id == made.case.id and Case.objects.count() == 1  # the page was sent twice
    assert made.case.channel == "police"
    words = made.case.steps.get(step="police_handover").text.words
    assert (words["police_ref"], words["police_officer"]) == (REF, "接警员李")
    assert told(there) == ["receipt"] and there.taken[0]["number"] == made.case.number
    again = police.push()  # 110's system follows its operator: the same matter
    assert again.status_code == 200 and again.json()["number"] == made.case.number
    with pytest.raises(Refused, match=f"已登记为工单 {made.case.number}"):
        take_over(cast, key="call-2")
    with pytest.raises(Refused, match=f"已登记为工单 {made.case.number}"):  # whoever hears the number cannot hear its capitals
        take_over(cast, reference=rules.read_reference(" ｊｑ20250102-0017\u200b"), key="call-4")
    assert police.push(reference=REF.lower()).json()["number"] == made.case.number == police.receipt(REF.lower()).json()["number"]
    with pytest.raises(Invalid, match="问清警情编号"):
        take_over(cast, reference="", key="call-3")
    assert Case.objects.count() == 1

@pytest.mark.parametrize("more", [{"secrecy": True}, {"complained": True}, {"restricted": "minor"}])
def test_what_110_may_not_know_it_is_not_told(cast, there, more):
    more = {"complained_unit": cast.units["water"].id} if more.pop("complained", None) else more
    made = take_over(cast, **more)
    telling.owe()
    cast.take(made.case, "phone_withdraw", "agent", reason="不反映了")
    assert told(there) == ["receipt", "result"] and there.taken[1]["outcome"] == "已按规定办理" and not {"unit", "number"} & set(there.taken[1])

def test_what_is_not_taken_waits_in_its_order_and_a_refusal_says_why(cast, there):
    made = take_over(cast)
    cast.take(made.case, "phone_withdraw", "agent", reason="修好了")
    for status in (500, 302, 401, 404, 429):
        there.answers = [status]
        assert told(there) == [] and Feedback.objects.get(n=1).error
        Feedback.objects.update(next_at=clock.machine_now())
    assert "请稍后再试" in Feedback.objects.get(n=1).error and Feedback.objects.get(n=2).tries == 0
    there.answers, there.says = [404], json.dumps({"error": {"code": "unknown_reference"}})
    assert told(there) == ["result"]  # the first was answered for good; the second is not held up
    row = Feedback.objects.get(n=1)
    assert (row.state, row.error) == ("refused", "110不认这个警情编号：请电话核对编号")
    telling.send_again(feedback_id=row.pk, by=cast.actors["dispatcher"])
    assert told(there) == ["result", "receipt"] and Feedback.objects.get(n=1).state == "taken"
    with pytest.raises(Refused, match="只有对方拒收"):
        telling.send_again(feedback_id=row.pk, by=cast.actors["dispatcher"])

def test_nobody_there_loses_nothing_and_a_process_that_died_while_sending_sends_again_under_the_same_id(cast, there):
    take_over(cast)
    assert telling.send_some(Teller("http://127.0.0.1:9/x", OURS).post) == 0 and "连不上" in Feedback.objects.get().error
    Feedback.objects.update(next_at=clock.machine_now())

    def dies(said):
        Teller(there.url, OURS).post(said)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        telling.send_some(dies)
    assert Feedback.objects.get().state == "queued"
    Feedback.objects.update(next_at=clock.machine_now())
    assert told(there) == ["receipt"] and there.asked == 2  # the other side knew it by its id

def test_a_refusal_in_110s_own_words_is_kept_on_one_line_and_masked(cast, there):
    take_over(cast)
    there.answers, there.says = [422], json.dumps({"error": {"reason": "编号\r\nAction: 无效 13911112222"}})
    told(there)
    assert Feedback.objects.get().error.startswith("110拒收（422）：编号 Action: 无效") and "13911112222" not in Feedback.objects.get().error

def test_a_lawful_erasure_takes_110s_number_and_the_name_along(cast, there):
    made = take_over(cast)
    case = cast.take(made.case, "phone_withdraw", "agent", reason="修好了")
    telling.owe()
    case = cast.take(case, "ask_erasure", "supervisor", reason="本人申请")
    cast.take(case, "erase", "security_admin", ground="request")
    row = Handover.objects.get()
    assert REF not in row.reference and row.officer == "" and told(there) == []
    assert {one.state for one in Feedback.objects.all()} == {"refused"}
    assert REF.encode() not in bytes(row.mark) and len(bytes(row.mark)) == 32
    again = incoming.Pushed(reference=REF, narrative=BODY["narrative"], phone=BODY["phone"])
    for once_more in (lambda: take_over(cast, reference=REF.lower(), key="again-2"),
                      lambda: incoming.receive(pushed=again, by=cast.actors["agent"]), lambda: take_over(cast, key="again-1"), lambda: incoming.receipt_of(REF)):
        with pytest.raises(Refused) as refused:
            once_more()
        assert refused.value.verdict.code == "erased" and "已依法删除" in refused.value.verdict.reason
    assert Handover.objects.count() == 1 and Case.objects.count() == 1, "it is known again and not made a second time"
    assert incoming.receive(pushed=dataclasses.replace(again, reference=f"{REF}-2"), by=cast.actors["agent"]).number

@pytest.mark.django_db(transaction=True)
def test_two_deliveries_and_a_telephone_call_at_once_are_one_case(transactional_db, monkeypatch):
    monkeypatch.setenv(outgoing.THEIRS, THEIRS)
    with clock.fixed(NOW):
        cast = build()
        pushed = incoming.Pushed(reference=REF, narrative=BODY["narrative"], phone=BODY["phone"])
        push = lambda: incoming.receive(pushed=pushed, by=cast.actors["agent"])  # noqa: E731
        for n in range(3):
            Handover.objects.filter(reference=REF).update(reference=f"OLD-{n}")
            pushed = incoming.Pushed(reference=f"{REF}-{n}", narrative=BODY["narrative"], phone=BODY["phone"])
            ended = both(push, push, lambda n=n: take_over(cast, f"{REF}-{n}", key=f"at-once-{n}"))
            assert all(one is None or isinstance(one, Refused) for one in ended), ended
            assert Case.objects.count() == n + 1 and Handover.objects.get(reference=f"{REF}-{n}").case_id
        owes = [telling.owe, telling.owe]
        both(*owes)
        assert Feedback.objects.filter(n=1).count() == Feedback.objects.count()
