"""The call-back clerk: only "next"; who is on the line first, then three questions; whom nobody reached is rung at another time of day."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import ANSWER, NOW, PEOPLE, PHONE, SETUP, later

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import Role
from minsheng.cases import actions
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.followup.rules import OUTCOME_SAYS
from minsheng.kit import clock
from minsheng.ledger.queries import about as acts


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def waiting(cast, **more) -> Case:
    """A case at call-back that no clerk has in hand."""
    case = cast.at_state(State.PENDING_CHECK, **more)
    return cast.take(case, "accept_reply", "checker")


def taken(client):
    """The page of the next one."""
    return client.post("/desk/callback/next", follow=True)


def row_of(answer) -> CallbackParty:
    return answer.context["row"]


def save(client, row, **given):
    return client.post(f"/desk/callback/{row.id}/save", given, follow=True)


def test_the_clerk_starts_with_one_button_and_no_list(cast):
    case = waiting(cast)
    text = words(cast.client("callback_clerk").get("/desk/callback"))
    assert "等待回访 1 件" in text and case.number not in text and "幸福路" not in text


def test_who_is_on_the_line_comes_before_any_question(cast):
    waiting(cast)
    client = cast.client("callback_clerk")
    first = taken(client)
    assert "先核对身份" in words(first) and 'name="solved"' not in first.content.decode()
    assert "请问您是王小明吗" in words(first) and PHONE not in first.content.decode().split("诉求</h2>")[0], "a name can be said, a star cannot"
    second = client.get(f"/desk/callback/{row_of(first).id}?who=self")
    assert 'name="solved"' in second.content.decode() and f"单位答复说：“{ANSWER['public_reply']}" in words(second)


def test_three_answers_close_the_case_and_the_next_is_offered(cast):
    case = waiting(cast)
    client = cast.client("callback_clerk")
    done = save(client, row_of(taken(client)), outcome="answered", contacted="yes", solved="yes", satisfaction="very")
    case = Case.objects.get(id=case.id)
    assert case.state == State.CLOSED and case.solved and case.satisfaction == "very"
    assert f"{case.number}：已办结" in words(done) and "您今天已完成 1 位" in words(done)


def relative_links(answer) -> list[str]:
    """Links without a path: on a page that was drawn in answer to a form they lead to the form's own address."""
    return re.findall(r'href="(\?[^"]*)"', answer.content.decode())


def test_the_clerk_shows_the_number_and_goes_on_to_the_questions(cast):
    waiting(cast)
    client = cast.client("callback_clerk")
    row = row_of(taken(client))
    shown = client.post(f"/desk/callback/{row.id}/number")
    onward = re.search(r'href="([^"]+)" data-key="Enter">是本人', shown.content.decode()).group(1)
    asked = client.get(onward)
    assert asked.status_code == 200 and 'name="solved"' in asked.content.decode() and relative_links(shown) == []
    wrong = client.post(f"/desk/callback/{row.id}/save", {"outcome": "answered"})
    assert wrong.status_code == 422 and relative_links(wrong) == []


@pytest.mark.parametrize("why", ["unmerged", "called back"])
def test_whoever_is_no_more_to_be_rung_is_shown_and_rung_for_nobody(cast, why):
    """A clerk who had the call in hand read the number, and could ring it, of somebody whose case had gone from the order."""
    order = cast.create()
    merged = cast.create(requester=actions.Requester("李芳", "13900000002"), narrative="我家也停水。", title="停水")
    cast.take(merged, "merge", "dispatcher", master=order.id, reason="同一处停水")
    order = cast.take(cast.take(order, "dispatch", "dispatcher", lead=cast.units["water"].id), "sign", "water")
    cast.take(cast.reply(order, "water"), "accept_reply", "checker")
    client = cast.client("callback_clerk")
    save(client, row_of(taken(client)), outcome="refused")
    row = row_of(taken(client))
    assert row.party_id == merged.id and "13900000002" in client.post(f"/desk/callback/{row.id}/number").content.decode()
    if why == "unmerged":
        cast.take(Case.objects.get(id=merged.id), "unmerge", "dispatcher", reason="不是同一处")
    else:
        save(client, row, outcome="refused")
    shown, rung = client.post(f"/desk/callback/{row.id}/number"), client.post(f"/desk/callback/{row.id}/ring", {"key": f"hf-{row.id}-1"})
    assert (shown.status_code, rung.status_code) in {(409, 409), (404, 409)} and "13900000002" not in shown.content.decode()


