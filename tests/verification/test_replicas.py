"""A real copy that follows by streaming: read while it is near, never when it would show somebody less than they did, missed when it is gone."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from minsheng.kit import log_files
from minsheng.kit.embedded_postgres import Embedded
from tests import ready_folders
from tests.copies import Copy
from tests.served import Served, environment, until

TOKEN = "t" * 40
LAG = 5  # DATABASE_READ_LAG of this program
CSRF = "c" * 32
_CASES = """
import json, sys
from tests.cast import NOW, PEOPLE, build
from minsheng.kit import clock
with clock.fixed(NOW):
    cast = build()
    cases = [cast.create() for _ in range(int(sys.argv[1]))]
    if len(cases) > 2:
        cast.reply(cast.take(cast.take(cases[0], "dispatch", "dispatcher", lead=cast.units["water"].id), "sign", "water"), "water")
keys = {who: next(iter(cast.client(who).cookies.values())).value for who in PEOPLE}
print(json.dumps({"cases": [(case.id, case.number) for case in cases], "keys": keys}))
"""


@pytest.fixture(scope="module")
def copy():
    made = Copy()
    yield made
    made.clear()


@pytest.fixture(scope="module")
def program(copy):
    """With a copy, and beside it an address where somebody takes every connection and says nothing."""
    with tempfile.TemporaryDirectory(prefix="minsheng-s-", ignore_cleanup_errors=True) as folder, socket.socket() as silent:
        data = Path(folder) / "data"
        ready_folders.copy(ready_folders.with_cast(), data)
        for place in (data.parent, data):
            place.chmod(0o711)  # the copy's server goes to the primary's socket
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        urls = f"{copy.url()} postgresql://minsheng_app@127.0.0.1:{silent.getsockname()[1]}/minsheng"
        on = Served(data, environment(MINSHENG_DATA=str(data), MINSHENG_SECRET=(data / ready_folders.SECRET).read_text(), DATABASE_READ_URL=urls,
                                      DATABASE_READ_LAG=str(LAG), MINSHENG_METRICS_TOKEN=TOKEN), ("--workers", "1"))
        try:
            on.start()
            yield on
        finally:
            on.stop()
            Embedded(data).stop()


@pytest.fixture(scope="module")
def city(program):
    return json.loads(program.python(_CASES, "3"))


@pytest.fixture
def near(program, copy, city):
    """The copy is read."""
    if copy.server is None:
        copy.make(program)
    elif copy.server.poll() is not None:
        copy.start()
    copy.sql("SELECT pg_wal_replay_resume()")
    until(lambda: figure(program, 'minsheng_replica_up{replica="1"}') == 1, 30)
    return copy


def figure(program: Served, name: str) -> float | None:
    status, text, _ = program.get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    found = re.search(rf"^{re.escape(name)} ([0-9.e+-]+)$", text, re.M)
    return float(found[1]) if found else None


def reads(program: Served) -> dict[str, int]:
    return {by: int(figure(program, f'minsheng_replica_reads_total{{by="{by}"}}') or 0) for by in ("replica", "primary", "again")}


@contextmanager
def read_by(program: Served, who: str, least: int = 1):
    """What is asked inside is answered so."""
    before = reads(program)
    yield
    assert reads(program)[who] - before[who] >= least, (before, reads(program))


class Browser:
    """Brings what it was given, as browsers do."""

    def __init__(self, program: Served, session: str):
        self.program, self.jar = program, {"sessionid": session, "csrftoken": CSRF}

    def ask(self, method: str, path: str, **form: str | list[str]) -> tuple[int, str]:
        link = http.client.HTTPConnection("127.0.0.1", self.program.port, timeout=30)
        head = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items()), "Content-Type": "application/x-www-form-urlencoded"}
        link.request(method, path, urlencode(form | {"csrfmiddlewaretoken": CSRF}, doseq=True) if form else None, head)
        answer = link.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.jar[name] = value
        text = answer.read().decode()
        link.close()
        return answer.status, text

    def cases(self, state: str = "") -> str:
        status, text = self.ask("GET", f"/desk/cases?state={state}")
        assert status == 200
        return text


def withdraw(browser: Browser, case: int) -> None:
    status, text = browser.ask("POST", f"/desk/case/{case}/step", step="phone_withdraw", reason="已恢复供水", identity=["when", "matter"])
    assert status == 302, text


def more(program: Served) -> tuple[int, str]:
    """Another case, of which the copy hears."""
    return json.loads(program.python(_CASES, "1"))["cases"][0]


def test_a_list_is_read_of_the_copy_with_the_statements_that_the_primary_takes(program, near, city):
    browser = Browser(program, city["keys"]["agent"])
    with read_by(program, "replica", 3):
        for _ in range(3):
            assert city["cases"][0][1] in browser.cases()
    assert near.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'minsheng_app' AND query LIKE '%%cases_case%%'")[0][0] >= 1
    browser.jar["after"] = "9" * 18  # farther than any copy
    with read_by(program, "primary", 3):
        for _ in range(3):
            browser.cases()
    lines = [line for line in log_files.read(program.data / log_files.FOLDER) if line["kind"] == "request" and line["name"] == "/desk/cases"]
    assert len({line["sql"] for line in lines[-6:] if line is not lines[-6]}) == 1, [line["sql"] for line in lines[-6:]]


def test_every_page_that_a_copy_may_answer_says_to_everybody_what_the_primary_says_and_writes_nothing(program, near):
    said = json.loads(program.python("""
