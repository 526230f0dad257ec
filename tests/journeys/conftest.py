"""A journey runs in a process of its own, with its own server: `journey("typing")` gives the one JSON object that it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def told_by(name: str, chromium: str, *words: str, **environ: str) -> dict:
    """Without pictures, which nobody looks at here: `--shots DIR` takes them by hand."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **environ}
    for given in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(given, None)
    done = subprocess.run([sys.executable, "-m", f"tests.journeys.{name}", "--browser", chromium, *words], cwd=ROOT, env=env, capture_output=True, text=True,
                          timeout=1800, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told.pop("errors") == [] and told.pop("wrong") == []
    return told


@pytest.fixture
def journey(chromium):
    return lambda name: told_by(name, chromium)
