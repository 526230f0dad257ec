"""A citizen needs a phone of 360 px and nothing else: no account, no script, no Chinese if Tibetan or English is nearer."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_citizen_sends_follows_adds_and_rates_without_script(chromium, tmp_path):
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(name, None)
    done = subprocess.run([sys.executable, "-m", "tests.journeys.citizen", "--browser", chromium, "--shots", str(tmp_path)], cwd=ROOT, env=env,
                          capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert "ms-note-error" in told["focus"], "after an error the focus stands on what is wrong"
    assert told["number"] in told["handled"] and "市水务局" in told["handled"] and "水越来越大" in told["handled"]
    assert "0890-5550101" in told["handled"] and "还剩 5 个工作日" in told["handled"]
    assert "恢复供水" in told["closed"] and "非常满意" in told["closed"] and "修得很快" in told["closed"]
    assert "སྒྲུབ་ཚར།" in told["bo"] and "已办结" in told["bo"] and "Noto Serif Tibetan" in told["bo-face"]
    assert "Done" in told["en"] and "Very satisfied" in told["en"]
    assert "large.jpg" in told["large"] and "20 MB" in told["large"]
    assert told["axe"] == []
    shots = list(tmp_path.glob("citizen-*.png"))
    assert len(shots) >= 14 and all(shot.stat().st_size < 150_000 for shot in shots)
