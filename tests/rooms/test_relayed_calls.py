"""A unit and a requester speak through the centre: asked by who works on the order, put on the case by the exchange's ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cast import NOW, PHONE, build

from minsheng.accounts.models import Person
from minsheng.cases import actions
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid
from minsheng.ledger import actions as acts
from minsheng.ledger.models import Entry
from minsheng.telephony import keeping
from minsheng.telephony.actions import ledger, relays
from minsheng.telephony.actions.sealed_rows import sealed
from minsheng.telephony.models import Call, CallCase, Recording
from minsheng.telephony.rules.ledger_lines import read_cel


@pytest.fixture
def cast(db, settings, tmp_path):
    settings.TELEPHONY, settings.DATA = "simulator", tmp_path
    with clock.fixed(NOW):
        yield build()


def made(key: str, talk: float | None, began: float = -300) -> None:
    """As the exchange writes it: the unit's leg first, then the requester's."""
    at = NOW.timestamp() + began

    def line(after: float, name: str, extra: str = "") -> str:
        return ",".join(f'"{one}"' for one in (name, f"{at + after:.3f}", key, key, "12345", "s", "callback", "PJSIP/trunk-00000001", "", extra))

    lines = [line(0, "CHAN_START"), *([line(9, "BRIDGE_ENTER")] if talk is not None else []),
             line(10 + (talk or 0), "CALLBACK_RESULT", "NOANSWER" if talk is None else "ANSWER"), line(9 + (talk or 0), "LINKEDID_END")]
    ledger.keep("pbx1", [event for one in lines if (event := read_cel(one, "pbx1"))])


@pytest.mark.parametrize("sealed", [False, True])
def test_who_works_on_the_order_is_put_through_and_that_they_spoke_stands_on_the_case(cast, sealed):
    case = cast.at_state(State.IN_PROGRESS)
    if sealed:
        cast.take(case, "phone_secrecy", "agent", identity=["when", "matter"])
    key = f"rl-{case.id}-7"
    made(key, 45, began=60)
    with clock.fixed(NOW + timedelta(minutes=5)):
        assert (relays.settle(), relays.settle()) == (1, 0)
    step, call = case.steps.get(step="relay_contact"), Call.objects.get(linkedid=key)
    assert (call.direction, call.result) == ("out", "answered") and step.given["call"] == call.id and step.by_name == "话务平台"
    assert CallCase.objects.filter(call=call, case_id=case.id).exists()
    assert Case.objects.get(pk=case.pk).contacted_at == call.connected_at
    with clock.fixed(NOW + timedelta(minutes=5)):
        answered(cast, case)


def answered(cast, case) -> None:
    """Nothing more is asked of the unit before its reply."""
    cast.take(case, "field_record", "water", visited_at=NOW.isoformat(), found="阀门坏了", done="已换")
    cast.take(case, "draft_reply", "water", handling="已换阀门", public_reply="阀门已经更换，今天中午恢复供水。", claimed_solved=True)


@pytest.mark.parametrize("talk", [None, 3])
def test_who_was_not_reached_or_cut_off_at_once_was_not_contacted_but_the_call_is_there(cast, talk):
    case = cast.at_state(State.IN_PROGRESS)
    made(f"rl-{case.id}-7", talk)
    assert relays.settle() == 1
    assert not case.steps.filter(step="relay_contact").exists() and CallCase.objects.filter(case_id=case.id).count() == 1
    assert Call.objects.get().result == ("unreached" if talk is None else "answered")


def test_a_case_that_has_gone_on_keeps_the_call_and_takes_no_step(cast):
    case = cast.at_state(State.CLOSED)
    made(f"rl-{case.id}-7", 45)
    made("rl-5-7", 45)  # of no case
    assert relays.settle() >= 1 and not case.steps.filter(step="relay_contact").exists()


def test_the_button_is_theirs_alone_by_day_once_in_two_minutes_and_says_what_is_missing(cast):
    case = cast.at_state(State.IN_PROGRESS)
    handler, at = cast.client("water"), f"/desk/unit/{case.id}/relay"
    page = handler.get(f"/desk/unit/{case.id}").content.decode()
    assert "经中心拨打" in page and f'value="rl-{case.id}-' in page

    def press(who=handler, key: str = f"rl-{case.id}-7", status: int = 409) -> str:
        answer = who.post(at, {"call": key})
        assert answer.status_code == status
        return answer.content.decode()

    Person.objects.filter(pk=cast.people["water"].pk).update(phone="")
    assert "没有登记工作电话" in press()
    Person.objects.filter(pk=cast.people["water"].pk).update(phone="08916300001")
    assert "模拟话务里拨不出真的电话" in press() and not Entry.objects.filter(kind="relay").exists()
    assert "刷新本页" in press(key="rl-1-7", status=422) and "刷新本页" in press(key="110", status=422)
    made(f"rl-{case.id}-6", 30, began=-60)
    assert "两分钟后再拨" in press()
    Call.objects.update(arrived_at=NOW - timedelta(hours=1))
    with clock.fixed(NOW.replace(hour=22)):
        assert "不打扰群众" in press(cast.client("water"))
    for who in ("agent", "dispatcher", "checker"):
        assert cast.client(who).post(at, {"call": f"rl-{case.id}-7"}).status_code in (403, 404)


def rung(linkedid: str, phone: str, *, out: bool = True, spoke: bool = True, **more) -> int:
    """A call that the exchange told of; its id."""
    at = NOW + timedelta(minutes=1)
    call = Call.objects.create(pbx="pbx1", linkedid=linkedid, direction="out" if out else "in", arrived_at=at, updated_at=at, ended_at=at + timedelta(minutes=3),
                               connected_at=at if spoke else None, result="answered" if spoke else "unreached", **(sealed(f"+86{phone}") if phone else {}), **more)
    return call.id


def test_a_waiver_names_a_call_with_a_requester_of_this_order_that_says_what_it_claims(cast):
    """Any call's number did: a unit let itself off the contact by a call of somebody else's, or by one that nobody made."""
    case, other = cast.at_state(State.IN_PROGRESS), cast.create(requester=actions.Requester("李芳", "13900000002"))
    merged = cast.create(requester=actions.Requester("赵小兰", "13900000003"), narrative="我家也停水。", title="停水")
    cast.take(merged, "merge", "dispatcher", master=case.id, reason="同一处停水")
    foreign, silent, before = rung("x1", "13900000002"), rung("x2", PHONE, spoke=False), rung("x3", PHONE, spoke=False, out=False)
    filed = rung("x4", PHONE)
    CallCase.objects.create(call_id=filed, case_id=other.id, at=NOW)
    wrong = {"not_needed": (foreign, silent, filed, 987654, "x"), "impossible": (foreign, before, filed, rung("x5", PHONE), 987654)}
    with clock.fixed(NOW + timedelta(minutes=9)):
        for ground, calls in wrong.items():
            for call in calls:
                with pytest.raises(Invalid) as refused:
                    cast.take(case, "waive_contact", "water", no_contact=ground, reason="本人说不必", call=call)
                assert list(refused.value.errors) == ["call"] and refused.value.errors["call"]
        page = cast.client("water").get(f"/desk/unit/{case.id}?step=waive_contact").content.decode()
        assert f'<option value="{silent}">' in page and f'value="{filed}"' not in page and f'value="{foreign}"' not in page
        cast.take(case, "waive_contact", "water", no_contact="impossible", reason="打不通", call=silent)
        cast.take(case, "waive_contact", "water", no_contact="not_needed", reason="并入的诉求人说不必", call=rung("x6", "13900000003"))
    assert "有通话记录" in cast.client("supervisor").get(f"/desk/case/{case.id}").content.decode()


def test_what_the_desk_did_for_a_sealed_order_rests_on_a_talk_with_its_requester(cast):
    case = cast.take(cast.at_state(State.IN_PROGRESS), "phone_secrecy", "agent")
    said = {"contact_at": (NOW + timedelta(minutes=2)).isoformat(), "contact_how": "phone", "contact_note": "已说明"}
    with clock.fixed(NOW + timedelta(minutes=9)):
        for call in (rung("y1", "13900000002"), rung("y2", PHONE, spoke=False), 77):
            with pytest.raises(Invalid) as refused:
                cast.take(case, "desk_contact", "agent", **said, call=call)
            assert list(refused.value.errors) == ["call"]
        cast.take(case, "desk_contact", "agent", **said, call=rung("y3", PHONE))


def test_where_no_calls_are_kept_a_number_is_shown_as_what_it_is(cast, settings):
    settings.TELEPHONY = "none"
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "waive_contact", "water", no_contact="not_needed", reason="本人说不必", call=77)
    page = cast.client("supervisor").get(f"/desk/case/{case.id}").content.decode()
    assert "77（没有对应的通话记录）" in page and "有通话记录<" not in page


def test_without_telephony_there_is_no_such_button(cast, settings):
    settings.TELEPHONY = "none"
    case = cast.at_state(State.IN_PROGRESS)
    assert "经中心拨打" not in cast.client("water").get(f"/desk/unit/{case.id}").content.decode()


def asked(case, person, key: str) -> None:
    """As the button writes it."""
    acts.write(kind="relay", by_id=person.id, by_name=person.name, about=f"case:{case.id}", reason="经中心拨打诉求人", detail={"call": key})


@pytest.mark.parametrize("sent_on", [False, True])
def test_a_call_of_the_unit_that_had_the_order_is_no_contact_of_the_one_that_got_it_meanwhile(cast, sent_on):
    case, key = cast.at_state(State.IN_PROGRESS), "rl-{}-7"
    key = key.format(case.id)
    asked(case, cast.people["water"], key)
    made(key, 45, began=120)  # it rang before the order went on, and was answered after
    with clock.fixed(NOW + timedelta(minutes=1)):
        if sent_on:
            cast.take(case, "take_back", "coordinator", reason="改由城管局办理")
            cast.take(Case.objects.get(pk=case.pk), "dispatch", "dispatcher", lead=cast.units["roads"].id)
            cast.take(Case.objects.get(pk=case.pk), "sign", "roads")
    with clock.fixed(NOW + timedelta(minutes=5)):
        assert relays.settle() == 1
    assert case.steps.filter(step="relay_contact").exists() is not sent_on
    assert (Case.objects.get(pk=case.pk).contacted_at is None) is sent_on and CallCase.objects.filter(case_id=case.id).count() == 1


@pytest.mark.parametrize("meanwhile", ["merged", "restricted"])
def test_a_call_in_which_the_case_was_merged_or_shut_to_its_unit_is_on_it_and_is_no_contact(cast, meanwhile):
    """What the requester and the unit said is heard by whoever may; the contact is made anew by who has the order then."""
    case, key = cast.at_state(State.IN_PROGRESS), "rl-{}-7"
    key = key.format(case.id)
    asked(case, cast.people["water"], key)
    with clock.fixed(NOW + timedelta(minutes=1)):
        if meanwhile == "merged":
            cast.take(case, "merge", "dispatcher", master=cast.at_state(State.IN_PROGRESS).id, reason="同一处停水")
        else:
            cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until=(NOW + timedelta(days=9)).isoformat())
    made(key, 45, began=30)
    with clock.fixed(NOW + timedelta(minutes=5)):
        assert (relays.settle(), relays.settle()) == (1, 0)
    assert not case.steps.filter(step="relay_contact").exists() and CallCase.objects.filter(case_id=case.id).count() == 1


def test_of_a_case_that_was_withdrawn_and_erased_while_they_spoke_neither_voice_nor_number_stays(cast, django_capture_on_commit_callbacks):
    """The ledger is read late: the call comes to the case when its words are gone already."""
    case, key = cast.at_state(State.IN_PROGRESS), "rl-{}-7"
    key = key.format(case.id)
    asked(case, cast.people["water"], key)
    with clock.fixed(NOW + timedelta(minutes=1)):
        cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")
        cast.take(Case.objects.get(pk=case.pk), "ask_erasure", "supervisor", reason="本人依法要求")
        cast.take(Case.objects.get(pk=case.pk), "erase", "security_admin", ground="request")
    made(key, 45, began=30)
    call = Call.objects.get(linkedid=key)
    Call.objects.filter(pk=call.pk).update(**sealed("+8613800000000"), hidden_number=False)
    place = keeping.source("2025/01/02/rl-1.wav")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"RIFF")
    row = Recording.objects.create(call=call, leg="1", source="/x/var/spool/monitor/2025/01/02/rl-1.wav", began_at=NOW)
    with clock.fixed(NOW + timedelta(minutes=5)), django_capture_on_commit_callbacks(execute=True):
        assert (relays.settle(), relays.settle()) == (1, 0)
    row.refresh_from_db()
    call.refresh_from_db()
    assert row.state == "deleted" and not place.exists() and call.hidden_number and call.number_sealed is None
    assert not case.steps.filter(step="relay_contact").exists()
