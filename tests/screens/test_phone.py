"""The telephone on a person's pages: there only with telephony, whom it rings alone sees who calls, and the case bears the call."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.cast import NOW, PEOPLE, PHONE, build

from minsheng.accounts.rules import Role
from minsheng.cases.actions import drafts, leavers
from minsheng.cases.models import CallNote, Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.headers import POLICY
from minsheng.kit.notices import Notice, Register
from minsheng.kit.verdict import Refused
from minsheng.ledger.models import Entry
from minsheng.telephony.actions import presence, sealed_rows, seat
from minsheng.telephony.models import AgentState, Call, CallCase, CallEvent
from minsheng.telephony.queries import ringing

SEATED = {"agent", "shift_leader", "callback_clerk"}
CALLER = "+8613800000000"
WINDOW = ["/desk/phone", "/desk/phone/targets", "/desk/phone/call", "/desk/phone/why"]


@pytest.fixture
def cast(db, settings, tmp_path):
    settings.TELEPHONY, settings.DATA = "simulator", tmp_path
    with clock.fixed(NOW):
        yield build()


def call(cast, *events: tuple[str, str], number: str = CALLER, key: str = "pbx1-1.1", ended: bool = False) -> Call:
    """A call that waits in the Chinese queue; then what happened, as ("offered", "agent")."""
    made = Call.objects.create(pbx="pbx1", linkedid=key, queue="q-zh", language="zh", arrived_at=NOW - timedelta(seconds=20), updated_at=NOW,
                               hidden_number=not number, ended_at=NOW if ended else None, **sealed_rows.sealed(number))
    for place, (kind, who) in enumerate(events):
        at = NOW - timedelta(seconds=10 - place)
        CallEvent.objects.create(call=made, pbx="pbx1", linkedid=key, kind=kind, uniqueid=f"{key}.{place}", at=at, data={"agent": cast.people[who].id},
                                 digest=bytes([place]))
        if kind == "connected":
            Call.objects.filter(id=made.id).update(agent_id=cast.people[who].id, connected_at=at)
    return made


def words(answer) -> str:
    return answer.content.decode()


# --- where it is ------------------------------------------------------------


def test_without_telephony_nothing_of_it_is_on_any_page(cast, settings):
    settings.TELEPHONY = "none"
    for who in SEATED:
        client = cast.client(who)
        page = words(client.get("/desk/", follow=True))
        assert "phonebar" not in page and "phone_bar.js" not in page and "phone.css" not in page
        assert [client.get(path).status_code for path in WINDOW] == [404] * len(WINDOW)
        assert client.post("/desk/phone/presence", {"state": "ready"}).status_code == 404
    assert not AgentState.objects.exists()


def test_the_bar_is_on_the_pages_of_whom_it_may_ring_and_on_no_other(cast):
    for who in PEOPLE:
        client = cast.client(who)
        page = client.get("/desk/", follow=True)
        assert ('id="phonebar"' in words(page)) == (who in SEATED), who
        assert "JsSIP" not in words(page) and "jssip" not in words(page), "the library is loaded by its window alone"
        assert page["Content-Security-Policy"] == POLICY
        if who not in SEATED:
            assert {client.get(path).status_code for path in WINDOW} == {403}, who


def test_the_bar_says_that_a_call_is_no_real_one_on_the_simulator_and_only_there(cast, settings):
    assert "模拟话务，不是真实来电" in words(cast.client("agent").get("/desk/intake"))
    settings.TELEPHONY = "asterisk"
    assert "模拟话务" not in words(cast.client("agent").get("/desk/intake"))


def test_the_windows_answer_alone_lets_the_browser_speak_to_the_exchange(cast, settings):
    """On the simulator there is nothing to speak to; of a real exchange, its address and no other."""
    assert cast.client("agent").get("/desk/phone")["Content-Security-Policy"] == POLICY
    assert "jssip" not in words(cast.client("agent").get("/desk/phone"))


# --- presence ------------------------------------------------------------


def test_a_person_stands_where_they_said_from_then_until_the_next(cast):
    agent, client = cast.actors["agent"], cast.client("agent")
    for minute, (state, reason) in enumerate([("ready", ""), ("ready", ""), ("paused", "meal"), ("ready", ""), ("wrap_up", ""), ("out", "")]):
        with clock.fixed(NOW + timedelta(minutes=minute)):
            told = json.loads(client.post("/desk/phone/presence", {"state": state, "reason": reason}).content)
            assert told == {"state": state, "words": "用餐" if reason else ""}
    rows = list(AgentState.objects.filter(person_id=agent.id).order_by("since"))
    assert [row.state for row in rows] == ["ready", "paused", "ready", "wrap_up", "out"], "said once more, it is no new row"
    assert [row.until for row in rows] == [row.since for row in rows[1:]] + [None]


def test_who_logs_out_is_at_no_telephone_unless_they_work_on_elsewhere(cast):
    agent, here, elsewhere = cast.people["agent"], cast.client("agent"), cast.client("agent")
    here.post("/desk/phone/presence", {"state": "ready"})
    elsewhere.post("/logout")
    assert AgentState.objects.get(person_id=agent.id, until=None).state == "ready", "the other machine's telephone goes on"
    here.post("/logout")
    assert AgentState.objects.get(person_id=agent.id, until=None).state == "out", "nobody is rung whom nobody can answer for"
    again = cast.client("agent")
    again.post("/logout")
    assert AgentState.objects.filter(person_id=agent.id).count() == 2, "who stands nowhere leaves nothing"


def test_who_ends_the_log_ins_elsewhere_ends_the_telephone_that_may_be_open_there(cast):
    agent, here, _elsewhere = cast.people["agent"], cast.client("agent"), cast.client("agent")
    here.post("/desk/phone/presence", {"state": "ready"})
    answer = here.post("/me/sessions", follow=True)
    assert "话机也已签出" in words(answer) and AgentState.objects.get(person_id=agent.id, until=None).state == "out"
    assert "话机" not in words(here.post("/me/sessions", follow=True)).split("没有其他登录")[0][-200:]


def test_whose_log_in_is_over_is_known_by_all_that_ends_one(cast):
    """Eight hours, four without a page, an account that was locked; one log-in that lives is enough; who never had one is not meant."""
    from minsheng.accounts import queries as people
    from minsheng.accounts.models import Person, Session

    ids = {name: cast.people[name].id for name in ("agent", "shift_leader", "checker", "callback_clerk", "dispatcher")}
    Session.objects.all().delete()
    Person.objects.update(last_login=None)
    for name in ("agent", "shift_leader", "checker", "callback_clerk"):
        cast.client(name)
    cast.client("checker")
    now = clock.machine_now()
    Session.objects.filter(person_id=ids["agent"]).update(started_at=now - timedelta(hours=8, minutes=1))
    Session.objects.filter(person_id=ids["shift_leader"]).update(seen_at=now - timedelta(hours=4, minutes=1))
    first = Session.objects.filter(person_id=ids["checker"]).order_by("started_at").first()
    Session.objects.filter(pk=first.pk).update(started_at=now - timedelta(hours=9))
    assert people.logged_off(ids.values()) == {ids["agent"], ids["shift_leader"]}
    Person.objects.filter(pk=ids["callback_clerk"]).update(is_active=False)
    assert people.logged_off(ids.values()) == {ids["agent"], ids["shift_leader"], ids["callback_clerk"]}


@pytest.mark.parametrize(("given", "says"), [
    ({"state": "paused"}, "小休的原因"), ({"state": "paused", "reason": "unanswered"}, "小休的原因"), ({"state": "talking"}, "请选择"), ({"state": "就绪"}, "请选择")])
def test_what_cannot_be_chosen_is_a_sentence_and_changes_nothing(cast, given, says):
    answer = cast.client("agent").post("/desk/phone/presence", given)
    assert answer.status_code == 422 and says in json.loads(answer.content)["reason"] and not AgentState.objects.exists()


def test_what_may_not_be_recorded_is_the_talkers_own_word_and_stands_in_the_ledger_when_it_was_done(cast, monkeypatch):
    from minsheng.telephony.simulated import Simulated

    here, asked = cast.client("agent"), []
    assert here.post("/desk/phone/recording", {"deed": "pause"}).status_code == 409, "no talk"
    made = call(cast, ("offered", "agent"), ("connected", "agent"))
    presence.change(person_id=cast.people["agent"].id, state="talking", call_id=made.pk)
    refused = here.post("/desk/phone/recording", {"deed": "pause"})
    assert refused.status_code == 409 and not Entry.objects.filter(kind="recording").exists(), "the simulator records nothing: nothing was paused"
    monkeypatch.setattr(Simulated, "pause_recording", lambda self, person, paused: asked.append((person, paused)))
    monkeypatch.setattr(Simulated, "stop_recording", lambda self, person: asked.append((person, "stop")))
    me = cast.people["agent"].id
    assert [here.post("/desk/phone/recording", {"deed": deed}).status_code for deed in ("pause", "resume", "stop", "erase", "")] == [200, 200, 200, 422, 422]
    assert asked == [(me, True), (me, False), (me, "stop")]
    assert [(one.about, one.why) for one in Entry.objects.filter(kind="recording").order_by("id")] == [
        (f"call:{made.pk}", word) for word in ("暂停录音", "继续录音", "停止录音")]
    for who in ("shift_leader", "checker", "water"):
        assert cast.client(who).post("/desk/phone/recording", {"deed": "stop"}).status_code in (403, 404, 409), who
    assert len(asked) == 3


def test_who_has_no_telephone_has_no_presence(cast):
    with pytest.raises(Refused):
        seat.stand(by=cast.actors["checker"], state="ready")
    with pytest.raises(Refused):
        seat.open_line(by=cast.actors["water"], seat="w" + "0" * 12)


def test_a_colleague_who_is_ready_is_one_to_pass_a_call_on_to_and_one_at_lunch_is_not(cast):
    other = cast.another(Role.AGENT)
    seat.stand(by=cast.actors[other], state="ready")
    seat.stand(by=cast.actors["shift_leader"], state="paused", reason="meal")
    seat.stand(by=cast.actors["agent"], state="ready")
    page = words(cast.client("agent").get("/desk/phone/targets"))
    assert f'value="a{cast.people[other].id}"' in page and f'value="a{cast.people["shift_leader"].id}"' not in page
    assert f'value="a{cast.people["agent"].id}"' not in page, "nobody passes a call on to themselves"


# --- who calls ------------------------------------------------------------


def test_whom_it_rings_sees_who_calls_masked_and_nobody_else_sees_anything(cast):
    case = cast.create(secrecy=True)
    call(cast, ("offered", "agent"))
    page = cast.client("agent").get("/desk/phone/call")
    shown = words(page)
    assert "138********" in shown and PHONE not in shown and "要求保密" in shown and case.title[:10] in shown and "汉语" in shown
    assert "王小明" not in shown
    for who in PEOPLE:
        if who != "agent":
            answer = cast.client(who).get("/desk/phone/call")
            assert answer.status_code == (204 if who in SEATED else 403), who
            assert "138*" not in answer.content.decode() and PHONE not in answer.content.decode()  # a token may hold three figures


def test_the_bell_reaches_the_one_whom_it_rings_and_a_call_that_went_on_to_another_rings_there(cast):
    one, other = call(cast, ("offered", "agent"), ("not_answered", "agent"), ("offered", "shift_leader")), cast.actors["shift_leader"]
    heard = {who for who in PEOPLE if ringing.may_hear(cast.actors[who], [one.id])}
    assert heard == {"shift_leader"}
    register = Register(ringing.KINDS)
    assert register.heard(other, other.id, [Notice("call", one.id, to=other.id, what="offered")])
    assert register.heard(other, other.id, [Notice("call", one.id, to=cast.actors["agent"].id, what="offered")]) == []
    assert register.read({"kind": "call", "id": one.id}) is None, "told to nobody in particular, it is told to nobody"
    assert ringing.may_hear_of_phone(other, [other.id, cast.actors["agent"].id]) == {other.id}


def test_a_call_that_was_answered_stays_its_agents_and_an_unanswered_one_that_ended_is_nobodys(cast):
    answered = call(cast, ("offered", "agent"), ("connected", "agent"), ended=True)
    given_up = call(cast, ("offered", "agent"), key="pbx1-2.1", ended=True)
    assert ringing.caller(cast.actors["agent"], answered.id).over
    assert ringing.caller(cast.actors["agent"], given_up.id) is None
    with clock.fixed(NOW + timedelta(hours=13)):
        assert ringing.caller(cast.actors["agent"], answered.id) is None, "not for ever"


# --- the case ------------------------------------------------------------


def form_of(made: Call, **more) -> dict:
    return {"call": str(made.id), "kind": "help", "narrative": "幸福路三号楼早上停水，请尽快恢复供水", "title": "幸福路停水", "then": "submit", **more}


def test_the_page_of_a_call_has_its_number_masked_and_no_field_to_type_it_in(cast):
    made = call(cast, ("connected", "agent"))
    page = words(cast.client("agent").get("/desk/intake", {"call": made.id}))
    assert "138********" in page and PHONE not in page and 'name="phone"' not in page and f'name="call" value="{made.id}"' in page
    other = cast.client("shift_leader").get("/desk/intake", {"call": made.id})
    assert other.status_code == 403 and "不是接到您这里" in words(other) and "138*" not in words(other) and PHONE not in words(other)


def test_a_caller_without_a_number_is_asked_for_one(cast):
    page = words(cast.client("agent").get("/desk/intake", {"call": call(cast, ("connected", "agent"), number="").id}))
    assert 'name="phone"' in page and "没有显示号码" in page


def test_the_case_bears_the_call_and_its_number_and_sent_twice_it_is_one(cast):
    made, client = call(cast, ("connected", "agent")), cast.client("agent")
    key = client.get("/desk/intake", {"call": made.id}).context["key"]
    for _ in range(2):
        page = client.post(f"/desk/intake/{key}/finish", form_of(made, phone="13911112222"))
        assert page.status_code == 200, words(page)[:2000]
    case = Case.objects.get()
    assert (case.call_id, State(case.state)) == (made.id, State.PENDING_REVIEW)
    assert bytes(case.contact.phone_hash) == bytes(made.number_hash), "the exchange's number, not the one that was sent with the form"
    assert list(CallCase.objects.values_list("call_id", "case_id")) == [(made.id, case.id)]
    assert "已经登记过" in words(page)


def test_a_second_matter_of_the_same_call_is_a_second_case(cast):
    made, client = call(cast, ("connected", "agent")), cast.client("agent")
    key = client.get("/desk/intake", {"call": made.id}).context["key"]
    more = client.post(f"/desk/intake/{key}/finish", form_of(made)).context["more"]
    page = client.get("/desk/intake", {"call": made.id, "draft": more})
    assert page.context["key"] == more
    client.post(f"/desk/intake/{more}/finish", form_of(made, narrative="同一个人还反映楼道灯坏了两个月没有人修", title="楼道灯坏"))
    assert list(Case.objects.values_list("call_id", flat=True)) == [made.id] * 2


def test_a_call_of_somebody_else_in_the_form_is_no_part_of_the_case(cast):
    made, other = call(cast, ("connected", "agent")), cast.another(Role.AGENT)
    cast.client(other).post("/desk/intake/abcd1234/finish", form_of(made))
    case = Case.objects.get()
    assert (case.call_id, case.contact) == (None, None) and not CallCase.objects.exists()


def test_what_was_typed_during_a_call_is_there_after_it_dropped_and_the_number_is_not_in_the_draft(cast):
    made, client = call(cast, ("connected", "agent")), cast.client("agent")
    key = client.get("/desk/intake", {"call": made.id}).context["key"]
    client.post(f"/desk/intake/{key}/draft", form_of(made, phone=PHONE))
    Call.objects.filter(id=made.id).update(ended_at=NOW)
    page = client.get("/desk/intake", {"call": made.id})
    assert "早上停水" in words(page) and "通话已结束，仍可登记" in words(page) and PHONE not in words(page)


@pytest.mark.parametrize("how", ["handed", "moved", "left", "own"])
def test_a_draft_of_a_call_that_another_ends_or_its_writer_the_next_day_keeps_number_call_and_recording(cast, how):
    """The shift is over, its writer has left, or comes back the next morning: the caller is still to be reached, and the call is on the case."""
    made, agent, other = call(cast, ("connected", "agent"), ended=True), cast.client("agent"), cast.another(Role.AGENT)
    key = f"call{made.id}"
    agent.post(f"/desk/intake/{key}/draft", form_of(made, phone=PHONE))
    if how == "handed":
        agent.post(f"/desk/intake/{key}/hand")
    elif how == "moved":
        drafts.to_tray(by=cast.actors["shift_leader"], owner=cast.people["agent"].id, of="话务员甲", key=key)
    elif how == "left":
        leavers.close_account(person_id=cast.people["agent"].id, by=cast.actors["system_admin"], reason="合同到期")
    with clock.fixed(NOW + timedelta(hours=15)):
        client = cast.client("agent" if how == "own" else other)
        if how != "own":
            assert client.post(f"/desk/intake/{key}/take").status_code == 302
        page = words(client.get("/desk/intake", {"draft": key}))
        assert "138********" in page and PHONE not in page and f'name="call" value="{made.id}"' in page
        client.post(f"/desk/intake/{key}/draft", form_of(made, narrative="幸福路三号楼停水，已经问清楼栋"))
        for _ in range(2):
            assert client.post(f"/desk/intake/{key}/finish", form_of(made)).status_code == 200
    case = Case.objects.get()
    assert case.call_id == made.id and bytes(case.contact.phone_hash) == bytes(made.number_hash) and CallCase.objects.get().case_id == case.id


def test_a_call_that_was_never_theirs_comes_into_no_draft_and_by_none_to_anybody(cast):
    """Kept under a key of one's own, laid into the tray and taken back, it shows nobody's number."""
    made, other = call(cast, ("connected", "agent"), ended=True), cast.another(Role.AGENT)
    client = cast.client(other)
    client.post("/desk/intake/abcd1234/draft", form_of(made))
    client.post("/desk/intake/abcd1234/hand")
    client.post("/desk/intake/abcd1234/take")
    page = words(client.get("/desk/intake", {"draft": "abcd1234"}))
    assert "早上停水" in page and "138*" not in page and 'name="call"' not in page
    client.post("/desk/intake/abcd1234/finish", form_of(made))
    assert Case.objects.get().call_id is None


def test_a_call_that_becomes_no_case_is_noted_with_its_id(cast):
    made, client = call(cast, ("connected", "agent")), cast.client("agent")
    client.post(f"/desk/intake/call{made.id}/finish", {"call": str(made.id), "then": "note", "panel": "note", "note_kind": "silent"})
    assert CallNote.objects.get().call_id == made.id


def test_an_addition_by_telephone_pressed_twice_is_one_step_and_the_call_is_about_that_case(cast):
    case = cast.create()
    made, client = call(cast, ("connected", "agent")), cast.client("agent")
    for _ in range(2):
        client.post(f"/desk/intake/call{made.id}/finish", form_of(made, then="", step=f"phone_add:{case.id}", narrative="补充：四楼也停水"))
    assert case.steps.filter(step="phone_add").count() == 1
    assert list(CallCase.objects.values_list("case_id", flat=True)) == [case.id]



# --- a requester is rung ------------------------------------------------------------


def at_call_back(cast):
    """The page of a case that is in the clerk's hand, and its row."""
    cast.take(cast.at_state(State.PENDING_CHECK), "accept_reply", "checker")
    page = cast.client("callback_clerk").post("/desk/callback/next", follow=True)
    return page, page.context["row"]


