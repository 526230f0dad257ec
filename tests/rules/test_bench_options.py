"""A benchmark is asked in the language of all other commands: its help, and what it says to a wrong option."""

import os
import re
import subprocess
import sys

import pytest

from minsheng.cli.bench import BENCHES

pytestmark = pytest.mark.uncounted


def said(name: str, *given: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", f"bench.{name}", *given], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""}, timeout=120,
                          check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*BENCHES, "worst_files", "side_by_side"])
def test_what_a_benchmark_says_of_itself_is_in_chinese(name):
    code, words = said(name, "--help")
    assert code == 0 and words.startswith("用法：")
    options = re.split(r"\n  (?=-)", words)[1:]
    assert len(options) > 1 and all(re.search("[\u4e00-\u9fff]", line) for line in options), words
    code, words = said(name, "--no-such-thing")
    assert code == 2 and words.startswith("minsheng: ") and "usage" not in words
