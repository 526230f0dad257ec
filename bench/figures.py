"""Figures at size: how fast the book of facts follows a history, and a month's board from the cube, from the facts and off the rows of cases.

    python -m bench.figures --data DIR [--cases 50000] [--to FILE]

DIR is made by `bench.fill` when it is not there, and stays. Each question is asked in turn, `--rounds` times; what is told is the median, and
each way beside the plain count of a month's cases in the same run, which is 1.0.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench import server
from minsheng.cli.parser import Parser


def follow() -> dict:
    """Everything that is not in the facts yet."""
    from django.db import connection

    from minsheng.measures import following

    began = time.monotonic()
    following.bring_up_to_date(10**9)
    seconds = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM cases_casestep), (SELECT count(*) FROM cases_case), (SELECT count(*) FROM measures_fact),"
                       " (SELECT count(*) FROM measures_cell), pg_total_relation_size('measures_fact'), pg_total_relation_size('measures_cell')")
        steps, cases, facts, cells, of_facts, of_cells = cursor.fetchone()
        cursor.execute("ANALYZE measures_fact")
        cursor.execute("ANALYZE measures_cell")
    return {"seconds": round(seconds, 1), "steps": steps, "cases": cases, "facts": facts, "cells": cells, "steps_a_second": round(steps / max(seconds, 0.001)),
            "bytes_a_case": {"facts": round(of_facts / cases), "cells": round(of_cells / cases)}}


def ways() -> dict:
    """Name -> what is asked."""
    from django.db import connection

    from minsheng.accounts.rules import clock_actor
    from minsheng.cases.queries import lists
    from minsheng.kit import clock
    from minsheng.measures import queries, set_sql
    from minsheng.measures.sets import SETS

    day = queries.today() - timedelta(days=1)
    asked = queries.Asked(day.replace(day=1), day, by="unit")
    year = replace(asked, since=day - timedelta(days=365))
    by = clock_actor("bench")

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT lead_id, count(*) FROM cases_case WHERE received_at >= %s AND received_at < %s GROUP BY 1",
                           [lists.day_start(asked.since), lists.day_start(asked.until + timedelta(days=1))])
            cursor.fetchall()

    def all_sets(question) -> None:
        set_sql.count(question.window, list(SETS), queries.where(question, by))

    now = clock.now()
    return {
        "plain count of a month": plain, "month, cube": lambda: all_sets(asked), "month, facts": lambda: all_sets(replace(asked, cutoff=now)),
        "year, cube": lambda: all_sets(year), "year, facts": lambda: all_sets(replace(year, cutoff=now)),
        "year by day, cube": lambda: set_sql.daily(year.window, ["received", "closed"], queries.where(year, by)),
        "list of 50 behind a year": lambda: queries.cases_of("on_time_completion", "numerator", replace(year, now=True, cutoff=now), by),
    }


def measured(rounds: int) -> dict:
    asked = ways()
    taken: dict = {name: [] for name in asked}
    for _ in range(rounds + 1):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            taken[name].append(time.perf_counter() - began)
    ms = {name: statistics.median(times[1:]) * 1000 for name, times in taken.items()}
    return {name: {"ms": round(n, 1), "ratio": round(n / ms["plain count of a month"], 2)} for name, n in ms.items()}


def main() -> int:
    asked = Parser(prog="bench.figures", description="统计跟上历史有多快；一个月的看板从汇总、从事实、从工单各算一遍。")
    asked.add_argument("--data", type=Path, required=True, help="灌好的城市所在文件夹")
    asked.add_argument("--cases", type=int, default=50_000, help="多少件")
    asked.add_argument("--rounds", type=int, default=7, help="量几遍")
    asked.add_argument("--to", type=Path, metavar="FILE", help="结果写到哪个文件")
    args = asked.parse_args()
    if not args.data.exists():
        subprocess.run([sys.executable, "-m", "bench.fill", "--data", str(args.data), "--cases", str(args.cases), "--no-verify"], check=True)
    with server.database(args.data):
        found = {"machine": server.machine(), "load": server.load(), "followed": follow(), "asked": measured(args.rounds)}
    print(json.dumps(found, ensure_ascii=False, indent=1))
    if args.to:
        args.to.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
