"""The whole of it on bad days: the program killed in mid-call, the database standing still, the exchange killed. Real calls, a real `serve`.

One exchange and one program for all, in the order of the file. What the program holds afterwards is held against the exchange's own files.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from django.test import override_settings

from minsheng.kit.embedded_postgres import Embedded
from minsheng.telephony.queries import link
from minsheng.telephony.rules.calls import what_was
from minsheng.telephony.rules.events import Kind
from minsheng.telephony.rules.ledger_lines import read_cel, read_queue_log
from tests import ready_folders, served
from tests.telephony.consumer import Consumer, listening
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, WAIT_BYE, Exchange, agent_bye, bye, free_port, key, until, wait
from tests.telephony.web_phone import WebPhone

pytestmark = pytest.mark.pbx
STANDS_STILL = 30 if os.environ.get("MINSHENG_HEAVY") == "1" else 12  # seconds without a database


class Centre:
    """An exchange, and the program that watches it."""

    def __init__(self, data: Path, other: Consumer):
        self.data, self.other = data, other
        ready_folders.copy(ready_folders.empty(), data)
        self.exchange = Exchange(data, outside=free_port())
        self.exchange.start()
        told = {"MINSHENG_CTI_URL": other.url, "MINSHENG_CTI_OUT_SECRET": other.secret}
        self.program = served.Served(data, served.environment(MINSHENG_DATA=str(data), **told), ("--workers", "1", "--telephony", "asterisk"))
        self.program.start()
        self.program.people("agent", "shift_leader", "callback_clerk")
        self.then: dict[str, tuple[str, str, float]] = {}  # call -> (why it is owed one, what becomes of its recording, least seconds of it)
        self.people = dict(self.program.sql("SELECT username, id FROM accounts_person"))

    def close(self) -> None:
        self.program.stop()
        self.exchange.close()
        Embedded(self.data).stop()

    def kill_the_program(self) -> None:
        """Supervisor, web and worker at once; the database, which is its own, stays."""
        at = Embedded(self.data).pid()
        of_it = [self.program.process, *(self.program.process.children(recursive=True))]
        database = {at, *(child.pid for child in psutil.Process(at).children(recursive=True))}
        for process in of_it:
            if process.pid not in database:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self.program.serve.wait(10)

    def connected(self, number: str) -> str:
        return self.exchange.call(number, "CONNECT")

    def live(self, *calls: str) -> None:
        """Until the program knows that these go on."""
        until(lambda: {self.known().get(call, ("",))[0] for call in calls} == {"live"}, what="the program did not hear of the call")

    def known(self) -> dict[str, tuple]:
        """linkedid -> (result, agent, number of events), as the program has it."""
        rows = self.program.sql("SELECT c.linkedid, c.result, c.agent_id, (SELECT count(*) FROM telephony_callevent e WHERE e.call_id = c.id) "
                                "FROM telephony_call c")
        assert len({row[0] for row in rows}) == len(rows)
        return {row[0]: row[1:] for row in rows}

    def written(self) -> dict[str, tuple]:
        """The same by the exchange's own files, whole."""
        read = [way(line, "pbx-t1") for file, way in ((self.exchange.places.queue_log, read_queue_log), (self.exchange.places.cel, read_cel))
                for line in file.read_text(encoding="utf-8").splitlines()]
        calls: dict[str, set] = {}
        for event in read:
            if event and event.linkedid:
                calls.setdefault(event.linkedid, set()).add(event)
        restarts = [event.at for event in read if event and event.kind is Kind.PBX_RESTARTED]
        facts = {linkedid: what_was(events, restarts) for linkedid, events in calls.items()}
        return {linkedid: (facts[linkedid].result, facts[linkedid].agent_id, len(calls[linkedid])) for linkedid in calls}

    def agrees(self, seconds: float = 60) -> dict[str, tuple]:
        """Nothing is missing and nothing doubled: what the program knows is what the exchange wrote."""
        with contextlib.suppress(AssertionError):
            until(lambda: self.known() == self.written(), seconds)
        known = self.known()
        assert known == self.written()
        return known

    def owed(self, call: str) -> list[tuple]:
        return self.program.sql("SELECT b.reason, b.state FROM telephony_callback b JOIN telephony_call c ON c.id = b.call_id WHERE c.linkedid = %s", call)

    def recorded(self, call: str) -> list[tuple]:
        return self.program.sql("SELECT r.state, r.seconds FROM telephony_recording r JOIN telephony_call c ON c.id = r.call_id WHERE c.linkedid = %s", call)


@pytest.fixture(scope="module")
def centre(programs):
    before = os.environ.get("MINSHENG_PBX_PROGRAMS")
    with tempfile.TemporaryDirectory(prefix="minsheng-bad-", ignore_cleanup_errors=True) as folder, pytest.MonkeyPatch.context() as patched, \
            listening("s" * 40) as other:
        for name in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
            patched.delenv(name, raising=False)
        os.environ["MINSHENG_PBX_PROGRAMS"] = str(programs)
        made = Centre(Path(folder) / "data", other)
        try:
            yield made
        finally:
            made.close()
            os.environ.pop("MINSHENG_PBX_PROGRAMS") if before is None else os.environ.update(MINSHENG_PBX_PROGRAMS=before)


