"""Whole numbers are looked for within a budget: who tries them one by one to find a masked one is stopped, and shift leader and auditor are told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from tests.cast import PHONE
from tests.leader_day import HELD, announced
from tests.rooms.test_accounts import Watch

from minsheng.accounts import actions as accounts
from minsheng.accounts.try_limits import number_search_limits
from minsheng.cases import actions
from minsheng.cases.rules import State
from minsheng.contacts import number_searches
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.leader_days.models import DeskCall
from minsheng.ledger.models import Entry
from minsheng.telephony.actions import sealed_rows
from minsheng.telephony.models import Call

pytestmark = pytest.mark.one_server
HOUR, DAY = (limit.burst for limit in number_search_limits(1))
STOPPED = "按号码查找太多"


@pytest.fixture
def watch(monkeypatch):
    made = Watch()
    monkeypatch.setattr(clock, "machine_now", made)
    return made


def spend(cast, who: str, n: int = HOUR, first: int = 0) -> None:
    """As many numbers as the budget holds, none of them anybody's."""
    for i in range(first, first + n):
        number_searches.asked(by=cast.actors[who], raw=f"1370000{i:04d}")


def alarms() -> list[Entry]:
    return list(Entry.objects.filter(kind="alarm", detail__what="searches"))


def says(answer) -> str:
    return answer.content.decode()


def token(cast, who: str) -> dict:
    secret = accounts.make_token(person=cast.people[who], name="对接", scopes=["cases.read"], by=cast.actors[who])[1]
    return {"Authorization": f"Bearer {secret}"}


def by_search(cast, who: str) -> str:
    return says(cast.client(who).get("/desk/search", {"q": PHONE}))


def by_api(cast, who: str) -> str:
    return json.dumps(Client().get("/api/v1/cases", {"q": f"+86 {PHONE}"}, headers=token(cast, who)).json(), ensure_ascii=False)


def by_caller(cast, who: str) -> str:
    return says(cast.client(who).get("/desk/intake/caller", {"phone": PHONE}))


def by_blank_form(cast, who: str) -> str:
    return says(cast.client(who).get("/desk/intake", {"draft": "none1", "phone": PHONE}))


def by_draft(cast, who: str) -> str:
    cast.client(who).post("/desk/intake/numbers1/draft", {"narrative": "停水", "phone": PHONE})
    return says(cast.client(who).get("/desk/intake?draft=numbers1"))


def by_form_sent_back(cast, who: str) -> str:
    return says(cast.client(who).post("/desk/intake/numbers1/finish", {"kind": "help", "narrative": "", "phone": PHONE, "then": "submit"}))


WAYS = [(by_search, "agent"), (by_search, "dispatcher"), (by_search, "supervisor"), (by_api, "dispatcher"), (by_caller, "agent"), (by_caller, "shift_leader"),
        (by_blank_form, "agent"), (by_draft, "agent"), (by_form_sent_back, "agent")]


@pytest.mark.parametrize("way, who", WAYS, ids=[f"{way.__name__}-{who}" for way, who in WAYS])
def test_each_way_to_look_for_a_number_has_the_one_budget_and_the_alarm(cast, watch, way, who):
    case = cast.at_state(State.IN_PROGRESS)
    assert case.title in way(cast, who), "within the budget it is found"
    watch.on(hours=2)
    spend(cast, who)
    assert alarms() == []
    said = way(cast, who)
    assert STOPPED in said and case.number not in said and "请值班长" in said and "来电照常登记" in said
    [alarm] = alarms()
    assert (alarm.by_id, alarm.about) == (cast.people[who].id, f"person:{cast.people[who].id}")
    assert PHONE not in str(alarm.detail)
    watch.on(minutes=2)
    assert case.title in way(cast, who), "the wait is short"


