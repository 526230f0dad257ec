"""Anchors off this machine: every hour, by a folder or a command, only ever added to; doctor says what is true of them."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from tests.cast import NOW, build

from minsheng.cases import jobs
from minsheng.cases.actions import anchor_copies, anchors
from minsheng.kit import clock
from minsheng.ledger import actions as ledger_actions
from minsheng.ledger import outside, queries


@pytest.fixture
def places(tmp_path, monkeypatch):
    """This machine's data folder, and one of another machine."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.setattr(settings, "DATA", here)
    monkeypatch.setattr(settings, "ANCHORS_FOLDER", str(there))
    return here, there


@pytest.fixture
def anchor(db, places, django_capture_on_commit_callbacks):
    """Something happens, then the hourly job of the anchors and of their copy."""
    with clock.fixed(NOW):
        cast = build()

        def once() -> None:
            cast.create()
            with django_capture_on_commit_callbacks(execute=True):
                anchors.anchor()
            anchor_copies.copy()

        yield once


def copied(there) -> list[str]:
    return [line.split()[1] for line in (there / "anchors.log").read_text().splitlines()]


def test_the_job_runs_every_hour():
    [task] = [each for each in jobs.app.periodic_registry.periodic_tasks.values() if each.task.name.endswith("jobs.anchor")]
    assert task.cron.split()[1] == "*"


def test_every_anchor_is_copied_and_the_copy_only_grows(anchor, places):
    here, there = places
    anchor()
    first = (there / "anchors.log").read_bytes()
    anchor()
    assert (there / "anchors.log").read_bytes().startswith(first) and len(copied(there)) == 2
    assert {f.name for f in (there / "anchors").iterdir()} == {f.name for f in (here / "anchors").glob("*.heads")}
    assert anchor_copies.told()[0] is True and queries.verify(outside.anchored_outside(there / "anchors.log")) == []


def test_a_copy_that_contradicts_ours_is_left_as_it_is_and_said_as_a_fault(anchor, places):
    _, there = places
    anchor()
    forged = (there / "anchors.log").read_text().replace("0", "1")
    (there / "anchors.log").write_text(forged)
    anchor()
    well, said = anchor_copies.told()
    assert well is False and "对不上" in said and (there / "anchors.log").read_text() == forged


def test_a_place_out_of_reach_is_a_warning_and_is_caught_up_with_when_it_is_back(anchor, places):
    _, there = places
    anchor()
    kept = shutil.move(there, there.with_name("away"))
    anchor()
    well, said = anchor_copies.told()
    assert well is None and "不能写入" in said
    shutil.move(kept, there)
    assert anchor_copies.copy() and len(copied(there)) == 2 and anchor_copies.told()[0] is True


def test_no_place_named_is_a_warning_that_names_the_settings(anchor, monkeypatch):
    monkeypatch.setattr(settings, "ANCHORS_FOLDER", "")
    anchor()
    well, said = anchor_copies.told()
    assert well is None and "MINSHENG_ANCHORS_FOLDER" in said and not anchor_copies.copy()


def test_a_copy_that_stopped_is_said_after_two_hours_and_not_before(anchor, monkeypatch):
    anchor()
    monkeypatch.setattr(anchor_copies, "copy", lambda: False)  # the worker stands
    anchor()
    assert anchor_copies.told()[0] is True
    at = clock.machine_now() + timedelta(hours=2, minutes=1)
    monkeypatch.setattr(clock, "machine_now", lambda: at)
    well, said = anchor_copies.told()
    assert well is None and "不是最新的" in said


def test_a_command_gets_the_places_and_no_secret_and_its_failure_is_said(anchor, places, tmp_path, monkeypatch):
    here, _ = places
    script = tmp_path / "send.py"
    script.write_text("import json, os, sys\njson.dump([sys.argv[1:], dict(os.environ)], open(sys.argv[3], 'w'))\nsys.exit(int(sys.argv[4]))")
    monkeypatch.setenv("MINSHENG_SECRET", "do-not-tell")
    monkeypatch.setattr(settings, "ANCHORS_FOLDER", "")
    for code, well in (("0", True), ("3", None)):
        monkeypatch.setattr(settings, "ANCHORS_COMMAND", f"{sys.executable} {script} {{anchors}} {{log}} '{tmp_path}/told one' {code}")
        anchor()
        assert anchor_copies.told()[0] is well, anchor_copies.told()
    given, env = json.loads((tmp_path / "told one").read_text())
    assert given[:2] == [str(here / "anchors"), str(here / "anchors.log")] and "MINSHENG_SECRET" not in env and "DATABASE_URL" not in env
    assert "退出码 3" in anchor_copies.told()[1]
    monkeypatch.setattr(settings, "ANCHORS_COMMAND", "/no/such/program {log}")
    anchor()
    assert anchor_copies.told()[0] is None and "/no/such/program" in anchor_copies.told()[1]


def test_what_the_oldest_unanchored_entry_is(anchor):
    anchor()
    assert queries.unanchored_since() is None
    written = ledger_actions.write(kind="log_in", by_id=1, by_name="甲")
    ledger_actions.write(kind="log_in", by_id=1, by_name="甲")
    assert queries.unanchored_since() == written.machine_at
