"""Lines in service: many processes write them, a full disk costs lines alone, and no word of anybody gets into one."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.kit import log_files, log_words, tally, watch
from minsheng.kit.proxy import BehindProxy

AT = datetime(2026, 3, 2, 2, 5, tzinfo=UTC)
NAME, PHONE = "王小明", "13812345678"


@pytest.fixture
def lines(tmp_path):
    """Begins a folder of lines for this process; called, it returns what was written."""
    (tmp_path / log_files.FOLDER).mkdir()
    log_files.begin(tmp_path, 16)
    yield lambda: list(log_files.read(tmp_path / log_files.FOLDER))
    log_files.end()


@pytest.mark.parametrize(("written", "kept"), [
    ("SELECT a FROM t WHERE name = '王小明' AND n = 13812345678", "SELECT a FROM t WHERE name = ? AND n = ?"),
    ("SELECT 'it''s 王' || E'a\\'王' , $$王小明$$, $x$ '王' $x$", "SELECT ? || ?, …"),
    ('SELECT "cases_case"."id2" FROM "cases_case" LIMIT 50', 'SELECT "cases_case"."id2" FROM "cases_case" LIMIT ?'),
    ("SELECT 1 -- 王小明\n, /* 138 */ %s, $1, %(name)s", "SELECT ? , %s, $1, %(name)s"),
    ("WHERE id IN (%s, %s, %s, %s)", "WHERE id IN (%s, …)"),
    ("SELECT '王小明", "SELECT"),
    ("SELECT x-- '\n, '王'", "SELECT x , ?"),
    (b"SELECT '\xe7\x8e\x8b'", "SELECT ?"),
    (None, ""),
])
def test_a_statement_is_written_down_without_its_values(written, kept):
    assert tally.placeholders(written) == kept


@given(st.lists(st.sampled_from(["'", "''", '"', "$$", "--", "/*", "*/", "\\", "E'", " ", "\n", "a", "%s"]), max_size=14))
def test_no_value_between_quotes_is_written_whatever_stands_around_it(pieces):
    text = "SELECT '" + NAME + "'" + "".join(pieces)
    assert NAME not in tally.placeholders(text)


def test_lines_come_in_the_order_of_files_and_what_is_none_is_passed_over(tmp_path):
    made = log_files.LogFiles(tmp_path, keep=3, each=400)
    for n in range(30):
        assert made.write("n", AT, n=n, fill="x" * 60)
    assert len(log_files.files(tmp_path)) == 3, "the oldest are forgotten"
    assert [line["n"] for line in log_files.read(tmp_path)][-5:] == [25, 26, 27, 28, 29]
    assert all(path.stat().st_mode & 0o777 == 0o600 and path.stat().st_size < 600 for _, path in log_files.files(tmp_path))
    with open(log_files.files(tmp_path)[-1][1], "ab") as file:
        whole = json.dumps({"at": log_files.stamp(AT), "kind": "n", "n": 31})
        file.write(b'\xff\xfe\n[]\n{"at": 3}\n\n{"at":"2026-03-02T02:05:00.000+00:00","kind":"n","n":3' + whole.replace(" ", "").encode() + b"\n"
                   + b'{"at":"2026-03-02T02:05:00.000+00:00","ki')
    assert [line["n"] for line in log_files.read(tmp_path)][-2:] == [29, 31]
    made.close()


def test_a_reader_takes_the_hour_that_it_asked_for(tmp_path):
    made = log_files.LogFiles(tmp_path, keep=3)
    for minute in range(10):
        made.write("n", AT.replace(minute=minute), n=minute)
    made.close()
    since, until = log_files.stamp(AT.replace(minute=3)), log_files.stamp(AT.replace(minute=5))
    assert [line["n"] for line in log_files.read(tmp_path, since, until)] == [3, 4, 5]


def test_a_disk_that_takes_nothing_costs_lines_and_is_written_on_when_it_takes_some_again(tmp_path):
    made = log_files.LogFiles(tmp_path, keep=3)
    assert made.write("n", AT, n=1)
    size = log_files.files(tmp_path)[0][1].stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))  # the kernel takes 20 bytes and no more, as of a full disk
    try:
        assert not made.write("n", AT, n=2) and not made.write("n", AT, n=3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert made.write("n", AT, n=4) and made.lost == 2
    assert [line["n"] for line in log_files.read(tmp_path)] == [1, 4]
    log_files.files(tmp_path)[0][1].unlink()  # by an operator: nothing is written into what has no name any more
    assert made.write("n", AT, n=5) and [line["n"] for line in log_files.read(tmp_path)] == [5]
    made.close()


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from minsheng.kit.log_files import LogFiles
made, n = LogFiles(Path(sys.argv[1]), keep=1000, each=20_000), 0
while n < int(sys.argv[3]):
    n += made.write("n", datetime(2026, 3, 2, tzinfo=UTC), who=sys.argv[2], n=n, fill="民" * 50)
    if n == 100:
        print("going", flush=True)
"""


def test_processes_write_beside_each_other_and_one_that_is_killed_loses_nothing_that_it_wrote(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    one = subprocess.Popen([*command, "one", "1000000000"], stdout=subprocess.PIPE)
    two = subprocess.Popen([*command, "two", "3000"], stdout=subprocess.DEVNULL)
    try:
        assert one.stdout.readline() and two.wait(60) == 0
    finally:  # it would write for ever
        for process in (one, two):
            process.kill()
            process.wait(10)
        one.stdout.close()
    said = {"one": [], "two": []}
    for line in log_files.read(tmp_path):
        said[line["who"]].append(line["n"])
    assert sorted(said["two"]) == list(range(3000)) and sorted(said["one"]) == list(range(len(said["one"]))) and len(said["one"]) >= 100
    assert max(path.stat().st_size for _, path in log_files.files(tmp_path)) < 22_000


def record(name: str, message: str, *args, wrong: BaseException | None = None, **more) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, (type(wrong), wrong, wrong.__traceback__) if wrong else None)
    made.__dict__.update(more)
    return made


