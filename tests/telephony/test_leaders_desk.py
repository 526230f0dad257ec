"""A leader's desk on the real exchange: the agent beside answers its queue, a colleague passes a caller on to it, and it ends."""

import pytest

from minsheng.kit import clock
from minsheng.leader_days.actions import desk_calls
from minsheng.telephony.actions import desk_queue, presence, seat, tail
from minsheng.telephony.models import Call
from minsheng.telephony.queries import seat as seats
from tests.cast import NOW, build
from tests.leader_day import HELD, announced
from tests.telephony.phones import UNTIL_TOLD, bye, key, until, wait

pytestmark = [pytest.mark.pbx, pytest.mark.django_db]
COLLEAGUE, NUMBER = 1900, "13800000071"


def queues_of(exchange, person: int) -> tuple[str, ...]:
    return {one.person_id: one.queues for one in exchange.gateway.snapshot().agents}.get(person, ())


def test_a_caller_is_passed_on_to_a_leaders_desk_and_its_call_is_the_desks(exchange, settings):
    settings.TELEPHONY, settings.DATA = "asterisk", exchange.folder
    with clock.fixed(NOW):
        cast = build()
        desk, by = announced(cast).desks.get(), cast.actors["agent"]
    queue = f"q-desk-{desk.id}"
    exchange.sits(by.id, ("q-zh",))
    with clock.fixed(HELD):
        presence.change(person_id=by.id, state="ready")
        desk_calls.answer_queue(desk_id=desk.id, by=by, languages=["zh"])
        assert seats.at_desks() == {desk.id: {by.id: True}}
    assert queues_of(exchange, by.id) == (queue,), "in no other"
    exchange.sits(COLLEAGUE, ("q-zh",))
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=NUMBER)
    call = exchange.call(NUMBER, "CONNECT")
    exchange.gateway.transfer(COLLEAGUE, queue)
    until(lambda: len(exchange.of_queue("CONNECT", call)) == 2, what="nobody at the desk answers")
    citizen.go_on()
    assert citizen.wait() == 0
    assert [(row[2], row[3]) for row in exchange.of_queue("CONNECT", call)] == [("q-zh", f"a{COLLEAGUE}"), (queue, f"a{by.id}")]
    until(lambda: [row for row in exchange.events() if row[0] == "LINKEDID_END" and row[2] == call])
    tail.tail(exchange.places.home)
    assert Call.objects.get(linkedid=call).period_desk_id == desk.id
    with clock.fixed(HELD):
        assert desk_queue.leave(by=by) and not seats.at_desks()
    assert queues_of(exchange, by.id) == ("q-zh",)
    seat.leave(by=by)
    exchange.gateway.agent_logout(COLLEAGUE)


def test_a_caller_at_the_desk_is_written_down_on_two_screens_and_is_on_the_case_with_its_recording(journey):
    told = journey("desk_telephone")
    first, second, kept = told["first"], told["second"], told["kept"]
    assert "没有话机接" in told["before"] and "话务员甲的话机接" in told["after"], "the page that was open already says so"
    assert (first["number"], first["hidden"], first["bare"], first["over"], first["left"]) == ("138********", "138********", False, 0, 0)
    assert first["order"] == "今天下午五点前恢复供水。" and first["again"] == "家里停水两天了，老人住三楼。"
    assert second["kept"] == "楼下水泵房也没有电。" and second["left"] == 0 and second["draft"].startswith("楼下水泵房也没有电。")
    assert second["desk"] and second["of"] == kept.pop("second"), "the draft is of that call, at that desk"
    assert kept == {"periods": [True, True], "linked": 2, "desks": [True, True], "cases": 2}
