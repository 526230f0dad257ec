"""Nothing acknowledged is lost, doubled or stranded: shown against real processes that are killed, frozen and replaced, not argued."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.verification import storm_check

ROOT = Path(__file__).parents[2]
HEAVY = os.environ.get("MINSHENG_HEAVY") == "1"
SECONDS = 45 if HEAVY else 30


@pytest.mark.alone
def test_a_storm_of_kills_freezes_and_upgrades_loses_doubles_and_strands_nothing():
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(name, None)
    command = [sys.executable, "-m", "tests.verification.storm", "--seconds", str(SECONDS), "--clients", "8" if HEAVY else "6"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS + 500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    happened = told["happened"]
    assert happened["database"] >= 1 and happened["freeze"] >= 1 and happened["replace"] >= 1 and happened["web"] >= 1, told
    assert told["acknowledged"] >= 20 and told["wrong"] == [], told
    for name in ("lost", "doubled", "stranded", "broken", "broken_ledger"):
        assert told[name] == [], told
    assert "Traceback" not in done.stderr, done.stderr[-3000:]


def test_the_check_finds_what_it_looks_for(database_server, django_db_blocker):
    """Each fault made by hand in a database of its own is named; a sound one is silent."""
    from django.db import connections

    from minsheng.cases.rules import State
    from minsheng.kit import clock
    from tests.cast import NOW, build
    from tests.conftest import point

    name = database_server.template.replace("template", "storm_check")
    database_server.make(name, database_server.template)
    database_server.note(name)
    before = connections["default"].settings_dict["NAME"]
    with django_db_blocker.unblock(), clock.fixed(NOW):
        try:
            point(database_server, name)
            cast = build()
            review, sign, merged = cast.create(), cast.at_state(State.PENDING_SIGN), cast.at_state(State.MERGED)
        finally:
            connections.close_all()
            point(database_server, before)
    address = database_server.address(name, owner=True)
    acked = {"kind": "create", "marker": "", "case": str(review.id), "acked": True, "written": True}
    sound = storm_check.check(address, [acked])
    assert [sound[kind] for kind in ("lost", "doubled", "stranded", "loose", "broken")] == [[]] * 5, sound
    with psycopg.connect(address, autocommit=True) as link:
        link.execute("UPDATE cases_case SET state = 'withdrawn', closed_at = now() WHERE id = %s", [merged.master_id])
        link.execute("UPDATE cases_case SET paused = true WHERE id = %s", [review.id])
        link.execute("UPDATE cases_caseclock SET met_at = now() WHERE case_id = %s", [sign.id])
        link.execute("ALTER TABLE cases_casestep DISABLE TRIGGER USER")
    lost = [{**acked, "case": "1"}, {**acked, "kind": "sign"}, {**acked, "marker": "〔x〕"}]
    found = storm_check.check(address, [*lost, {**acked, "kind": "add", "marker": "幸福路", "acked": False}])
    assert len(found["lost"]) == 3 and len(found["doubled"]) == 1, found
    assert {line.split(":")[0] for line in found["stranded"]} == {
        "merged into one that ended, and never rung", "paused without a clock that stands still", "a clock stands still and nobody is asked anything",
        "open, and no clock of it runs"}, found
    assert any("stands at withdrawn" in line for line in found["broken"]), found
