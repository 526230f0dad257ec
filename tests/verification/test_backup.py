"""Backup and restore against real processes: complete or refused, cut off and gone on with, nothing personal left behind, no erasure undone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from minsheng.kit.embedded_postgres import Embedded
from tests import ready_folders
from tests.served import ROOT, environment, until

FILES = 60  # kept contents of 300 KB, as MAKE makes them: enough that a restore can be killed among them
MAKE = """
import os
from minsheng.cases.rules import State
from minsheng.files import actions as files
from minsheng.kit import clock, partitions
from tests.cast import NOW, build
partitions.make_months(NOW, NOW)
with clock.fixed(NOW):
    cast = build()
    for n in range(20):
        cast.create()
    for n in range(60):
        files.store(content=b"%PDF-" + os.urandom(300_000), name=f"{n}.pdf", by=cast.actors["agent"])
    case = cast.at_state(State.CLOSED)
    print(case.id, case.number, flush=True)
"""
ERASE = """
import sys
from minsheng.accounts.models import Person, actor_of
from minsheng.accounts.queries import roles_of
from minsheng.cases import actions
def by(name):
    person = Person.objects.select_related("unit").get(username=name)
    return actor_of(person, roles_of(person.id))
actions.take_step(case_id=int(sys.argv[1]), step="ask_erasure", by=by("supervisor"), given={"reason": "诉求人依法申请删除"})
actions.take_step(case_id=int(sys.argv[1]), step="erase", by=by("security_admin"), given={"ground": "request"})
"""

FOLLOW = """
import sys
from minsheng.cases.queries import feed
page = feed.steps_since(sys.argv[1] if len(sys.argv) > 1 else "")
print(page.cursor, *[row.id for row in page.rows])
"""
ADD = """
from minsheng.accounts.models import Person, actor_of
from minsheng.accounts.queries import roles_of
from minsheng.cases import actions
person = Person.objects.select_related("unit").get(username="agent")
print(actions.create_case(by=actor_of(person, roles_of(person.id)), kind="help", narrative="楼道灯不亮", then=None).case.id)
"""


class Place:
    """A folder that the server's own user may walk to, with a city in `old`."""

    def __init__(self, folder: Path):
        self.folder, self.old, self.kept = folder, folder / "old", folder / "kept"
        self.env = environment()
        ready_folders.copy(ready_folders.empty(), self.old)
        said = self.python(self.old, MAKE).split()
        self.case, self.number = int(said[-2]), said[-1]

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "minsheng.cli", *words]

    def run(self, *words: str, expect: int = 0) -> str:
        done = subprocess.run(self.command(*words), env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == expect and "Traceback" not in done.stderr, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def python(self, data: Path, script: str, *given: str) -> str:
        """With the database of a folder."""
        text = "from minsheng.cli import ready\nwith ready.database():\n" + "".join(f"    {line}\n" for line in script.strip().splitlines())
        done = subprocess.run([sys.executable, "-c", text, *given], env=self.env | {"MINSHENG_DATA": str(data)}, cwd=ROOT, capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def backup(self, expect: int = 0) -> tuple[Path, str]:
        before = set(self.kept.glob("minsheng-*")) if self.kept.exists() else set()
        said = self.run("backup", str(self.kept), "--data", str(self.old), expect=expect)
        [made] = set(self.kept.glob("minsheng-*")) - before
        return made, said

    def fresh(self) -> str:
        return tempfile.mkdtemp(prefix="new-", dir=self.folder) + "/data"

    def kill_when(self, true, *words: str, how: int = signal.SIGKILL) -> None:
        running = subprocess.Popen(self.command(*words), env=self.env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: true() or running.poll() is not None, 120, 0.002)
        assert running.poll() is None, "it was done before the signal came"
        running.send_signal(how)
        running.wait()


@pytest.fixture(scope="module")
def place():
    folder = Path(tempfile.mkdtemp(prefix="minsheng-b-"))
    folder.chmod(0o755)
    yield Place(folder)
    for server in folder.glob("**/pg/postmaster.pid"):
        Embedded(server.parent.parent).stop()
    shutil.rmtree(folder, ignore_errors=True)


def files_in(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()] if folder.exists() else []


def test_a_backup_is_restored_whole_and_a_damaged_one_is_refused(place):
    exchange = {"pbx/pbx.toml": b'name = "pbx-a1"\n', "pbx/sounds/bo/welcome.wav": b"spoken by a person", "pbx/secrets.json": b"{}",
                "pbx/var/spool/monitor/2025/01/02/pbx-a1-1.1.pbx-a1-1.2.wav": b"not filed yet"}
    for name, content in exchange.items():
        (place.old / name).parent.mkdir(parents=True, exist_ok=True)
        (place.old / name).write_bytes(content)
    kept, said = place.backup()
    assert "密钥" in said and json.loads((kept / "manifest.json").read_text())["counts"]["cases"] == 21
    new = place.fresh()
    said = place.run("restore", str(kept), "--data", new)
    assert "21 件" in said and "历史完整" in said
    assert {name: (Path(new) / name).read_bytes() for name in exchange if (Path(new) / name).exists()} == {
        name: content for name, content in exchange.items() if "secrets" not in name}, "the words of the exchange are drawn anew"
    for data in (str(place.old), new):
        place.run("export", "--out", data + ".csv", "--data", data)
    assert Path(f"{place.old}.csv").read_text() == Path(new + ".csv").read_text()
    place.run("export", "--out", new + "-2.csv", "--data", new)  # the program's role reads the restored copy
    followed, made = place.python(place.old, FOLLOW).split(), place.python(Path(new), ADD).split()  # a server whose transactions begin anew
    assert len(place.python(Path(new), FOLLOW, followed[0]).split()) == 2 and made, "what came after, and nothing twice"
    assert len(set(place.python(Path(new), FOLLOW).split())) == len(followed) + 1
    assert "已有数据" in place.run("restore", str(kept), "--data", new, expect=1)
    damaged = place.folder / "damaged"
    shutil.copytree(kept, damaged)
    dump = bytearray((damaged / "database.dump").read_bytes())
    dump[len(dump) // 2] ^= 1
    (damaged / "database.dump").write_bytes(dump)
    assert "database.dump 与备份时不同" in place.run("restore", str(damaged), "--data", place.fresh(), expect=1)


def test_a_restore_that_was_killed_is_refused_by_all_and_goes_on_where_it_was(place):
    kept, _ = place.backup()
    new = place.fresh()
    restore = ("restore", str(kept), "--data", new)
    place.kill_when(lambda: len(files_in(Path(new) / "files")) > 5, *restore)
    some = len(files_in(Path(new) / "files"))
    assert 5 < some < FILES
    for command in (("serve", "--port", "0"), ("migrate",), ("doctor",), ("measures",), ("backup", str(place.kept))):
        said = place.run(*command, "--data", new, expect=1)
        assert "恢复没有做完" in said and f"./minsheng restore {kept} --data {new}" in said, said
    other, _ = place.backup()
    assert "另一份备份" in place.run("restore", str(other), "--data", new, expect=1)
    place.kill_when(lambda: (Path(new) / "pg" / "postmaster.pid").exists(), *restore)  # before or in the database's turn
    assert "恢复没有做完" in place.run("migrate", "--data", new, expect=1)
    said = place.run(*restore)
    assert "接着上次" in said and "历史完整" in said
    assert "附件完整" in place.run("doctor", "--verify-history", "--data", new) and len(files_in(Path(new) / "files")) == FILES


def test_missing_and_damaged_contents_are_named_and_the_rest_can_be_restored(place):
    kept, _ = place.backup()
    [gone, broken, *_] = sorted(files_in(place.old / "files"))
    before = gone.read_bytes(), broken.read_bytes()
    gone.unlink()
    broken.write_bytes(b"%PDF-" + bytes(300_000))
    try:
        made, said = place.backup(expect=1)
        assert said.count("缺失") >= 1 and "内容被改动" in said and "有 2 个附件或录音" in said, said
        told = json.loads((made / "manifest.json").read_text())
        assert list(told["missing"]) == [gone.name] and list(told["damaged"]) == [broken.name]
        said = place.run("restore", str(made), "--data", place.fresh())
        assert "历史完整" in said and "备份时已缺失或损坏" in said
    finally:
        gone.write_bytes(before[0])
        broken.write_bytes(before[1])
    assert kept.exists()


RECORD = """
import hashlib
from datetime import timedelta
from django.conf import settings
from minsheng.kit import clock
from minsheng.telephony.models import Call, Recording
at = clock.now() - timedelta(hours=1)
call = Call.objects.create(pbx="pbx1", linkedid="pbx1-9", arrived_at=at, ended_at=at, updated_at=at)
for name in ("whole", "gone", "broken"):
    content = name.encode() * 1000
    place = settings.DATA / "recordings" / "2025" / f"{name}.flac"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    Recording.objects.create(call=call, leg=name, source=name, began_at=at, state="kept", path=f"2025/{name}.flac", sha256=hashlib.sha256(content).digest())
"""


def test_recordings_that_are_missing_or_damaged_are_named_as_well(place):
    place.python(place.old, RECORD)
    _, said = place.backup()
    assert "录音" not in said
    time.sleep(1.1)
    kept = place.old / "recordings" / "2025"
    (kept / "gone.flac").unlink()
    (kept / "broken.flac").write_bytes(b"half of it")
    try:
        made, said = place.backup(expect=1)
        assert "有 2 个附件或录音" in said and said.count("要处理  录音") == 2, said
        told = json.loads((made / "manifest.json").read_text())
        assert len(told["missing"]) == len(told["damaged"]) == 1
    finally:
        forget = "from minsheng.telephony.models import Call, Recording\nRecording.objects.all().delete()\nCall.objects.all().delete()"
        place.python(place.old, forget)  # no line of an exchange tells of them
        shutil.rmtree(place.old / "recordings")


@pytest.mark.parametrize("inside", ["files", "recordings/2025", "pbx/sounds"])
def test_a_backup_into_what_is_backed_up_is_refused(place, inside):
    before = set(files_in(place.old / "files"))
    said = place.run("backup", str(place.old / inside), "--data", str(place.old), expect=1)
    assert "请换一个文件夹" in said and set(files_in(place.old / "files")) == before


def test_a_backup_that_was_cut_off_leaves_nothing_personal_behind(place):
    half = lambda: list(place.kept.glob("*.half"))  # noqa: E731
    place.kill_when(lambda: any(files_in(h / "files") for h in half()), "backup", str(place.kept), "--data", str(place.old), how=signal.SIGTERM)
    assert half() == []
    place.kill_when(lambda: any(files_in(h / "files") for h in half()), "backup", str(place.kept), "--data", str(place.old))
    assert len(half()) == 1
    time.sleep(1.1)
    place.backup()
    assert half() == []


def test_bytes_of_a_deed_that_was_killed_are_swept_and_those_that_are_spoken_of_stay(place):
    script = """
import os, signal
from django.db import transaction
from minsheng.accounts.actions import COMMAND_LINE
from minsheng.files import actions
with transaction.atomic():
    actions.store(content=b"%PDF-of a deed that was never kept", name="x.pdf", by=COMMAND_LINE)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    before = set(files_in(place.old / "files"))
    with pytest.raises(AssertionError):
        place.python(place.old, script)
    [orphan] = set(files_in(place.old / "files")) - before
    unfinished = orphan.with_name(".newabc")
    unfinished.write_bytes(b"half a photo")
    sweep = "from minsheng.files import actions\nprint(actions.sweep())"
    assert place.python(place.old, sweep).split() == ["0"], "it may still be on its way"
    for file in files_in(place.old / "files"):
        os.utime(file, (time.time() - 7200,) * 2)
    assert place.python(place.old, sweep).split() == ["2"] and set(files_in(place.old / "files")) == before


def test_an_older_backup_does_not_bring_back_what_was_erased_after_it(place):
    older, _ = place.backup()
    place.python(place.old, ERASE, str(place.case))
    said = (place.old / "anchors" / "erasures.list").read_text()
    assert said.startswith(f"{place.case} ") and len(said.split()) == 2, "a number and a time, nothing of the person"
    alone = place.folder / "alone"
    shutil.copytree(older, alone / older.name)
    look = f"from minsheng.cases.models import CaseText, StepText\nprint(repr(CaseText.objects.get(case_id={place.case}).narrative))"

    new = place.fresh()
    said = place.run("restore", str(alone / older.name), "--data", new, "--erasures", str(place.old / "anchors" / "erasures.list"))
    assert place.number in said and "重新删除" in said
    assert place.python(Path(new), look).split() == ["''"] and "没有回来的" in place.run("doctor", "--verify-history", "--data", new)

    place.backup()  # a later one beside the older: its list is known without being named
    new = place.fresh()
    assert place.number in place.run("restore", str(older), "--data", new)

    new = place.fresh()  # nobody told it
    place.run("restore", str(alone / older.name), "--data", new)
    assert "王小明" in place.python(Path(new), look)
    (Path(new) / "anchors").mkdir(exist_ok=True)
    shutil.copy2(place.old / "anchors" / "erasures.list", Path(new) / "anchors" / "erasures.list")
    assert place.number in place.run("doctor", "--data", new, expect=1)
    assert place.number in place.run("erasures", "--apply", "--data", new) and "没有回来的" in place.run("erasures", "--data", new)
