"""While the program serves, nobody who has taken over one of its processes becomes the owner of the database: tried against a real `serve`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from minsheng.kit.embedded_postgres import Embedded
from minsheng.kit.host import Problem
from tests.served import ROOT, served

# What somebody who runs code inside a web process would try. Every line says how far it came.
ATTACK = """
import hashlib, json, os, sys
from pathlib import Path
from minsheng.cli import confined
confined.enter()
import psycopg
data, supervisor = Path(sys.argv[1]), sys.argv[2]
host = str(data / "pg")
done = []

def tried(name, deed):
    try:
        done.append([name, True, str(deed())[:200]])
    except (OSError, psycopg.Error) as wrong:
        done.append([name, False, str(wrong).strip()[-160:]])

def app(statement):
    with psycopg.connect(f"postgresql://minsheng_app@/minsheng?host={host}", autocommit=True) as link:
        return link.execute(statement).statusmessage

for role in ("minsheng_owner", "postgres"):
    tried(f"log in as {role}", lambda: psycopg.connect(f"postgresql://{role}@/minsheng?host={host}", password="").close())
    tried(f"log in as {role} by the password's file", lambda: psycopg.connect(
        f"postgresql://{role}@/minsheng?host={host}&passfile={data / 'owner.pass'}").close())
tried("read the password", lambda: (data / "owner.pass").read_text())
tried("read the password another way", lambda: Path(f"/proc/{supervisor}/root{data}/owner.pass").read_text())
tried("link the password", lambda: os.link(data / "owner.pass", data / "tmp" / "copy"))
tried("take the password away", lambda: (data / "owner.pass").unlink())
tried("change who may log in", lambda: open(data / "pg" / "pg_hba.conf", "a"))
tried("read the tables' files", lambda: os.listdir(data / "pg" / "base"))
tried("change the launcher", lambda: open(sys.argv[3], "a"))
for statement in ("SET ROLE minsheng_owner", "SET SESSION AUTHORIZATION minsheng_owner", "RESET ROLE; DROP TABLE ledger_entry",
                  "UPDATE ledger_entry SET reason = 'x', hash = sha256('x')", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry",
                  "UPDATE cases_casestep SET reason = 'x', hash = sha256('x')", "ALTER TABLE ledger_entry DISABLE TRIGGER USER",
                  "ALTER ROLE minsheng_app SUPERUSER", "GRANT minsheng_owner TO minsheng_app", "COPY ledger_entry TO PROGRAM 'id'",
                  "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", "SELECT pg_read_file('pg_hba.conf')"):
    tried(statement, lambda: app(statement))
tried("what it may: read", lambda: app("SELECT count(*) FROM ledger_entry"))
tried("what it may: keep bytes", lambda: (data / "files" / "x").write_text("x"))
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def stage():
    with served() as on:
        yield on


def test_who_has_taken_over_a_process_of_ours_gets_no_further_than_the_programs_role(stage):
    web = stage.child("web")
    done = subprocess.run([sys.executable, "-c", ATTACK, str(stage.data), str(stage.process.pid), str(ROOT / "minsheng")], env=web.environ(),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tried = json.loads(done.stdout)
    assert len(tried) >= 24
    assert [name for name, went, _ in tried if went] == ["what it may: read", "what it may: keep bytes"], tried


def test_neither_process_is_told_of_the_owner_and_both_are_shut_in(stage):
    for kind in ("web", "worker"):
        process = stage.child(kind)
        assert "MINSHENG_OWNER_URL" not in process.environ() and "owner.pass" not in " ".join(process.environ().values())
        assert re.search(r"NoNewPrivs:\s+1", Path(f"/proc/{process.pid}/status").read_text()), "not confined"


def test_doctor_and_the_state_page_of_the_served_program_say_what_was_tried(stage):
    """The page is asked of the real web process: it looks from inside."""
    status, page, _ = stage.get("/desk/system", stage.people("system_admin")["system_admin"])
    assert status == 200 and "变不成数据库所有者" in page and "能变成数据库所有者" not in page
    told = stage.cli("doctor")
    assert "好      程序的进程变不成数据库所有者" in told.stdout, told.stdout + told.stderr


def test_the_sentence_is_measured_and_not_written(stage):
    """The same question by the launcher's own user, who is not shut in: two ways are open, and it says which."""
    ways = json.loads(stage.python("import json\nfrom minsheng.kit import checks\nw = checks.ways_to_owner()\nprint(json.dumps([w, checks.owner(w)]))"))
    assert any("口令" in way for way in ways[0]) and any("pg_hba.conf" in way for way in ways[0])
    assert ways[1][0] is False and "改写历史" in ways[1][1]


def test_the_launcher_still_comes_in_to_migrate_and_back_up(stage, tmp_path):
    server = Embedded(stage.data)
    with psycopg.connect(server.owner_url) as link:
        assert link.execute("SELECT current_user").fetchone()[0] == "minsheng_owner"
    assert (stage.data / "owner.pass").stat().st_mode & 0o077 == 0
    assert stage.cli("backup", str(tmp_path)).returncode == 0 and not list(tmp_path.rglob("owner.pass"))


def test_a_lost_password_is_set_anew_at_the_next_start_and_one_that_does_not_fit_is_said(tmp_path):
    server = Embedded(tmp_path, fast=True)
    server.start()
    try:
        before = (tmp_path / "owner.pass").read_text()
        (tmp_path / "owner.pass").unlink()
        heir = Embedded(tmp_path, fast=True)
        heir.start()  # beside the one that runs
        assert (tmp_path / "owner.pass").read_text() != before and heir.answers()
        with pytest.raises(psycopg.Error):
            psycopg.connect(heir.bare_url("postgres", "postgres"), password="")
        (tmp_path / "owner.pass").write_text("*:*:*:*:of-another-folder\n")
        with pytest.raises(Problem, match="owner.pass"):
            Embedded(tmp_path, fast=True).start()
    finally:
        server.stop()
