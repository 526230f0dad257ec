"""The machine of the primary is cut off while people work: another takes over, nothing that was acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from tests.cluster import BIN, Cluster, missing
from tests.served import Served, environment, until

MOST = 15.0 if os.environ.get("MINSHENG_FAILOVERS") else 60.0  # seconds without an acknowledged step: 15 where it is measured, on a machine of its own
CSRF = "c" * 32
SECRET = "s" * 48
_CASES = """
import json
from tests.cast import NOW, build
from minsheng.kit import clock, partitions
with clock.fixed(NOW):
    cast = build()
    cases = [cast.at_state("pending_sign").id for _ in range(6)]
print(json.dumps({"cases": cases, "key": next(iter(cast.client("supervisor").cookies.values())).value}))
"""


class Probe(threading.Thread):
    """Asks each server by itself whether it takes writes: when the database was there again, whatever the program made of it."""

    def __init__(self, urls: list[str]):
        super().__init__(daemon=True)
        self.urls, self.over, self.found = urls, threading.Event(), 0.0

    def run(self) -> None:
        while not self.over.wait(0.1) and not self.found:
            for url in self.urls:
                with contextlib.suppress(psycopg.Error):
                    takes_writes(url)
                    self.found = time.monotonic()


class Worker(threading.Thread):
    """Takes one step after the other; what was not acknowledged is sent again with its key, as the page's button does."""

    def __init__(self, port: int, session: str, case: int):
        super().__init__(daemon=True)
        self.port, self.session, self.case = port, session, case
        self.over = threading.Event()
        self.kept: list[tuple[str, float]] = []  # (key, when it was acknowledged)
        self.refused: list[tuple[int, str, str]] = []  # (status, Retry-After, the page) of what was not

    def run(self) -> None:
        while not self.over.is_set():
            key = f"{self.case % 10**9}x{len(self.kept)}"
            while not self.send(key) and not self.over.is_set():
                time.sleep(0.3)

    def send(self, key: str) -> bool:
        form = urlencode({"step": "remind", "reason": f"请尽快 {key}", "key": key, "csrfmiddlewaretoken": CSRF})
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request("POST", f"/desk/case/{self.case}/step", form, {"Cookie": f"sessionid={self.session}; csrftoken={CSRF}",
                                                                        "Content-Type": "application/x-www-form-urlencoded"})
            answer = link.getresponse()
            text = answer.read().decode()
        except OSError:
            self.refused.append((0, "", ""))
            return False
        finally:
            link.close()
        if answer.status == 302 and answer.getheader("Location", "").startswith("/desk/"):
            self.kept.append((f"form:{key}", time.monotonic()))
            return True
        self.refused.append((answer.status, answer.getheader("Retry-After", ""), text))
        return False

    def end(self) -> None:
        self.over.set()
        self.join(40)


@pytest.fixture(scope="module")
def cluster():
    if why := missing():
        if os.environ.get("MINSHENG_NODES"):
            pytest.fail(why)
        pytest.skip(f"NOT RUN HERE: {why}")
    made = Cluster()
    try:
        made.begin()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def program(cluster):
    with tempfile.TemporaryDirectory(prefix="minsheng-s-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        on = Served(data, environment(MINSHENG_DATA=str(data), MINSHENG_SECRET=SECRET, DATABASE_URL=cluster.url("minsheng_app"),
                                      MINSHENG_OWNER_URL=cluster.url("minsheng_owner")), ("--workers", "2"))
        done = on.cli("migrate")
        assert done.returncode == 0, done.stderr
        try:
            on.start()
            yield on
        finally:
            on.stop()


@pytest.fixture(scope="module")
def known(program):
    return json.loads(program.python(_CASES))


