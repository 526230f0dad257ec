"""Nothing acknowledged is lost: shown against real processes that are killed, not argued."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_kill_9_of_web_worker_and_database_under_load_loses_and_doubles_nothing():
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(name, None)
    done = subprocess.run([sys.executable, "-m", "tests.verification.storm", "--seconds", "20"], cwd=ROOT, env=env, capture_output=True,
                          text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["killed"]["database"] >= 2 and told["killed"]["web"] >= 2, told
    assert told["cases"] >= 20 and told["wrong"] == [], told
    for name in ("lost_cases", "doubled_cases", "doubled_keys", "lost_steps", "doubled_steps"):
        assert told[name] == 0, told
    assert told["broken_history"] == [] and told["broken_ledger"] == [], told
