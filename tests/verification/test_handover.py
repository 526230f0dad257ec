"""An upgrade drops no request, a killed worker loses and doubles no message, and the end is a matter of seconds."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import psutil
import pytest

from minsheng.cli import running
from minsheng.kit import log_files, processes
from tests.served import ROOT, Reader, Served, environment, served, until

LEAST = 2.0  # seconds without an answer that an upgrade may cost a reader
NOISE = float(os.environ.get("MINSHENG_SLOW_MACHINE", "3"))  # two cores, which others may use as well
TOKEN = "t" * 40
NAME, PHONE = "王小明", "13812345678"


class Gateway:
    """An SMS platform that takes its time: `seen` holds the key of every message that it accepted."""

    def __init__(self, pause: float):
        self.pause, self.seen = pause, []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler):
                body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
                self.seen.append(body["key"])
                time.sleep(self.pause)
                handler.send_response(200)
                handler.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/"


@pytest.fixture(scope="module")
def gateway():
    made = Gateway(0.4)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def program(gateway):
    with served(workers=2, MINSHENG_SMS_URL=gateway.url, MINSHENG_SMS_KEY="k", MINSHENG_METRICS_TOKEN=TOKEN) as made:
        yield made


def test_what_somebody_typed_stands_in_no_log_wherever_it_breaks(program):
    editor = program.people("knowledge_editor")["knowledge_editor"]
    words = quote(NAME)
    program.get(f"/{words}/{PHONE}")
    program.get(f"/case/{PHONE}?code={PHONE}&name={words}", "x" * 32, **{"X-Request-ID": PHONE, "User-Agent": f"{words} {PHONE}", "Referer": PHONE})
    program.post("/track", f"number={PHONE}&code={words}&name={words}")
    program.post("/api/v1/cases", json.dumps({"narrative": NAME + PHONE}), "application/json", Authorization=f"Bearer {PHONE}")
    with socket.create_connection(("127.0.0.1", program.port), 5) as link:
        link.sendall(f"GET /{PHONE} NONSENSE\r\n{NAME}\r\n\r\n".encode())
        link.recv(4096)
    program.sql("ALTER TABLE knowledge_version RENAME TO knowledge_version_away")
    try:
        assert program.get(f"/desk/knowledge?q={words}{PHONE}", editor)[0] == 500
    finally:
        program.sql("ALTER TABLE knowledge_version_away RENAME TO knowledge_version")
    [line] = [line for line in log_files.read(program.data / log_files.FOLDER) if line["kind"] == "log" and line.get("name") == "/desk/knowledge"]
    assert line["text"] == "GET /desk/knowledge 500" and "42P01" in line["error"] and line["trace"]
    assert "42P01" in program.cli("why", "--request", line["request"]).stdout and "42P01" in program.cli("why").stdout
    written = "\n".join([*program.lines, *(path.read_text(errors="replace") for path in program.data.glob("*.log*")),
                         *(path.read_text() for _, path in log_files.files(program.data / log_files.FOLDER))])
    assert "GET /desk/knowledge 500" in written and "/case/<step>" in written
    for said in (NAME, words, words.lower(), PHONE):
        assert said not in written


@pytest.mark.alone
def test_a_replacement_under_load_drops_no_request_and_leaves_supervisor_and_database_where_they_are(program):
    before = (program.serve.pid, program.sql("SELECT pg_postmaster_start_time()"), set(program.pids("web")), set(program.pids("worker")))
    readers = [Reader(program.port, path, keep) for path in ("/", "/healthz") for keep in (False, True)]
    for reader in readers:
        reader.start()
    until(lambda: all(reader.answers > 10 for reader in readers))
    for _ in range(2):
        done = program.cli("serve", "--replace")
        assert done.returncode == 0 and "新进程已接手" in done.stdout, (done.stderr, program.lines[-20:])
        until(lambda: len(program.pids("web")) == 2 and len(program.pids("worker")) == 1)
    for reader in readers:
        reader.end()
    assert [reader.wrong for reader in readers] == [[], [], [], []]
    assert max(reader.longest for reader in readers) < LEAST, [round(reader.longest, 2) for reader in readers]
    assert program.serve.poll() is None and before[:2] == (program.serve.pid, program.sql("SELECT pg_postmaster_start_time()"))
    assert not before[2] & set(program.pids("web")) and not before[3] & set(program.pids("worker"))


def test_a_child_that_dies_after_a_replacement_is_started_again(program):
    program.cli("serve", "--replace", "--workers", "2")
    until(lambda: len(program.pids("web")) == 2)
    victim = program.pids("web")[0]
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(program.pids("web")) == 2 and victim not in program.pids("web"))
    assert program.get("/healthz")[0] == 200


def figure(program: Served, name: str) -> float:
    """The sum of a figure's series, as Prometheus is told it; 0 while there is none."""
    status, text, _ = program.get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200, text
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}.* ([0-9.e+-]+)$", text, re.M))


