"""Fill an empty database with a believable city of N cases: the demo's units, people, matters and catalogue, thirteen months of cases.

    ./minsheng bench fill --cases 1000000 [--data DIR] [--to FILE]

DIR holds a database of its own, which stays; `bench.pages --data DIR` measures in it. Never point it at a city that lives. Every case has its
steps as one valid chain, its clocks, words, numbers, call-backs and requests for rulings; nothing is sent to anybody. All cores write, a batch
a transaction, by the engine's applier for many (`kit.bulk`); indexes and foreign keys are made when all rows are in, then facts and cube.

It says beforehand what disk and time it takes, stops while the disk is not yet full, and goes on where it was stopped or killed: each
batch is noted by its own transaction. At the end it says how fast that was beside raw COPY of the same rows, and how many bytes a case takes,
table by table.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench import beside_copy, server, unindexed
from minsheng.cli.parser import Parser

MONTHS = 13
BATCH = 1000
SEED = 12345
BESIDE = 50_000  # cases that are copied for comparison
LEAVE_GB = 2.0  # so much of the disk stays free
# of a filled city, with room for sorting indexes; what a quiet machine of two cores made (bench/results/fill.json)
BYTES_A_CASE, CASES_A_SECOND_AND_CORE = 8_500, 1_200
_TABLES = ("cases_case", "cases_casetext", "cases_casenumber", "cases_outsidekey", "cases_casestep", "cases_steptext", "cases_caseclock",
           "cases_casetask", "cases_caseask", "cases_caselink", "followup_callbackparty", "followup_recheck")
_SIZES = """
SELECT coalesce(whole.relname, one.relname), sum(pg_table_size(one.oid)), sum(pg_indexes_size(one.oid))
FROM pg_class one LEFT JOIN pg_inherits i ON i.inhrelid = one.oid LEFT JOIN pg_class whole ON whole.oid = i.inhparent
WHERE one.relkind = 'r' AND one.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY sum(pg_total_relation_size(one.oid)) DESC
"""
_worker: list = []  # the filler of this process, the arrivals and the plan
_plan: list = []  # what the processes that are forked find in their memory


def _begin(plan: Plan) -> None:
    """In each process."""
    from django.db import connection

    from bench.filler import Filler

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # what a crash takes is made again
    _worker[:] = [Filler(int(plan.cases * 0.55) + 10, plan.now), plan.arrivals(), plan]
    gc.freeze()
    gc.disable()  # rows hold each other in no circle


def _batch(n: int) -> Counter:
    """The n-th thousand, in one transaction with the note that it is there. `_begin` lies in the pool's first task of each process."""
    from django.db import connection, transaction

    from minsheng.kit import clock

    if not _worker:
        _begin(_plan[0])
    filler, arrivals, plan = _worker
    with clock.fixed(plan.now), transaction.atomic():
        made = filler.batch(plan.seed + n, arrivals.of(n * BATCH, min(plan.cases, (n + 1) * BATCH)))
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench.batch (n, made) VALUES (%s, %s)", [n, json.dumps(made)])
    return made


