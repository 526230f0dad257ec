"""A backup taken while the program's server runs, put into an empty folder: the same cases, history whole, contact data readable."""

import csv
import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*words: str, env: dict, expect: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "minsheng.cli", *words], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def place(tmp_path):
    """A folder that the server's own user may walk to."""
    tmp_path.chmod(0o755)
    for above in tmp_path.parents:
        if above.owner() == tmp_path.owner() and str(above) not in ("/", "/tmp"):
            above.chmod(above.stat().st_mode | 0o011)
    return tmp_path


def environment() -> dict:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_") and k != "DATABASE_URL"}
    return {**clean, "MINSHENG_SECRET": secrets.token_urlsafe(48), "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "ignore"}


def test_a_backup_is_restored_whole_and_a_damaged_one_is_refused(place):
    env, old, new = environment(), str(place / "old"), str(place / "new")
    rows = [{"external_no": str(n), "received_at": f"2024-03-{n:02d}T10:00+08:00", "narrative": f"第 {n} 号院路灯不亮。", "phone": f"1380000{n:04d}",
             "requester": "王小明", "closed_at": f"2024-03-{n:02d}T18:00+08:00" if n % 2 else ""} for n in range(1, 21)]
    with open(place / "history.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    run("migrate", "--data", old, env=env)
    run("import", str(place / "history.csv"), "--data", old, env=env)
    said = run("backup", str(place / "kept"), "--data", old, env=env)
    assert "密钥" in said
    [kept] = (place / "kept").iterdir()
    assert json.loads((kept / "manifest.json").read_text())["counts"]["cases"] == 20

    said = run("restore", str(kept), "--data", new, env=env)
    assert "20 件" in said and "历史完整" in said
    for data in (old, new):
        run("export", "--out", data + ".csv", "--data", data, env=env)
    assert Path(old + ".csv").read_text() == Path(new + ".csv").read_text()
    run("export", "--out", new + "-2.csv", "--data", new, env=env)  # the program's role reads the restored copy

    assert "已有数据" in run("restore", str(kept), "--data", new, env=env, expect=1)
    damaged = place / "damaged"
    shutil.copytree(kept, damaged)
    dump = bytearray((damaged / "database.dump").read_bytes())
    dump[len(dump) // 2] ^= 1
    (damaged / "database.dump").write_bytes(dump)
    assert "database.dump 与备份时不同" in run("restore", str(damaged), "--data", str(place / "third"), env=env, expect=1)
