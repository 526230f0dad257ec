"""A disk that is full or read-only, a folder of another's, a database that dies under a command: a sentence within seconds, no trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from minsheng.kit import embedded_reasons
from minsheng.kit.embedded_postgres import Embedded
from tests import ready_folders
from tests.served import ROOT, Served, environment, served, until

NOISE = float(os.environ.get("MINSHENG_SLOW_MACHINE", "3"))
SERVE = ("serve", "--port", "0")
MAY_MOUNT = os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
mounts = pytest.mark.skipif(not MAY_MOUNT, reason="NOT RUN HERE: full and read-only disks need root that may mount")


@contextmanager
def disk(size: str):
    """A disk of its own, as small as that."""
    place = Path(tempfile.mkdtemp(prefix="minsheng-d-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)
        place.rmdir()


def on(data: Path) -> Served:
    return Served(data, environment(MINSHENG_DATA=str(data)))


def told(at: Served, *words: str) -> str:
    """What a command said that ended with 1, soon and without a trace."""
    began = time.monotonic()
    done = at.cli(*words)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "Traceback" not in said, (words, said)
    assert time.monotonic() - began < 10 * NOISE, (words, said)
    return said


@mounts
def test_a_full_disk_is_said_before_anything_is_begun_and_what_was_there_goes_on_when_there_is_room():
    with disk("20m") as place:
        for command in (SERVE, ("migrate",)):
            assert "MB。请腾出空间后再启动" in told(on(place / "data"), *command)
    with disk("400m") as place:
        at = on(place / "data")
        assert at.cli("migrate").returncode == 0
        Embedded(at.data).stop()
        with open(place / "filler", "wb") as filler, pytest.raises(OSError, match="No space"):
            while True:
                filler.write(bytes(1 << 16))
                filler.flush()
        for command in (SERVE, ("migrate",), ("measures",)):
            assert "磁盘" in told(at, *command)
        (place / "filler").unlink()
        try:
            assert at.cli("migrate", "--check").returncode == 0
        finally:
            Embedded(at.data).stop()


@mounts
def test_a_read_only_disk_is_said():
    with disk("400m") as place:
        at = on(place / "data")
        ready_folders.copy(ready_folders.empty(), at.data)
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        for command in (SERVE, ("migrate",), ("doctor",), ("measures",)):
            assert "只读" in told(at, *command)


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN HERE: another's folder needs root")
def test_a_folder_of_anothers_and_a_database_of_anothers_are_named_with_what_to_do(tmp_path):
    at = on(tmp_path / "data")
    ready_folders.copy(ready_folders.empty(), at.data)
    os.chown(at.data, 65534, 65534)
    for command in (SERVE, ("migrate",), ("doctor",)):
        assert "属于用户 nobody" in (said := told(at, *command)) and f"chown -R root {at.data}" in said
    os.chown(at.data, 0, 0)
    owner = (at.data / "pg").stat().st_uid
    subprocess.run(["chown", "-R", "65534", at.data / "pg"], check=True)
    said = told(at, *SERVE)
    assert f"chown -R {owner} {at.data}/pg" in said
    subprocess.run(said.partition("请执行：")[2].strip().splitlines()[0], shell=True, check=True)
    try:
        assert at.cli("migrate", "--check").returncode == 0, "what the sentence says is what mends it"
    finally:
        Embedded(at.data).stop()


def test_a_database_that_dies_under_an_import_is_said_and_the_same_command_goes_on(tmp_path):
    file, many = tmp_path / "past.csv", 3000
    lines = [f"K{n},2024-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00+08:00,第{n}号院停水两天，请尽快恢复" for n in range(many)]
    file.write_text("external_no,received_at,narrative\n" + "\n".join(lines) + "\n", encoding="utf-8")
    with served() as at:
        at.people("supervisor")
        words = [sys.executable, "-m", "minsheng.cli", "import", str(file), "--data", str(at.data)]
        going = subprocess.Popen(words, env=at.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = going.stderr.readline()
        os.kill(Embedded(at.data).pid(), signal.SIGKILL)
        out, err = going.communicate(timeout=90)
        assert first and going.returncode == 1, (first, out, err)
        assert "数据库连不上了" in err and "接着做" in err and "Traceback" not in err, err
        until(lambda: at.get("/healthz")[0] == 200)
        done = at.cli("import", str(file))
        assert done.returncode == 0, (done.stdout, done.stderr)
        assert at.sql("SELECT count(*), count(DISTINCT key) FROM cases_outsidekey") == [(many, many)]


SAID = {
    "FATAL:  could not write lock file \"postmaster.pid\": No space left on device": "磁盘已满",
    "FATAL:  could not write to file \"pg_wal/xlogtemp.29\": Disk quota exceeded": "磁盘已满",
    "FATAL:  could not create lock file \"postmaster.pid\": Read-only file system": "只读",
    "FATAL:  data directory \"/proc/self/cwd\" has wrong ownership\nHINT:  The server must be started by the user that owns it.": "chown -R",
    "postgres: could not access the server configuration file \"/x/postgresql.conf\": Permission denied": "chown -R",
    "FATAL:  data directory \"/x\" has invalid permissions\nDETAIL:  Permissions should be u=rwx (0700) or u=rwx,g=rx (0750).": "chmod 700",
    "FATAL:  database files are incompatible with server\nDETAIL:  The data directory was initialized by PostgreSQL version 16": "另一个大版本",
    "FATAL:  could not map anonymous shared memory: Cannot allocate memory": "内存不够",
    "LOG:  invalid checkpoint record\nPANIC:  could not locate a valid checkpoint record": "备份",
    "LOG:  invalid value for parameter \"shared_buffers\": \"abc\"": "shared_buffers",
    "FATAL:  lock file \"postmaster.pid\" already exists\nHINT:  Is another postmaster (PID 29) running?": "",
    "LOG:  database system is ready to accept connections": "",
}


@pytest.mark.parametrize("line", SAID)
def test_what_the_server_wrote_becomes_what_to_do(tmp_path, line):
    said = embedded_reasons.of(f"2025-01-02 10:00:00 UTC [7] {line}\n", SimpleNamespace(data=tmp_path, folder=tmp_path / "pg", log=tmp_path / "log", uid=7))
    assert said == "" if SAID[line] == "" else SAID[line] in said and "{" not in said, said