def test_a_clerk_rings_through_the_centre_and_the_call_is_the_evidence_on_the_step(cast):
    page, row = at_call_back(cast)
    assert "经中心拨打" in words(page) and "tel:" not in words(page)
    client = cast.client("callback_clerk")
    key = f"hf-{row.id}-12345"
    assert client.post(f"/desk/callback/{row.id}/ring", {"key": key}).status_code == 200
    made = call(cast, ("connected", "callback_clerk"), key=key)
    client.post(f"/desk/callback/{row.id}/save", {"outcome": "answered", "contacted": "yes", "solved": "yes", "satisfaction": "satisfied"})
    step = Case.objects.get(id=row.case_id).steps.get(step="record_callback")
    assert step.given["call"] == made.id


def test_what_is_in_nobodys_hand_is_rung_by_nobody_and_a_foreign_key_is_refused(cast):
    _, row = at_call_back(cast)
    client = cast.client("callback_clerk")
    answer = client.post(f"/desk/callback/{row.id}/ring", {"key": "hf-1-1"})
    assert answer.status_code == 422 and "刷新" in json.loads(answer.content)["reason"]
    other = cast.client(cast.another(Role.CALLBACK_CLERK)).post(f"/desk/callback/{row.id}/ring", {"key": f"hf-{row.id}-1"})
    assert other.status_code == 409
    assert cast.client("agent").post(f"/desk/callback/{row.id}/ring", {"key": f"hf-{row.id}-1"}).status_code == 403