def test_saving_leads_to_the_next_call_itself(cast):
    first, second = waiting(cast), waiting(cast)
    client = cast.client("callback_clerk")
    row = row_of(taken(client))
    done = client.post(f"/desk/callback/{row.id}/save", {"outcome": "refused"}, follow=True)
    assert row_of(done).case_id == ({first.id, second.id} - {row.case_id}).pop()
    assert "先核对身份" in words(done) and Case.objects.get(id=row.case_id).number in words(done)


def test_no_appointment_is_offered_for_the_next_few_minutes(cast):
    waiting(cast)
    with clock.fixed(NOW.replace(hour=9, minute=58)):
        offered = [value for value, _ in taken(cast.client("callback_clerk")).context["offers"]]
    assert offered == ["2025-01-02T15:00", "2025-01-02T19:00", "2025-01-03T10:00", "2025-01-03T15:00"]


def test_dissatisfaction_needs_its_kind_and_asks_for_a_review(cast):
    case = waiting(cast)
    client = cast.client("callback_clerk")
    row = row_of(taken(client))
    wrong = save(client, row, outcome="answered", contacted="yes", solved="no", satisfaction="unsatisfied", verbatim="水还没有来")
    assert wrong.status_code == 422 and "请选择不满意的类型" in words(wrong)
    assert "水还没有来" in wrong.content.decode() and 'value="unsatisfied" data-key="8" checked' in wrong.content.decode()
    save(client, row, outcome="answered", contacted="yes", solved="no", satisfaction="unsatisfied", dissatisfaction="result", verbatim="水还没有来")
    assert Case.objects.get(id=case.id).marks.pending.keys() == {"redo"}
    assert "水还没有来" in words(cast.client("checker").get("/desk/check"))
    start = words(client.get("/desk/callback"))
    assert "等待回访 0 件" in start and "另有 1 件等重办审核，审定前不回访" in start, "it waits for the checker now"
    assert "等重办审核，审定前不回访" in words(cast.client("supervisor").get("/desk/rulings/callbacks")), "and the supervisor's list says why it is longer"


def test_every_key_is_one_answer(cast):
    waiting(cast)
    client = cast.client("callback_clerk")
    page = client.get(f"/desk/callback/{row_of(taken(client)).id}?who=self").content.decode().split('id="main"')[1]
    keys = re.findall(r'data-key="([^"]+)"', page)
    assert len(keys) == len(set(keys)) and {"1", "2", "3", "4", "5", "9", "Ctrl+Enter"} <= set(keys)


def test_not_reached_three_times_at_different_times_of_day_ends_the_call_back(cast):
    case = waiting(cast)
    for n, hours in enumerate((0, 6, 10), 1):
        with clock.fixed(later(hours=hours)):
            client = cast.client("callback_clerk")
            page = taken(client)
            said = dict((o, then) for o, _, then in page.context["outcomes"])["not_reached"]
            assert f"第 {n} 次，共 3 次" in said and ("最后一次" in said) == (n == 3)
            save(client, row_of(page), outcome="not_reached")
            again = taken(client)
            assert "row" not in again.context, "not twice in the same part of the day"
    case = Case.objects.get(id=case.id)
    assert case.state == State.CLOSED and case.reached is not True and case.tries == 3


def test_when_it_is_rung_again_is_said_before(cast):
    waiting(cast)
    client = cast.client("callback_clerk")
    page = taken(client)
    said = dict((o, then) for o, _, then in page.context["outcomes"])["not_reached"]
    save(client, row_of(page), outcome="not_reached")
    put_off = CallbackParty.objects.get().not_before.astimezone(NOW.tzinfo)
    assert f"{put_off:%H:%M}" in said
    assert f"最近一位 1月2日 周四 {put_off:%H:%M} 到时间" in words(client.get("/desk/callback"))


