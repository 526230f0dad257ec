"""The embedded server and the data folder against real processes: adopted, not doubled, not fooled by what a crash left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from minsheng.cli import ready
from minsheng.kit.embedded_postgres import Embedded

ROOT = Path(__file__).parents[2]
ENV = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "MINSHENG_OWNER_URL", "MINSHENG_DATA", "MINSHENG_DEMO")} | {
    "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}


def cli(*given: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "minsheng.cli", *given], cwd=ROOT, env=ENV | env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder with a cluster that was started and stopped once."""
    data = tmp_path_factory.mktemp("machine") / "data"
    server = Embedded(data, fast=True)
    server.start()
    server.stop()
    yield data
    Embedded(data, fast=True).stop()


@pytest.fixture
def stopped(folder):
    yield folder
    Embedded(folder, fast=True).stop()


def test_a_database_whose_parent_was_killed_is_adopted_with_all_that_was_written(stopped):
    script = f"""
import time
from pathlib import Path
from minsheng.kit.embedded_postgres import Embedded
server = Embedded(Path({str(stopped)!r}), fast=True)
server.start()
print(server.pid(), flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], env=ENV, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    with psycopg.connect(Embedded(stopped).url("postgres", "postgres"), autocommit=True) as link:
        link.execute("CREATE TABLE IF NOT EXISTS kept (a int)")
        link.execute("INSERT INTO kept VALUES (1)")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert psutil.pid_exists(pid)
    heir = Embedded(stopped, fast=True)
    began = time.monotonic()
    heir.start()
    assert heir.pid() == pid and heir.child is None and time.monotonic() - began < 10
    with psycopg.connect(heir.url("postgres", "postgres")) as link:
        assert link.execute("SELECT count(*) FROM kept").fetchone()[0] >= 1


def test_a_database_that_was_killed_comes_back_with_what_was_committed(stopped):
    server = Embedded(stopped, fast=True)
    server.start()
    first = server.pid()
    os.kill(first, signal.SIGKILL)
    until = time.monotonic() + 20
    while server.pid() and time.monotonic() < until:
        server.child.poll()
        time.sleep(0.02)
    assert server.ensure() is False and server.pid() not in (0, first) and server.answers() and server.ensure() is True


def test_a_killed_server_that_nobody_waited_for_keeps_the_next_one_out_no_longer(stopped):
    server = Embedded(stopped, fast=True)
    server.start()
    dead = psutil.Process(server.pid())
    dead.kill()
    until = time.monotonic() + 20
    while dead.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.02)
    heir = Embedded(stopped, fast=True)
    heir.start(patience=20)
    assert heir.pid() not in (0, dead.pid) and heir.answers()


@pytest.mark.parametrize("left", ["{foreign}\n/elsewhere\n", "999999999\n", "not a number\n", ""])
def test_a_pid_file_left_by_a_crash_keeps_nobody_out(stopped, left):
    file = stopped / "pg" / "postmaster.pid"
    file.write_text(left.format(foreign=os.getpid()))
    server = Embedded(stopped, fast=True)
    assert server.pid() == 0
    server.start()
    assert server.pid() and server.answers() and int(file.read_text().split("\n")[0]) == server.pid()


def test_only_this_machines_user_comes_in_and_only_by_the_socket(stopped):
    server = Embedded(stopped, fast=True)
    server.start()
    with psycopg.connect(server.url("postgres", "postgres")) as link:
        told = dict(link.execute("SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_directories')").fetchall())
        roles = {row[0]: row[1:] for row in link.execute("SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname LIKE 'minsheng%'")}
    assert told["listen_addresses"] == "" and roles == {"minsheng_owner": (False, True), "minsheng_app": (False, False)}
    assert stopped.stat().st_mode & 0o077 == 0 and (stopped / "pg").stat().st_mode & 0o077 == 0
    assert not [c for c in psutil.Process(server.pid()).net_connections() if c.status == psutil.CONN_LISTEN and c.family.name.startswith("AF_INET")]


@pytest.mark.parametrize("command", [("demo", "--port", "0"), ("serve", "--port", "0")])
def test_a_second_program_on_the_same_folder_refuses_and_names_the_first(tmp_path, command):
    held = ready.hold(tmp_path)
    done = cli(*command, "--data", str(tmp_path), MINSHENG_SECRET="s" * 40)
    held.close()
    assert done.returncode == 1 and str(os.getpid()) in done.stderr and "--data" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "pg").exists()


def test_a_lock_left_by_a_dead_program_keeps_nobody_out(tmp_path):
    (tmp_path / "lock").write_text("999999999")
    ready.hold(tmp_path).close()
    assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_serve_refuses_a_secret_that_is_missing_or_short_and_a_demo_folder(tmp_path):
    for secret, says in (("", "MINSHENG_SECRET"), ("short", "32 个字符"), ("not-a-secret-for-trying-out-only", "没有设置密钥")):
        done = cli("serve", "--data", str(tmp_path), **({"MINSHENG_SECRET": secret} if secret else {}))
        assert done.returncode == 1 and says in done.stderr, done.stderr
    (tmp_path / "clock_offset_s").write_text("0")
    done = cli("serve", "--data", str(tmp_path), MINSHENG_SECRET="s" * 40)
    assert done.returncode == 1 and "演示" in done.stderr


def test_new_packages_lie_beside_those_of_the_program_that_runs(tmp_path):
    from minsheng.cli import environment

    def made(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    old = made(".venv")
    (old / "kept").touch()
    first, second, third = made(".venv-1"), made(".venv-2"), made(".venv-3")
    environment.use(tmp_path, first)
    assert (tmp_path / ".venv").resolve() == first and (tmp_path / ".venv-before" / "kept").exists() and not second.exists()
    second.mkdir()
    environment.use(tmp_path, second)
    assert (tmp_path / ".venv").resolve() == second and first.exists() and not (tmp_path / ".venv-before").exists()
    third.mkdir(exist_ok=True)
    environment.use(tmp_path, third)
    assert {p.name for p in tmp_path.iterdir()} == {".venv", ".venv-2", ".venv-3"} and (tmp_path / ".venv").resolve() == third


def test_a_link_to_somebody_elses_packages_is_used_or_named_and_stays(tmp_path, capsys):
    """A second working copy borrows the packages of the first: any command of the launcher there had laid its link anew."""
    import importlib.metadata

    from minsheng.cli import environment

    root, theirs, lock = tmp_path / "copy", tmp_path / "theirs", tmp_path / "copy" / "requirements.lock"
    (theirs / "bin").mkdir(parents=True)
    (theirs / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (theirs / "bin" / "python").chmod(0o755)
    root.mkdir()
    (root / ".venv").symlink_to(theirs)
    has = next(f"{one.name.replace('-', '_').upper()}=={one.version}" for one in importlib.metadata.distributions())
    lock.write_text(f"{has} \\\n    --hash=sha256:00\n")
    assert environment.main(root, root / ".venv" / ".minsheng-1-2") == 0
    lock.write_text(f"{has} \\\n    --hash=sha256:00\nno-such-thing==9.9\n    # via django\n")
    assert environment.main(root, root / ".venv" / ".minsheng-1-2") == 1
    said = capsys.readouterr().err
    assert str(theirs) in said and "no-such-thing==9.9" in said and "删掉链接" in said
    assert (root / ".venv").resolve() == theirs and {one.name for one in root.iterdir()} == {".venv", "requirements.lock"}


def test_who_stops_reading_our_output_sees_no_trace():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as gone:
        done = subprocess.run([sys.executable, "-m", "minsheng.cli", "--help"], cwd=ROOT, env=ENV, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == "" and done.returncode == 1
