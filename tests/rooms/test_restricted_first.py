"""A matter that few may know of is restricted from its first second, and still it is handled (rulings, 31)."""

import re
from datetime import datetime, timedelta

import pytest
from tests.cast import NOW, later

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions, queries
from minsheng.cases.actions import anchors, by_citizen, drafts, night, timers
from minsheng.cases.models import Case, CaseReader, CaseStep, CaseTask
from minsheng.cases.queries import shift_lists, soundness
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import Ground, State
from minsheng.exchange import queries as exchange
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.messages.models import Message

NIGHT = datetime.fromisoformat("2025-01-02T23:10+08:00")
SAID = "我不想活了，一个人在幸福路小区3号楼顶。"
CENTRE = ("dispatcher", "checker", "callback_clerk", "coordinator", "supervisor", "return_reviewer", "analyst", "quality", "inspector")
UNITS = ("water", "water_head", "pipes", "roads", "county", "leader")


def sees(cast, who: str, case: Case) -> bool:
    """On the page, in the API, in lists and exports: one answer."""
    by = cast.actors[who]
    listed = queries.visible(by).filter(id=case.id).exists()
    opened = cast.client(who).get(f"/desk/case/{case.id}").status_code
    assert (opened == 200) == listed or opened == 403, (who, opened, listed)
    try:
        queries.get(case.id, by)
    except Refused:
        assert not listed, who
    else:
        assert listed, who
    return listed


def online(cast, **more) -> Case:
    sent = by_citizen.send(key=f"k{next(cast.keys):032d}", address="203.0.113.9", narrative=SAID, kind="help", name="王小明", phone="13800000000", **more)
    return Case.objects.get(id=sent.case_id)


def test_an_agents_case_is_restricted_before_anybody_else_sees_it(cast):
    case = cast.create(narrative=SAID, title="", category="")
    assert case.restricted and case.urgent and case.marks.ground == Ground.SELFHARM
    assert sees(cast, "shift_leader", case) and sees(cast, "agent", case)
    assert [who for who in (*CENTRE, *UNITS) if sees(cast, who, case)] == []


@pytest.mark.parametrize("then", ["submit", "answer", "transfer"])
def test_whatever_the_agent_does_next_the_words_stay_with_the_few(cast, then):
    given = {"answer": {"answer": "已转心理援助热线并陪同等待。"}, "transfer": {"target": "12356"}}.get(then, {})
    case = cast.create(narrative=SAID, title="", category="tap", then=then, given=given)
    assert case.restricted and [who for who in (*CENTRE, *UNITS) if sees(cast, who, case)] == []


def test_a_case_from_the_net_is_restricted_and_its_sender_is_told_no_word_by_message(cast):
    before = Message.objects.count()
    case = online(cast)
    assert case.restricted and sees(cast, "shift_leader", case) and not sees(cast, "agent", case) and not sees(cast, "dispatcher", case)
    assert Message.objects.filter(template="accepted").count() == 0 and Message.objects.count() == before
    assert not list(exchange.exported(Filters(), None, False)) and not list(exchange.exported(Filters(), cast.actors["analyst"], True))


def test_a_ground_that_a_person_chose_counts_where_no_word_says_it(cast):
    case = cast.create(narrative="孩子的事，具体当面说。", title="", category="", restricted=Ground.MINOR.value)
    assert case.restricted and case.marks.ground == Ground.MINOR and not sees(cast, "dispatcher", case)
    with pytest.raises(Invalid) as wrong:
        cast.create(narrative="孩子的事，具体当面说。", restricted="whatever")
    assert "restricted" in wrong.value.errors


