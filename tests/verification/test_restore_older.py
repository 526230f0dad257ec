"""A backup is restored into a PostgreSQL of the machine's own, older than the programs that carry it: Debian's."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from tests import ready_folders
from tests.served import Served, environment, until

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
pytestmark = pytest.mark.skipif(not (BIN and os.geteuid() == 0), reason="NOT RUN HERE: needs root and apt-get install postgresql")


@pytest.fixture
def older():
    """Its folder: the socket is there, port 5432. Databases `whole` and `broken` of minsheng_owner."""
    folder = Path(tempfile.mkdtemp(prefix="minsheng-o-"))
    shutil.chown(folder, "postgres", "postgres")
    entry = pwd.getpwnam("postgres")
    who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([BIN[0] / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True, **who)
    server = subprocess.Popen([BIN[0] / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"], **who)
    try:
        link = until(lambda: psycopg.connect(f"postgresql://postgres@/postgres?host={folder}", autocommit=True))
        with link:
            for role in ("minsheng_owner CREATEROLE", "minsheng_app"):
                link.execute(f"CREATE ROLE {role} LOGIN")
            for name in ("whole", "broken"):
                link.execute(f"CREATE DATABASE {name} OWNER minsheng_owner")
        yield folder
    finally:
        server.send_signal(2)
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_backup_is_put_back_whole_and_one_that_does_not_fit_leaves_nothing(older, tmp_path):
    with tempfile.TemporaryDirectory(prefix="minsheng-b-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        folder.chmod(0o711)
        ready_folders.copy(ready_folders.with_cast(), folder / "data")
        secret = (folder / "data" / ready_folders.SECRET).read_text()
        made = Served(folder / "data", environment(MINSHENG_SECRET=secret)).cli("backup", str(folder / "kept"))
        assert made.returncode == 0, made.stderr
        [backup] = (folder / "kept").iterdir()
        for name in ("broken", "whole"):
            urls = {"DATABASE_URL": f"postgresql://minsheng_app@/{name}?host={older}", "MINSHENG_OWNER_URL": f"postgresql://minsheng_owner@/{name}?host={older}"}
            on = Served(folder / name, environment(MINSHENG_SECRET=secret, **urls))
            if name == "broken":
                put_back_a_part(urls["MINSHENG_OWNER_URL"], backup, folder)
                continue
            done = on.cli("restore", str(backup))
            assert done.returncode == 0 and "历史完整" in done.stdout, done.stdout + done.stderr
            with psycopg.connect(urls["MINSHENG_OWNER_URL"]) as link:
                found = link.execute("SELECT count(*) FROM ledger_entry").fetchone()
            assert found == (json.loads((backup / "manifest.json").read_text())["counts"]["entries"],)


def put_back_a_part(url: str, backup: Path, folder: Path) -> None:
    """A dump that ends in the middle: refused with what was said, and not a table of it is there."""
    from minsheng.kit import backup as kit
    from minsheng.kit.host import Problem

    part = folder / "part"
    part.mkdir()
    whole = (backup / kit.DUMP).read_bytes()
    (part / kit.DUMP).write_bytes(whole[:len(whole) * 9 // 10])
    with pytest.raises(Problem, match="pg_restore 没有做完"):
        kit.put_back_database(folder=part, owner_url=url, progress=lambda _: None)
    with psycopg.connect(url) as link:
        assert link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
