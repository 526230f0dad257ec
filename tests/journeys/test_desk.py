"""The desks by keyboard alone in a real browser: no call is lost, after-call work stays under a minute, Enter sends and the next one is there."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_day_at_the_desks_by_keyboard_alone(chromium, tmp_path):
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for name in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        env.pop(name, None)
    done = subprocess.run([sys.executable, "-m", "tests.journeys.desk", "--browser", chromium, "--shots", str(tmp_path)], cwd=ROOT,
                          env=env, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert all("具体位置" in call["lack"] and call["focus"] == "f-el-spot" and call["after_call_s"] < 60 for call in told["calls"])
    assert len({call["number"] for call in told["calls"]}) == 5
    assert told["wrong"].startswith("f-narrative：") and "（1）" in told["wrong"]
    assert told["crash"]["killed"] == -9 and "卧床的老人" in told["crash"]["words"] and "已恢复" in told["crash"]["told"]
    assert ["不能恢复" in words for words in told["crash"]["asked"]] == [True] and told["crash"]["still"] == 1
    assert "也在看这件工单" in told["two"]
    assert told["sent"]["waiting"] - told["sent"]["left"] == 3 and all("已派给城市管理局" in words for words in told["sent"]["said"])
    assert "话务员" in told["leader"] and "已选 2 件" == told["case"]["ticked"] and "打印" in told["case"]["keys"]
    assert "为什么" in told["case"]["page"]
    assert told["errors"] == [] and told["axe"] == []
    assert len(list(tmp_path.glob("*.png"))) >= 6
