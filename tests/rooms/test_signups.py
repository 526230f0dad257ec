"""Topics and questions handed in before a period: screened, rung back at the desk, and its sender told what became of them."""

from datetime import timedelta

import pytest
from tests.cast import later
from tests.leader_day import BEGINS, HELD, announced, desk, draft, refused, scheme, step

from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid
from minsheng.leader_days import actions
from minsheng.leader_days.actions import signups as doors
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Desk, Signup, SignupWords
from minsheng.leader_days.queries import signups as read

SAID = "幸福路自来水发黄一个月了，想问什么时候换管。"
PHONE = "13900000001"



def sign_up(period, key="k1", **more) -> doors.SignedUp:
    given = {"kind": "consult", "said": SAID, "name": "卓玛", "phone": PHONE, "place": "幸福路1号"} | more
    return actions.sign_up(key=key, address="203.0.113.7", period_id=period.id, **given)


def go(cast, made, name, who="coordinator", **given) -> Signup:
    actions.take_signup_step(signup_id=made.id, step=name, by=cast.actors[who], given=given)
    return Signup.objects.get(id=made.id)


def test_what_was_taken_is_rung_back_on_the_day_and_becomes_a_call_at_its_desk_with_nothing_asked_twice(cast):
    period = announced(cast)
    desk = Desk.objects.get(period=period).id
    made = sign_up(period)
    assert doors.is_number(made.number) and len(made.code) == 8
    assert sign_up(period).number == made.number and sign_up(period).code == "", "the same form is one sign-up, its code is shown once"
    assert refused(lambda: sign_up(period, said="别的")) == "key_reused" and Signup.objects.count() == 1
    for who, name, given, wrong in (("agent", "dial", {}, "hidden"), ("coordinator", "take_signup", {"desk": 7}, "desk"),
                                    ("coordinator", "dial", {}, "role"), ("supervisor", "take_signup", {"desk": desk}, "hidden")):
        assert refused(lambda w=who, n=name, g=given: go(cast, made, n, w, **g)) == wrong, (who, name)
    go(cast, made, "take_signup", desk=desk)
    assert refused(lambda: go(cast, made, "dial", "agent")) == "not_now", "not before its day"
    assert read.told(made.id).desk_unit == "市水务局" and read.told(made.id).starts == BEGINS
    with clock.fixed(HELD):
        assert refused(lambda: go(cast, made, "register_signup", "agent")) == "not_dialled"
        assert read.page(made.id, cast.actors["agent"]).more["number"] == ""
        go(cast, made, "dial", "agent")
        assert PHONE in read.page(made.id, cast.actors["agent"]).more["number"] and read.page(made.id, cast.actors["coordinator"]).more["number"] == ""
        go(cast, made, "register_signup", "agent")
        case = Case.objects.select_related("text").get(id=read.told(made.id).case_id)
    assert (case.period_id, case.marks.desk, case.state, case.text.narrative, case.text.place) == (period.id, desk, "draft", SAID, "幸福路1号")
    assert case.contact_id == Signup.objects.get(id=made.id).contact_id, "the same person"
    with clock.fixed(HELD):
        cast.take(case, "submit", "agent")
    assert list(verify_history()) == []