def test_an_appointment_is_one_tap_and_comes_back_at_its_time(cast):
    waiting(cast)
    client = cast.client("callback_clerk")
    page = taken(client)
    value, _ = page.context["offers"][0]
    save(client, row_of(page), outcome="appointment", appointment=value)
    assert "row" not in taken(client).context
    with clock.fixed(CallbackParty.objects.get().not_before):
        assert "row" in taken(cast.client("callback_clerk")).context


def test_an_appointment_without_a_time_says_so_on_the_first_page(cast):
    waiting(cast)
    client = cast.client("callback_clerk")
    answer = save(client, row_of(taken(client)), outcome="appointment")
    assert answer.status_code == 422 and "请填写约定时间" in words(answer) and "先核对身份" in words(answer)


def test_who_refuses_is_not_rung_again(cast):
    case = waiting(cast)
    client = cast.client("callback_clerk")
    save(client, row_of(taken(client)), outcome="refused")
    assert Case.objects.get(id=case.id).state == State.CLOSED and Case.objects.get(id=case.id).solved is None


def test_a_wrong_number_asks_the_desk_for_another_before_the_case_is_closed(cast):
    case = waiting(cast)
    client = cast.client("callback_clerk")
    save(client, row_of(taken(client)), outcome="wrong_number")
    assert Case.objects.get(id=case.id).state == State.PENDING_CALLBACK and "row" not in taken(client).context
    desk = cast.client("agent").get("/desk/intake?draft=none1")
    link = re.search(rf'href="([^"]*{case.id}[^"]*give_number[^"]*)"', desk.content.decode()).group(1).replace("&amp;", "&")
    form = cast.client("agent").get(link)
    assert "新的电话号码" in words(form) and f'value="{case.id}"' in form.content.decode()
    cast.client("agent").post(f"/desk/case/{case.id}/step", {
        "step": "give_number", "party": case.id, "phone": "139 0000 0009", "number_from": "caller", "identity": ["when", "matter"], "reason": "本人来电更正"})
    page = taken(client)
    shown = client.post(f"/desk/callback/{row_of(page).id}/number")
    assert "13900000009" in shown.content.decode()
    history = str(list(case.steps.values_list("given", flat=True)))  # with digests in it, in which three figures may stand by chance
    assert not re.search(r"139\W*0000|0000\W*0009", history), "the number stands in no history"
    save(client, row_of(page), outcome="answered", solved="yes")
    assert Case.objects.get(id=case.id).state == State.CLOSED
    assert Recheck.objects.filter(case_id=case.id, clerk_id=cast.people["callback_clerk"].id).exists(), "a number that the desk put in is always checked"


def test_who_left_no_number_is_not_queued_for_a_call_and_ends_by_a_ruling(cast):
    case = waiting(cast, requester=actions.Requester("", ""))
    client = cast.client("callback_clerk")
    assert "row" not in taken(client).context, "a day for the page first"
    with clock.fixed(later(days=1, minutes=1)):
        client = cast.client("callback_clerk")
        page = taken(client)
        assert "没有可拨打的号码" in words(page) and "先核对身份" not in words(page)
        wrong = client.post(f"/desk/callback/{row_of(page).id}/unable", {"reason": "没有留号码"})
        assert wrong.status_code == 422 and "没有留号码" in wrong.content.decode()
        client.post(f"/desk/callback/{row_of(page).id}/unable", {"no_callback": "no_number", "reason": "没有留号码"})
        assert "row" not in taken(client).context and Case.objects.get(id=case.id).state == State.PENDING_CALLBACK
        rulings = cast.client("supervisor").get("/desk/rulings")
        assert "无法回访" in words(rulings) and "没有留号码" in words(rulings)
        cast.client("supervisor").post("/desk/rulings", {"case": case.id, "step": "grant_no_callback"})
        taken(client)
    assert Case.objects.get(id=case.id).state == State.CLOSED
    assert Case.objects.get(id=case.id).reached is None


def test_what_is_left_for_the_page_comes_back(cast):
    waiting(cast, requester=actions.Requester("", ""))
    with clock.fixed(later(days=1, minutes=1)):
        client = cast.client("callback_clerk")
        client.post(f"/desk/callback/{row_of(taken(client)).id}/unable", {"wait": "1"})
        assert "row" not in taken(client).context
    with clock.fixed(CallbackParty.objects.get().not_before):
        assert "row" in taken(cast.client("callback_clerk")).context