import json, re
from django.conf import settings
from django.urls import get_resolver
from minsheng.kit import replicas
from tests.cast import NOW, PEOPLE, build
from tests.screens.test_walk import pages
from minsheng.kit import clock

PATHS = ("/board/", "/board/wall", "/board/wall/numbers", "/board/numbers", "/board/since-yesterday", "/board/flow", "/board/spread", "/board/trend",
         "/board/cases", "/board/open", "/board/list?measure=received", "/board/late", "/board/co-units", "/board/table.csv", "/board/list?measure=composite",
         "/desk/cases", "/desk/cases?order=due", "/desk/search?q=停水", "/desk/search?q=13800000000", "/desk/calls", "/desk/calls/figures", "/desk/topics",
         "/desk/topics/cases", "/transparency", "/transparency/data", "/transparency/days/2025-01-02.json", "/desk/watches.csv", "/desk/slips.csv",
         "/desk/inspections.csv", "/desk/points.csv", "/desk/findings.csv", "/desk/topics/declared.csv")
with clock.fixed(NOW):
    cast = build()
clients = {who: cast.client(who) for who in PEOPLE}
from minsheng.measures import following
following.bring_up_to_date(10**6)
place = __import__("psycopg")
replicas.begin()
import time
until = time.monotonic() + 20
while replicas.watch.choose(replicas.written())[0] is None and time.monotonic() < until:
    time.sleep(0.05)
from minsheng.kit import metrics
def plain(answer):
    text = (answer.getvalue() if answer.streaming else answer.content).decode()
    text = re.sub(r'(csrf\\S*" content|csrfmiddlewaretoken" value|X-CSRFToken": )[^>]*', "", text)
    return answer.status_code, re.sub(r"\\d{2}:\\d{2}(:\\d{2})?|datetime=\\S+|data-board-age=\\S+|data-read-at=\\S+", "", text)
different, asked = [], 0
book = replicas.watch
for who, client in clients.items():
    for path in PATHS:
        replicas.watch = book
        here = plain(client.get(path))
        replicas.watch = None
        there = plain(client.get(path))
        asked += 1
        if here != there:
            pair = next(((a, b) for a, b in zip(here[1].splitlines(), there[1].splitlines()) if a != b), ("", ""))
            different.append((who, path, here[0], there[0], *pair))
