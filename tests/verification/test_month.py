"""A month with the clock moved, through SIGKILL of its worker and shutdowns of its database: each reminder once, nothing unsigned leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.verification.month import PROMISES

ROOT = Path(__file__).parents[2]
HEAVY = os.environ.get("MINSHENG_HEAVY") == "1"


def month(*asked: str) -> dict:
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(name, None)
    done = subprocess.run([sys.executable, "-m", "tests.verification.month", *asked], cwd=ROOT, env=env, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def held(told: dict) -> None:
    """What must be true of every month, whatever befell it; the seed that brings it back stands in it."""
    assert told["differs"] == [] and told["doubled"] == [] and told["unsigned"] == [] and told["broken"] == [], told
    assert told["slips"]["issued"] == told["kinds"] >= 1 and told["slips"]["proposed"] >= 2, told
    assert told["reminders"]["ladder_urge"] >= 10 and min(told["reminders"][one] for one in ("slip_urged", "point_urged", "topic_rising", *PROMISES)) >= 1, told
    print(f"seed {told['seed']}: {told['moments']} moments, {told['happened']}, {told['reminders']}")


def test_through_kills_of_worker_and_database_a_month_says_what_an_undisturbed_one_says():
    told = month("--looks", "1", "--kills", "0.3")
    held(told)
    assert told["happened"].get("worker", 0) + told["happened"].get("database", 0) >= 2, told


@pytest.mark.skipif(not HEAVY, reason="a month with three looks a day, half of them cut off: minutes")
def test_a_month_of_many_kills_says_what_an_undisturbed_one_says():
    told = month("--kills", "0.6")
    held(told)
    assert told["happened"]["worker"] >= 20 and told["happened"]["database"] >= 5, told
