"""A notice reaches who may hear of it and nobody else, one person in all their tabs where it is theirs; a child that dies is started again."""

import asyncio
import contextlib
import json
import signal
import sys
import threading
import time
from functools import partial

import psycopg
import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import NOW, SETUP, build

from minsheng import asgi
from minsheng.accounts import actions as accounts
from minsheng.accounts import login
from minsheng.accounts.rules import Role
from minsheng.accounts.sessions import SessionStore
from minsheng.cases.actions.take import notice
from minsheng.cases.queries import recent
from minsheng.cases.rules import State
from minsheng.kit import clock, processes
from minsheng.kit.database import listening
from minsheng.kit.live import QUEUE, Live, Reader, Who, wanted
from minsheng.kit.notices import CHANNEL, Kind, Notice, Register, tell
from minsheng.kit.processes import Child, Supervisor

# A ringing call reaches one agent; a leader's commitment whom the number 7 is open to.
CALL = Kind("call", lambda by, ids: set(ids) if Role.AGENT in by.roles else set(), personal=True)
PROMISE = Kind("promise", lambda by, ids: {id_ for id_ in ids if id_ == 7})
KINDS = (recent.CASE, CALL, PROMISE)


class Watched(Live):
    """Says what it has taken in, and whether it still has something in hand: nobody here waits by the clock."""

    def __init__(self, *given):
        super().__init__(*given)
        self.seen, self.asking = [], 0

    def take(self, payload: str, mark: str) -> bool:
        self.seen.append(payload)
        return super().take(payload, mark)

    async def in_thread(self, ask, *given):
        self.asking += 1
        try:
            return await super().in_thread(ask, *given)
        finally:
            self.asking -= 1

    @property
    def quiet(self) -> bool:
        """Each reader has been sent what it may hear of all that was taken in."""
        return not self.asking and not any(reader.bell.is_set() for reader in self.readers)


