"""Numbers are seen one at a time: a budget an hour, an alarm where it is spent, a shift leader who lets somebody go on."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from tests.cast import NOW, build, later
from tests.rooms.test_accounts import Watch

from minsheng.accounts import actions as accounts
from minsheng.cases import actions
from minsheng.cases.actions.reveal_contact import reveal
from minsheng.cases.rules import State
from minsheng.contacts import reveals, rules
from minsheng.contacts.models import RevealPass
from minsheng.contacts.rules import Budget, Seen, may_see_another, same_words
from minsheng.followup import actions as followup
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger.models import Entry

pytestmark = pytest.mark.one_server

# Nothing here is a list of what may be typed: a reason is one's own.
WORDS = "地址楼栋门牌时间证件发票合同照片账单水表电表路灯井盖车位围挡噪声气味"


@pytest.fixture
def watch(monkeypatch):
    made = Watch()
    monkeypatch.setattr(clock, "machine_now", made)
    return made


def cases(cast, n: int) -> list[int]:
    return [cast.create(narrative=f"第{i}号院停水两天，请尽快处理。", requester=actions.Requester(f"王{WORDS[i % 30]}", f"1380000{i:04d}")).id for i in range(n)]


def seen(cast, who: str, ids: list[int], reason=lambda i: f"核对第{i}件的{WORDS[i % 30]}{WORDS[(i * 7 + 3) % 30]}{WORDS[i // 30]}") -> list[str]:
    """"seen", or the code of the refusal, of each case in turn."""
    said = []
    for i, id_ in enumerate(ids):
        try:
            reveal(case_id=id_, by=cast.actors[who], reason=reason(i))
            said.append("seen")
        except Refused as refused:
            said.append(refused.verdict.code)
    return said


def alarms() -> list[Entry]:
    return list(Entry.objects.filter(kind="alarm"))


def test_after_thirty_in_an_hour_the_next_waits_and_shift_leader_and_auditor_are_told(cast, watch):
    ids = cases(cast, 33)
    assert seen(cast, "dispatcher", ids[:31]) == ["seen"] * 30 + ["budget"]
    [alarm] = alarms()
    assert alarm.by_id == cast.people["dispatcher"].id and alarm.detail == {"what": "reveals", "count": 30}
    for who, path in (("shift_leader", "/desk/shift"), ("audit_admin", "/desk/ledger"), ("audit_admin", "/desk/system")):
        assert "派单员甲" in (page := cast.client(who).get(path).content.decode()) and "一小时内" in page, (who, path)
    for who, path in (("dispatcher", "/desk/dispatch"), ("security_admin", "/desk/people"), ("system_admin", "/desk/system")):
        assert "超过额度" not in cast.client(who).get(path).content.decode(), (who, path)
    assert Entry.objects.filter(kind="reveal").count() == 30, "the refused one showed nothing and is no entry of a number seen"
    watch.on(minutes=61)
    assert seen(cast, "dispatcher", ids[31:32], lambda i: "核对停水的时间段") == ["seen"]


def test_ten_with_the_same_words_are_enough_however_they_are_numbered(cast, watch):
    ids = cases(cast, 14)
    said = seen(cast, "dispatcher", ids[:12], lambda i: f"核对地址 {i}！")
    assert said == ["seen"] * 10 + ["budget_reason"] * 2 and len(alarms()) == 1
    assert seen(cast, "dispatcher", ids[12:13], lambda i: "来电说门牌写错了") == ["seen"], "who writes why goes on"


def test_the_same_case_again_costs_nothing_and_is_never_refused(cast, watch):
    first, *rest = cases(cast, 30)
    seen(cast, "dispatcher", [first, *rest])
    assert seen(cast, "dispatcher", [first] * 5, lambda i: "再打一次，刚才占线") == ["seen"] * 5
    assert Entry.objects.filter(kind="reveal").count() == 35, "each look stands in the ledger"


def test_another_person_has_a_budget_of_their_own(cast, watch):
    ids = cases(cast, 31)
    seen(cast, "dispatcher", ids)
    assert seen(cast, "supervisor", ids[:1]) == ["seen"]


def test_the_api_and_the_page_have_one_budget(cast, watch):
    ids = cases(cast, 31)
    seen(cast, "dispatcher", ids[:30])
    _, secret = accounts.make_token(person=cast.people["dispatcher"], name="对接", scopes=["contacts.reveal"], by=cast.actors["dispatcher"])
    from django.test import Client

    answer = Client().post(f"/api/v1/cases/{ids[30]}/reveal", {"reason": "核对楼栋门牌"}, content_type="application/json",
                           headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "budget"
    page = cast.client("dispatcher").post(f"/desk/case/{ids[30]}/number", {"reason": "核对楼栋门牌"})
    assert page.status_code == 409 and "请值班长" in page.content.decode() and "1380000" not in page.content.decode()


def test_a_units_button_with_its_fixed_words_rings_thirty_and_not_ten(cast, watch):
    client, ids = cast.client("water"), []
    for i in range(32):
        case = cast.create(narrative=f"第{i}号院停水两天，请尽快处理。")
        ids.append(cast.take(cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id), "sign", "water").id)
    said = [client.post(f"/desk/unit/{id_}/number").status_code for id_ in ids]
    assert said == [200] * 30 + [409] * 2 and [a.by_name for a in alarms()] == ["次仁"]


# --- the clerk ------------------------------------------------------------


def test_a_clerks_whole_busy_hour_on_the_list_rings_no_alarm(cast, watch):
    """Forty calls in an hour from the program's own list, each number shown for the same words on the button."""
    clerk, client = cast.actors["callback_clerk"], cast.client("callback_clerk")
    for i in range(40):
        case = cast.create(narrative=f"第{i}号院停水两天，请尽快处理。", requester=actions.Requester(f"王{WORDS[i % 30]}", f"1380000{i:04d}"))
        case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
        case = cast.reply(cast.take(case, "sign", "water"), "water")
        cast.take(case, "accept_reply", "checker")
    for _ in range(40):
        row = followup.take_next(by=clerk)
        assert row is not None
        page = client.post(f"/desk/callback/{row.id}/number").content.decode()
        assert "tel:" in page
        followup.record(case_id=row.case_id, party_id=row.party_id, by=clerk, given={"outcome": "not_reached"})
        watch.on(seconds=90)
    assert alarms() == [] and Entry.objects.filter(kind="reveal", by_id=clerk.id).count() == 40


