"""The database is killed, stopped and gone under a served program: pages say so with 503, health answers in a second, the log one line."""

from __future__ import annotations

import os
import re
import signal
import time
import urllib.parse

import psutil
import pytest

from minsheng.kit.embedded_postgres import Embedded
from tests.served import Reader, served, until

SECOND = 1.0
NOISE = float(os.environ.get("MINSHENG_SLOW_MACHINE", "3"))  # two cores, which others may use as well
pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def program():
    with served(workers=1) as made:
        yield made


@pytest.fixture
def frozen(program):
    """The database's processes stand still, as on a disk that hangs; they go on afterwards."""
    server, all_of_it = psutil.Process(Embedded(program.data).pid()), []

    def stop():
        all_of_it[:] = [server, *server.children(recursive=True)]
        for process in all_of_it:
            process.suspend()

    def go_on():
        for process in all_of_it:
            if process.is_running():
                process.resume()

    yield stop, go_on
    go_on()


def asked(program, path: str, **more) -> tuple[int, str, dict, float]:
    began = time.monotonic()
    return *program.get(path, **more), time.monotonic() - began


def lines_of(program, before: int) -> list[str]:
    return [line for line in program.lines[before:] if line.strip()]


def test_a_database_that_stands_still_costs_503_within_seconds_and_all_goes_on_by_itself(program, frozen):
    stop, go_on = frozen
    assert program.get("/")[0] == 200
    before = len(program.lines)
    stop()
    status, text, head, took = asked(program, "/desk/", session="k" * 32)
    assert status == 503 and head["retry-after"] and "数据库暂时没有回应" in text and took < 8 * NOISE, (status, took)
    for path in ("/", "/login", "/desk/", "/query"):
        status, _, head, took = asked(program, path)
        assert (status, "retry-after" in head) == (503, True) and took < SECOND * NOISE, path
    for _ in range(5):
        status, text, _, took = asked(program, "/healthz")
        assert status == 503 and '"down"' in text and took < SECOND, took
    assert program.get("/static/minsheng/tokens.css")[0] == 200
    go_on()
    until(lambda: program.get("/")[0] == 200, 15)
    until(lambda: program.get("/healthz")[0] == 200, 15)
    said = lines_of(program, before)
    assert sum("恢复后自动继续" in line for line in said) <= 2 and sum("恢复了" in line for line in said) <= 2, said  # of web and worker
    assert not any("Traceback" in line for line in said), said


def test_a_database_that_is_killed_under_load_is_one_line_and_the_answers_are_503_until_it_is_back(program):
    before = len(program.lines)
    readers = [Reader(program.port, "/desk/") for _ in range(4)]
    for reader in readers:
        reader.start()
    until(lambda: all(reader.answers > 3 for reader in readers))
    os.kill(Embedded(program.data).pid(), signal.SIGKILL)
    until(lambda: any("恢复了" in line for line in program.lines[before:]), 60)
    until(lambda: program.get("/login")[0] == 200)
    for reader in readers:
        reader.end()
    assert {wrong for reader in readers for wrong in reader.wrong} <= {"503"}
    said = lines_of(program, before)
    assert sum("恢复后自动继续" in line for line in said) <= 2 and not any("Traceback" in line for line in said), said
    assert len(said) <= 5, said  # web and worker: away, back; the supervisor: started again


def test_what_was_posted_meanwhile_is_on_the_page_with_a_button_that_sends_it_again(program, frozen):
    stop, go_on = frozen
    stop()
    assert program.get("/desk/", session="k" * 32)[0] == 503
    body = urllib.parse.urlencode([("narrative", "楼道灯坏了<b>"), ("kind", "help"), ("kind", "ask")])
    status, text = program.post("/send", body)
    assert status == 503 and re.search(r'<form method="post" action="/send">', text)
    assert '<input type="hidden" name="narrative" value="楼道灯坏了&lt;b&gt;">' in text and text.count('name="kind"') == 2
    status, text = program.post("/login", urllib.parse.urlencode({"username": "a", "password": "s3cret"}))
    assert status == 503 and "s3cret" not in text and "<form" not in text
    status, text = program.post("/api/v1/cases", "{}", "application/json")
    assert status == 503 and '"code": "database"' in text
    go_on()
    until(lambda: program.get("/")[0] == 200, 15)