def test_the_program_is_killed_in_mid_call_and_neither_the_citizen_nor_the_record_notices(centre):
    exchange, agent, leader = centre.exchange, centre.people["agent"], centre.people["shift_leader"]
    exchange.sits(agent, ("q-zh",), [*ANSWERS])
    talks = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000031")
    first = centre.connected("13800000031")
    centre.live(first)
    centre.kill_the_program()
    gives_up = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000032")
    lost = exchange.call("13800000032", "ENTERQUEUE")
    gives_up.go_on()
    assert gives_up.wait() == 0, gives_up.messages[-3000:]
    colleague = exchange.sits(leader, ("q-zh",), [*ANSWERS, UNTIL_TOLD, agent_bye(), wait(100)])
    meanwhile = exchange.ring([wait(300), key("1"), UNTIL_TOLD, key("1"), WAIT_BYE], number="13800000033")
    second = centre.connected("13800000033")
    exchange.records(second, 0.7)
    colleague.go_on()
    exchange.asked(second)
    exchange.records(first, 4)
    for phone in (meanwhile, talks):
        phone.go_on()
    assert talks.wait() == 0, "the call went on without the program"
    assert meanwhile.wait() == 0
    centre.program.start()
    known = centre.agrees()
    assert {call: known[call][:2] for call in (first, lost, second)} == {first: ("answered", agent), lost: ("abandoned", None), second: ("answered", leader)}
    (survey,) = centre.program.sql("SELECT survey FROM telephony_call WHERE linkedid = %s", second)[0]
    assert survey == 1, "what was pressed while nobody of ours listened"
    centre.then |= {first: ("", "kept", 4), second: ("", "kept", 0.5), lost: ("abandoned", "", 0)}
    for person in (agent, leader):
        exchange.gateway.agent_logout(person)


@pytest.mark.alone
def test_a_browser_that_dies_while_it_rings_costs_its_caller_seconds(centre):
    exchange, clerk, leader = centre.exchange, centre.people["callback_clerk"], centre.people["shift_leader"]
    phone = WebPhone(exchange.gateway.line(clerk))
    colleague = exchange.sits(leader, (), [*ANSWERS, UNTIL_TOLD, agent_bye(), wait(100)])
    exchange.gateway.agent_login(clerk, ("q-zh",))
    citizen = exchange.ring([wait(300), key("1"), WAIT_BYE], number="13800000040")
    call = phone.rings()
    exchange.gateway.agent_login(leader, ("q-zh",))
    phone.gone()
    (row,) = until(lambda: exchange.of_queue("CONNECT", call), 25, "nobody ended the ringing at nobody")
    (rang,) = exchange.of_queue("RINGNOANSWER", call)
    assert row[3] == f"a{leader}" and (rang[3], int(rang[5]) < 15_000) == (f"a{clerk}", True), "the exchange itself rings for 20 seconds"
    exchange.records(call, 0.7)
    colleague.go_on()
    assert citizen.wait() == 0
    assert centre.agrees()[call][:2] == ("answered", leader)
    assert centre.program.sql("SELECT state FROM telephony_agentstate WHERE person_id = %s AND until IS NULL", clerk) == [("lost",)]
    centre.then |= {call: ("", "kept", 0.5)}
    exchange.gateway.agent_logout(leader)


def test_whose_log_in_has_ended_is_rung_no_more_and_a_talk_goes_on_to_its_end(centre):
    """Eight hours are over: the window stands open, its telephone is signed on, and whoever sits there could open no page of the caller's."""
    exchange, agent, leader = centre.exchange, centre.people["agent"], centre.people["shift_leader"]
    phone = WebPhone(exchange.gateway.line(leader))
    exchange.gateway.agent_login(leader, ("q-bo",))
    exchange.sits(agent, ("q-zh",), [*ANSWERS])
    talks = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000041")
    call = centre.connected("13800000041")
    standing = "SELECT state FROM telephony_agentstate WHERE person_id = %s AND until IS NULL"
    until(lambda: centre.program.sql(standing, agent) == [("talking",)] and centre.program.sql(standing, leader) == [("ready",)])
    centre.program.sql("UPDATE accounts_session SET started_at = started_at - interval '9 hours' RETURNING 1")
    until(lambda: centre.program.sql(standing, leader) == [("out",)], 60, "nobody heard that the log-in has ended")
    seated = {one.person_id for one in exchange.gateway.snapshot().agents}
    assert leader not in seated
    said = exchange.dials(agent, f"a{leader}", 200)
    assert said.wait(10) != 0, "not even by a colleague"
    assert centre.program.sql(standing, agent) == [("talking",)] and talks.process.poll() is None, "who talks is not cut off"
    exchange.records(call, 12)
    talks.go_on()
    assert talks.wait() == 0
    until(lambda: centre.program.sql(standing, agent) == [("out",)], 60)
    assert not exchange.gateway.snapshot().agents
    centre.program.sql("UPDATE accounts_session SET started_at = started_at + interval '9 hours' RETURNING 1")
    assert centre.agrees()[call][:2] == ("answered", agent)
    centre.then |= {call: ("", "kept", 12)}
    phone.gone()