def test_the_shift_leader_confirms_within_the_hour_and_names_who_takes_it_on(cast):
    case = cast.create(narrative=SAID, title="", category="tap")
    shut = shift_lists.unconfirmed(cast.actors["shift_leader"])
    assert [one.case.id for one in shut] == [case.id] and shut[0].due == NOW + timedelta(hours=1) and not shut[0].late
    assert [one.case.id for one in shift_lists.stuck(cast.actors["shift_leader"])] == [case.id]
    with clock.fixed(NOW + timedelta(minutes=61)):
        assert shift_lists.unconfirmed(cast.actors["shift_leader"])[0].late
    case = cast.take(case, "confirm_restriction", "shift_leader", readers=[cast.people["dispatcher"].id])
    assert sees(cast, "dispatcher", case) and not sees(cast, "supervisor", case) and case.restricted
    assert shift_lists.unconfirmed(cast.actors["shift_leader"]) == shift_lists.stuck(cast.actors["shift_leader"]) == []


def test_what_nobody_has_confirmed_does_not_open_by_itself_and_what_was_confirmed_ends_by_its_date(cast):
    left, seen = cast.create(narrative=SAID, title="", category="tap"), cast.create(narrative=SAID, title="", category="tap")
    cast.take(seen, "confirm_restriction", "shift_leader")
    with clock.fixed(NOW + timedelta(days=31)):
        assert timers.lift_restrictions() == 1
        assert not Case.objects.get(id=seen.id).restricted and Case.objects.get(id=left.id).restricted
        assert [one.case.id for one in shift_lists.unconfirmed(cast.actors["shift_leader"])] == [left.id]


def test_what_was_restricted_by_mistake_is_opened_with_a_reason(cast):
    case = cast.create(narrative=SAID, title="", category="tap")
    with pytest.raises(Invalid):
        cast.take(case, "clear_restriction", "shift_leader")
    case = cast.take(case, "clear_restriction", "shift_leader", reason="核实为歌词，本人平安")
    assert not case.restricted and sees(cast, "dispatcher", case) and not CaseReader.objects.filter(case_id=case.id, until__gt=NOW).exists()


def test_the_persons_whom_the_dispatcher_names_handle_it_and_their_colleagues_do_not(cast):
    case = cast.create(narrative=SAID, title="", category="tap")
    case = cast.take(case, "confirm_restriction", "shift_leader", readers=[cast.people["dispatcher"].id])
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, readers=[cast.people["water"].id])
    assert sees(cast, "water", case) and not sees(cast, "water_head", case) and not sees(cast, "pipes", case)
    case = cast.take(case, "sign", "water")
    case = cast.take(case, "contact", "water", contact_at=NOW.isoformat(), contact_how="visit")
    assert case.state == State.IN_PROGRESS


def test_a_unit_that_is_named_nobody_has_its_head_and_its_liaison_as_readers(cast):
    case = cast.create(narrative=SAID, title="", category="tap")
    case = cast.take(case, "confirm_restriction", "shift_leader", readers=[cast.people["dispatcher"].id])
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    assert sees(cast, "water", case) and sees(cast, "water_head", case) and not sees(cast, "pipes", case)


@pytest.mark.parametrize("who", ["roads", "dispatcher", "agent"])
def test_readers_named_for_a_unit_belong_to_it(cast, who):
    case = cast.create(narrative=SAID, title="", category="tap")
    case = cast.take(case, "confirm_restriction", "shift_leader", readers=[cast.people["dispatcher"].id])
    with pytest.raises(Invalid) as wrong:
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, readers=[cast.people[who].id])
    assert "readers" in wrong.value.errors


def test_the_head_of_the_unit_names_one_more_of_its_own_and_a_section_is_given_a_task(cast):
    case = cast.create(narrative=SAID, title="", category="tap")
    case = cast.take(case, "confirm_restriction", "shift_leader", readers=[cast.people["dispatcher"].id])
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, readers=[cast.people["water_head"].id])
    for stranger in ("roads", "pipes"):
        with pytest.raises(Invalid):
            cast.take(case, "name_readers", "water_head", readers=[cast.people[stranger].id])
    case = cast.take(case, "name_readers", "water_head", readers=[cast.people["water"].id])
    case = cast.take(case, "sign", "water")
    assert not sees(cast, "pipes", case)
    case = cast.take(case, "assign_task", "water", task_unit=cast.units["pipes"].id, duty="上门看望")
    assert sees(cast, "pipes", case)


