"""Two trees of the program measured in turns in one run: before, now, before, now; the figure is the ratio of their medians.

    python -m bench.side_by_side --before TREE [--rounds 3] [--seconds 10] [--cases 5000] [--only intake|pages] [--to FILE]

TREE is another checkout with a `.venv` of its own or a link to one (`git worktree add TREE COMMIT`). CPU is compared, not seconds: a noisy
machine takes longer for the same work. Exit 1 when the program now needs more than a tenth more CPU for a case, or for its pages together.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import server
from minsheng.cli.parser import Parser

WORSE = 1.10


def once(tree: Path, what: str, args, n: int) -> dict:
    """One run of a bench in that tree; what it kept."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "found.json"
        how = ["--seconds", str(args.seconds)] if what == "intake" else ["--cases", str(args.cases), "--rounds", "10"]
        command = [str(tree / ".venv/bin/python"), "-m", f"bench.{what}", *how, "--to", str(kept)]
        done = subprocess.run(command, cwd=tree, env={**os.environ, "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}"}, capture_output=True, text=True, check=False)
        if not kept.exists():
            raise SystemExit(f"{what} in {tree.name}, round {n}:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
        return json.loads(kept.read_text())


def figures(what: str, found: dict) -> dict[str, float]:
    """What is compared, all in ms of CPU."""
    if what == "intake":
        return {"a case": found["api"]["cpu_ms"]}
    return {row["page"]: row["cpu_program_ms"] + row["cpu_database_ms"] for row in found["pages"]}


def compare(what: str, args) -> dict:
    trees = {"before": args.before.resolve(), "now": Path.cwd()}
    found: dict[str, list[dict]] = {"before": [], "now": []}
    for n in range(args.rounds):
        for name, tree in trees.items():
            found[name].append(figures(what, once(tree, what, args, n)))
            print(f"{what} {n + 1}/{args.rounds} {name}: {sum(found[name][-1].values()):.1f} ms", flush=True)
    both = [page for page in found["before"][0] if all(page in run for runs in found.values() for run in runs)]
    middle = {name: {page: statistics.median(run[page] for run in runs) for page in both} for name, runs in found.items()}
    ratios = {page: round(middle["now"][page] / middle["before"][page], 3) for page in both if middle["before"][page]}
    whole = round(sum(middle["now"].values()) / sum(middle["before"].values()), 3)
    return {"what": what, "compared": len(both), "ratio": whole, "by_page": ratios}


def main() -> int:
    asked = Parser(prog="bench.side_by_side", description="两份程序在同一次运行里轮流量，取中位数之比。")
    asked.add_argument("--before", type=Path, required=True, metavar="DIR", help="先前那一份的源码目录")
    asked.add_argument("--rounds", type=int, default=3, help="各量几轮")
    asked.add_argument("--seconds", type=int, default=10, help="登记每轮几秒")
    asked.add_argument("--cases", type=int, default=5000, help="各页在多少件时量")
    asked.add_argument("--only", choices=("intake", "pages"), help="只量这一项")
    asked.add_argument("--to", metavar="FILE", help="结果写到哪个文件")
    args = asked.parse_args()
    machine = server.machine()
    found = [compare(what, args) for what in ([args.only] if args.only else ["intake", "pages"])]
    for one in found:
        worst = sorted(one["by_page"].items(), key=lambda pair: -pair[1])[:5]
        print(f"{one['what']}: {one['ratio']}x CPU of before, {one['compared']} compared; most: " + ", ".join(f"{p} {r}x" for p, r in worst))
    file = server.keep("side_by_side", {"machine": machine, "rounds": args.rounds, "found": found}, args.to)
    print(f"kept in {file}")
    return 1 if any(one["ratio"] > WORSE for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