def second_clerk(cast):
    """Another call-back clerk of the centre."""
    person = accounts.create_person(username="clerk2", name="回访员乙", unit=cast.units["centre"], by=accounts.COMMAND_LINE, setup=True,
                                    must_change_password=False)
    accounts.grant_role(person=person, role=Role.CALLBACK_CLERK, by=accounts.COMMAND_LINE, setup=True)
    cast.people["clerk2"] = person
    return cast.client("clerk2")


def two_parties(cast):
    master = cast.at_state(State.IN_PROGRESS)
    other = cast.create(requester=actions.Requester("李小红", "13900000002"), title="一样停水")
    cast.take(other, "merge", "dispatcher", master=master.id, reason="同一处停水")
    return cast.take(cast.reply(master, "water"), "accept_reply", "checker"), other


def test_one_clerk_has_all_requesters_of_a_case(cast):
    master, other = two_parties(cast)
    first, second = cast.client("callback_clerk"), second_clerk(cast)
    row = row_of(taken(first))
    assert "row" not in taken(second).context
    onward = save(first, row, outcome="refused")
    assert row_of(onward).party_id == other.id, "the next call is the next requester of the same case"
    save(first, row_of(onward), outcome="answered", solved="yes")
    assert Case.objects.get(id=master.id).state == State.CLOSED


def test_answers_typed_after_the_case_went_to_a_colleague_are_kept(cast):
    case = waiting(cast)
    first = cast.client("callback_clerk")
    row = row_of(taken(first))
    with clock.fixed(later(minutes=20)):
        second = second_clerk(cast)
        assert row_of(taken(second)).id == row.id, "no sign of life for a quarter of an hour"
        save(cast.client("callback_clerk"), row, outcome="answered", solved="yes", verbatim="水来了")
    assert Case.objects.get(id=case.id).state == State.CLOSED
    with clock.fixed(later(minutes=21)):
        late = second.post(f"/desk/callback/{row.id}/save", {"outcome": "answered", "solved": "yes", "verbatim": "已来水，谢谢"})
    assert late.status_code == 409 and "已来水，谢谢" in late.content.decode(), "and what the colleague typed is still on the page"


def test_a_sign_of_life_keeps_the_call_in_hand(cast):
    waiting(cast)
    first = cast.client("callback_clerk")
    row = row_of(taken(first))
    with clock.fixed(later(minutes=14)):
        assert cast.client("callback_clerk").post(f"/desk/callback/{row.id}/here").json() == {"people": []}
    with clock.fixed(later(minutes=28)):
        assert "row" not in taken(second_clerk(cast)).context


@pytest.mark.parametrize("at", ["before the first call", "while the master is in hand", "after the other was called"])
def test_parties_follow_the_undo_of_a_merge_at_every_moment(cast, at):
    master, other = two_parties(cast)
    client = cast.client("callback_clerk")
    row = row_of(taken(client))
    if at == "before the first call":
        cast.take(other, "unmerge", "dispatcher", reason="不是同一处")
    save(client, row, outcome="answered", solved="yes")
    if at == "while the master is in hand":
        theirs = CallbackParty.objects.get(party_id=other.id)
        cast.take(other, "unmerge", "dispatcher", reason="不是同一处")
        late = client.post(f"/desk/callback/{theirs.id}/save", {"outcome": "answered", "solved": "yes", "verbatim": "好"})
        assert late.status_code == 422 and "不在本单内" in words(late) and "好" in late.content.decode()
    if at == "after the other was called":
        save(client, CallbackParty.objects.get(party_id=other.id), outcome="not_reached")
        cast.take(other, "unmerge", "dispatcher", reason="不是同一处")
    taken(client)
    assert Case.objects.get(id=master.id).state == State.CLOSED
    assert Case.objects.get(id=other.id).state == State.PENDING_REVIEW


def test_a_merge_while_the_master_is_in_hand_is_called_back_too(cast):
    master = waiting(cast)
    client = cast.client("callback_clerk")
    row = row_of(taken(client))
    other = cast.create(requester=actions.Requester("李小红", "13900000002"))
    cast.take(other, "merge", "dispatcher", master=master.id, reason="同一处停水")
    onward = save(client, row, outcome="answered", solved="yes")
    assert row_of(onward).party_id == other.id and Case.objects.get(id=master.id).state == State.PENDING_CALLBACK
    assert "row" not in taken(second_clerk(cast)).context, "the new one is this clerk's as well"


