"""One machine at several sizes in one run: every page, intake and all steps of a case's way, and the upkeep.

    ./minsheng bench fill --cases 100000 --data A; ./minsheng bench fill --cases 1000000 --data B
    ./minsheng bench scale --data A --data B [--rounds 20] [--upkeep] [--to FILE]

Each DIR holds a city that `bench.fill` made; beside them a city without cases is made, which is what intake and steps are compared with. All are served at
once and asked in turns: a machine that is slower, or busy, is so for all. First each does what its clock owes (a filled city has no reply checked
and no tree of its days), and what each periodic job costs is told. Pages are asked for over HTTP as each role, with many parameters each:
told are p50, p95 and CPU beside the bare page, and how that grows from size to size. `--upkeep`: also recounts, VACUUM, the next month's tables,
backup and restore, which take minutes for each million.

Exit 1 when a page misses what it may take (board 100 ms, list 50, case 40, by number or telephone 20, search 200, all p95), or when making a case or
a step in a filled city needs more than 1/0.9 of the CPU that it needs in the empty one.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import server
from minsheng.cli.parser import Parser

MOST_MS = {"board": 100.0, "list": 50.0, "case": 40.0, "found": 20.0, "search": 200.0, "deed": 1000.0}
FOUND = ("搜索·编号", "搜索·来电号码", "来电人")  # by a number, or a telephone
BOARD_LISTS = ("看板清单", "看板超期")  # lists that a board opens
LEAST_RATE = 0.9
WAY_CASES, WAY_ROUNDS = 24, 4


class City:
    """A child process that serves one of the cities and answers what it is asked, a line each way."""

    def __init__(self, name: str, data: Path, workers: int):
        self.name = name
        self.child = subprocess.Popen([sys.executable, "-m", "bench.scale_city", "--data", str(data), "--workers", str(workers)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=server.ROOT)
        self.about = self._answer()

    def ask(self, what: str, **given) -> dict:
        self.child.stdin.write(json.dumps({"what": what, **given}) + "\n")
        self.child.stdin.flush()
        return self._answer()

    def _answer(self) -> dict:
        line = self.child.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name}: the city ended with {self.child.wait()}")
        return json.loads(line)

    def end(self) -> None:
        self.child.stdin.close()
        self.child.wait(120)


def limit(row: dict) -> float:
    """Milliseconds that the page may take, p95."""
    if row["page"] in FOUND:
        return MOST_MS["found"]
    return MOST_MS["list" if row["page"].startswith(BOARD_LISTS) else row["kind"]]


def pages(cities: list[City], rounds: int, only: str) -> dict[str, dict[str, dict]]:
    """page -> city -> figures, page by page in all cities."""
    names, found = cities[0].ask("names", only=only)["names"], {}
    for name in names:
        found[name] = {city.name: city.ask("page", name=name, rounds=rounds) for city in cities}
        print(line(name, found[name]), flush=True)
    return found


def line(name: str, by_city: dict[str, dict]) -> str:
    first = next(iter(by_city.values()))
    told = "  ".join(f"{row['p50_ms']:>7.1f}{row['p95_ms']:>8.1f}{row['x_cpu']:>6.2f}{'*' if row['p95_ms'] > limit(row) else ' '}" for row in by_city.values())
    wrong = [w for row in by_city.values() for w in row["wrong"]]
    return f"{name + ' ' * max(1, 26 - _width(name))}{limit(first):>5.0f} {told}  {wrong or ''}"


def _width(text: str) -> int:
    return sum(2 if ord(c) > 0x2E80 else 1 for c in text)


def ways(cities: list[City], rounds: int) -> dict[str, dict[str, dict]]:
    """step -> city -> CPU and rate; the cities take turns, round by round."""
    for city in cities:
        city.ask("way", cases=8, first=9_000_000, warm=True)
    for n in range(rounds):
        for city in cities:
            city.ask("way", cases=WAY_CASES, first=(n + 1) * 1_000_000, warm=False)
    found: dict[str, dict[str, dict]] = {}
    for city in cities:
        for step, figures in city.ask("spent")["steps"].items():
            found.setdefault(step, {})[city.name] = figures
    return found


def compared(found: dict[str, dict[str, dict]], empty: str) -> dict[str, dict[str, float]]:
    """city -> making a case and the median of the steps: CPU of the empty city by CPU of this one (1.0 is as quick; less is slower)."""
    names = [name for name in next(iter(found.values())) if name != empty]
    return {name: {"make": round(found["make"][empty]["cpu_ms"] / found["make"][name]["cpu_ms"], 2),
                   "steps": round(sum(one[empty]["cpu_ms"] for step, one in found.items() if step != "make")
                                  / sum(one[name]["cpu_ms"] for step, one in found.items() if step != "make"), 2)} for name in names}


KINDS = ("board", "list", "case", "found", "search")


def kind_of(row: dict) -> str:
    return next((kind for kind, ms in MOST_MS.items() if limit(row) == ms), "")


def summary(of_pages: dict) -> dict[str, dict[str, dict]]:
    """city -> kind of page -> how many, how many within the gate, the middle and the worst p95."""
    found: dict[str, dict[str, list[dict]]] = {}
    for by in of_pages.values():
        for city, row in by.items():
            found.setdefault(city, {}).setdefault(kind_of(row), []).append(row)
    return {city: {kind: {"pages": len(rows), "within": sum(row["p95_ms"] <= limit(row) for row in rows),
                          "p95_ms_middle": statistics.median(row["p95_ms"] for row in rows), "p95_ms_worst": max(row["p95_ms"] for row in rows),
                          "x_cpu_middle": round(statistics.median(row["x_cpu"] for row in rows), 2)}
                   for kind, rows in kinds.items() if kind in KINDS} for city, kinds in found.items()}


def missed(of_pages: dict, of_ways: dict) -> list[str]:
    """What the gate says, in words."""
    said = [f"{name}, {city}: p95 {row['p95_ms']} ms, gate {limit(row):.0f}" for name, by in of_pages.items() for city, row in by.items()
            if row["p95_ms"] > limit(row)]
    said += [f"{name}, {city}: {row['wrong']}" for name, by in of_pages.items() for city, row in by.items() if row["wrong"]]
    return said + [f"{city}: {what} at {value} of the empty city, gate {LEAST_RATE}" for city, of in of_ways.items() for what, value in of.items()
                   if value < LEAST_RATE]


def main() -> int:
    asked = Parser(prog="minsheng bench scale", description="几种规模的城市在同一台机器上依次量：各页、登记和各步骤、日常维护。")
    asked.add_argument("--data", type=Path, action="append", required=True, help="灌好的城市；每种规模写一次，先小后大")
    asked.add_argument("--rounds", type=int, default=20, help="每页打开几遍")
    asked.add_argument("--workers", type=int, default=2, help="几个网页进程，同 serve")
    asked.add_argument("--only", default="", help="只量名字合此式的页（正则表达式）；- 为都不量")
    asked.add_argument("--no-steps", action="store_true", help="不量登记和各步骤")
    asked.add_argument("--upkeep", action="store_true", help="也量重算、整理、换月、备份和恢复")
    asked.add_argument("--to", metavar="FILE", help="结果写到哪个文件（默认 bench/results/scale.json）")
    args = asked.parse_args()
    for data in args.data:
        if not (data / "filled.json").exists():
            asked.error(f"--data {data}: 这里没有 bench fill 灌好的城市")
    machine, found = server.machine(), {}
    with ExitStack() as stack:
        cities = [City(f"{json.loads((data / 'filled.json').read_text())['cases']:,}", data, args.workers) for data in args.data]
        if not args.no_steps:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minsheng-empty-")))
            cities.append(City("empty", folder, args.workers))
        for city in cities:
            stack.callback(city.end)
        filled = [city for city in cities if city.name != "empty"]
        found["cities"] = {city.name: city.about for city in cities}
        found["jobs"] = {city.name: city.ask("settle") for city in cities}
        print(f"{'p95 gate':>32} " + "  ".join(f"{city.name:>21} " for city in filled) + "   (p50, p95, CPU by the bare page)", flush=True)
        found["pages"] = pages(filled, args.rounds, args.only) if args.only != "-" else {}
        found["summary"] = summary(found["pages"])
        found["steps"] = ways(cities, WAY_ROUNDS) if not args.no_steps else {}
        found["against_empty"] = compared(found["steps"], "empty") if found["steps"] else {}
        if args.upkeep:
            found["upkeep"] = {city.name: city.ask("upkeep") for city in filled}
    machine["load_after"] = server.load()
    wrong = missed(found["pages"], found["against_empty"])
    print(json.dumps({name: found[name] for name in ("jobs", "summary", "against_empty", "upkeep") if name in found}, ensure_ascii=False, indent=1))
    print("\n".join(wrong) or "every gate is met")
    print("kept in", server.keep("scale", {"machine": machine, "rounds": args.rounds, **found, "missed": wrong}, args.to))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