def test_figures_and_lines_of_all_processes_are_one_and_outlive_a_killed_one_and_a_replacement(program):
    def ask(times: int) -> None:
        assert {program.get(f"/robots.txt?n={n}")[0] for n in range(times)} == {200}

    asked = 'minsheng_requests_total{method="GET",page="/robots.txt",status="200"}'
    ask(40)
    until(lambda: figure(program, asked) == 40, 15)
    assert {figure(program, asked) for _ in range(10)} == {40}, "whichever process answers"
    assert program.get("/metrics")[0] == program.get("/metrics", Authorization="Bearer x")[0] == 401
    os.kill(program.pids("web")[0], signal.SIGKILL)
    until(lambda: len(program.pids("web")) == 2 and program.get("/healthz")[0] == 200)
    assert figure(program, asked) == 40
    old = set(program.pids("web"))
    assert program.cli("serve", "--replace").returncode == 0
    ask(10)  # the old ones may still be asked, and what they answer in their last moments counts
    until(lambda: figure(program, asked) == 50, 15)
    until(lambda: figure(program, 'minsheng_jobs_total{job="minsheng.messages.jobs.drain_outbox",result="done"}') >= 1, 30)
    lines = list(log_files.read(program.data / log_files.FOLDER))
    assert old <= {line["pid"] for line in lines if line["kind"] == "end"}, "a process that ends in order says so"
    ours = [line for line in lines if line["kind"] == "request" and line["name"] == "/robots.txt"]
    assert len(ours) == 50 == len({line["request"] for line in ours}) and len({line["pid"] for line in ours}) >= 2
    assert {"web", "worker"} == {line["process"] for line in lines if line["kind"] == "start"}
    done = program.cli("why", "--job", "drain_outbox")
    assert done.returncode == 0 and "做成了" in done.stdout, done.stdout + done.stderr
    answer = program.get("/robots.txt")[2]["x-request-id"]
    assert "/robots.txt" in program.cli("why", "--request", answer).stdout


def test_a_version_that_does_not_come_up_leaves_the_old_one_serving_and_says_why(program, tmp_path):
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import sys\nif 'web' in sys.argv or any(a == 'web' for a in sys.orig_argv):\n    raise SystemExit('broken on purpose')\n")
    until(lambda: len(program.pids("web")) == 2)  # what the test before replaced may still be leaving
    old = set(program.pids("web"))
    done = program.cli("serve", "--replace", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT / 'src'}")
    assert done.returncode == 1 and "原来的进程照常服务" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert set(program.pids("web")) == old and program.get("/")[0] == 200
    program.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('cases', '9999_from_tomorrow', now())")
    try:
        done = program.cli("serve", "--replace")
    finally:
        program.sql("DELETE FROM django_migrations WHERE name = '9999_from_tomorrow'")
    assert done.returncode == 1 and "更新的版本" in done.stderr and set(program.pids("web")) == old


def test_to_replace_what_does_not_run_is_refused_in_words(tmp_path):
    done = Served(tmp_path / "nobody", environment()).cli("serve", "--replace")
    assert done.returncode == 1 and "没有民声在运行" in done.stderr and "Traceback" not in done.stderr


def send(program: Served, many: int) -> list[str]:
    """`many` messages that are due now; their keys."""
    said = program.python(f"""
from minsheng.messages import actions
for n in range({many}):
    row = actions.send(channel="sms", to=f"+861380000{{n:04}}", template="closed", context={{"number": str(n)}}, about="case:1")
    print(f"message-{{row.id}}")
""")
    return said.split()


