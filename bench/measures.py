"""The month board four ways in one run: PostgreSQL off the facts and off the cube, DuckDB and Spark off the archive's files.

    python -m bench.measures --data DIR [--cases 50000] [--spark local|spark://HOST:PORT] [--to FILE]

DIR is made by `bench.fill` when it is not there, and stays; its archive is made when it is not there. All sets that the cube keeps, of the
last whole month and of all that is archived, by unit, as known at the archive's end: the three that count facts must give the same numbers,
or the bench ends with 1. The cube knows no cut-off and is asked what is known now. Each is asked in turn, `--rounds` times; what is told is
the median, beside PostgreSQL off the facts as 1.0.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from bench import server
from minsheng.cli.parser import Parser


def made() -> dict:
    """The archive, and what making it took."""
    from django.db import connection

    from minsheng.accounts.rules import clock_actor
    from minsheng.archive import actions, places
    from minsheng.measures import following

    following.bring_up_to_date(10**9)
    began = time.monotonic()
    written = actions.make(by=clock_actor("bench"))
    seconds = time.monotonic() - began
    found = places.opened()
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM cases_case), count(*), pg_total_relation_size('measures_fact') FROM measures_fact")
        cases, facts, size = cursor.fetchone()
        cursor.execute("ANALYZE measures_fact, measures_cell")
    rows, files = sum(f.rows for f in found.files), sum(f.bytes for f in found.files)
    began = time.monotonic()
    places._known.clear()
    places.opened()
    return {"cases": cases, "facts": facts, "archived": rows, "files": len(found.files), "made_now": len(written), "seconds": round(seconds, 1),
            "bytes_a_fact": {"postgres": round(size / max(facts, 1)), "parquet": round(files / max(rows, 1), 1)}, "hashing_ms": round((time.monotonic() - began) * 1000, 1)}


@contextlib.contextmanager
def engines_of(spark: str) -> Iterator[dict]:
    """name -> engine over the files; DuckDB always, Spark where it is asked for."""
    from django.conf import settings

    from minsheng.archive import engines, places, spark_packages

    archive = places.ready()
    with contextlib.ExitStack() as stack:
        found = {"duckdb": stack.enter_context(engines.on(archive))}
        if spark == "local":
            from bench.spark_cluster import Cluster

            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minsheng-spark-")))
            cluster = Cluster(spark_packages.ready(spark_packages.folder(settings.DATA)), folder)
            stack.callback(cluster.stop)
            spark = cluster.address
        if spark:
            began = time.monotonic()
            found["spark"] = stack.enter_context(engines.on(archive, spark))
            print(f"a session on {spark}: {time.monotonic() - began:.1f} s", file=sys.stderr)
        yield found


def ways(found: dict) -> dict[str, dict[str, Callable[[], dict]]]:
    """question -> way -> what is asked."""
    from minsheng.accounts.rules import clock_actor
    from minsheng.archive import places, queries, rules
    from minsheng.measures import cube_sql, set_sql
    from minsheng.measures import queries as measures
    from minsheng.measures.sets import SETS

    # A question with one set that the cube does not keep is answered by the facts: it would be they that are measured twice.
    codes = [code for code, one in SETS.items() if cube_sql.kept("unit", one.fact)]
    archive, by = places.ready(), clock_actor("bench")
    first, last = rules.first_day(archive.months[0]), rules.first_day(rules.after(archive.months[-1])) - timedelta(days=1)

    def of(since: date) -> dict[str, Callable[[], dict]]:
        one = measures.Asked(since, last, by="unit", cutoff=archive.until)
        where, now = measures.where(one, by), replace(one, now=True)
        return {"postgres, facts": lambda: set_sql.count(one.window, codes, where), "postgres, cube": lambda: set_sql.count(now.window, codes, where),
                **{name: partial(queries.counted, one.window, codes, where, engine) for name, engine in found.items()}}

    return {"last month": of(last.replace(day=1)), "all that is archived": of(first)}


def measured(asked: dict, rounds: int) -> tuple[dict, list[str]]:
    """(question -> way -> ms and ratio, what is not equal)."""
    told, wrong = {}, []
    for question, of in asked.items():
        taken: dict = {name: [] for name in of}
        answers = {}
        for _ in range(rounds + 1):
            for name, ask in of.items():
                began = time.perf_counter()
                answers[name] = {g: n for g, n in ask().items() if any(n.values())}
                taken[name].append(time.perf_counter() - began)
        ms = {name: statistics.median(times[1:]) * 1000 for name, times in taken.items()}
        told[question] = {name: {"ms": round(n, 1), "ratio": round(n / ms["postgres, facts"], 3)} for name, n in ms.items()}
        wrong += [f"{question}: {name} does not say what PostgreSQL says" for name, said in answers.items()
                  if name != "postgres, cube" and said != answers["postgres, facts"]]
    return told, wrong


def main() -> int:
    asked = Parser(prog="bench.measures", description="一个月的看板四种算法：PostgreSQL 的事实和汇总、DuckDB 和 Spark 读归档。")
    asked.add_argument("--data", type=Path, required=True, help="灌好的城市所在文件夹")
    asked.add_argument("--cases", type=int, default=50_000, help="多少件")
    asked.add_argument("--spark", default="", help="local，或主节点的地址")
    asked.add_argument("--rounds", type=int, default=7, help="量几遍")
    asked.add_argument("--to", type=Path, default=server.RESULTS / "measures.json", metavar="FILE", help="结果写到哪个文件（默认 bench/results/measures.json）")
    args = asked.parse_args()
    if not args.data.exists():
        subprocess.run([sys.executable, "-m", "bench.fill", "--data", str(args.data), "--cases", str(args.cases), "--no-verify"], check=True)
    with server.database(args.data):
        found = {"machine": server.machine(), "load": server.load(), "archive": made()}
        with engines_of(args.spark) as engines:
            found["asked"], wrong = measured(ways(engines), args.rounds)
        found |= {"load_after": server.load(), "equal": not wrong}
    print(json.dumps(found, ensure_ascii=False, indent=1))
    args.to.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
