"""A day at one telephone by keys alone, in a real browser on a real exchange: what SIPp counted is what every page and the record say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.of_today import ALL

ROOT = Path(__file__).parents[2]
CALLS = 80 if ALL else 3
pytestmark = pytest.mark.pbx


def test_calls_taken_by_keys_alone_are_counted_alike_by_sipp_the_pages_and_the_record(chromium, programs):
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "MINSHENG_PBX_PROGRAMS": str(programs)}
    for given in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(given, None)
    done = subprocess.run([sys.executable, "-m", "tests.journeys.keyboard_day", "--browser", chromium, "--calls", str(CALLS)], cwd=ROOT, env=env,
                          capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    rung, record = told["rung"], told["record"]
    assert set(told["codes"]) == {"0"}, "every citizen's phone went as its steps say"
    for name in ("answered", "abandoned", "cases", "notes", "transferred"):
        assert record[name] == rung.get(name, 0), name
    assert record["other"] == record["doubtful"] == 0 and record["with_call"] >= record["cases"]
    first, last = told["weight"][0], told["weight"][-1]
    assert last["audio"] == 0 and "就绪" in last["bar"], "nothing of a call is left when it is over"
    assert last["window_mb"] < first["window_mb"] + 15 and last["window_nodes"] < first["window_nodes"] + 2000
    assert all(("已填的内容" in one["said"]) <= bool(one["form"]) for one in told["weight"]) and "通话已结束" in last["said"], "of a form that is there"
    assert told["wrong"] == [] and told["errors"] == []
