"""A journey runs in a process of its own, with its own server: `journey("typing")` gives the one JSON object that it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def journey(chromium):
    """Without pictures, which nobody looks at here: `--shots DIR` takes them by hand."""

    def run(name: str) -> dict:
        env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        for given in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
            env.pop(given, None)
        words = [sys.executable, "-m", f"tests.journeys.{name}", "--browser", chromium]
        done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        told = json.loads(done.stdout.strip().splitlines()[-1])
        assert told.pop("errors") == [] and told.pop("wrong") == []
        return told

    return run
