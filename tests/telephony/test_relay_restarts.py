"""A unit and a requester who wants no name told speak through the centre, and the exchange dies in it: nobody is rung twice, no number is seen."""

import os
import signal
from datetime import timedelta

import pytest

from minsheng.accounts.models import Person
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.ledger.models import Entry
from minsheng.telephony.actions import callbacks, relays, tail
from minsheng.telephony.models import Call, Callback, CallCase, CallEvent
from tests.cast import NOW, PHONE, build
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, Phone, agent_bye, until, wait

pytestmark = [pytest.mark.pbx, pytest.mark.django_db]
OWN = "08916300001"


def test_pressed_again_before_the_ledger_is_read_or_after_a_restart_it_rings_once(exchange, settings):
    settings.TELEPHONY, settings.DATA = "asterisk", exchange.folder
    with clock.fixed(NOW):
        cast = build()
        case = cast.at_state(State.IN_PROGRESS)
        cast.take(case, "phone_secrecy", "agent", identity=["when", "matter"])
    Person.objects.filter(pk=cast.people["water"].pk).update(phone=OWN)
    by = cast.actors["water"]
    both = Phone(exchange, [*ANSWERS, UNTIL_TOLD, agent_bye(), wait(100)], "outside", port=exchange.outside, many=("-m", "2"))
    first, second = f"rl-{case.id}-1", f"rl-{case.id}-2"

    def refused(key: str, after: timedelta) -> str:
        with clock.fixed(NOW + after), pytest.raises(Refused) as said:
            relays.ring(case_id=case.id, key=key, by=by)
        return str(said.value)

    with clock.fixed(NOW):
        relays.ring(case_id=case.id, key=first, by=by)
    exchange.records(first)
    assert "刚刚拨过" in refused(first, timedelta(seconds=1)) and "刚刚拨过" in refused(second, timedelta(seconds=2))
    os.kill(exchange.now.pid, signal.SIGKILL)
    until(lambda: not exchange.now.alive)
    exchange.start()
    assert "刚刚拨过" in refused(second, timedelta(seconds=30)) and "已经拨出" in refused(first, timedelta(minutes=5))
    assert both.messages.count("\nINVITE sip:") == 2, "each of them once"
    both.end()

    tail.tail(exchange.places.home)
    call = Call.objects.get(linkedid=first)
    assert (call.result, call.direction, call.number_hash, call.number_sealed) == ("pbx_restart", "out", None, None)
    now = clock.machine_now() + timedelta(minutes=10)
    with clock.fixed(now):
        assert relays.settle() == 1 and callbacks.settle() == 0
        assert relays.settle() == 0 and CallCase.objects.filter(call=call, case_id=case.id).count() == 1
    assert not Callback.objects.exists() and not case.steps.filter(step="relay_contact").exists(), "cut off by us, it is no contact, and the unit rings anew"
    for seen in (OWN, PHONE):
        assert not CallEvent.objects.filter(data__icontains=seen[-8:]).exists() and not Entry.objects.filter(detail__icontains=seen[-8:]).exists()
