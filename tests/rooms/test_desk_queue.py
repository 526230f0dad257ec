"""The queue of a leader's desk: it is there while the agent beside answers it, and colleagues pass callers on to it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.leader_day import HELD, announced

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import Person, Session
from minsheng.accounts.rules import Role
from minsheng.cases.models import Case
from minsheng.contacts.actions import read_for_duty
from minsheng.kit import clock
from minsheng.leader_days.jobs import close_queues
from minsheng.leader_days.models import DeskCall
from minsheng.telephony import gateway
from minsheng.telephony.actions import lost, presence, sealed_rows, seat
from minsheng.telephony.models import AgentState, Call, CallCase, CallEvent, DeskQueue
from minsheng.telephony.simulated import Simulated


class Noting(Simulated):
    """The simulator, and what it was asked."""

    asked: list[tuple]
    gone: frozenset[int] = frozenset()  # whose telephone is not there
    name = "asterisk"  # the simulator's people are always there

    def desks(self, ids):
        self.asked.append(("desks", ids))

    def agent_login(self, person_id, queues):
        self.asked.append(("in", person_id, tuple(map(gateway.queue_name, queues))))

    def agent_pause(self, person_id, reason):
        self.asked.append(("pause", reason))

    def agent_unpause(self, person_id):
        self.asked.append(("ready",))

    def agent_logout(self, person_id):
        self.asked.append(("out",))

    def absent(self, people):
        return people & self.gone

    def take(self) -> list[tuple]:
        now, self.asked = self.asked, []
        return now


@pytest.fixture
def there(settings, monkeypatch, tmp_path) -> Noting:
    settings.TELEPHONY, settings.DATA = "asterisk", tmp_path
    made = Noting(Path(tmp_path))
    made.asked = []
    monkeypatch.setattr(gateway, "now", lambda: made)
    return made


@pytest.fixture
def desk(cast, there):
    found = announced(cast).desks.get()
    with clock.fixed(HELD):
        yield found


def ask(cast, desk, deed: str, who: str = "agent"):
    return cast.client(who).post(f"/desk/desks/{desk.id}/queue", {"deed": deed})


def test_the_agent_beside_answers_the_desk_and_no_other_queue_until_they_go_back(cast, desk, there):
    agent, queue = cast.people["agent"].id, f"q-desk-{desk.id}"
    seat.stand(by=cast.actors["agent"], state="ready")
    there.take()
    assert ask(cast, desk, "answer").status_code == 302
    assert there.take() == [("desks", (desk.id,)), ("in", agent, (queue,)), ("ready",)], "the queue is there before anybody is in it"
    page = cast.client("agent").get(f"/desk/desks/{desk.id}").content.decode()
    assert "转到本席的来电由话务员甲的话机接" in page and "话机回到热线队列" in page
    assert "由话务员甲的话机接" in cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()
    seat.stand(by=cast.actors["agent"], state="paused", reason="meal")
    assert there.take() == [("in", agent, (queue,)), ("pause", "meal")], "away from the desk, it is still the desk's telephone"
    assert ask(cast, desk, "leave").status_code == 302
    asked = there.take()
    assert [one[0] for one in asked] == ["in", "pause", "desks"] and queue not in asked[0][2] and asked[0][2] and asked[-1] == ("desks", ())
    assert "没有话机接转到本席的来电" in cast.client("agent").get(f"/desk/desks/{desk.id}").content.decode()


def test_colleagues_pass_callers_on_to_a_desk_that_somebody_answers(cast, desk, there):
    named = f'value="q-desk-{desk.id}"'
    assert named not in cast.client("shift_leader").get("/desk/phone/targets").content.decode()
    ask(cast, desk, "answer")
    assert named not in cast.client("shift_leader").get("/desk/phone/targets").content.decode(), "nobody's telephone is signed in there yet"
    assert "话务员甲的话机还没有签入" in cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()
    seat.stand(by=cast.actors["agent"], state="ready")
    shown = cast.client("shift_leader").get("/desk/phone/targets").content.decode()
    assert named in shown and f"接听席：{desk.unit.short or desk.unit.name} {desk.leader_name}" in shown


def test_the_shift_leader_sees_who_answers_a_desk_alone(cast, desk, there):
    seat.stand(by=cast.actors["agent"], state="ready")
    floor = cast.client("shift_leader").get
    assert "话务员甲" in (shown := floor("/desk/phone/floor").content.decode()) and "只接接听席" not in shown
    ask(cast, desk, "answer")
    assert "只接接听席" in floor("/desk/phone/floor").content.decode()


def at_the_desk(cast, desk, name: str = "pbx1-9.1", kind: str = "connected") -> Call:
    """A call passed on to the desk: it rings at the agent beside (`offered`), or they talk."""
    agent, now = cast.people["agent"].id, clock.now()
    made = Call.objects.create(pbx="pbx1", linkedid=name, queue=f"q-desk-{desk.id}", language="zh", arrived_at=now, updated_at=now, connected_at=now,
                               agent_id=agent, period_desk_id=desk.id, **sealed_rows.sealed("+8613800000000"))
    CallEvent.objects.create(call=made, pbx="pbx1", linkedid=name, kind=kind, uniqueid="9.1", at=now, data={"agent": agent, "queue": made.queue}, digest=b"9")
    return made


def test_a_call_answered_at_the_desk_begins_on_its_page_with_its_number_and_is_on_the_case(cast, desk, there):
    ask(cast, desk, "answer")
    made, agent, leader = at_the_desk(cast, desk), cast.client("agent"), cast.client("leader")
    seat_page = f"/desk/desks/{desk.id}"
    assert f'href="{seat_page}?telephone={made.id}"' in agent.get(f"/desk/phone/call?key={made.linkedid}").content.decode()
    assert "data-begins" in agent.get(f"{seat_page}?telephone={made.id}").content.decode()
    assert "data-begins" not in leader.get(f"{seat_page}?telephone={made.id}").content.decode(), "only at whose telephone it is"
    agent.post(f"{seat_page}/begin", {"telephone": made.id})
    page, seen = agent.get(f"{seat_page}?telephone={made.id}").content.decode(), leader.get(seat_page).content.decode()
    assert f'data-telephone="{made.id}"' in page and "data-begins" not in page
    assert all("13800000000" not in text and "138********" in text for text in (page, seen)), "masked, as everywhere"
    one = DeskCall.objects.get()
    end = {"call": one.id, "narrative": "家里停水两天了", "words": "今天下午恢复供水", "rev-narrative": 0, "rev-words": 0, "then": "answer"}
    assert leader.post(f"{seat_page}/end", end).status_code == 302
    case = Case.objects.get()
    assert read_for_duty(contact=case.contact).phone == "+8613800000000"
    assert (case.period_id, case.call_id) == (desk.period_id, made.id) and CallCase.objects.get().case_id == case.id
    assert "data-begins" not in agent.get(f"{seat_page}?telephone={made.id}").content.decode(), "the page that is gone back to begins nothing anew"
    leader.post(f"{seat_page}/begin")
    assert DeskCall.objects.get(ended_at=None).telephone_id is None, "they have hung up, the exchange has not told of it yet: the next caller is another"


def test_a_second_matter_of_the_caller_at_the_desk_has_their_call(cast, desk, there):
    ask(cast, desk, "answer")
    made, leader, seat_page = at_the_desk(cast, desk), cast.client("leader"), f"/desk/desks/{desk.id}"
    more = "同一来电再登记一件"
    assert more not in leader.get(seat_page).content.decode(), "nothing of theirs is written down yet"
    cast.client("agent").post(f"{seat_page}/begin", {"telephone": made.id})

    def ends(words: str) -> str:
        one = DeskCall.objects.get(ended_at=None)
        leader.post(f"{seat_page}/end", {"call": one.id, "narrative": words, "words": "今天下午办好", "rev-narrative": 0, "rev-words": 0, "then": "answer"})
        return leader.get(seat_page).content.decode()

    page = ends("家里停水两天了")
    assert f'name="again" value="{made.id}"' in page and more in page
    Call.objects.filter(pk=made.pk).update(ended_at=clock.now())  # they hang up while it is pressed: it was told in that call all the same
    leader.post(f"{seat_page}/begin", {"again": made.id})
    assert DeskCall.objects.get(ended_at=None).telephone_id == made.id
    assert more not in ends("楼道里的灯也坏了"), "they have gone"
    assert CallCase.objects.filter(call=made).count() == 2 and set(Case.objects.values_list("call_id", flat=True)) == {made.id}
    assert {read_for_duty(contact=case.contact).phone for case in Case.objects.all()} == {"+8613800000000"}
    other = at_the_desk(cast, desk, "pbx1-9.3")
    Call.objects.filter(pk=other.pk).update(ended_at=clock.now(), period_desk_id=None)
    leader.post(f"{seat_page}/begin", {"again": other.id})
    assert DeskCall.objects.get(ended_at=None).telephone_id is None, "only who was written down here before"


def test_the_call_that_the_leader_began_by_hand_is_the_telephones(cast, desk, there):
    """Also when the agent looks at another page: nothing that was written goes, and the draft that it becomes has the call."""
    ask(cast, desk, "answer")
    seat_page, leader = f"/desk/desks/{desk.id}", cast.client("leader")
    leader.post(f"{seat_page}/begin")
    one = DeskCall.objects.get()
    leader.post(f"{seat_page}/words", {"call": one.id, "name": "narrative", "text": "楼下水泵房没有电", "rev": 0, "tab": "t"})
    made = at_the_desk(cast, desk)
    leader.post(f"{seat_page}/begin")
    one.refresh_from_db()
    assert one.telephone_id == made.id
    later = at_the_desk(cast, desk, "pbx1-9.2")
    assert "上一个来电还没有记完" in cast.client("agent").get(f"{seat_page}?telephone={later.id}").content.decode()
    cast.client("agent").post(f"{seat_page}/begin", {"telephone": later.id})
    one.refresh_from_db()
    assert one.telephone_id == made.id and DeskCall.objects.count() == 1
    cast.client("agent").post(f"{seat_page}/end", {"call": one.id, "then": "pass"})
    form = cast.client("agent").get(f"/desk/intake?draft={one.key}").content.decode()
    assert re.search(rf'name="call" value="{made.id}"', form) and "楼下水泵房没有电" in form


def test_an_open_page_of_the_desk_hears_who_answers_its_queue(cast, desk, there):
    state = f"/desk/desks/{desk.id}/state"
    assert "没有话机接" in cast.client("leader").get(state).json()["queue"]
    seat.stand(by=cast.actors["agent"], state="ready")
    ask(cast, desk, "answer")
    assert cast.client("leader").get(state).json()["queue"] == "转到本席的来电由话务员甲的话机接"


def test_the_form_of_a_call_at_the_desk_opens_with_the_desk_chosen(cast, desk, there):
    """Registered without a look at it, it is a call of the period; the agent may still choose otherwise."""
    made = at_the_desk(cast, desk)
    page = cast.client("agent").get(f"/desk/intake?call={made.id}").content.decode()
    assert re.search(rf'<option value="{desk.id}"[^>]* selected', page)
    sent = {"kind": "help", "narrative": "家里停水两天了，请尽快处理。", "category": "tap", "call": made.id, "desk": desk.id, "then": "submit"}
    cast.client("agent").post(f"/desk/intake/call{made.id}/finish", sent)
    assert Case.objects.get().period_id == desk.period_id


def test_who_signs_out_answers_no_desk_and_its_queue_is_gone(cast, desk, there):
    ask(cast, desk, "answer")
    assert there.take() == [("desks", (desk.id,))], "who is not signed in comes into it with the next sign-in"
    seat.stand(by=cast.actors["agent"], state="ready")
    assert there.take()[0][2] == (f"q-desk-{desk.id}",)
    seat.stand(by=cast.actors["agent"], state="out")
    assert ("desks", ()) in there.take() and not DeskQueue.objects.exists()


def test_whose_log_in_has_ended_answers_no_desk_and_who_is_lost_does_again_when_they_are_back(cast, desk, there):
    """Whoever waits there is the next of all in the hotline's queue: nobody would have come."""
    by = cast.actors["agent"]
    ask(cast, desk, "answer")
    seat.stand(by=by, state="ready")
    there.take()
    silent = {by.id: clock.now() - timedelta(minutes=1)}
    there.gone = frozenset({by.id})
    assert lost.settle(silent) == 1 and there.take() == [("out",), ("desks", ())]
    assert "话机还没有签入" in cast.client("leader").get(f"/desk/desks/{desk.id}").content.decode()
    there.gone = frozenset()
    seat.stand(by=by, state="ready")
    assert there.take() == [("desks", (desk.id,)), ("in", by.id, (f"q-desk-{desk.id}",)), ("ready",)], "the desk's, as before"
    Session.objects.filter(person_id=by.id).delete()
    Person.objects.filter(pk=by.id).update(last_login=clock.machine_now())
    assert lost.leave_ended() == 1 and there.take()[0] == ("desks", ()) and not DeskQueue.objects.exists()