@pytest.mark.parametrize("door", ["case page", "api"])
def test_every_door_knows_half_days_and_parties(cast, door):
    master, other = two_parties(cast)
    clerk = cast.actors["callback_clerk"]
    actions.hand_to_clerk(case_id=master.id, clerk=clerk)
    ask = {"case page": by_page, "api": by_api}[door](cast, master)
    for _ in range(3):
        assert ask("record_callback", party=master.id, outcome="not_reached") in (201, 302)
    assert ask("close_unreached") == 409 and CallbackParty.objects.get(party_id=master.id).tries == 1
    assert ask("record_callback", party=other.id, outcome="answered", solved="yes") in (201, 302)
    assert ask("close") == 409, "one of the two was not reached yet"
    assert ask("record_callback", party=other.id, outcome="answered", solved="no") == 422, "an answer is not written over"
    for days in (1, 2):
        with clock.fixed(later(days=days)):
            ask = {"case page": by_page, "api": by_api}[door](cast, master)
            ask("record_callback", party=master.id, outcome="not_reached")
    assert ask("close") in (201, 302) and Case.objects.get(id=master.id).state == State.CLOSED


def by_page(cast, case):
    client = cast.client("callback_clerk")
    return lambda step, **given: client.post(f"/desk/case/{case.id}/step", {"step": step, **given}).status_code


def by_api(cast, case):
    person = cast.people["callback_clerk"]
    token = accounts.make_token(person=person, name="回访", scopes=["steps.take"], by=cast.actors["callback_clerk"])[1]
    head = {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    def ask(step, **given):
        return Client().post(f"/api/v1/cases/{case.id}/steps", {"step": step, "given": given}, content_type="application/json", **head).status_code

    return ask


def test_a_relative_is_told_nothing_and_the_requester_is_rung_again(cast):
    case = waiting(cast)
    client = cast.client("callback_clerk")
    save(client, row_of(taken(client)), outcome="relative")
    assert Case.objects.get(id=case.id).state == State.PENDING_CALLBACK and CallbackParty.objects.get().tries == 1


def test_a_tibetan_speaking_colleague_gets_what_was_handed_over(cast):
    case = waiting(cast)
    client = cast.client("callback_clerk")
    save(client, row_of(taken(client)), outcome="handed_over")
    assert "row" not in taken(client).context
    person = cast.people["callback_clerk"]
    accounts.change_person(person=person, by=SETUP, name=person.name, unit=person.unit, phone="", languages=("zh", "bo"))
    assert taken(cast.client("callback_clerk")).context["row"].case_id == case.id


def test_every_merged_requester_is_called_on_the_master(cast):
    master = cast.at_state(State.IN_PROGRESS)
    other = cast.create(requester=actions.Requester("李小红", "13900000002"), title="一样停水")
    cast.take(other, "merge", "dispatcher", master=master.id, reason="同一处停水")
    master = cast.take(cast.reply(master, "water"), "accept_reply", "checker")
    client = cast.client("callback_clerk")
    seen = []
    for place in (1, 2):
        page = taken(client)
        assert f"并单诉求人 第 {place} 位，共 2 位" in words(page)
        seen.append(row_of(page).party_id)
        save(client, row_of(page), outcome="answered", contacted="yes", solved="yes", satisfaction="satisfied")
    assert seen == [master.id, other.id] and Case.objects.get(id=master.id).state == State.CLOSED


def test_the_number_is_shown_for_the_call_and_written_to_the_ledger(cast):
    case = waiting(cast)
    client = cast.client("callback_clerk")
    page = taken(client)
    assert PHONE not in page.content.decode().split("诉求</h2>")[0]
    shown = client.post(f"/desk/callback/{row_of(page).id}/number")
    assert PHONE in shown.content.decode() and any(a.why == "回访诉求人" for a in acts(f"case:{case.id}"))


def test_what_is_not_in_hand_cannot_be_opened_or_saved(cast):
    waiting(cast)
    row = row_of(taken(cast.client("callback_clerk")))
    cast.client("callback_clerk").post(f"/desk/callback/{row.id}/back")
    client = cast.client("callback_clerk")
    assert client.get(f"/desk/callback/{row.id}").status_code == 404
    assert client.post(f"/desk/callback/{row.id}/save", {"outcome": "refused"}).status_code == 404


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"callback_clerk"}))
def test_nobody_else_calls_back(cast, who):
    assert cast.client(who).get("/desk/callback").status_code == 403