def test_whether_the_line_is_the_one_on_record_is_no_question_to_try_numbers_with(cast, watch):
    """A step for which the caller's number is compared with that of the case: a right guess takes it, so guesses are counted."""
    case = cast.at_state(State.IN_PROGRESS)
    send = {"kind": "help", "narrative": "不用办了", "phone": PHONE, "step": f"phone_withdraw:{case.id}"}
    spend(cast, "agent")
    answer = cast.client("agent").post("/desk/intake/numbers1/finish", send)
    assert answer.status_code == 409 and STOPPED in says(answer) and not case.steps.filter(step="phone_withdraw").exists()
    assert len(alarms()) == 1


def test_a_closed_case_that_is_opened_anew_does_not_say_whose_number_it_has(cast, watch):
    """The page asks for two facts unless the number is the one on record: shown or not, that is an answer, too."""
    old, asks = cast.at_state(State.CLOSED), 'name="identity"'
    sent = {"kind": "help", "narrative": "又停水了。", "reopen": str(old.id)}
    client = cast.client("agent")
    assert asks not in says(client.post("/desk/intake/numbers1/finish", {**sent, "phone": PHONE}))
    watch.on(hours=2)
    spend(cast, "agent")
    pages = [says(client.post("/desk/intake/numbers1/finish", {**sent, "phone": phone})) for phone in (PHONE, "13900000009")]
    assert all(asks in page and STOPPED in page for page in pages)
    done = {"kind": "help", "narrative": "又停水了。", "previous": str(old.id), "reopen_reason": "又停水了", "then": "submit", "phone": PHONE}
    assert client.post("/desk/intake/numbers1/finish", done).status_code == 422
    assert client.post("/desk/intake/numbers1/finish", {**done, "identity": ["name", "when"]}).status_code == 200, "who is asked two facts goes on"


def test_a_leaders_desk_looks_for_a_typed_number_within_the_readers_own_budget(cast, watch):
    desk = announced(cast).desks.get()
    case = cast.create()
    with clock.fixed(HELD):
        cast.client("agent").post(f"/desk/desks/{desk.id}/begin")
        one = DeskCall.objects.get(desk=desk)
        cast.client("agent").post(f"/desk/desks/{desk.id}/words", {"call": one.id, "name": "phone", "text": PHONE, "rev": 0})
        assert case.title in says(cast.client("agent").get(f"/desk/desks/{desk.id}/earlier"))
        watch.on(hours=2)
        spend(cast, "agent")
        for path in (f"/desk/desks/{desk.id}", f"/desk/desks/{desk.id}/earlier"):
            answer = cast.client("agent").get(path)
            assert answer.status_code == 200 and STOPPED in says(answer) and f"/desk/case/{case.id}" not in says(answer), path
        assert len(alarms()) == 1


def test_a_field_for_a_cases_number_is_no_way_to_look_for_a_callers(cast, watch):
    master, other = cast.at_state(State.IN_PROGRESS), cast.create(requester=actions.Requester("李红", "13900000002"), narrative="楼下的路灯坏了。", title="路灯")
    answer = cast.client("dispatcher").post(f"/desk/case/{other.id}/step", {"step": "merge", "master": PHONE, "reason": "同一处"})
    assert answer.status_code == 422 and f"没有编号为“{PHONE}”的工单" in says(answer)
    assert not other.steps.filter(step="merge").exists() and master.steps.filter(step="merge").count() == 0


# --- who is never stopped ------------------------------------------------------------


def test_an_agent_of_a_hundred_calls_a_shift_who_types_each_number_never_meets_it(cast, watch):
    for i in range(100):
        for _ in range(3):  # the page asks again when it is drawn again
            number_searches.asked(by=cast.actors["agent"], raw=f"1380000{i:04d}")
        watch.on(minutes=1, seconds=12)
    assert alarms() == []


def test_the_same_number_however_it_is_written_is_looked_for_once_and_never_refused(cast, watch):
    case = cast.create()
    spend(cast, "agent", HOUR - 1)
    for written in (PHONE, f"+86{PHONE}", f"{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}"):
        assert case.title in says(cast.client("agent").get("/desk/intake/caller", {"phone": written}))
    assert STOPPED in says(cast.client("agent").get("/desk/intake/caller", {"phone": "13999999999"}))
    assert case.title in by_search(cast, "agent"), "known already"