def raised() -> BaseException:
    try:
        try:
            int(NAME + PHONE)
        except ValueError as wrong:
            raise KeyError(f"{NAME} {PHONE}") from wrong
    except KeyError as wrong:
        return wrong


@pytest.mark.parametrize(("made", "says"), [
    (record("minsheng.messages.actions", "message %s was not sent", 7, wrong=raised()), "message 7 was not sent"),
    (record("procrastinate.worker", f"Job minsheng.cases.jobs.recompute_open[9](why='{NAME}') ended with status: Error", wrong=raised()),
     "minsheng.cases.jobs.recompute_open"),
    (record("asyncio", f"Task exception was never retrieved\nfuture: <Task exception={NAME}>", wrong=raised()), "Task exception was never retrieved"),
    (record("django.request", "%s: %s", "Internal Server Error", f"/track/{PHONE}", wrong=raised()), "ERROR django.request"),
    (record("uvicorn.error", "Invalid HTTP request received."), "Invalid HTTP request received."),
    (record("somebody", f"no page /case/{PHONE}?name={NAME} for \"{NAME}\" and {PHONE}"), "no page"),
])
def test_a_line_of_an_error_holds_its_kind_and_place_and_nothing_that_somebody_typed(made, says, lines, capsys):
    text = log_words.Wordless().format(made)
    log_words.Lines().emit(made)
    [line] = lines()
    for written in (text, json.dumps(line, ensure_ascii=False)):
        assert NAME not in written and PHONE not in written and "12345" not in written
    assert says in text and (not made.exc_info or ("ValueError" in text and "KeyError" in text and "in raised" not in text and " raised" in text))
    assert not made.exc_info or line["error"] == "KeyError"


async def answered(app, path: str = "/", method: str = "GET", headers=()) -> list[dict]:
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": f"name={NAME}".encode(), "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": f"phone={PHONE}".encode(), "headers": list(headers),
             "client": ("127.0.0.1", 4)}
    try:
        await app(scope, receive, send)
    except RuntimeError:
        pass
    return sent


async def fine(scope, receive, send) -> None:
    tally.current.get().name = "/case/<step>"
    tally.step(12, "submit")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": b""})


async def broken(scope, receive, send) -> None:
    raise RuntimeError(NAME)


def test_every_request_leaves_one_line_with_its_id_its_page_and_its_steps_and_answers_the_id(lines):
    [start, _] = asyncio.run(answered(watch.Watched(fine), f"/case/{NAME}"))
    asyncio.run(answered(watch.Watched(broken), f"/case/{PHONE}", method="王"))
    asyncio.run(answered(watch.Watched(fine), "/live"))
    first, second, _ = lines()
    assert dict(start["headers"])[b"x-request-id"].decode() == first["request"] and len(first["request"]) == 32
    assert (first["name"], first["method"], first["status"], first["steps"], first["step_ids"]) == ("/case/<step>", "GET", 200, {"submit": 1}, [12])
    assert (second["name"], second["method"], second["status"]) == ("-", "OTHER", 500)
    assert not any(word in json.dumps(lines(), ensure_ascii=False) for word in (NAME, PHONE, "?", "王"))


@pytest.mark.parametrize(("given", "taken"), [
    (b"0123456789abcdef0123456789abcdef", True), (b"0b0e4d7c-3c46-4c62-8a4e-1f2c3d4e5f60", True), (PHONE.encode(), False), (b"a" * 5000, False),
    (b"0123456789abcdef0123456789abcdef\r\nSet-Cookie: a=b", False), (b"", False), ("王".encode(), False), (b"../../etc/passwd", False),
])
def test_an_id_of_the_proxy_is_taken_when_it_is_one_and_a_strangers_never(given, taken, lines):
    behind = BehindProxy(watch.Watched(fine), key="k" * 32)
    asyncio.run(answered(behind, headers=[(b"x-request-id", given), (b"x-minsheng-proxy", b"k" * 32)]))
    asyncio.run(answered(behind, headers=[(b"x-request-id", given)]))
    from_proxy, from_stranger = (line["request"].encode() for line in lines())
    assert (from_proxy == given) is taken and from_stranger != given and len(from_stranger) == 32


def test_a_job_leaves_one_line_a_run_whether_it_ended_well_or_not(lines):
    async def well() -> int:
        return 3

    async def badly() -> None:
        raise ValueError(NAME)

    async def stopped() -> None:
        raise asyncio.CancelledError

    asyncio.run(watch.job(well, "minsheng.cases.jobs.ring_duty", 7))
    with pytest.raises(ValueError, match=NAME):
        asyncio.run(watch.job(badly, "minsheng.cases.jobs.tell_late", 8))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch.job(stopped, "minsheng.cases.jobs.tell_late", 9))
    first, second, third = lines()
    assert third["result"] == "stopped", "no failure that anybody is called for"
    assert (first["name"], first["result"], first["did"], first["request"]) == ("minsheng.cases.jobs.ring_duty", "done", 3, "job-7")
    assert (second["name"], second["result"]) == ("minsheng.cases.jobs.tell_late", "ValueError") and NAME not in json.dumps(second, ensure_ascii=False)


def test_nothing_is_written_where_no_process_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log_files.write("log", text="x")
    assert list(tmp_path.iterdir()) == []