class Progress:
    """A line a second on a terminal, a line every ten elsewhere."""

    def __init__(self, whole: int, done: int = 0):
        self.whole, self.began, self.done, self.had, self.shown = whole, time.monotonic(), done, done, 0.0
        self.terminal = sys.stderr.isatty()

    def __call__(self, more: int) -> None:
        self.done += more
        now = time.monotonic()
        if now - self.shown < (1 if self.terminal else 10) and self.done < self.whole:
            return
        self.shown, rate = now, (self.done - self.had) / max(0.001, now - self.began)
        self.say(f"{self.done:,}/{self.whole:,} 件，{self.done * 100 // self.whole} %，每秒 {rate:,.0f} 件，还要 {(self.whole - self.done) / rate:.0f} s",
                 end="\r" if self.terminal and self.done < self.whole else "\n")

    def say(self, line: str, end: str = "\n") -> None:
        print(f"{line:<70}", end=end, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Plan:
    """What a city is made of: the same numbers make the same city."""

    cases: int
    now: datetime
    seed: int = SEED

    @property
    def first(self) -> datetime:
        return self.now - timedelta(days=30.44 * MONTHS)

    def arrivals(self):
        from bench.case_generator import Arrivals
        from minsheng.cases.effects import clocks

        zone = clocks.city_calendar().zone
        return Arrivals(self.seed, self.cases, self.first.astimezone(zone), self.now.astimezone(zone))


_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.plan (cases bigint, now timestamptz, seed integer);
CREATE TABLE IF NOT EXISTS bench.batch (n integer PRIMARY KEY, made jsonb NOT NULL);
GRANT USAGE ON SCHEMA bench TO PUBLIC;
GRANT SELECT, INSERT ON bench.batch TO PUBLIC;
"""


def planned(count: int) -> tuple[Plan, Counter, set[int]]:
    """The plan of this database, how many stand where of what is made already, and which batches those are. A new one is begun."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(_SCHEMA)
        cursor.execute("SELECT cases, now, seed FROM bench.plan")
        row = cursor.fetchone()
        if row is None:
            row = (count, datetime.now(UTC), SEED)
            cursor.execute("INSERT INTO bench.plan VALUES (%s, %s, %s)", row)
            found_city(Plan(*row))
        elif row[0] != count:
            raise SystemExit(f"这里的城市是按 {row[0]:,} 件开始灌的，请写 --cases {row[0]}，或另换一个目录")
        cursor.execute("SELECT n, made FROM bench.batch")
        made, states = set(), Counter()
        for n, of in cursor.fetchall():
            made.add(n)
            states.update(json.loads(of) if isinstance(of, str) else of)
    return Plan(*row), states, made


def found_city(plan: Plan) -> None:
    """Units, people and knowledge, and the months that cases fall into."""
    from minsheng.cli.demo_city import city, desks, people
    from minsheng.kit import partitions

    partitions.make_months(plan.first, plan.now + timedelta(days=62))
    city.found()
    people.hire()
    desks.knowledge()


def room(data: Path, count: int, leave_gb: float) -> str:
    """What it takes, in words. SystemExit: there is no room for it."""
    needs, free = count * BYTES_A_CASE / 1e9, shutil.disk_usage(data).free / 1e9
    seconds = count / CASES_A_SECOND_AND_CORE / (os.cpu_count() or 1)
    said = f"{count:,} 件约需 {needs:.1f} GB（盘上空 {free:.1f} GB），在这台机器上约 {max(1, round(seconds / 60))} 分钟，另加索引和数字"
    if needs + leave_gb > free:
        most = max(0, int((free - leave_gb) * 1e9 / BYTES_A_CASE) // 1000 * 1000)
        raise SystemExit(f"{said}。放不下：这里最多约 {most:,} 件；请少灌一些，或换一个更大的盘（--data）")
    return said


def fill(count: int, data: Path, leave_gb: float = LEAVE_GB, processes: int = 0, cpu_ms: Callable[[], float] = lambda: 0.0) -> dict:
    """Make the city, or what is missing of it; what was made and how fast. `processes` 0: one a core. `cpu_ms`: spent so far."""
    founded = time.monotonic()
    plan, states, done = planned(count)
    url, processes = os.environ["MINSHENG_OWNER_URL"], processes or os.cpu_count() or 1
    left = [n for n in range(-(-count // BATCH)) if n not in done]
    progress = Progress(count, states.total())
    if left:
        unindexed.take(url, _TABLES)
    began, before, had = time.monotonic(), cpu_ms(), states.total()
    for made in _batches(plan, left, processes, lambda: _full(data, leave_gb)):
        states += made
        progress(made.total())
    rows, made_now = time.monotonic() - began, states.total() - had
    unindexed.give_back(url, progress.say, processes)
    seconds, spent = time.monotonic() - began, cpu_ms() - before
    made = max(1, made_now)
    return {"cases": count, "made_now": made_now, "seconds": round(seconds, 1), "rows_seconds": round(rows, 1), "city_seconds": round(began - founded, 1),
            "cpu_ms_a_case": round(spent / made, 2), "cases_per_second": round(made / seconds), "rows_cases_per_second": round(made / rows),
            "states": dict(states.most_common())}


def _batches(plan: Plan, left: list[int], processes: int, full: Callable[[], str]) -> Iterator[Counter]:
    """Each as it is made. SystemExit: the disk, or the database, takes no more; what is made stays."""
    from django.db import OperationalError

    from minsheng.kit.forks import forked

    _plan[:] = [plan]
    try:
        with forked(processes) as pool:
            for made in pool.imap_unordered(_batch, left):
                yield made
                if why := full():
                    raise SystemExit(why)
    except OperationalError as wrong:
        raise SystemExit(f"数据库停下了：{str(wrong).splitlines()[0]}；已灌的都在，腾出磁盘后用同一条命令接着灌") from None


def _full(data: Path, leave_gb: float) -> str:
    free = shutil.disk_usage(data).free / 1e9
    return f"盘上只剩 {free:.1f} GB，先停下；已灌的都在，腾出磁盘后用同一条命令接着灌（至少留 {leave_gb:g} GB，见 --leave-free）" if free < leave_gb else ""


def finished(made: dict, cpu_ms: Callable[[], float], say: Callable[[str], None]) -> dict:
    """Facts, cube and statistics of the filled city; the same rows by COPY; how much it takes."""
    from django.db import connection, connections

    from minsheng.cases.rules import State
    from minsheng.measures import building

    began = time.monotonic()
    facts = building.build()
    made["facts"] = {"lines": facts, "seconds": round(time.monotonic() - began, 1)}
    say(f"数字：{facts:,} 行，{made['facts']['seconds']} s")
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_casestep")
        made["steps"] = cursor.fetchone()[0]
    made["open"] = sum(n for state, n in made["states"].items() if State(state).is_open)
    made["copy"] = beside_copy.copied(os.environ["MINSHENG_OWNER_URL"], _TABLES, min(BESIDE, made["cases"]), cpu_ms)
    made["by_copy"] = {"rate": round(made["rows_cases_per_second"] / made["copy"]["cases_per_second"], 3),
                       "cpu": round(made["copy"]["cpu_ms_a_case"] / made["cpu_ms_a_case"], 3)} if made["made_now"] == made["cases"] else {}
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP SCHEMA bench CASCADE")
    return made | {"bytes": sizes(made["cases"])}


def sizes(cases: int) -> dict:
    """Bytes a case: all together, and by table what its rows and its indexes take."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_SIZES)
        found = [(name, int(rows), int(indexes)) for name, rows, indexes in cursor.fetchall()]
    of_cases = [(name, rows, indexes) for name, rows, indexes in found if name in {*_TABLES, "contacts_contact", "measures_fact", "measures_cell"}]
    return {"a_case": round(sum(rows + indexes for _, rows, indexes in of_cases) / cases),
            "tables": {name: [round(rows / cases), round(indexes / cases)] for name, rows, indexes in of_cases}}


def table(made: dict) -> str:
    head = (f"{made['cases']:,} 件、{made['steps']:,} 步，{made['seconds']} s：每秒 {made['cases_per_second']:,} 件；每件 CPU {made['cpu_ms_a_case']} ms；"
            f"数字 {made['facts']['lines']:,} 行，{made['facts']['seconds']} s")
    raw = made["copy"]
    copy = f"同样的行用 COPY：每秒 {raw['cases_per_second']:,} 件，每件 CPU {raw['cpu_ms_a_case']} ms"
    if made["by_copy"]:
        copy += f"；灌装是它的 {made['by_copy']['rate']:.1%}（CPU 计 {made['by_copy']['cpu']:.1%}）"
    lines = [f"  {name:26}{rows:>8}{indexes:>8}" for name, (rows, indexes) in made["bytes"]["tables"].items()]
    return "\n".join([head, copy, f"每件 {made['bytes']['a_case']:,} 字节：{'rows':>19}{'indexes':>8}", *lines])


def _cpu_ms(on) -> float:
    """Of this process, of those it waited for, and of the database."""
    return server.cpu_ms(psutil.Process()) + server.cpu_ms(psutil.Process(on.pid()))


def main() -> int:
    asked = Parser(prog="minsheng bench fill", description="灌一座有十三个月工单的城市；可中断后续灌。")
    asked.add_argument("--cases", type=int, default=100_000, help="多少件")
    asked.add_argument("--data", type=Path, help="数据库所在文件夹，没有就新建（默认 var/bench-件数）")
    asked.add_argument("--processes", type=int, default=0, help="几个进程（默认同处理器数）")
    asked.add_argument("--leave-free", type=float, default=LEAVE_GB, metavar="GB", help=f"磁盘只剩这么多就停（默认 {LEAVE_GB:g}）")
    asked.add_argument("--no-verify", action="store_true", help="灌完不核对每件的历史")
    asked.add_argument("--to", metavar="FILE", help="结果写到哪个文件（默认 bench/results/fill.json）")
    args = asked.parse_args()
    if args.cases < 1:
        asked.error("--cases: 至少 1 件")
    data = args.data or server.ROOT / "var" / f"bench-{args.cases}"
    data.mkdir(parents=True, exist_ok=True)
    if (data / "filled.json").exists():
        print(f"{data} 已有一座灌好的城市")
        return 1
    return _filled(args, data)


def _filled(args: argparse.Namespace, data: Path) -> int:
    machine = server.machine()
    if not (data / "pg").exists():
        print(room(data, args.cases, args.leave_free), flush=True)
    with server.database(data) as on:
        made = fill(args.cases, data, args.leave_free, args.processes, cpu_ms=lambda: _cpu_ms(on))
        made = finished(made, lambda: _cpu_ms(on), lambda line: print(line, file=sys.stderr, flush=True))
        print(table(made), flush=True)
        made |= {"broken": [], "verify_seconds": None} if args.no_verify else _verified()
    (data / "filled.json").write_text(json.dumps(made, ensure_ascii=False))
    machine["load_after"] = server.load()
    print("历史未校验" if args.no_verify else f"历史校验完好，{made['verify_seconds']} s" if not made["broken"] else f"历史校验：{made['broken'][:3]}")
    if args.to:
        print("kept in", server.keep("fill", {"machine": machine, **made}, args.to))
    return 1 if made["broken"] else 0


def _verified() -> dict:
    """Every history, on all cores."""
    from minsheng.cases.queries import verify_chain

    start = time.monotonic()
    broken = [str(each) for each in verify_chain.broken_rows(processes=os.cpu_count() or 1)]
    return {"broken": broken, "verify_seconds": round(time.monotonic() - start, 1)}


if __name__ == "__main__":
    sys.exit(main())
