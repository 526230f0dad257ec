"""A period that does not take place: its end is signed, what was published says so, who handed in a topic is told, its desks are free."""

from django.test import Client
from tests.cast import PHONE
from tests.leader_day import BEGINS, HELD, announced, call, desk, draft, refused, scheme, step

from minsheng.kit import clock
from minsheng.kit.sealing import unseal
from minsheng.leader_days import actions
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Desk, Period, Published, Signup
from minsheng.leader_days.queries import ledger, report
from minsheng.messages.actions import TEXT
from minsheng.messages.models import Message

WHY = "因设备检修，改在下月举行，时间另行公告。"


def cancel(cast, period, who="supervisor"):
    return step(cast, period.id, "cancel_period", who, cancel_notice=WHY)


def signed_up(period, said="想问水价", phone=PHONE):
    return actions.sign_up(key=f"{said}-key-000000000000", address="10.0.0.1", period_id=period.id, kind="consult", said=said, name="王小明", phone=phone)



def test_a_period_that_was_called_back_ends_with_a_signed_word_and_nothing_is_lost(cast):
    period = announced(cast)
    step(cast, period.id, "note_notice", medium="web", outlet="市政府网", text="接听日公告", published_on="2025-01-02", views=30)
    step(cast, period.id, "recall", reason="设备检修")
    public = Client().get("/leader-days").content.decode()
    assert "公告已撤回" in public and cast.people["leader"].name not in public, "what was published says so, and names no desk that is not signed"
    assert cancel(cast, period).state == "cancelled"
    public = Client().get("/leader-days").content.decode()
    assert "本期已取消" in public and WHY in public and cast.people["leader"].name not in public
    assert Published.objects.get(period=period).views == 30 and list(verify_history()) == []
    for name, given in (("announce", {}), ("amend_period", {"theme": "x"}), ("add_desk", desk(cast)), ("cancel_period", {"cancel_notice": WHY})):
        who = "supervisor" if name in ("announce", "cancel_period") else "coordinator"
        assert refused(lambda n=name, w=who, g=given: step(cast, period.id, n, w, **g)) == "state", name


def test_its_leader_may_sit_at_another_desk_at_that_hour_and_it_counts_nowhere(cast):
    plan = scheme(cast)
    period = step(cast, draft(cast, plan).id, "announce", "supervisor")
    cancel(cast, period)
    other = draft(cast, plan, 2)
    assert Desk.objects.filter(leader_id=cast.people["leader"].id, removed_at=None).count() == 1 and other.state == "draft"
    step(cast, other.id, "announce", "supervisor")
    with clock.fixed(HELD):
        assert [one.id for one in report.held(cast.actors["supervisor"])] == [other.id] == [one.id for one in ledger.held_in(2025)]
        assert call(cast, other).period_id == other.id
        assert refused(lambda: actions.register_call(desk_id=Desk.objects.get(period=period).id, by=cast.actors["agent"], kind="help", narrative="停水")) == "hidden"
    assert period.starts == Period.objects.get(id=period.id).starts == BEGINS


def test_who_cancels_had_no_hand_in_the_draft_and_a_period_that_takes_calls_goes_on(cast):
    period = announced(cast)
    assert refused(lambda: cancel(cast, period, "coordinator")) == "role"
    with clock.fixed(HELD):
        assert refused(lambda: cancel(cast, period)) == "begun"
    page = cast.client("supervisor").post(f"/desk/periods/{period.id}/step", {"step": "cancel_period", "cancel_notice": ""})
    assert page.status_code == 422 and "对外说明" in page.content.decode() and Period.objects.get(id=period.id).state == "announced"
    assert cast.client("supervisor").post(f"/desk/periods/{period.id}/step", {"step": "cancel_period", "cancel_notice": WHY}).status_code == 302
    never = draft(cast, scheme(cast, name="另一方案"), 9)
    assert cancel(cast, never).state == "cancelled" and Client().get("/leader-days").content.decode().count("本期已取消") == 1, "what was never announced is no news"


def test_who_handed_in_a_topic_is_told_once_and_what_they_wrote_goes_on(cast):
    period = announced(cast)
    first, second, nameless = signed_up(period), signed_up(period, "还想问水压"), signed_up(period, "没留电话", "")
    step(cast, period.id, "recall", reason="检修")
    cancel(cast, period)
    found = Message.objects.filter(template="period_cancelled")
    assert [one.about for one in found] == [f"signup:{first.id}"], "a number once, whatever came from it; nobody without one"
    said = unseal(found[0].text_sealed, TEXT)
    assert first.number in said and "水价" not in said and "王小明" not in said
    for one in (first, nameless):
        stranger = Client()
        stranger.post("/track", {"number": one.number, "code": one.code})
        mine = stranger.get("/leader-days/mine").content.decode()
        assert "本期已取消" in mine and WHY in mine and "您写的还在" in mine
    listed = cast.client("coordinator").get("/desk/signups").content.decode()
    assert listed.count("待筛选") >= 3
    at_desk = {"desk": Desk.objects.get(period=period).id}
    assert refused(lambda: actions.take_signup_step(signup_id=first.id, step="take_signup", by=cast.actors["coordinator"], given=at_desk)) == "over"
    for one in (first, second, nameless):
        actions.take_signup_step(signup_id=one.id, step="pass_on", by=cast.actors["coordinator"])
    assert Signup.objects.filter(state="passed").count() == 3 and list(verify_history()) == []
