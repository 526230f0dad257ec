"""Side doors of a period: what is taken back, merged, split, opened anew or asked twice in its middle changes no figure behind its list's back."""

import pytest
from tests.cast import later
from tests.leader_day import HELD, announced, call, called_back, desk, go_on, promise, refused, step
from tests.screens.test_period_reports import links, opened

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import actor_of
from minsheng.accounts.rules import Role
from minsheng.cases import actions as cases
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.leader_days import actions
from minsheng.leader_days.actions import desk_calls
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Commitment, Desk
from minsheng.leader_days.queries import report

pytestmark = pytest.mark.one_server



def figures(cast, period) -> dict:
    return report.of([period], cast.actors["supervisor"]).as_dict()


@pytest.mark.parametrize("end", ["phone_withdraw", "merge", "split"])
def test_a_promise_outlives_what_becomes_of_its_case_and_is_kept_or_withdrawn_by_its_own_steps(cast, end):
    period = announced(cast)
    with clock.fixed(HELD):
        case, other = call(cast, period), call(cast, period)
        one = promise(cast, period, case)
        if end == "merge":
            cast.take(case, "merge", "dispatcher", master=other.id, reason="同一事项")
        elif end == "split":
            parts = [{"title": title, "narrative": f"家里{title}，请尽快处理。", "category": "tap"} for title in ("停水", "水黄")]
            cast.take(case, "split", "dispatcher", parts=parts, reason="两件事")
        else:
            cast.take(case, end, "agent", reason="已恢复供水")
    with clock.fixed(later(days=5)):
        assert figures(cast, period)["commitments"]["open"] == 1, "the word was given, whatever becomes of the order"
        assert cast.client("supervisor").get(f"/desk/commitments/{one.id}").status_code == 200
        step(cast, period.id, "hold")
        assert refused(lambda: step(cast, period.id, "close_period", summary="已毕")) == "waiting"
        go_on(cast, one, "prove", "water", proof="已换", done_on="2025-01-06")
        assert go_on(cast, one, "conclude_kept", "supervisor", finding="到场核实").state == "kept"
        assert refused(lambda: go_on(cast, one, "conclude_kept", "supervisor", finding="再来一次")) == "state"
        assert figures(cast, period)["commitments"]["kept"] == 1 and list(verify_history()) == []


def test_every_figure_is_its_list_after_a_withdrawal_and_a_reopening_in_the_middle(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        gone, answered, _ = call(cast, period), call(cast, period, then="answer", given={"answer": "今晚恢复", "no_article": "当场"}), call(cast, period)
        called_back(cast, answered)
        cast.take(gone, "phone_withdraw", "agent", reason="已恢复供水")
        found = figures(cast, period)
    assert found["received"] == Case.objects.filter(period_id=period.id).count() == 3
    assert found["done"] == found["completion"]["n"] <= found["completion"]["of"] <= 3 and found["answered_on_the_spot"] == 1
    client = cast.client("supervisor")
    with clock.fixed(HELD):
        shown = [(url, n) for url, n in links(client.get(f"/desk/periods/report?period={period.id}").content.decode()) if "/reports/" not in url]
        assert len(shown) > 10 and [(url, n) for url, n in shown if opened(client, url) != n] == []


def test_nothing_of_a_period_is_taken_back_once_its_desks_take_calls(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        call(cast, period)
        assert refused(lambda: step(cast, period.id, "recall", reason="改期")) == "begun"
        assert refused(lambda: step(cast, period.id, "remove_desk", desk=Desk.objects.get(period=period).id)) == "state"
        assert refused(lambda: step(cast, period.id, "add_desk", **desk(cast))) == "state"


def second_leader(cast) -> str:
    person = accounts.create_person(username="leader_2", name="领导乙", unit=cast.units["water"], by=accounts.COMMAND_LINE, setup=True,
                                    must_change_password=False)
    accounts.grant_role(person=person, role=Role.LEADER, by=accounts.COMMAND_LINE, setup=True)
    cast.people["leader_2"], cast.actors["leader_2"] = person, actor_of(person, frozenset({Role.LEADER}))
    return "leader_2"


def test_a_desk_that_got_another_leader_before_the_day_is_no_longer_the_first_ones(cast):
    period = announced(cast)
    other = second_leader(cast)
    step(cast, period.id, "recall", reason="换人")
    step(cast, period.id, "remove_desk", desk=Desk.objects.get(period=period).id)
    step(cast, period.id, "add_desk", **desk(cast, leader=cast.people[other].id))
    step(cast, period.id, "announce", "supervisor")
    now = Desk.objects.get(period=period, removed_at=None)
    with clock.fixed(HELD):
        old = Desk.objects.exclude(id=now.id).get()
        assert [refused(lambda d=d, w=w: desk_calls.begin(desk_id=d.id, by=cast.actors[w])) for d, w in ((now, other), (now, "leader"), (old, "leader"))] == [
            "", "hidden", "hidden"]
        case = call_at(cast, now)
        assert refused(lambda: cases.take_step(case_id=case.id, step="urge_in_person", by=cast.actors["leader"], given={"urging": "快办"})) in (
            "not_own_desk", "hidden")
    public = cast.client("leader").get("/leader-days").content.decode().split("<main")[1]
    assert cast.people[other].name in public and cast.people["leader"].name not in public


def call_at(cast, at: Desk):
    content = {"kind": "help", "narrative": "家里停水两天了，请尽快处理。", "title": "停水", "place": "幸福路1号", "category": "tap"}
    return actions.register_call(desk_id=at.id, by=cast.actors["agent"], **content, then="submit").case


def test_a_promise_for_a_rest_day_or_before_its_call_leaves_neither_case_nor_row(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period)
        for due in ("2025-01-04", "2025-01-28", "2025-01-02"):  # Saturday; in the spring festival; before the call
            assert refused(lambda day=due: promise(cast, period, case, due=day)) == "due", due
        assert not Commitment.objects.exists()