def test_words_numbers_of_cases_and_half_numbers_cost_nothing(cast, watch):
    case = cast.create()
    spend(cast, "agent", HOUR - 1)
    for _ in range(5):
        for q in ("停水", case.number, "1380000", "138", ""):
            cast.client("agent").get("/desk/search", {"q": q})
    cast.client("agent").get("/desk/intake/caller", {"phone": "139"})
    assert case.title in by_caller(cast, "agent") and alarms() == []


def test_a_call_that_rings_at_ones_own_desk_is_looked_for_freely_and_anothers_number_is_not(cast, watch, settings, tmp_path):
    settings.TELEPHONY, settings.DATA = "asterisk", tmp_path
    case = cast.create()
    call = Call.objects.create(linkedid="pbx1-9.1", direction="in", arrived_at=clock.now(), updated_at=clock.now(), agent_id=cast.people["agent"].id,
                               **sealed_rows.sealed(f"+86{PHONE}"))
    spend(cast, "agent")
    client = cast.client("agent")
    for _ in range(3):
        assert case.title in says(client.get(f"/desk/intake?call={call.id}"))
    assert client.get("/desk/phone/call").status_code == 200
    sent = {"kind": "help", "narrative": "不用办了", "call": call.id, "step": f"phone_withdraw:{case.id}"}
    assert client.post(f"/desk/intake/call{call.id}/finish", sent).status_code == 302, "who calls is known by the line"
    assert alarms() == []
    assert STOPPED in says(client.post(f"/desk/intake/call{call.id}/finish", {"kind": "help", "narrative": "", "then": "submit", "phone": "13999999999"}))
    other = cast.client("shift_leader")
    spend(cast, "shift_leader")
    assert other.get(f"/desk/intake?call={call.id}").status_code == 403
    refused = says(other.post(f"/desk/intake/call{call.id}/finish", {"kind": "help", "narrative": "", "then": "submit", "phone": PHONE, "call": call.id}))
    assert STOPPED in refused and case.number not in refused, "the call of somebody else is no key"


# --- who hears of it, who lets on ------------------------------------------------------------


def test_shift_leader_and_auditor_read_who_it_is_and_one_more_budget_is_the_shift_leaders(cast, watch):
    spend(cast, "dispatcher")
    assert STOPPED in by_search(cast, "dispatcher")
    for who, path in (("shift_leader", "/desk/shift"), ("audit_admin", "/desk/ledger"), ("audit_admin", "/desk/system")):
        page = says(cast.client(who).get(path))
        assert "派单员甲" in page and "号码" in page and ("查找" in page), (who, path)
    for who, path in (("security_admin", "/desk/people"), ("system_admin", "/desk/system")):
        assert "按来电号码查找" not in says(cast.client(who).get(path)), (who, path)
    watch.on(seconds=5)
    cast.client("shift_leader").post(f"/desk/shift/reveals/{cast.people['dispatcher'].id}", {"reason": "大面积停水，逐户核对"})
    spend(cast, "dispatcher", HOUR, first=1000)
    with pytest.raises(Refused):
        spend(cast, "dispatcher", 1, first=5000)
    assert len(alarms()) == 1, "of one person once an hour"


def test_who_tries_a_number_a_minute_rings_on_the_first_day_and_takes_weeks(cast, watch):
    tried = 0
    for i in range(24 * 60):
        try:
            number_searches.asked(by=cast.actors["dispatcher"], raw=f"1380{i:07d}")
            tried += 1
        except Refused:
            pass
        watch.on(minutes=1)
    assert alarms() and tried < DAY + 250 and 10_000 / tried > 15


def test_the_limits_say_so():
    hour, day = number_search_limits(7)
    assert hour.burst >= 60 and day.burst >= 300 and day.each * day.burst >= timedelta(hours=24)
    assert {limit.name for limit in number_search_limits(7, 3)}.isdisjoint({hour.name, day.name})
