"""Fill an empty database with a believable city of N cases: the demo's units, people, matters and catalogue, thirteen months of cases.

    python -m bench.fill --data DIR [--cases 100000] [--to FILE]

DIR holds a database of its own, which stays; `bench.pages --data DIR` measures in it. Never point it at a city that lives. Every case has its
steps as one valid chain, its clocks, words, numbers, call-backs and requests for rulings; nothing is sent to anybody. All cores write, a batch
a transaction, by the engine's applier for many (`kit.bulk`); indexes and foreign keys are made when all rows are in. At the end it says
how fast that was and how many bytes a case takes, table by table.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psutil

from bench import server

MONTHS = 13
BATCH = 1000
_TABLES = ("cases_case", "cases_casetext", "cases_casenumber", "cases_outsidekey", "cases_casestep", "cases_steptext", "cases_caseclock",
           "cases_casetask", "cases_caseask", "cases_caselink", "followup_callbackparty", "followup_recheck")
_SIZES = """
SELECT coalesce(whole.relname, one.relname), sum(pg_table_size(one.oid)), sum(pg_indexes_size(one.oid))
FROM pg_class one LEFT JOIN pg_inherits i ON i.inhrelid = one.oid LEFT JOIN pg_class whole ON whole.oid = i.inhparent
WHERE one.relkind = 'r' AND one.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY sum(pg_total_relation_size(one.oid)) DESC
"""
_worker: list = []  # the filler of this process


def _begin(citizens: int, now: datetime) -> None:
    from django.db import connection, connections

    from bench.filler import Filler

    connections.close_all()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # whoever kills it begins anew
    _worker[:] = [Filler(citizens, now), now]
    gc.freeze()
    gc.disable()  # rows hold each other in no circle


def _batch(given: tuple[int, list[datetime]]) -> Counter:
    from minsheng.kit import clock

    filler, now = _worker
    with clock.fixed(now):
        return filler.batch(*given)


class Progress:
    """A line a second on a terminal, a line every ten elsewhere."""

    def __init__(self, whole: int):
        self.whole, self.began, self.done, self.shown = whole, time.monotonic(), 0, 0.0
        self.terminal = sys.stderr.isatty()

    def __call__(self, more: int) -> None:
        self.done += more
        now = time.monotonic()
        if now - self.shown < (1 if self.terminal else 10) and self.done < self.whole:
            return
        self.shown, rate = now, self.done / max(0.001, now - self.began)
        self.say(f"{self.done:,}/{self.whole:,} 件，{self.done * 100 // self.whole} %，每秒 {rate:,.0f} 件，还要 {(self.whole - self.done) / rate:.0f} s",
                 end="\r" if self.terminal and self.done < self.whole else "\n")

    def say(self, line: str, end: str = "\n") -> None:
        print(f"{line:<70}", end=end, file=sys.stderr, flush=True)


def fill(count: int, now: datetime, processes: int = 0, seed: int = 12345, cpu_ms: Callable[[], float] = lambda: 0.0) -> dict:
    """Make the city; returns what was made and how fast. The database must be empty. `processes` 0: one a core. `cpu_ms`: spent so far."""
    from django.db import connection, connections

    from bench.case_generator import arrivals
    from bench.unindexed import unindexed
    from minsheng.cases.effects import clocks
    from minsheng.cases.rules import State
    from minsheng.cli.demo_city import city, desks, people
    from minsheng.kit import partitions

    processes, first = processes or os.cpu_count() or 1, now - timedelta(days=30.44 * MONTHS)
    progress, founded = Progress(count), time.monotonic()
    partitions.make_months(first, now + timedelta(days=62))
    city.found()
    people.hire()
    desks.knowledge()
    times = arrivals(Random(seed), count, first.astimezone(clocks.city_calendar().zone), now)
    parts = [(seed + n, times[n : n + BATCH]) for n in range(0, count, BATCH)]
    connections.close_all()
    began, before = time.monotonic(), cpu_ms()
    progress.began = began
    states: Counter = Counter()
    with unindexed(os.environ["MINSHENG_OWNER_URL"], _TABLES, progress.say, processes):
        with multiprocessing.get_context("fork").Pool(processes, _begin, (int(count * 0.55) + 10, now)) as pool:
            for made in pool.imap_unordered(_batch, parts):
                states += made
                progress(made.total())
        rows = time.monotonic() - began
    seconds, spent = time.monotonic() - began, cpu_ms() - before
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_casestep")
        steps = cursor.fetchone()[0]
    open_ = sum(n for state, n in states.items() if State(state).is_open)
    return {"cases": count, "steps": steps, "seconds": round(seconds, 1), "rows_seconds": round(rows, 1), "city_seconds": round(began - founded, 1),
            "cpu_ms_a_case": round(spent / count, 2), "cases_per_second": round(count / seconds), "steps_per_second": round(steps / seconds), "open": open_,
            "states": dict(states.most_common()), "bytes": sizes(count)}


def sizes(cases: int) -> dict:
    """Bytes a case: all together, and by table what its rows and its indexes take."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_SIZES)
        found = [(name, int(rows), int(indexes)) for name, rows, indexes in cursor.fetchall()]
    of_cases = [(name, rows, indexes) for name, rows, indexes in found if name in {*_TABLES, "contacts_contact"}]
    return {"a_case": round(sum(rows + indexes for _, rows, indexes in of_cases) / cases),
            "tables": {name: [round(rows / cases), round(indexes / cases)] for name, rows, indexes in of_cases}}