def test_a_database_that_stands_still_for_half_a_minute_loses_no_call(centre):
    exchange, agent = centre.exchange, centre.people["agent"]
    server = psutil.Process(Embedded(centre.data).pid())
    all_of_it = [server, *server.children(recursive=True)]
    began = time.monotonic()
    for process in all_of_it:
        process.suspend()
    try:
        talks = exchange.sits(agent, ("q-zh",), [*ANSWERS, UNTIL_TOLD, agent_bye(), wait(100)])
        answered = exchange.ring([wait(300), key("1"), UNTIL_TOLD, key("1"), WAIT_BYE], number="13800000034")
        call = centre.connected("13800000034")
        exchange.records(call, 1.2)
        talks.go_on()
        exchange.asked(call)
        answered.go_on()
        assert answered.wait() == 0
        exchange.gateway.agent_logout(agent)
        presses_1 = exchange.ring([wait(300), key("1"), UNTIL_TOLD, key("1"), WAIT_BYE], number="13800000035")
        back = exchange.call("13800000035", "ENTERQUEUE")
        presses_1.go_on()
        assert presses_1.wait() == 0
        while time.monotonic() - began < STANDS_STILL:
            assert centre.program.serve.poll() is None
            time.sleep(0.2)
    finally:
        for process in all_of_it:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
    known = centre.agrees()
    assert known[call][:2] == ("answered", agent) and known[back][:2] == ("callback", None)
    centre.then |= {call: ("", "kept", 1), back: ("pressed_1", "", 0)}


def test_the_exchange_is_killed_open_calls_are_closed_as_such_and_who_waited_or_talked_is_rung_back(centre):
    exchange, agent = centre.exchange, centre.people["agent"]
    exchange.sits(agent, ("q-zh",))
    exchange.remembers("q-zh", agent)
    talks = exchange.ring([wait(300), key("1"), UNTIL_TOLD], number="13800000036")
    talked = centre.connected("13800000036")
    waits = exchange.ring([wait(300), key("1"), UNTIL_TOLD], number="13800000037")
    waited = exchange.call("13800000037", "ENTERQUEUE")
    exchange.records(talked, 1)
    centre.live(talked, waited)
    os.kill(exchange.now.pid, signal.SIGKILL)
    until(lambda: not exchange.now.alive)
    for phone in (talks, waits):
        phone.end()
    assert {centre.known()[call][0] for call in (talked, waited)} == {"live"}, "nobody knows yet"
    with override_settings(TELEPHONY="asterisk", DATA=exchange.folder):
        assert link.link().down, "the wallboard says that the exchange is down, and not that its numbers are of now"
    exchange.start()
    with override_settings(TELEPHONY="asterisk", DATA=exchange.folder):
        assert not link.link().down
    known = centre.agrees()
    assert known[talked][:2] == ("pbx_restart", agent) and known[waited][:2] == ("pbx_restart", None)
    assert not [call for call, (result, *_) in known.items() if result == "live"]
    exchange.sits(agent, ("q-zh",), [*ANSWERS])
    again = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000038")
    after = centre.connected("13800000038")
    exchange.records(after, 0.6)
    again.go_on()
    assert again.wait() == 0 and after not in known, "it is up again, and no number is used twice"
    assert centre.agrees()[after][:2] == ("answered", agent)
    centre.then |= {talked: ("pbx_restart", "repaired", 0.5), waited: ("pbx_restart", "", 0), after: ("", "kept", 0.5)}


def test_afterwards_every_lost_caller_is_owed_one_call_and_every_talk_is_on_record(centre):
    """By the program's own jobs, whatever was killed before."""
    assert len(centre.then) == 10
    for call, (reason, state, seconds) in centre.then.items():
        night = {"abandoned": ("abandoned", "night")}.get(reason, (reason,))
        until(lambda call=call, state=state: [row[0] for row in centre.recorded(call)] == ([state] if state else []), 90, f"{call}: {centre.recorded(call)}")
        until(lambda call=call, reason=reason: len(centre.owed(call)) == bool(reason), 60, f"{call}: {centre.owed(call)}")
        assert all(why in night and now == "waiting" for why, now in centre.owed(call)), (call, centre.owed(call))
        assert all(long > seconds for _, long in centre.recorded(call)), (call, centre.recorded(call))
    answered = {call for call, facts in centre.known().items() if facts[0] == "answered"}
    wanted = {(call, event) for call in centre.then for event in ("newCall", "hangup")} | {(call, "answer") for call in answered}
    until(lambda: {(one["callId"], one["event"]) for one in centre.other.taken} >= wanted, 20, "another program of the city was not told of every call")