def test_who_holds_no_telephone_any_more_is_rung_no_more(cast, desk, there):
    by = cast.actors["agent"]
    ask(cast, desk, "answer")
    seat.stand(by=by, state="ready")
    assert lost.leave_ended() == 0
    accounts.revoke_role(person=cast.people["agent"], role=Role.AGENT, by=accounts.COMMAND_LINE, setup=True)
    assert lost.leave_ended() == 1 and not DeskQueue.objects.exists()
    assert AgentState.objects.get(person_id=by.id, until=None).state == "out"


@pytest.mark.parametrize("how", ["locked", "left"])
def test_whose_account_is_shut_in_a_talk_speaks_to_its_end_and_is_rung_no_more(cast, desk, there, how):
    """The caller is not cut off for it."""
    by, person = cast.actors["agent"], cast.people["agent"]
    cast.client("agent").get("/desk/intake")
    Person.objects.filter(pk=by.id).update(last_login=clock.machine_now())
    ask(cast, desk, "answer")
    seat.stand(by=by, state="ready")
    made = at_the_desk(cast, desk)
    presence.change(person_id=by.id, state="talking", call_id=made.id, at=clock.now())
    there.take()
    if how == "locked":
        accounts.lock_person(person_id=by.id, by=cast.actors["security_admin"], reason="泄露来电人信息")
    else:
        accounts.leave(person=person, by=accounts.COMMAND_LINE, setup=True)
    assert lost.leave_ended() == 0 and there.take() == [] and DeskQueue.objects.exists(), "they talk"
    Call.objects.filter(pk=made.pk).update(ended_at=clock.now())
    assert lost.leave_ended() == 1 and there.take() == [("desks", ()), ("out",)] and not DeskQueue.objects.exists()
    assert AgentState.objects.get(person_id=by.id, until=None).state == "out"