def test_the_unit_that_gave_it_back_sees_it_no_more(cast):
    case = cast.create(narrative=SAID, title="", category="tap")
    readers = [cast.people[p].id for p in ("dispatcher", "coordinator")]
    case = cast.take(case, "confirm_restriction", "shift_leader", readers=readers)
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    case = cast.take(case, "take_back", "coordinator", reason="改派")
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    assert not sees(cast, "water", case) and not sees(cast, "water_head", case) and sees(cast, "roads", case)
    case = cast.take(case, "take_back", "coordinator", reason="改派")
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id, readers=[cast.people["water_head"].id], co_units=[cast.units["roads"].id])
    assert sees(cast, "water_head", case) and not sees(cast, "water", case), "who was named for the dispatch before is not named now"
    task = CaseTask.objects.get(case_id=case.id, state="pending_sign")
    assert sees(cast, "roads", case)
    case = cast.take(case, "cancel_task", "coordinator", task=task.id, reason="不需协办")
    assert not sees(cast, "roads", case) and cast.people["roads"].id not in queries.facts_of(case).restriction.readers
    assert list(anchors.verify_history()) == [] and list(soundness.unsound()) == []


def test_at_night_the_shift_leader_classifies_marks_and_sends_what_came_by_web(cast):
    with clock.fixed(NIGHT):
        case = online(cast)
        assert case.urgent and case.id in [one.case.id for one in shift_lists.urgent_waiting(cast.actors["shift_leader"])]
        night.send(case_id=case.id, by=cast.actors["shift_leader"], given={"category": "tap", "lead": cast.units["water"].id})
        case.refresh_from_db()
        assert case.state == State.PENDING_SIGN and case.category.code == "tap" and sees(cast, "water", case)
        assert list(CaseStep.objects.filter(case_id=case.id, step__in=("triage", "night_dispatch")).order_by("seq").values_list("step", flat=True)) == [
            "triage", "night_dispatch"]


def test_gas_by_web_at_night_is_seen_at_once_and_sent_though_details_are_missing(cast):
    with clock.fixed(NIGHT):
        sent = by_citizen.send(key="g" * 32, address="203.0.113.9", narrative="楼道里闻到很浓的煤气味，有人头晕", kind="help", phone="13800000000")
        case = Case.objects.get(id=sent.case_id)
        assert case.urgent and not case.restricted
        night.send(case_id=case.id, by=cast.actors["shift_leader"], given={"category": "noise", "lead": cast.units["water"].id})
        case.refresh_from_db()
        assert case.state == State.PENDING_SIGN
    with clock.fixed(NOW + timedelta(days=1)):
        with pytest.raises(Refused):
            cast.take(case, "post_review", "shift_leader", ruling="同意")
        cast.take(case, "post_review", "dispatcher", ruling="定性准确")


def test_half_of_it_refused_the_other_half_is_not_done(cast):
    with clock.fixed(NIGHT):
        case = online(cast)
        with pytest.raises(Invalid):
            night.send(case_id=case.id, by=cast.actors["shift_leader"], given={"category": "tap", "lead": 999999})
        case.refresh_from_db()
        assert case.category is None and not CaseStep.objects.filter(case_id=case.id, step="triage").exists()


def test_words_that_the_requester_adds_later_restrict_the_case_and_call_the_shift_leader(cast):
    case = cast.create(narrative="楼道的灯不亮。", title="", category="tap")
    assert not case.restricted and not case.urgent
    actions.take_step(case_id=case.id, step="add_facts", by=by_citizen.citizen(case.id), given={"addition": "没有人管我，我不想活了"})
    case.refresh_from_db()
    assert case.restricted and case.urgent and not sees(cast, "dispatcher", case)
    assert [one.id for one, _ in shift_lists.alarms(cast.actors["shift_leader"])] == [case.id]