@pytest.mark.alone
@pytest.mark.parametrize("how", ["cut", "kill"] if os.environ.get("MINSHENG_FAILOVERS") else ["cut"])
def test_the_primary_is_lost_comes_back_and_the_other_is_lost_and_no_acknowledged_step_with_them(cluster, program, known, how):
    """People work all the while. One machine is lost and joins again; as soon as Patroni names it the synchronous one, the other's plug is pulled."""
    until(cluster.safe, 120, 0.5)
    people = [Worker(program.port, known["key"], known["cases"].pop()) for _ in range(3)]
    for person in people:
        person.start()
    try:
        until(lambda: all(len(person.kept) > 10 for person in people))
        lost = cluster.first()
        first = lose(cluster, lost, how, people)
        came_back = bring_back(cluster, lost, how)
        other = cluster.first()
        second = lose(cluster, other, "kill", people)
    finally:
        for person in people:
            person.end()
    gap = max(later - before for person in people for before, later in gaps(person))
    check(cluster.url("minsheng_owner"), people)
    kept, again = sum(len(person.kept) for person in people), sum(len(person.refused) for person in people)
    print(f"\nfail-over ({how}, back after {came_back:.1f} s, then the other): {gap:.1f} s without an acknowledged step, {first:.1f} and {second:.1f} without a"
          f" primary; {kept} acknowledged, 0 lost, 0 doubled; {again} times asked to come again", flush=True)
    said = [one for person in people for one in person.refused]
    assert {status for status, _, _ in said} <= {503}, [one[:2] for one in said]
    assert all(again.isdigit() and "请尽快" in text for _, again, text in said), "what was typed stands on the page, to be sent again"
    assert gap < MOST
    other.begin(fresh=False)


def lose(cluster: Cluster, lost, how: str, people: list[Worker]) -> float:
    """Cut off, or its plug pulled; returns when everybody is acknowledged again: the seconds without a primary."""
    assert takes_writes(cluster.url("postgres", "postgres", [lost])), "it is the primary that is lost"
    leave_a_session(lost)
    at = time.monotonic()
    probe = Probe([cluster.url("postgres", "postgres", [one]) for one in cluster.machines[:2] if one is not lost])
    getattr(lost, how)()
    probe.start()
    try:
        until(lambda: probe.found and cluster.first() is not lost, 60)
        after = [len(person.kept) for person in people]
        until(lambda: all(len(person.kept) > n + 10 for person, n in zip(people, after, strict=True)), 60)
    finally:
        probe.over.set()
    return probe.found - at


def gaps(person: Worker):
    times = [when for _, when in person.kept]
    return zip(times, times[1:], strict=False)


def check(url: str, people: list[Worker]) -> None:
    """Asked of the new primary, past the program: each acknowledged step is there once; beyond them at most the one that each had on its way."""
    with psycopg.connect(url) as link:
        for person in people:
            rows = link.execute("SELECT k.key, count(s.id) FROM cases_stepkey k LEFT JOIN cases_casestep s ON s.id = k.step_id WHERE k.case_id = %s"
                                " GROUP BY k.key", [person.case]).fetchall()
            there = dict(rows)
            acknowledged = {key for key, _ in person.kept}
            assert acknowledged - set(there) == set(), "an acknowledged step is lost"
            assert set(there.values()) == {1}, "a step was done twice"
            assert len(set(there) - acknowledged) <= 1
            [(urges, reminds)] = link.execute("SELECT urges, (SELECT count(DISTINCT seq) FROM cases_casestep s WHERE s.case_id = c.id AND step = 'remind')"
                                              " FROM cases_case c WHERE id = %s", [person.case]).fetchall()
            assert urges == len(there) == reminds


def bring_back(cluster: Cluster, lost, how: str) -> float:
    """Until it has all that is acknowledged, and may take over: seconds."""
    at = time.monotonic()
    if how == "cut":
        lost.join()
    else:
        lost.begin(fresh=False)
    try:
        until(cluster.safe, 60, 0.2)
    except AssertionError:  # seen twice in fifteen runs, on a machine that was busy with other work: it lay on half of its old files
        print(f"\nnot safe: {cluster.members()}\n{lost.said()}", flush=True)
        lost.renew()
        until(cluster.safe, 120, 0.2)
    return time.monotonic() - at


def takes_writes(url: str) -> bool:
    with psycopg.connect(url) as link:
        link.execute("SELECT pg_logical_emit_message(true, 'probe', '')")
    return True


def leave_a_session(lost) -> None:
    """One that ends three seconds from now and then waits for the other machine to hear that its temporary table is gone; nothing but a kill ends it."""
    lost.run(str(BIN[-1] / "psql"), "-h", lost.ip, "-c", "CREATE TEMP TABLE passing ()", "-c", "SELECT pg_sleep(3)", "postgres")
    with psycopg.connect(lost.cluster.url("postgres", "postgres", [lost]), autocommit=True) as link:
        until(lambda: link.execute("SELECT true FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3)'").fetchone())