def test_without_telephony_the_clerk_has_no_such_button(cast, settings):
    settings.TELEPHONY = "none"
    page, row = at_call_back(cast)
    assert "经中心拨打" not in words(page) and "phone_dial.js" not in words(page)
    assert cast.client("callback_clerk").post(f"/desk/callback/{row.id}/ring", {"key": f"hf-{row.id}-1"}).status_code == 409


# --- the shift leader's floor ------------------------------------------------------------


def test_a_shift_leader_sees_who_talks_and_may_come_in_and_nobody_else_may(cast):
    presence.change(person_id=cast.people["agent"].id, state="talking")
    client, at = cast.client("shift_leader"), f"/desk/phone/floor/{cast.people['agent'].id}"
    assert "旁听" in words(client.get("/desk/phone/floor")) and "通话中" in words(client.get("/desk/phone/floor"))
    assert "模拟话务里没有声音可听" in words(client.post(at, {"deed": "listen"})) and not Entry.objects.filter(kind="listen").exists()
    assert "请先选择转到哪个队列" in words(client.post(at, {"deed": "queue"})) and "hx-preserve" in client.get("/desk/phone/floor").content.decode()
    presence.change(person_id=cast.people["agent"].id, state="ready")
    assert "没有通话" in words(client.post(at, {"deed": "listen"}))
    assert "请选择一位" in words(client.post(at, {"deed": "shout"}))
    for who in ("agent", "callback_clerk", "dispatcher"):
        assert {cast.client(who).get("/desk/phone/floor").status_code, cast.client(who).post(at, {"deed": "listen"}).status_code} == {403}


