"""The same file brought in by two at once, half of it before, and again: every row is in once, nobody meets a trace, memory stays where it was."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minsheng.kit.embedded_postgres import Embedded
from tests import ready_folders
from tests.verification.test_import_kill import LOOK, ROOT, command, environment

ROWS = int(os.environ.get("MINSHENG_ROWS", "3000"))


@pytest.fixture
def where(tmp_path):
    """The environment of two machines that share a database."""
    data = tmp_path / "data"
    ready_folders.copy(ready_folders.empty(), data)
    server = Embedded(data)
    server.start()
    yield environment() | {"DATABASE_URL": server.url(), "MINSHENG_OWNER_URL": server.owner_url}
    server.stop()


def write(file: Path, rows: int, first: int = 0) -> None:
    with open(file, "w", encoding="utf-8") as out:
        out.write("external_no,received_at,category,narrative,phone,unit,dispatched_at,replied_at,closed_at\n")
        for n in range(first, rows):
            when, day = f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00+08:00", f"2024-12-31T{n % 24:02}:00:00+08:00"
            out.write(f"K{n},{when},事项{n % 9},第{n}号院停水两天，请尽快恢复,138{n:08},单位{n % 7},{day},{day},{day}\n")


def begin(where: dict, file: Path, machine: str = "a") -> subprocess.Popen:
    words = ("import", str(file), "--map", str(file.with_name("map.yaml")), "--source", "旧系统")
    return subprocess.Popen(command(file.with_name(machine), *words), env=where, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(*running: subprocess.Popen) -> list[str]:
    told = []
    for one, (out, err) in [(one, one.communicate(timeout=900)) for one in running]:
        assert one.returncode == 0 and "Traceback" not in err, (out, err[-3000:])
        told.append(out)
    return told


def look(where: dict, data: Path) -> dict:
    done = subprocess.run([sys.executable, "-c", LOOK, str(data)], env=where, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_two_who_bring_in_one_file_at_once_and_again_double_nothing(where, tmp_path):
    half, whole = tmp_path / "half.csv", tmp_path / "whole.csv"
    write(half, ROWS // 2)
    write(whole, ROWS)
    (tmp_path / "map.yaml").write_text("create_units: true\ncreate_categories: true\n", encoding="utf-8")
    ended(begin(where, half))
    ended(begin(where, whole), begin(where, whole, "b"))
    again = ended(begin(where, whole), begin(where, half, "b"))
    assert f"导入 0，已有 {ROWS:,}" in again[0] and f"导入 0，已有 {ROWS // 2:,}" in again[1], again
    found = look(where, tmp_path / "a")
    assert [found[name] for name in ("cases", "texts", "numbers", "keys", "steps", "units", "matters", "open_runs", "broken")] == [
        ROWS, ROWS, ROWS, ROWS, ROWS * 5, 7, 10, 0, []], found


def test_two_who_bring_in_one_file_of_new_units_at_once_make_each_once(where, tmp_path):
    file = tmp_path / "first.csv"
    write(file, ROWS)
    (tmp_path / "map.yaml").write_text("create_units: true\ncreate_categories: true\n", encoding="utf-8")
    ended(begin(where, file), begin(where, file, "b"))
    found = look(where, tmp_path / "a")
    assert [found[name] for name in ("cases", "numbers", "steps", "units", "matters", "broken")] == [ROWS, ROWS, ROWS * 5, 7, 10, []], found