def test_a_clerk_who_looks_outside_the_list_spends_the_budget_of_everybody(cast, watch):
    with clock.fixed(later(hours=1)):
        held = [cast.at_state(State.PENDING_CALLBACK).id for _ in range(31)]
    assert seen(cast, "callback_clerk", held) == ["seen"] * 30 + ["budget"]


# --- let go on ------------------------------------------------------------


def test_a_shift_leader_lets_somebody_go_on_for_one_more_budget_with_a_reason(cast, watch):
    ids = cases(cast, 62)
    seen(cast, "dispatcher", ids[:31])
    watch.on(seconds=1)
    leader, id_ = cast.client("shift_leader"), cast.people["dispatcher"].id
    leader.post(f"/desk/shift/reveals/{id_}", {"reason": "是"})
    assert seen(cast, "dispatcher", ids[31:32]) == ["budget"], "not without a reason"
    leader.post(f"/desk/shift/reveals/{id_}", {"reason": "大面积停水，逐户通知"})
    watch.on(seconds=1)
    assert seen(cast, "dispatcher", ids[31:]) == ["seen"] * 30 + ["budget"]
    allowed = Entry.objects.get(kind="reveal_allowed")
    assert allowed.about == f"person:{id_}" and allowed.reason == "大面积停水，逐户通知"
    leader.post(f"/desk/shift/reveals/{id_}", {"reason": "回访我叫王小明13912345678等人，逐户通知"})
    kept = [*Entry.objects.filter(kind="reveal_allowed").values_list("reason", flat=True), *RevealPass.objects.values_list("reason", flat=True)]
    assert len(kept) == 4 and not [one for one in kept if "王小明" in one or "13912345678" in one], "the ledger never loses it"


@pytest.mark.parametrize("who", ["dispatcher", "supervisor", "system_admin", "audit_admin"])
def test_nobody_but_a_shift_leader_lets_go_on(cast, watch, who):
    with pytest.raises(Refused):
        reveals.allow_more(person_id=cast.people["dispatcher"].id, by=cast.actors[who], reason="逐户通知停水")
    assert cast.client(who).post(f"/desk/shift/reveals/{cast.people['dispatcher'].id}", {"reason": "逐户通知停水"}).status_code == 403


