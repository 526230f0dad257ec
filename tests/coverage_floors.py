"""How many branches of the heart the tests take, against floors that only rise.

    COVERAGE_FILE=/tmp/c/branches ./minsheng test tests/rules tests/rooms
    .venv/bin/python -m tests.coverage_floors /tmp/c/branches

What is counted stands in pyproject.toml (tool.coverage). Below a floor is an error; a whole point above it, it says to raise the floor.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import coverage

ROOT = Path(__file__).parents[1]
SOURCE = "src/minsheng/"
FLOORS = {"cases/rules/": 98.6, "cases/effects/": 97.4, "kit/": 98.4}  # per cent of the branches


def counted(file: str) -> dict[str, dict]:
    """By file: what coverage says of it."""
    cover = coverage.Coverage(data_file=file, config_file=str(ROOT / "pyproject.toml"))
    cover.combine(keep=True)
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        cover.json_report(outfile=report.name)
        return {name.rpartition(SOURCE)[2]: found for name, found in json.load(report)["files"].items()}


def main(file: str) -> int:
    parts: dict[str, Counter] = {part: Counter() for part in FLOORS}
    for name, found in counted(file).items():
        part = next(part for part in FLOORS if name.startswith(part))
        parts[part].update({key: found["summary"][key] for key in ("num_branches", "covered_branches", "num_statements", "covered_lines")})
        if open_ones := found["missing_branches"] + [[line, line] for line in found["missing_lines"]]:
            print(f"{name} never takes", ", ".join(f"{a}" if a == b else f"{a}->{b}" for a, b in sorted(open_ones)))
    return int(not all([holds(part, count) for part, count in parts.items()]))


def holds(part: str, count: Counter) -> bool:
    share = 100 * count["covered_branches"] / count["num_branches"]
    print(f"branches of {part} {count['covered_branches']} of {count['num_branches']}, {share:.1f} % (floor {FLOORS[part]}),"
          f" lines {count['covered_lines']} of {count['num_statements']}")
    if share < FLOORS[part]:
        print(f"{part} is below its floor: write the tests that are missing (above), or take away what nothing reaches")
    elif share >= FLOORS[part] + 1:
        print(f"{part} is a point above its floor: write {int(share * 10) / 10} into tests/coverage_floors.py")
    return share >= FLOORS[part]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
