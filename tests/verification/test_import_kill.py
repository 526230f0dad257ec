"""An import that is killed at random moments, its database with it once: run again it is whole, nothing twice, and history verifies."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import ready_folders

ROOT = Path(__file__).parents[2]
ROWS, BAD = 10_000, 7  # a quiet machine takes some 2,000 in until it is killed, twice
LOOK = """
import json, sys
from minsheng.cli import ready
with ready.database(sys.argv[1]):
    from minsheng.cases import queries
    from minsheng.cases.actions import anchors
    from minsheng.cases.models import Case, CaseNumber, CaseStep, CaseText, Category, OutsideKey
    from minsheng.exchange.models import ImportRun
    from minsheng.org.models import Unit
    print(json.dumps({"cases": Case.objects.count(), "texts": CaseText.objects.count(), "numbers": CaseNumber.objects.count(),
        "keys": OutsideKey.objects.values("key").distinct().count(), "steps": CaseStep.objects.count(), "units": Unit.objects.count(),
        "matters": Category.objects.count(), "runs": ImportRun.objects.count(), "open_runs": ImportRun.objects.filter(ended_at=None).count(),
        "broken": [str(b) for b in anchors.verify_history()][:3]}))
"""


@pytest.fixture
def place(tmp_path):
    data = tmp_path / "data"
    yield data
    from minsheng.kit.embedded_postgres import Embedded

    Embedded(data).stop()


def command(data: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "minsheng.cli", *words, "--data", str(data)]


def environment() -> dict:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MINSHENG_SECRET": "s" * 40, "PYTHONUNBUFFERED": "1"}
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL", "MINSHENG_DATA", "DJANGO_SETTINGS_MODULE", "MINSHENG_TEST_FOLDER"):
        env.pop(name, None)
    return env


def write(file: Path) -> None:
    with open(file, "w", encoding="utf-8") as out:
        out.write("external_no,received_at,category,narrative,phone,unit,dispatched_at,replied_at,closed_at\n")
        for n in range(ROWS):
            when = "不明" if n % (ROWS // BAD) == 5 else f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00+08:00"
            day = f"2024-12-31T{n % 24:02}:00:00+08:00"
            out.write(f"K{n},{when},事项{n % 9},第{n}号院停水两天，请尽快恢复,1381111{n % 500:04},单位{n % 7},{day},{day},{day}\n")


def kill_midway(data: Path, words: list[str], chance: random.Random, also_database: bool) -> bool:
    """Start it, wait until it says that rows are in, and some more; then kill -9. False when it was done before."""
    running = subprocess.Popen(command(data, *words), env=environment(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        first = running.stderr.readline()  # the line of progress
        time.sleep(chance.uniform(0, 0.4))
        if not first or running.poll() is not None:
            return False
        running.send_signal(signal.SIGKILL)
        if also_database:
            from minsheng.kit.embedded_postgres import Embedded

            os.kill(Embedded(data).pid(), signal.SIGKILL)
        return True
    finally:
        running.stderr.close()
        running.wait()


def look(data: Path) -> dict:
    done = subprocess.run([sys.executable, "-c", LOOK, str(data)], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_an_import_killed_at_random_and_run_again_loses_and_doubles_nothing(place, tmp_path):
    file, chance = tmp_path / "history.csv", random.Random()
    write(file)
    (tmp_path / "map.yaml").write_text("create_units: true\ncreate_categories: true\n", encoding="utf-8")
    ready_folders.copy(ready_folders.empty(), place)
    words = ["import", str(file), "--map", str(tmp_path / "map.yaml")]
    killed = [kill_midway(place, words, chance, also_database) for also_database in (False, True)]
    assert killed[0], "it was done before the signal came: make the file longer"
    before = look(place)
    assert 0 < before["cases"] < ROWS - BAD and before["open_runs"] == 1, before
    last = subprocess.run(command(place, *words), env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert last.returncode == 1 and "续传" in last.stdout and f"未导入 {BAD}" in last.stdout, (last.stdout, last.stderr[-2000:])
    report = (place / "imports" / "history.bad.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(report) == 1 + BAD and [int(row.split(",")[0]) for row in report[1:]] == sorted({n + 2 for n in range(ROWS) if n % (ROWS // BAD) == 5})
    after, whole = look(place), ROWS - BAD
    assert (after["cases"], after["texts"], after["numbers"], after["keys"]) == (whole, whole, whole, whole), after
    assert (after["steps"], after["units"], after["matters"], after["open_runs"], after["broken"]) == (whole * 5, 7, 10, 0, []), after
