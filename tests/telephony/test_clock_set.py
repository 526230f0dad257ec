"""A real exchange whose clock is set while people talk, and a talk over midnight: what is on record afterwards, by the tailer that serves."""

import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from minsheng.kit import clock
from minsheng.telephony.actions import callbacks, tail
from minsheng.telephony.gateway import Refused
from minsheng.telephony.models import Call, Callback, Recording
from minsheng.telephony.queries import figures, link
from minsheng.telephony.rules import callbacks as rules
from tests.telephony.faked import Clock, faked
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, Exchange, bye, free_port, key, until, wait

pytestmark = [pytest.mark.pbx, pytest.mark.django_db]
AGENT = 81
CITY = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def faked_exchange(programs, monkeypatch):
    monkeypatch.setenv("MINSHENG_PBX_PROGRAMS", str(programs))
    with tempfile.TemporaryDirectory(prefix="minsheng-clock-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        its_clock = faked(monkeypatch, folder)
        made = Exchange(folder, outside=free_port())
        try:
            yield made, its_clock
        finally:
            made.close()


def talk(exchange: Exchange, number: str):
    """Until it is told to go on."""
    citizen = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=number)
    return citizen, exchange.call(number, "CONNECT")


def stands_at(exchange: Exchange) -> float:
    """What the exchange's clock says; 0: it closed the link, whose time to log in the jump had taken."""
    try:
        return float(exchange.gateway.ask(lambda link: link.send("Ping"))["Timestamp"])
    except Refused:
        return 0.0


def read(exchange: Exchange) -> None:
    tail.tail(exchange.places.home)


@pytest.mark.parametrize("by", [600, -600])
def test_a_clock_that_is_set_in_a_talk_leaves_its_length_in_doubt_and_costs_no_call(faked_exchange, by):
    exchange, its = faked_exchange
    exchange.start()
    exchange.sits(AGENT, ("q-zh",), [*ANSWERS])
    citizen, call = talk(exchange, "13800000081")
    read(exchange)
    assert Call.objects.get(linkedid=call).doubtful == ""
    its.ahead(by)
    until(lambda: abs(stands_at(exchange) - time.time() - by) < 5, what="it does not know yet")
    citizen.go_on()
    assert citizen.wait() == 0, "the talk itself notices nothing"
    until(lambda: exchange.of_queue("COMPLETECALLER", call))
    read(exchange)
    row = Call.objects.get(linkedid=call)
    assert (row.result, row.agent_id) == ("answered", AGENT) and row.doubtful in ("jump", "clock")
    (wrong,) = [said for well, said in link._clocks() if not well][:1]
    assert ("快" if by > 0 else "慢") in wrong
    exchange.sits(AGENT + 1, ("q-zh",), [*ANSWERS])
    citizen, after = talk(exchange, "13800000082")
    citizen.go_on()
    assert citizen.wait() == 0
    until(lambda: exchange.of_queue("COMPLETECALLER", after))
    read(exchange)
    assert (Call.objects.get(linkedid=after).result, Call.objects.get(linkedid=after).doubtful) == ("answered", ""), "the next one is whole"


def to_midnight(its: Clock, before: float) -> datetime:
    """The exchange stands so many seconds before the city's next midnight; which one."""
    now = datetime.now(UTC)
    midnight = (now.astimezone(CITY) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    its.ahead((midnight - now).total_seconds() - before)
    return midnight


def test_a_talk_over_midnight_is_of_the_day_on_which_it_came_and_who_gave_up_is_rung_by_day(faked_exchange):
    exchange, its = faked_exchange
    to_midnight(its, 60)
    exchange.start()
    exchange.sits(AGENT, ("q-zh",), [*ANSWERS])
    midnight = to_midnight(its, 20)  # two have rung by then, on whatever machine
    citizen, call = talk(exchange, "13800000083")
    waits = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000084")
    exchange.call("13800000084", "ENTERQUEUE")
    until(lambda: stands_at(exchange) > midnight.timestamp() + 1, what="its midnight does not come")
    for phone in (citizen, waits):
        phone.go_on()
    assert citizen.wait() == 0 and waits.wait() == 0
    (lost,) = exchange.linkedids("13800000084")
    until(lambda: exchange.of_queue("ABANDON", lost) and exchange.of_queue("COMPLETECALLER", call))
    offset = round((midnight - datetime.now(UTC)).total_seconds()) + 20  # ours stands where the exchange's does
    with clock.fixed(datetime.now(UTC) + timedelta(seconds=offset)):
        kept = midnight_read(exchange)
        day, next_day = (midnight - timedelta(days=1)).date(), midnight.date()
        assert kept[call].arrived_at < midnight < kept[call].ended_at and kept[lost].arrived_at < midnight < kept[lost].ended_at
        assert {one.doubtful for one in kept.values()} == {""}
        of_day, of_next = (figures.figures(*span(one))[0].counts for one in (day, next_day))
        assert (of_day["offered"], of_day["answered"], of_day["abandoned"]) == (2, 1, 1) and of_next["offered"] == 0, "each once, on the day it came"
        (recording,) = Recording.objects.filter(call=kept[call])
        assert f"{day:%Y/%m/%d}/" in recording.source and (exchange.places / "var/spool/monitor" / recording.source).exists()
        callbacks.settle()
        (owed,) = Callback.objects.all()
        due = owed.due_at.astimezone(CITY)
        assert owed.call_id == kept[lost].pk and owed.reason == "night"
        assert (due.date(), due.hour, due.minute) == (next_day, rules.DAY_BEGINS.hour, 0), "not in the night in which it was lost"


def midnight_read(exchange: Exchange) -> dict[str, Call]:
    read(exchange)
    return {call.linkedid: call for call in Call.objects.all()}


def span(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, datetime.min.time(), CITY)
    return begin, begin + timedelta(days=1)