def test_a_part_split_off_keeps_the_readers_of_the_whole(cast):
    case = cast.create(narrative=SAID, title="", category="tap")
    case = cast.take(case, "confirm_restriction", "shift_leader", readers=[cast.people["dispatcher"].id])
    cast.take(case, "split", "dispatcher", reason="两件事", parts=[
        {"narrative": "楼顶的门没有锁。", "title": "楼顶门未锁", "category": "tap"}, {"narrative": "楼道的灯不亮。", "title": "楼道灯不亮", "category": "tap"}])
    parts = Case.objects.exclude(id=case.id)
    assert parts.count() == 2
    for part in parts:
        assert part.restricted and sees(cast, "dispatcher", part) and not sees(cast, "supervisor", part), part.title


@pytest.mark.parametrize("values", [{"narrative": SAID}, {"narrative": "孩子的事，具体当面说。", "restricted": "minor"}])
def test_what_is_handed_to_the_next_shift_shows_no_word_of_it_before_somebody_takes_it_on(cast, values):
    key = drafts.new_key()
    drafts.keep(by=cast.actors["agent"], key=key, values=values)
    assert drafts.listed(cast.actors["agent"])[0].excerpt == values["narrative"], "one's own words stand in one's own list"
    drafts.to_tray(by=cast.actors["shift_leader"], owner=cast.people["agent"].id, of="话务员甲", key=key)
    [waiting] = drafts.listed(Actor(999, "话务员乙", frozenset({Role.AGENT})))
    assert values["narrative"] not in waiting.excerpt and "限制知悉" in waiting.excerpt
    page = cast.client("agent").get("/desk/intake").content.decode()
    assert values["narrative"] not in page and "限制知悉" in page


# --- words that come later ------------------------------------------------------------

LATER = "没有人管我，我不想活了"
OTHER = actions.Requester("李小红", "13900000002")


def told_by(cast, said: str, case: Case) -> None:
    """The requester of the case says something: on the page, over the telephone, or to the clerk who rings."""
    words = {"add_facts": {"addition": LATER}, "phone_add": {"addition": LATER}, "phone_urge": {"addition": LATER}, "withdraw": {"reason": LATER},
             "phone_withdraw": {"reason": LATER}, "rate": {"satisfaction": "very_unsatisfied", "verbatim": LATER}}[said]
    if said in ("add_facts", "withdraw", "rate"):
        actions.take_step(case_id=case.id, step=said, by=by_citizen.citizen(case.id), given=words)
    else:
        cast.take(case, said, "agent", **words)


def test_a_draft_that_is_written_anew_is_read_anew_and_what_the_agent_decided_counts(cast):
    case = cast.take(cast.create(narrative="楼道的灯不亮。", title="", category="tap", then=None), "amend", "agent", narrative="楼道里燃气泄漏")
    assert case.urgent and "gas" in case.marks.danger and not case.restricted
    calm = cast.take(cast.create(narrative="楼道的灯不亮。", title="", then=None), "amend", "agent", narrative="楼道里燃气泄漏", urgent=False)
    assert not calm.urgent and "gas" in calm.marks.danger
    case = cast.take(case, "amend", "agent", narrative=LATER)
    assert case.restricted and not sees(cast, "dispatcher", case) and cast.take(case, "submit", "agent").restricted
    assert list(anchors.verify_history()) == []


def test_nobody_is_called_to_look_at_words_that_were_erased(cast):
    case = cast.take(cast.at_state(State.CLOSED), "ask_erasure", "supervisor", reason="本人书面申请")
    told_by(cast, "rate", case)
    assert [c.id for c, _ in shift_lists.alarms(cast.actors["shift_leader"])] == [case.id]
    gone = cast.take(case, "erase", "security_admin", ground="request")
    assert shift_lists.alarms(cast.actors["shift_leader"]) == [] and not gone.marks.alarm and not gone.marks.danger