def states(program: Served, keys: list[str]) -> dict[str, int]:
    ids = [int(key.split("-")[1]) for key in keys]
    return dict(program.sql("SELECT state, count(*) FROM outbox_message WHERE id = ANY(%s) GROUP BY state", ids))


def test_a_worker_killed_in_the_middle_of_its_messages_holds_one_of_them_and_sends_none_twice(program, gateway):
    keys = send(program, 16)
    until(lambda: len(set(keys) & set(gateway.seen)) >= 3)
    os.kill(program.pids("worker")[0], signal.SIGKILL)
    killed = time.monotonic()
    assert states(program, keys).get("sending", 0) <= 1, "claimed one by one"
    until(lambda: len(set(keys) & set(gateway.seen)) == 16, 90)
    assert time.monotonic() - killed < 45, "the others do not wait for the lease of the one"
    until(lambda: states(program, keys) == {"sent": 16}, 60)
    twice = {key for key in keys if gateway.seen.count(key) > 1}
    assert len(twice) <= 1, "only the one on its way is said again, and its key tells the platform so"


@pytest.mark.alone
def test_the_end_takes_seconds_with_messages_waiting_and_pages_answer_until_the_worker_is_gone(program, gateway):
    keys = send(program, 24)
    until(lambda: set(keys) & set(gateway.seen))
    worker = psutil.Process(program.pids("worker")[0])
    reader = Reader(program.port, "/healthz")
    reader.start()
    until(lambda: reader.answers > 5)
    assert program.stop() < 8 * NOISE
    reader.end()
    assert not worker.is_running() and reader.longest < LEAST * NOISE
    program.start()
    until(lambda: states(program, keys) == {"sent": 24}, 90)
    assert [key for key in keys if gateway.seen.count(key) > 1] == [], "asked to end, it finished the one that it had begun"


def test_a_stalled_job_is_taken_up_within_a_minute(program):
    program.sql("INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (999999, now() - interval '30 seconds')")
    insert = """INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts, worker_id, queueing_lock, scheduled_at)
                VALUES ('default', %s, %s, 'doing', 0, %s, %s, now()) RETURNING id"""
    [(dead,)] = program.sql(insert, "minsheng.cases.jobs.recompute_open", '{"why": "x"}', 999999, "cases.recompute")
    [(lost,)] = program.sql(insert, "minsheng.cases.jobs.recompute_open", '{"why": "y"}', None, None)
    [(waits,)] = program.sql(insert.replace("'doing'", "'todo'").replace("now())", "now() + interval '1 hour')"), "minsheng.messages.jobs.drain_outbox",
                             '{"timestamp": 1}', None, "only.once")
    [(double,)] = program.sql(insert, "minsheng.messages.jobs.drain_outbox", '{"timestamp": 1}', 999999, "only.once")
    program.sql("INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (999998, now() + interval '1 year')")
    [(ahead,)] = program.sql(insert, "minsheng.cases.jobs.recompute_open", '{"why": "z"}', 999998, None)  # the clock was set back since
    until(lambda: program.sql("SELECT count(*) FROM procrastinate_jobs WHERE id = ANY(%s)", [dead, lost, double, ahead]) == [(0,)], 60)
    assert program.sql("SELECT status::text FROM procrastinate_jobs WHERE id = %s", waits) == [("todo",)]


def test_the_pause_before_another_start_grows_and_is_bounded():
    child = processes.Child("a", ["/bin/false"])
    waits = []
    for _ in range(12):
        child.again = 0.0
        child.look()
        until(lambda: not child.alive)
        child.look()
        waits.append(child.again - time.monotonic())
    child.hush()
    assert waits[0] < 0.3 and max(waits) <= processes.LONGEST_WAIT and waits[-1] > 3


def test_a_socket_that_systemd_brings_is_taken(monkeypatch):
    import socket

    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        spare = os.dup(3) if os.path.exists("/proc/self/fd/3") else None
        os.dup2(made.fileno(), 3)
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        monkeypatch.setenv("LISTEN_FDS", "1")
        door = running.listen("127.0.0.1", 1)
        try:
            assert door.getsockname() == made.getsockname() and "LISTEN_PID" not in os.environ
        finally:
            door.detach()
            os.close(3)
            if spare is not None:
                os.dup2(spare, 3)
                os.close(spare)
