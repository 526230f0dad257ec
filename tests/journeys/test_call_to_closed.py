"""The main promise, in a real browser: a call becomes a closed, counted case, and the citizen can read its story."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_call_becomes_a_closed_counted_case_in_the_browser(chromium, tmp_path):
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(name, None)
    done = subprocess.run([sys.executable, "-m", "tests.journeys.call_to_closed", "--browser", chromium, "--shots", str(tmp_path)], cwd=ROOT,
                          env=env, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["number"] in told["citizen"] and "已办结" in told["citizen"] and "路灯控制器损坏" in told["citizen"]
    assert "100.0%" in told["board"] and told["errors"] == []
    assert told["axe"] == []
    assert len(list(tmp_path.glob("*.png"))) >= 10
