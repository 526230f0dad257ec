"""A transaction pooler in front, and a server that is too old: said in words; notices that do not arrive are looked for instead."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import socketserver
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from tests.served import Served, environment, until

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
POOLER = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
needs_pooler = pytest.mark.skipif(not (BIN and POOLER and os.geteuid() == 0),
                                  reason="NOT RUN HERE: a pooler needs root and apt-get install postgresql pgbouncer")
CREATE = """
from minsheng.accounts.models import Person, actor_of
from minsheng.accounts.queries import roles_of
from minsheng.cases import actions
from minsheng.calendar import actions as calendar
from minsheng.cases.models import Category
calendar.seed_limits(by=__import__("minsheng.accounts.actions", fromlist=["x"]).COMMAND_LINE)
person = Person.objects.select_related("unit").get(username="agent")
made = actions.create_case(by=actor_of(person, roles_of(person.id)), kind="help", narrative="楼道灯不亮", then="submit")
print(made.case.id)
"""


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def pooled():
    """Debian's PostgreSQL with two roles, and PgBouncer by transactions in front: (its address, the address past it) by role."""
    folder, direct, pool = Path(tempfile.mkdtemp(prefix="minsheng-p-")), port(), port()
    shutil.chown(folder, "postgres", "postgres")
    who = {"user": pwd.getpwnam("postgres").pw_uid, "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": [], "cwd": folder}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([BIN[-1] / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True, **who, **quiet)
    server = subprocess.Popen([BIN[-1] / "postgres", "-D", folder / "data", "-k", folder, "-p", str(direct), "-c", "listen_addresses=", "-c", "fsync=off"], **who, **quiet)
    (folder / "users").write_text("".join(f'"{name}" ""\n' for name in ("minsheng_app", "minsheng_owner")))
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={folder} port={direct}\n[pgbouncer]\nlisten_addr =\nlisten_port = {pool}\nunix_socket_dir = {folder}\n"
        f"auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 200\nlogfile =\n")
    pooler = subprocess.Popen([POOLER, "-q", folder / "pgbouncer.ini"], **who, **quiet)

    def address(role: str, at: int, name: str = "minsheng") -> str:
        return f"postgresql://{role}@/{name}?host={folder}&port={at}"

    try:
        link = until(lambda: psycopg.connect(address("postgres", direct, "postgres"), autocommit=True))
        with link:
            link.execute("CREATE ROLE minsheng_owner LOGIN CREATEROLE")
            link.execute("CREATE ROLE minsheng_app LOGIN")
            for name in ("minsheng", "past_it"):
                link.execute(f"CREATE DATABASE {name} OWNER minsheng_owner")
        until(lambda: psycopg.connect(address("minsheng_app", pool)).close() or True)
        yield {"pool": lambda name="minsheng", role="minsheng_app": address(role, pool, name),
               "direct": lambda name="minsheng", role="minsheng_app": address(role, direct, name)}
    finally:
        for process in (pooler, server):
            process.send_signal(2)
        for process in (pooler, server):
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def program(pooled, name: str, folder: Path, **env: str) -> Served:
    on = Served(folder / "data", environment(MINSHENG_DATA=str(folder / "data"), DATABASE_URL=pooled["pool"](name), MINSHENG_POOLER="1", **env), ("--workers", "1"))
    done = on.cli("migrate", DATABASE_URL=pooled["direct"](name), MINSHENG_OWNER_URL=pooled["direct"](name, "minsheng_owner"))
    assert done.returncode == 0, done.stderr
    return on


def first_change(on: Served, session: str, deed) -> float:
    """Seconds from the deed until its notice arrives at a reader's stream."""
    request = urllib.request.Request(f"http://127.0.0.1:{on.port}/live", headers={"Cookie": f"sessionid={session}"})
    with urllib.request.urlopen(request, timeout=60) as stream:
        assert stream.readline().startswith(b"retry")
        time.sleep(12)  # until it has found out whether it hears
        case = deed()
        began = time.monotonic()
        while time.monotonic() - began < 40:
            line = stream.readline().decode()
            if line.startswith("data") and case in line:
                return time.monotonic() - began
    raise AssertionError("no notice arrived")


@needs_pooler
@pytest.mark.parametrize("direct", [False, True])
def test_notices_arrive_behind_a_pooler_with_and_without_a_way_past_it(pooled, tmp_path, direct):
    name = "past_it" if direct else "minsheng"
    on = program(pooled, name, tmp_path, **({"MINSHENG_DIRECT_URL": pooled["direct"](name)} if direct else {}))
    on.start()
    try:
        sessions = on.people("agent", "shift_leader")
        assert first_change(on, sessions["shift_leader"], lambda: on.python(CREATE).split()[-1]) < 15
        said = [line for line in on.lines if "MINSHENG_DIRECT_URL" in line]
        assert (said == []) is direct and len(said) <= 1, on.lines
        doctor = on.cli("doctor")
        assert ("实时提醒收得到" if direct else "docs/operating/poolers.md") in doctor.stdout and "Traceback" not in doctor.stderr, doctor
    finally:
        on.stop()


@needs_pooler
def test_an_owner_that_takes_a_role_on_is_told_that_a_pooler_does_not_let_it(pooled, tmp_path):
    on = Served(tmp_path / "data", environment(MINSHENG_DATA=str(tmp_path / "data"), DATABASE_URL=pooled["pool"](role="minsheng_owner")))
    for command in (("serve", "--port", "0"), ("doctor",), ("measures",)):
        done = on.cli(*command)
        assert done.returncode == 1 and "poolers.md" in done.stdout + done.stderr and "Traceback" not in done.stderr, (command, done)


class OldServer(socketserver.BaseRequestHandler):
    """Says hello as a PostgreSQL of the version it is told, and no more."""

    def handle(self) -> None:
        while True:
            (length,) = struct.unpack("!I", self.request.recv(4))
            if self.request.recv(length - 4)[:4] not in (struct.pack("!I", 80877103), struct.pack("!I", 80877104)):
                break
            self.request.sendall(b"N")  # no TLS, no GSSAPI
        told = {"server_version": self.server.version, "TimeZone": "UTC", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
        said = b"R" + struct.pack("!II", 8, 0)
        for name, value in told.items():
            pair = f"{name}\0{value}\0".encode()
            said += b"S" + struct.pack("!I", len(pair) + 4) + pair
        self.request.sendall(said + b"K" + struct.pack("!III", 12, 1, 1) + b"Z" + struct.pack("!I", 5) + b"I")
        self.request.settimeout(20)
        self.request.recv(100)


@pytest.mark.parametrize("version", ["13.4", "14.9"])
def test_a_server_that_is_too_old_is_named_with_what_is_needed(tmp_path, version):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), OldServer) as server:
        server.version, server.daemon_threads = version, True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"postgresql://minsheng_app@127.0.0.1:{server.server_address[1]}/minsheng"
        on = Served(tmp_path / "data", environment(MINSHENG_DATA=str(tmp_path / "data"), DATABASE_URL=url))
        for command in (("serve", "--port", "0"), ("migrate",), ("doctor",)):
            began = time.monotonic()
            done = on.cli(*command)
            assert done.returncode == 1 and f"PostgreSQL 15 或更高版本，DATABASE_URL 指向的是 {version}" in done.stdout + done.stderr, (command, done)
            assert "Traceback" not in done.stderr and time.monotonic() - began < 30
        server.shutdown()
