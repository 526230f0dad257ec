"""A large city that is filled for the benches: killed on the way it goes on, a disk that runs full stops it with a sentence, and nothing is missing."""

import json
import os
import signal
import subprocess
import sys

import pytest

from minsheng.cli import ready

pytestmark = pytest.mark.skipif(not os.environ.get("MINSHENG_HEAVY"), reason="takes a minute: MINSHENG_HEAVY=1")
CASES = 3000
NOT_OURS = {"DATABASE_URL", "MINSHENG_OWNER_URL", "MINSHENG_DATA", "MINSHENG_SECRET", "MINSHENG_NOW", "MINSHENG_CLOCK_OFFSET_S"}


def fill(data, *more):
    words = [sys.executable, "-m", "minsheng.cli", "bench", "fill", "--cases", str(CASES), "--data", str(data), *more]
    env = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ready.ROOT, start_new_session=True)


def ended(process):
    out, err = process.communicate(timeout=400)
    return process.returncode, out + err


def test_a_city_that_was_killed_while_it_was_filled_goes_on(tmp_path):
    data = tmp_path / "city"
    code, said = ended(fill(data, "--leave-free", "1000000"))
    assert code == 1 and "放不下" in said and "最多约 0 件" in said

    first = fill(data, "--processes", "1")
    for line in first.stderr:  # its first thousand is there
        if "/3,000 件" in line:
            break
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()

    code, said = ended(fill(data, "--processes", "1", "--leave-free", "1000000"))
    assert code == 1 and "先停下" in said, "another thousand, and then the disk is too full"
    code, said = ended(subprocess.Popen(
        [sys.executable, "-m", "minsheng.cli", "bench", "fill", "--cases", "9", "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=ready.ROOT, env={name: value for name, value in os.environ.items() if name not in NOT_OURS}))
    assert code == 1 and "--cases 3000" in said

    code, said = ended(fill(data))
    assert code == 0, said
    made = json.loads((data / "filled.json").read_text())
    assert made["cases"] == CASES == sum(made["states"].values()) and made["made_now"] < CASES and made["broken"] == []
    assert "历史校验完好" in said and made["facts"]["lines"] > CASES and made["copy"]["rows"] > CASES
    code, said = ended(fill(data))
    assert code == 1 and "已有一座灌好的城市" in said