# --- a colleague at the other end ------------------------------------------------------------


def test_a_colleague_who_asks_first_is_named_and_the_caller_is_seen_when_the_caller_comes(cast):
    """The leg between two colleagues is no citizen without a number: nothing is registered of it."""
    citizen = call(cast, ("offered", "agent"), ("connected", "agent"))
    asked = call(cast, ("offered", "shift_leader"), number="", key="pbx1-2.1")
    Call.objects.filter(id=asked.id).update(direction="out", agent_id=cast.people["agent"].id)
    leader = cast.client("shift_leader")
    said = words(leader.get("/desk/phone/call?key=pbx1-2.1"))
    assert f"同事 {cast.people['agent'].name}" in said and "没有显示号码" not in said and "data-call-intake" not in said
    assert ringing.caller(cast.actors["shift_leader"], asked.id) is None
    at = NOW - timedelta(seconds=1)
    CallEvent.objects.create(call=citizen, pbx="pbx1", linkedid=citizen.linkedid, kind="joined", uniqueid="j", at=at, digest=b"j",
                             data={"agent": cast.people["shift_leader"].id})
    Call.objects.filter(id=asked.id).update(ended_at=at)
    said = words(leader.get("/desk/phone/call?key=pbx1-2.1"))
    assert f'data-call-intake="{citizen.id}"' in said and "138********" in said and "13800000000" not in said


def test_who_listens_stands_as_listening_and_afterwards_where_they_stood(cast):
    leader = cast.people["shift_leader"].id

    def stands() -> tuple[str, str]:
        return AgentState.objects.values_list("state", "reason").get(person_id=leader, until=None)

    def at(seconds: int, state: str, reason: str = "") -> None:
        presence.change(person_id=leader, state=state, reason=reason, at=NOW + timedelta(seconds=seconds))

    at(0, "paused", "meal")
    at(1, "listening")
    assert stands() == ("listening", "")
    at(9, "listened")
    assert stands() == ("paused", "meal")
    at(10, "listening")
    at(12, "ready")
    at(13, "listened")
    assert stands() == ("ready", ""), "what was chosen meanwhile stands"
    presence.change_many([presence.Change(leader, "listening", NOW + timedelta(seconds=20)), presence.Change(leader, "listened", NOW + timedelta(seconds=22))])
    assert stands() == ("ready", "")