async def until(true, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(0.02)


async def opened(*tabs) -> None:
    await until(lambda: all(tab.sent for tab in tabs))


class Tab:
    """One open stream."""

    def __init__(self, live: Live, cookies: str = "", query: bytes = b""):
        self.sent, self.shut = [], asyncio.Event()
        scope = {"headers": [(b"cookie", cookies.encode())], "query_string": query}
        self.task = asyncio.create_task(live.serve(scope, self.shut_by_reader, self.send))

    async def send(self, message):
        self.sent.append(message.get("body", b"").decode())

    async def shut_by_reader(self):
        await self.shut.wait()
        return {"type": "http.disconnect"}

    @property
    def heard(self) -> list[tuple[str, dict]]:
        lines = [piece.split("\ndata: ") for piece in "".join(self.sent).split("\n\n") if piece.startswith("event: ")]
        return [(name.removeprefix("event: "), json.loads(data)) for name, data in lines]

    def ids(self, kind: str) -> list[str]:
        return [data["id"] for _, data in self.heard if data.get("kind") == kind]


@contextlib.asynccontextmanager
async def channel(kinds=KINDS, enter=None):
    """(The process's end, a function that sends payloads and waits until they were taken in)."""
    live = Watched(listening, kinds, enter or (lambda cookies: Who((cookies,), len(cookies), None)))
    live.task = asyncio.create_task(live.listen())
    await until(lambda: live.seen)  # its own mark: it hears
    async with await psycopg.AsyncConnection.connect(**listening(), autocommit=True) as link:
        async def send(*payloads: str):
            last = json.dumps({"mark": f"behind {len(live.seen)}"})
            for payload in (*payloads, last):
                await link.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
            await until(lambda: last in live.seen and live.quiet)

        yield live, send
    live.end()
    both = threading.Barrier(2)
    await asyncio.gather(*[live.in_thread(lambda: (both.wait(10), connections.close_all())) for _ in range(2)])


def anybody(ids):
    return Kind("case", lambda by, asked: {id_ for id_ in asked if id_ in ids}, event="changed", before="case")


@pytest.mark.django_db(transaction=True)
def test_a_notice_in_the_form_of_this_version_and_of_the_one_before_reaches_only_who_may_know_of_the_case():
    big = 1780411583692801234  # as a script reads numbers it would be another

    async def run():
        async with channel((anybody({7, 9, big}), CALL)) as (live, send):
            tab = Tab(live)
            await opened(tab)
            await send('{"case": 7, "step": "sign"}', '{"case": 8, "step": "sign"}', notice(9, "sign"), notice(10, "sign"), notice(big, "sign"))
            assert [name for name, _ in tab.heard] == ["changed"] * 3 and tab.ids("case") == ["7", "9", str(big)]
            assert not live.register.dropped
    asyncio.run(run())
    assert json.loads(notice(big, "sign"))["case"] == big  # a process of the version before reads it, too


@pytest.mark.django_db(transaction=True)
def test_what_is_no_notice_and_of_no_kind_is_dropped_and_counted_and_nobody_hears_less():
    wrong = ["", "[]", "7", "null", "[" * 3000, '{"kind": 1}', '{"kind": "case"}', '{"kind": "case", "id": "7"}', '{"kind": "case", "id": true}',
             '{"kind": "case", "id": -1}', '{"kind": "case", "id": 7, "to": "x"}', '{"kind": "case", "id": 9999999999999999999}', '{"case": {}}']

    async def run():
        async with channel((anybody({7}), CALL)) as (live, send):
            tab = Tab(live)
            await opened(tab)
            await send(*wrong, '{"kind": "fax", "id": 7}', '{"kind": "call", "id": 7}', '{"mark": "of another process"}', '{"mark": []}', notice(7, "sign"))
            assert tab.ids("case") == ["7"] and len(tab.heard) == 1
            assert live.register.dropped == {"unreadable": len(wrong), "unknown kind": 1, "no addressee": 1}
    asyncio.run(run())


def begun(person) -> SessionStore:
    session = SessionStore()
    login.begin(person=person, address="127.0.0.1", device=f"tab {time.monotonic()}", session=session)
    return session


@pytest.mark.django_db(transaction=True)
def test_a_notice_to_one_person_reaches_all_their_tabs_and_nobody_else_until_they_lose_the_role_or_log_out():
    with clock.fixed(NOW):
        cast = build()
        case = cast.at_state(State.IN_PROGRESS)
    agent, other = cast.people["agent"], cast.people["dispatcher"]
    accounts.grant_role(person=other, role=Role.AGENT, by=SETUP, setup=True)
    mine, theirs = [begun(agent), begun(agent)], begun(other)

    async def run():
        async with channel(enter=asgi.reader) as (live, send):
            cookies = [f"sessionid={session.session_key}" for session in (mine[0], mine[1], theirs)]
            first, second, foreign = [Tab(live, each) for each in cookies]
            here = Tab(live, cookies[0], b"case=5")
            await opened(first, second, foreign, here)
            await send(Notice("call", 31, to=agent.id, what="ringing").payload(), Notice("promise", 7).payload(), Notice("promise", 8).payload(),
                       notice(case.id, "sign"), Notice("case", case.id, to=other.id).payload())
            assert [tab.ids("call") for tab in (first, second, here, foreign)] == [["31"]] * 3 + [[]]
            assert all(tab.ids("promise") == ["7"] for tab in (first, second, foreign))
            assert first.ids("case") == [str(case.id)] and here.ids("case") == [], "it shows another case"
            await live.in_thread(partial(login.log_out, by=cast.actors["agent"], session=mine[0]))
            await live.in_thread(partial(accounts.revoke_role, person=other, role=Role.AGENT, by=SETUP, setup=True))
            await send(Notice("call", 32, to=agent.id).payload(), Notice("call", 33, to=other.id).payload())
            assert first.task.done() and here.task.done() and first.ids("call") == ["31"], "logged out"
            assert second.ids("call") == ["31", "32"] and foreign.ids("call") == [], "another session; a role that was taken back"
    asyncio.run(run())


@pytest.mark.django_db(transaction=True)
def test_a_flood_for_everybody_or_for_one_takes_nothing_from_anothers_notice():
    async def run():
        async with channel((anybody(range(10**6)), Kind("call", lambda by, ids: set(ids), personal=True))) as (live, send):
            flooded, quiet = Tab(live, "abc"), Tab(live, "abcd")  # persons 3 and 4
            await opened(flooded, quiet)
            async with await psycopg.AsyncConnection.connect(**listening(), autocommit=True) as link:
                await link.execute("SELECT pg_notify(%s, json_build_object('kind', 'call', 'id', n, 'to', 3)::text) FROM generate_series(1, 5000) n", [CHANNEL])
                await link.execute("SELECT pg_notify(%s, json_build_object('case', n)::text) FROM generate_series(1, 5000) n", [CHANNEL])
            await send(Notice("call", 77, to=4).payload())
            assert quiet.ids("call") == ["77"] and quiet.heard[0] == ("again", {})
            assert flooded.heard[0] == ("again", {}) and all(piece.count("event: ") <= 2 * QUEUE + 1 for piece in flooded.sent)
    asyncio.run(run())


@pytest.mark.django_db(transaction=True)
def test_a_notice_is_told_when_the_transaction_is_kept_and_a_stranger_gets_no_stream():
    def two():
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            tell(Notice("promise", 6))
            raise ZeroDivisionError
        with transaction.atomic():
            tell(Notice("promise", 7, what="kept"))

    async def run():
        async with channel((Kind("promise", lambda by, ids: set(ids)),)) as (live, send):
            tab = Tab(live)
            await opened(tab)
            await live.in_thread(two)
            await send()
            assert tab.heard == [("promise", {"kind": "promise", "id": "7", "what": "kept"})]
            live.enter = asgi.reader
            for cookies in ("", "sessionid=made-up", "sessionid=" + "x" * 3000, "\x00"):
                stranger = Tab(live, cookies)
                await stranger.task
                assert "请先登录" in "".join(stranger.sent)
    asyncio.run(run())


@pytest.mark.django_db(transaction=True)
def test_who_listens_again_hears_first_that_something_may_have_been_missed():
    async def run():
        async with channel((anybody({7, 8}),)) as (live, send):
            tab = Tab(live)
            await opened(tab)
            async with await psycopg.AsyncConnection.connect(**listening(), autocommit=True) as link:
                await hang_up(link)
                await link.execute("SELECT pg_notify(%s, %s)", [CHANNEL, notice(7, "sign")])  # while nobody listens
            await until(lambda: tab.heard)  # it listens again, after a pause
            await send(notice(8, "sign"))
            assert tab.heard[0] == ("again", {}) and tab.ids("case") == ["8"]
    asyncio.run(run())


async def hang_up(link) -> None:
    """End the link that listens, as soon as there is one. As who logged in: the role of the program is not told what others ask."""
    await link.execute("SET ROLE NONE")
    for _ in range(200):
        ended = await link.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN minsheng' AND datname = current_database()")
        if [row async for row in ended]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nobody listens")


@given(kind=st.text(max_size=60), id_=st.integers(), to=st.integers(), what=st.text(max_size=60))
def test_a_notice_is_short_or_is_none(kind, id_, to, what):
    """Never near the 8,000 bytes at which PostgreSQL refuses it and the writer's transaction with it."""
    try:
        made = Notice(kind, id_, to, what)
    except ValueError:
        return
    payload = made.payload(case=id_)
    assert len(payload.encode()) < 250 and Register([Kind(kind, lambda by, ids: set())]).read(json.loads(payload)) == made


@pytest.mark.parametrize(("query", "only"), [(b"", {}), (b"case=1,2", {"case": {1, 2}}), (b"case=", {"case": set()}), (b"case=x&case=9", {"case": {9}}),
                                             (b"fax=1", {})])
def test_a_page_says_what_it_shows(query, only):
    assert wanted({"query_string": query}, ["case"]) == only


def test_the_last_notice_of_an_id_counts_and_what_is_ones_own_comes_first():
    reader = Reader(Who((), 3), {})
    for one in (Notice("case", 1, what="sign"), Notice("call", 1, to=3, what="ringing"), Notice("call", 1, to=4), Notice("case", 1, what="reply"),
                Notice("call", 1, to=3, what="ended")):
        reader.put(one)
    assert reader.taken() == (False, [Notice("call", 1, 3, "ended"), Notice("case", 1, 0, "reply")]) and reader.taken() == (False, [])


def test_a_child_that_dies_is_started_again_and_all_end_together():
    said = []
    child = Child("a", [sys.executable, "-c", "import time; time.sleep(60)"])
    keeper = Supervisor([child], say=said.append)
    keeper.round()
    first = child.process
    first.kill()
    first.wait()
    end = time.monotonic() + 60
    while (child.process is None or child.process is first) and time.monotonic() < end:
        keeper.round()
        time.sleep(0.05)
    second = child.process
    keeper.stop()
    assert second is not first and second.returncode is not None and len(said) == 1


def test_a_child_that_is_stopped_is_ended_and_started_again_and_one_that_goes_on_in_time_is_left_alone(monkeypatch):
    monkeypatch.setattr(processes, "FROZEN", 1.0)
    said = []
    child = Child("a", [sys.executable, "-c", "import time; time.sleep(600)"])
    keeper = Supervisor([child], say=said.append)
    keeper.round()
    first = child.process
    first.send_signal(signal.SIGSTOP)
    while not processes.stands_still(first.pid):
        time.sleep(0.01)
    keeper.round()
    first.send_signal(signal.SIGCONT)
    while processes.stands_still(first.pid):
        time.sleep(0.01)
    time.sleep(1.1)
    keeper.round()
    assert child.process is first and said == []
    first.send_signal(signal.SIGSTOP)
    end = time.monotonic() + 60
    while (child.process is None or child.process is first) and time.monotonic() < end:
        keeper.round()
        time.sleep(0.05)
    second = child.process
    keeper.stop()
    assert second is not first and second is not None and len(said) == 2 and "停住" in said[0]