def test_a_shift_leader_does_not_let_themselves_go_on(cast, watch):
    with pytest.raises(Refused) as refused:
        reveals.allow_more(person_id=cast.people["shift_leader"].id, by=cast.actors["shift_leader"], reason="逐户通知停水")
    assert refused.value.verdict.code == "self"


# --- the figures ------------------------------------------------------------


def test_the_system_administrator_sets_the_figures_and_the_ledger_keeps_both(cast, watch):
    admin = cast.client("system_admin")
    assert 'value="30"' in admin.get("/desk/limits/reveals").content.decode() and "/desk/limits/reveals" in admin.get("/desk/limits").content.decode()
    for wrong in ({"per_hour": "0"}, {"per_reason": "201"}, {"in_hand": "x"}, {"per_hour": ""}, {"per_hour": "９９９９９９９９９９９９９９９９９９９９"}):
        answer = admin.post("/desk/limits/reveals", {"per_hour": "5", "per_reason": "3", "in_hand": "60", **wrong})
        assert answer.status_code == 422, wrong
    assert admin.post("/desk/limits/reveals", {"per_hour": "5", "per_reason": "3", "in_hand": "60"}).status_code == 302
    assert reveals.budget() == Budget(5, 3, 60) and Entry.objects.get(kind="reveal_budget").detail == {"before": "30/10/90", "after": "5/3/60"}
    assert seen(cast, "dispatcher", cases(cast, 6)) == ["seen"] * 5 + ["budget"]
    for who in ("shift_leader", "security_admin", "audit_admin"):
        with pytest.raises(Refused):
            reveals.set_budget(by=cast.actors[who], per_hour=200, per_reason=200, in_hand=200)
    with pytest.raises(Invalid):
        reveals.set_budget(by=cast.actors["system_admin"], per_hour=10**6, per_reason=10, in_hand=90)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_see_no_more_than_one_after_another(watch):
    with clock.fixed(NOW):
        cast = build()
        reveals.set_budget(by=cast.actors["system_admin"], per_hour=4, per_reason=4, in_hand=4)
        ids, said = cases(cast, 24), []

        def look(i: int) -> None:
            said.extend(seen(cast, "dispatcher", [ids[i]], lambda _: f"核对{WORDS[i]}{WORDS[i + 1]}"))
            connections.close_all()

        threads = [threading.Thread(target=look, args=(i,)) for i in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said.count("seen") == 4 == Entry.objects.filter(kind="reveal").count() and len(alarms()) == 1


# --- the rule alone ------------------------------------------------------------

T = NOW


def row(n: int, minutes: float = 0, reason: str = "核对地址", in_hand: bool = False) -> Seen:
    return Seen(f"case:{n}", reason, T + timedelta(minutes=minutes), in_hand)


def test_an_hour_slides_and_says_how_long_to_wait():
    spent = [row(n, n, f"核对{WORDS[n]}") for n in range(30)]
    late = may_see_another(Budget(), spent, row(99, 59, "核对门牌"))
    assert late.code == "budget" and "请等 1 分钟" in late.reason and may_see_another(Budget(), spent, row(99, 61, "核对门牌"))


def test_what_is_in_hand_and_what_is_not_are_counted_apart():
    hands, own = [row(n, 0, "回访", True) for n in range(90)], [row(n, 0, f"核对{WORDS[n % 30]}{n}") for n in range(100, 130)]
    assert may_see_another(Budget(), hands, row(999, 1, "核对门牌"))
    assert not may_see_another(Budget(), hands, row(999, 1, "回访", True))
    assert may_see_another(Budget(), own, row(999, 1, "回访", True))


@pytest.mark.parametrize("other", ["核对地址2", "核 对 地 址", "核对地址。。。", "【核对】地址", "核对地址①"])
def test_figures_and_signs_make_no_other_reason(other):
    assert same_words(other) == same_words("核对地址") != same_words("核对门牌地址")


def test_the_figures_have_their_bounds():
    assert set(rules.budget_fits(Budget(0, 201, 1))) == {"per_hour", "per_reason"} and rules.budget_fits(Budget()) == {}