def test_a_call_takes_few_statements(cast):
    waiting(cast)
    client = cast.client("callback_clerk")
    row = row_of(taken(client))
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/desk/callback/{row.id}?who=self").status_code == 200
    assert len(asked) <= 12, [q["sql"][:90] for q in asked]


def test_every_outcome_without_answers_has_its_words():
    from minsheng.cases.rules import Outcome

    assert set(OUTCOME_SAYS) == set(Outcome) - {Outcome.ANSWERED}


# --- quality: the second call ------------------------------------------------------------


def drawn(cast) -> Recheck:
    case = cast.at_state(State.CLOSED)
    clerk = cast.actors["callback_clerk"]
    return Recheck.objects.create(case=case, party_id=case.id, clerk_id=clerk.id, clerk_name=clerk.name, drawn_at=NOW)


def test_the_second_call_shows_what_the_clerk_wrote_and_the_number_on_request_alone(cast):
    row = drawn(cast)
    client = cast.client("quality")
    page = client.get("/desk/rechecks")
    assert "问题是否解决 是" in words(page) and PHONE not in page.content.decode() and "王小明" not in page.content.decode()
    shown = client.post(f"/desk/rechecks/{row.id}/number")
    assert PHONE in shown.content.decode() and any("复核" in a.why for a in acts(f"case:{row.case_id}"))


def test_a_difference_must_be_written_and_a_second_call_is_made_once(cast):
    row = drawn(cast)
    client = cast.client("quality")
    assert client.post(f"/desk/rechecks/{row.id}", {"agrees": "no", "note": ""}).status_code == 409
    client.post(f"/desk/rechecks/{row.id}", {"agrees": "no", "note": "本人说没有解决"})
    row.refresh_from_db()
    assert row.agrees is False and row.by_name == "质检员甲"
    assert client.post(f"/desk/rechecks/{row.id}", {"agrees": "yes"}).status_code == 404
    assert client.post(f"/desk/rechecks/{row.id}/number").status_code == 404, "the right to the number ends with the call"


def test_what_second_calls_found_is_read_by_quality_and_the_supervisor_by_clerk_and_one_by_one(cast):
    client, rows = cast.client("quality"), [drawn(cast) for _ in range(3)]
    assert "近来没有复核过回访" in words(client.get("/desk/rulings/recheck-results"))
    for row, agrees in zip(rows, ("yes", "no", "no"), strict=True):
        client.post(f"/desk/rechecks/{row.id}", {"agrees": agrees, "note": f"王小明说没有解决，电话{PHONE}"})
    assert "/desk/rulings/recheck-results" in client.get("/desk/rechecks").content.decode()
    assert "/desk/rulings/recheck-results" in cast.client("supervisor").get("/desk/rulings").content.decode()
    for who in ("quality", "supervisor"):
        reader = cast.client(who)
        with CaptureQueriesContext(connection) as counted:
            page = reader.get("/desk/rulings/recheck-results")
        text = page.content.decode()
        assert "回访员甲 3 1 2" in words(page) and text.count("说没有解决") == 2 and "王小明" not in text and PHONE not in text
        assert len(counted) <= 12
    hidden = cast.take(rows[1].case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["coordinator"].id], until=later(days=30).isoformat())
    assert hidden.number not in client.get("/desk/rulings/recheck-results").content.decode()
    assert cast.client("callback_clerk").get("/desk/rulings/recheck-results").status_code == 403


def test_nobody_else_gets_the_number_of_a_second_call(cast):
    row = drawn(cast)
    for who in sorted(set(PEOPLE) - {"quality"}):
        answer = cast.client(who).post(f"/desk/rechecks/{row.id}/number")
        assert answer.status_code == 403 and PHONE not in answer.content.decode(), who