counts = {sample.labels["by"]: sample.value for family in metrics._reads.collect() for sample in family.samples if sample.name.endswith("_total")}
book.end()
print(json.dumps({"different": different[:5], "n": len(different), "asked": asked, "counts": counts}))
""", MINSHENG_DATA=str(program.data)).splitlines()[-1])
    assert said["different"] == [] and said["n"] == 0, said
    assert said["counts"]["replica"] > said["asked"] * 0.4, said
    assert said["counts"].get("again", 0) < said["asked"] * 0.2 and said["counts"].get("primary", 0) == 0, said


def test_who_did_something_sees_it_at_once_while_the_copy_stands_still_and_others_see_it_when_it_is_too_old(program, near, city):
    case, number = more(program)
    mine, other = Browser(program, city["keys"]["agent"]), Browser(program, city["keys"]["supervisor"])
    until(lambda: number in other.cases() and figure(program, 'minsheng_replica_lag_seconds{replica="1"}') < 3)
    near.sql("SELECT pg_wal_replay_pause()")
    until(lambda: near.sql("SELECT pg_get_wal_replay_pause_state()") == [("paused",)])
    withdraw(mine, case)
    with read_by(program, "primary"):
        assert number in mine.cases("withdrawn")
    with read_by(program, "replica"):
        assert number not in other.cases("withdrawn"), "it stands still, and is not too old"
    said = until(lambda: (text := other.cases("withdrawn")) and "数据截至" in text and text, LAG)
    assert number not in said
    until(lambda: number in other.cases("withdrawn"), LAG + 5)
    assert "数据截至" not in other.cases("withdrawn")
    assert "落后" in program.cli("doctor").stdout or figure(program, 'minsheng_replica_up{replica="1"}') == 0


def test_a_browser_that_brings_a_mark_of_its_own_making_is_answered_by_the_primary(program, near, city):
    browser = Browser(program, city["keys"]["agent"])
    for wrong in ("x", "-1", "1e9", "９" * 3, "9" * 200, ""):
        browser.jar["after"] = wrong.encode().decode("latin1") if not wrong.isascii() else wrong
        assert city["cases"][0][1] in browser.cases()


def hurt(program: Served, browser: Browser, deed, number: str, seconds: float) -> float:
    """The longest that an answer took while that happens; every one is right."""
    longest, end, done = 0.0, time.monotonic() + seconds, False
    while time.monotonic() < end:
        began = time.monotonic()
        assert number in browser.cases()
        longest = max(longest, time.monotonic() - began)
        if not done:
            done = True
            deed()
    return longest


@pytest.mark.alone
def test_a_copy_that_is_killed_or_stands_still_costs_no_answer_and_is_read_again_when_it_is_back(program, near, city):
    browser, number = Browser(program, city["keys"]["agent"]), city["cases"][0][1]
    assert hurt(program, browser, near.kill, number, 4) < 3
    assert figure(program, 'minsheng_replica_up{replica="1"}') == 0
    near.start()
    until(lambda: figure(program, 'minsheng_replica_up{replica="1"}') == 1, 30)
    with read_by(program, "replica"):
        browser.cases()
    longest = hurt(program, browser, lambda: near.each(signal.SIGSTOP), number, 9)
    assert longest < 8, f"who waited was let go after {longest:.1f} s"
    assert figure(program, 'minsheng_replica_up{replica="1"}') == 0
    near.each(signal.SIGCONT)
    until(lambda: figure(program, 'minsheng_replica_up{replica="1"}') == 1, 30)


def test_one_that_takes_connections_and_says_nothing_is_never_waited_for_and_named(program, near):
    assert figure(program, 'minsheng_replica_up{replica="2"}') == 0
    said = program.cli("doctor").stdout
    assert re.search("好 +只读副本 1 落后不到 [0-9]+ 秒", said) and "只读副本 2 没有在用，由主库答复" in said, said


def test_a_copy_that_is_an_hour_behind_is_never_read_and_said_so(program, near, city):
    near.kill()
    near.start("recovery_min_apply_delay=1h")
    case, number = more(program)
    other = Browser(program, city["keys"]["supervisor"])
    until(lambda: number in other.cases(), LAG + 10)
    with read_by(program, "primary"):
        other.cases()
    assert figure(program, 'minsheng_replica_up{replica="1"}') == 0
    assert "只读副本 1 没有在用，由主库答复：还没有跟上" in program.cli("doctor").stdout
    near.kill()


def test_one_that_is_no_copy_any_more_is_not_read_even_if_it_answers(program, near, city):
    near.sql("SELECT pg_promote()")
    near.sql("UPDATE cases_case SET title = 'of another history'")
    until(lambda: figure(program, 'minsheng_replica_up{replica="1"}') == 0, 20)
    browser = Browser(program, city["keys"]["agent"])
    assert city["cases"][0][1] in browser.cases() and "of another history" not in browser.cases()
    assert "已不是副本" in program.cli("doctor").stdout
