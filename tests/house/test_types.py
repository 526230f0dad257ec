"""mypy with the plugin for Django: strict where all else stands on it, and nowhere with a finding."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
STRICT = {"minsheng.cases.rules.*", "minsheng.cases.effects.*", "minsheng.cases.queries.facts", "minsheng.cases.queries.marked", "minsheng.cases.queries.parties",
          "minsheng.kit.bulk", "minsheng.kit.changes", "minsheng.kit.engine", "minsheng.kit.hash_chain",
          "minsheng.kit.step_fields", "minsheng.kit.steps", "minsheng.kit.verdict", "minsheng.field_work.rules.*", "minsheng.leader_days.rules.*", "minsheng.oversight.rules.*",
          "minsheng.telephony.rules.*", "minsheng.topics.rules.*", "minsheng.month_end.rules.*", "minsheng.bulletins.rules.*",
          "minsheng.measures.rules", "minsheng.measures.sets", "minsheng.measures.facts_of_case"}


def overrides() -> list[dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]


def test_no_module_has_a_finding():
    run = subprocess.run([sys.executable, "-m", "mypy", "src/minsheng"], cwd=ROOT, capture_output=True, text=True, check=False,
                         env={**os.environ, "PYTHONPATH": "src"})
    assert "\nSuccess: no issues found in " in "\n" + run.stdout, run.stdout[-4000:] + run.stderr[-2000:]


def test_no_module_of_ours_is_left_out_and_the_strict_ones_stay_so():
    left_out = {module for one in overrides() if one.get("ignore_errors") or one.get("follow_imports") for module in one["module"]}
    assert {module for module in left_out if module.startswith("minsheng.")} == {"minsheng.*.migrations.*"}
    assert STRICT <= set(next(one for one in overrides() if one.get("disallow_untyped_defs"))["module"])