def table(made: dict) -> str:
    head = f"{made['cases']:,} 件、{made['steps']:,} 步，{made['seconds']} s：每秒 {made['cases_per_second']:,} 件、{made['steps_per_second']:,} 步"
    head += f"；每件 CPU {made['cpu_ms_a_case']} ms"
    lines = [f"  {name:26}{rows:>8}{indexes:>8}" for name, (rows, indexes) in made["bytes"]["tables"].items()]
    return "\n".join([head, f"每件 {made['bytes']['a_case']:,} 字节：{'rows':>19}{'indexes':>8}", *lines])


def _cpu_ms(on) -> float:
    """Of this process, of those it waited for, and of the database."""
    return server.cpu_ms(psutil.Process()) + server.cpu_ms(psutil.Process(on.pid()))


def main() -> int:
    asked = argparse.ArgumentParser(prog="bench.fill", description=__doc__.split("\n")[0])
    asked.add_argument("--data", type=Path, required=True, help="folder of the database, made when it is not there")
    asked.add_argument("--cases", type=int, default=100_000)
    asked.add_argument("--processes", type=int, default=0, help="as many as there are cores")
    asked.add_argument("--no-verify", action="store_true", help="do not check every history afterwards (one core, some 1,000 cases a second)")
    asked.add_argument("--to", metavar="FILE", help="where the result goes (bench/results/fill.json)")
    args = asked.parse_args()
    machine, file = server.machine(), args.data / "filled.json"
    with server.database(args.data) as on:
        if file.exists():
            print(f"{args.data} 已有一座灌好的城市")
            return 1
        from minsheng.cases.queries import verify_chain

        made = fill(args.cases, datetime.now(UTC), args.processes, cpu_ms=lambda: _cpu_ms(on))
        print(table(made), flush=True)
        start = time.monotonic()
        made["broken"] = [] if args.no_verify else [str(each) for each in verify_chain.broken_rows()]
        made["verify_seconds"] = round(time.monotonic() - start, 1)
    file.write_text(json.dumps(made, ensure_ascii=False))
    machine["load_after"] = server.load()
    print("历史未校验" if args.no_verify else "历史校验完好" if not made["broken"] else f"历史校验：{made['broken'][:3]}")
    if args.to:
        print("kept in", server.keep("fill", {"machine": machine, **made}, args.to))
    return 1 if made["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