def test_what_is_not_taken_goes_the_ordinary_way_or_its_sender_is_told_why(cast):
    period = announced(cast)
    desk = Desk.objects.get(period=period).id
    report, silent, far, missed = (sign_up(period, key, **more) for key, more in (
        ("a", {"kind": "report"}), ("b", {"phone": "", "name": ""}), ("c", {"said": "想问外省的社保"}), ("d", {})))
    assert refused(lambda: go(cast, report, "take_signup", desk=desk)) == "report"
    assert refused(lambda: go(cast, silent, "take_signup", desk=desk)) == "no_number"
    passed = Case.objects.get(id=go(cast, report, "pass_on").case_id)
    assert (passed.kind, passed.channel, passed.period_id, passed.state) == ("report", "web", None, "pending_review")
    assert refused(lambda: go(cast, far, "decline_signup")) == "told"
    go(cast, far, "decline_signup", told="外省社保请拨打当地 12333。")
    assert (read.told(far.id).state, read.told(far.id).told) == ("outside", "外省社保请拨打当地 12333。")
    go(cast, missed, "take_signup", desk=desk)
    with clock.fixed(HELD):
        go(cast, missed, "dial", "agent")
    with clock.fixed(later(days=3)):
        assert read.told(missed.id).late and read.told(missed.id).dials == 1
        assert refused(lambda: go(cast, missed, "register_signup", "agent")) == "not_now"
        assert refused(lambda: go(cast, silent, "take_signup", desk=desk)) == "over"
        assert go(cast, missed, "pass_on").state == "passed", "nothing is lost"
    cast.take(passed, "restrict", "shift_leader", reason="涉及举报人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
    assert not read.seen_by(cast.actors["coordinator"]).filter(id=report.id).exists(), "what became restricted is no longer read here"
    assert list(verify_history()) == []


def test_whoever_was_taken_for_a_desk_that_was_moved_is_told_so_and_taken_for_another(cast):
    period = announced(cast)
    first, made, waits = Desk.objects.get(period=period), sign_up(period), sign_up(period, "k2", phone="13900000002")
    go(cast, made, "take_signup", desk=first.id)
    assert refused(lambda: go(cast, made, "take_signup", desk=first.id)) == "taken", "once, while that desk stands"
    step(cast, period.id, "recall", reason="线路检修")
    assert read.told(made.id).moved and read.told(waits.id).moved, "nobody reads the time of an announcement that was called back"
    step(cast, period.id, "remove_desk", desk=first.id)
    begins = BEGINS + timedelta(days=3)
    step(cast, period.id, "add_desk", **desk(cast, begins))
    step(cast, period.id, "announce", "supervisor")
    assert read.told(made.id).moved and not read.told(waits.id).moved and not read.told(made.id).late
    with clock.fixed(HELD):
        assert refused(lambda: go(cast, made, "dial", "agent")) == "moved"
        assert "已取消，请另选" in cast.client("coordinator").get(f"/desk/signups/{made.id}").content.decode()
    go(cast, made, "take_signup", desk=Desk.objects.get(period=period, removed_at=None).id)
    assert (read.told(made.id).moved, read.told(made.id).starts) == (False, begins)
    with clock.fixed(begins + timedelta(minutes=5)):
        go(cast, made, "dial", "agent")
        assert go(cast, made, "register_signup", "agent").state == "called"
    assert list(verify_history()) == []


def test_only_an_announced_period_takes_any_no_emergency_waits_and_one_address_is_slowed_down(cast):
    period = announced(cast)
    assert refused(lambda: sign_up(draft(cast, scheme(cast, name="别的方案"), 5, later(days=5)))) == "over"
    assert refused(lambda: sign_up(period, said="我家着火了，快来人！")) == "said"
    assert refused(lambda: sign_up(period, phone="12")) == "phone" and refused(lambda: sign_up(period, kind="nothing")) == "kind"
    with clock.fixed(BEGINS):
        assert refused(lambda: sign_up(period, "late")) == "over"
    assert Signup.objects.count() == 0
    assert "wait" in {refused(lambda n=n: sign_up(period, f"many{n}")) for n in range(30)}


def test_a_name_that_is_too_long_is_refused_and_never_cut(cast):
    """What is cut off a name is neither kept nor masked."""
    period = announced(cast)
    with pytest.raises(Invalid) as wrong:
        sign_up(period, name="卓玛、" * 40)
    assert wrong.value.errors.keys() == {"name"} and "80" in str(wrong.value) and not Signup.objects.exists()
    assert sign_up(period, name="卓" * 80).number


def test_number_and_code_open_it_and_nothing_else_does(cast):
    period = announced(cast)
    made = sign_up(period)
    opened = doors.open_by_code(number=f" {made.number[:9]} {made.number[9:]}", code=made.code, address="203.0.113.9")
    assert opened == made.id
    for number, code in ((made.number, "00000000"), ("9" + "0" * 14, made.code), ("", "")):
        assert refused(lambda n=number, c=code: doors.open_by_code(number=n, code=c, address="203.0.113.9")) == "wrong"
    assert "wait" in {refused(lambda: doors.open_by_code(number=made.number, code="11111111", address="203.0.113.9")) for _ in range(20)}


def test_its_words_go_with_the_case_that_it_became(cast):
    period = announced(cast)
    made = sign_up(period)
    case = Case.objects.get(id=go(cast, made, "pass_on").case_id)
    cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")
    cast.take(case, "ask_erasure", "supervisor", reason="本人依法要求")
    cast.take(case, "erase", "security_admin", ground="request")
    one = Signup.objects.get(id=made.id)
    assert SAID not in one.said and one.contact_id is None and SignupWords.objects.filter(subject_id=one.id).count() == 0
    assert list(verify_history()) == []