def test_only_the_agent_beside_and_only_on_the_day_and_not_while_they_talk(cast, desk, there):
    for who, status in (("leader", 409), ("water", 409), ("roads", 404), ("dispatcher", 403)):
        assert ask(cast, desk, "answer", who).status_code == status, who
    presence.change(person_id=cast.people["agent"].id, state="talking", at=HELD)
    talking = ask(cast, desk, "answer")
    assert talking.status_code == 409 and "请先结束现在的通话" in talking.content.decode()
    with clock.fixed(HELD - timedelta(days=1)):
        assert ask(cast, desk, "answer").status_code == 404
    assert not DeskQueue.objects.exists() and there.take() == []


def test_an_exchange_that_does_not_answer_leaves_everything_as_it_was(cast, desk, there, monkeypatch):
    def down(ids):
        raise gateway.Refused("话务平台没有应答")

    monkeypatch.setattr(there, "desks", down)
    answer = ask(cast, desk, "answer")
    assert answer.status_code == 409 and "没有应答" in answer.content.decode() and not DeskQueue.objects.exists()


def test_after_the_day_the_clock_sends_the_telephone_back_once_its_talk_is_over(cast, desk, there):
    agent = cast.people["agent"].id
    seat.stand(by=cast.actors["agent"], state="ready")
    ask(cast, desk, "answer")
    assert close_queues(0) == 0 and DeskQueue.objects.exists(), "the day is not over"
    there.take()
    with clock.fixed(HELD + timedelta(days=1)):
        presence.change(person_id=agent, state="talking")
        assert close_queues(0) == 0 and there.take() == [] and DeskQueue.objects.exists()
        presence.change(person_id=agent, state="ready", at=clock.now() + timedelta(seconds=1))
        assert close_queues(0) == 1 and close_queues(0) == 0
        assert [one[0] for one in there.take()] == ["in", "ready", "desks"] and not DeskQueue.objects.exists()


def test_an_exchange_that_is_down_when_the_day_ends_is_told_when_it_is_there_again(cast, desk, there, monkeypatch):
    """It would go on to ring the telephone there, and the next one's turn comes all the same."""
    seat.stand(by=cast.actors["agent"], state="ready")
    ask(cast, desk, "answer")
    DeskQueue.objects.create(person_id=cast.people["shift_leader"].id, desk_id=desk.id, languages=["zh"], since=HELD)

    def down(ids):
        raise gateway.Refused("话务平台没有应答")

    with clock.fixed(HELD + timedelta(days=1)):
        with monkeypatch.context() as broken:
            broken.setattr(there, "desks", down)
            assert close_queues(0) == 0 and DeskQueue.objects.count() == 2
        there.take()
        assert close_queues(0) == 2 and there.take()[-1] == ("desks", ()) and not DeskQueue.objects.exists()