@pytest.mark.parametrize("said", ["phone_urge", "phone_withdraw", "withdraw", "rate"])
def test_danger_is_heard_in_whatever_the_requester_says_on_whatever_step(cast, said):
    case = cast.at_state(State.CLOSED if said == "rate" else State.IN_PROGRESS)
    told_by(cast, said, case)
    case.refresh_from_db()
    assert case.urgent and case.restricted and [one.id for one, _ in shift_lists.alarms(cast.actors["shift_leader"])] == [case.id]


@pytest.mark.parametrize("said", ["add_facts", "phone_urge", "withdraw"])
def test_danger_in_the_words_of_a_merged_requester_reaches_the_order_that_people_handle(cast, said):
    order = cast.at_state(State.IN_PROGRESS)
    order = cast.take(order, "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="封路")
    other = cast.take(cast.create(requester=OTHER, narrative="我家也停水。", title="停水"), "merge", "dispatcher", master=order.id, reason="同一处停水")
    assert not order.urgent
    told_by(cast, said, other)
    order.refresh_from_db()
    assert order.urgent and order.restricted and not sees(cast, "dispatcher", order), "the order is what people handle"
    assert order.id in [one.id for one, _ in shift_lists.alarms(cast.actors["shift_leader"])]
    assert sees(cast, "water", order) and sees(cast, "roads", order), "who has it in hand goes on with it"
    assert list(anchors.verify_history()) == []


def test_what_is_urgent_stays_urgent_in_the_order_that_it_is_merged_into(cast):
    order = cast.at_state(State.PENDING_SIGN)
    slow, other = order.sign_due_at, cast.create(requester=OTHER, narrative="幸福路的燃气管被挖断，正在往外喷气", title="")
    assert other.urgent and not order.urgent and not other.restricted
    cast.take(other, "merge", "dispatcher", master=order.id, reason="同一处施工")
    order.refresh_from_db()
    assert order.urgent and "gas" in order.marks.danger and order.sign_due_at < slow
    assert [one.case.id for one in shift_lists.unsigned_urgent(cast.actors["shift_leader"])] == [order.id]
    assert list(anchors.verify_history()) == [] and list(soundness.unsound()) == []


def offered(client, address: str) -> list[str]:
    return re.findall(r'name="readers" value="(\d+)"', client.get(address).content.decode())


def test_the_forms_offer_the_people_of_the_unit_that_has_the_order_or_gets_it(cast):
    """They offered the centre's people alone: a unit's head could name nobody of the own unit, and each name on their form was refused."""
    def id_(who: str) -> str:
        return str(cast.people[who].id)

    case = cast.at_state(State.IN_PROGRESS)
    shift, until = cast.client("shift_leader"), later(days=30).isoformat()
    found = offered(shift, f"/desk/case/{case.id}?step=restrict")
    assert {id_("water"), id_("water_head"), id_("supervisor")} <= set(found) and not {id_("roads"), id_("media")} & set(found)
    answer = shift.post(f"/desk/case/{case.id}/step", {"step": "restrict", "reason": "涉未成年人", "readers": [id_("water"), id_("supervisor")], "until": until[:16]})
    assert answer.status_code == 302 and queries.visible(cast.actors["water"]).filter(id=case.id).exists()
    assert not queries.visible(cast.actors["water_head"]).filter(id=case.id).exists()
    assert id_("water_head") in offered(shift, f"/desk/case/{case.id}?step=prolong_restriction")

    sent = cast.create()
    assert offered(cast.client("dispatcher"), f"/desk/case/{sent.id}?step=dispatch") == [], "of what is not restricted nobody is named"
    cast.take(sent, "restrict", "shift_leader", reason="涉未成年人", readers=[cast.people["dispatcher"].id], until=until)
    cast.take(sent, "dispatch", "dispatcher", lead=cast.units["water"].id)
    head = cast.client("water_head")
    assert set(offered(head, f"/desk/unit/{sent.id}?step=name_readers")) == {id_("water"), id_("water_head"), id_("leader")}
    assert head.post(f"/desk/unit/{sent.id}/step", {"step": "name_readers", "readers": [id_("water")]}).status_code in (200, 302)
    assert queries.visible(cast.actors["water"]).filter(id=sent.id).exists()
