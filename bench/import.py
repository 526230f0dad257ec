"""Rows a second of an import with full history, beside raw COPY of the very rows that it made, in one run.

    python -m bench.import [--rows 20000] [--to FILE]

A generated file goes through everything an import does: cells read, times checked against each other, requesters known again, words masked and
cut for search, clocks, steps sealed into chains, all in batches of 500 that are transactions. Then all that it wrote is copied out, and in
again into tables of the same columns, keys and indexes: that is 100 %. CPU is compared (program and database), and seconds. Exit 1 below a
tenth of COPY and below 3,000 rows a second, when a row is missing, or when a history does not verify.
"""

from __future__ import annotations

import csv
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench import server
from bench.case_generator import Arrivals, Life
from bench.intake import PLACES, WORDS
from minsheng.cli.parser import Parser

GATE_SHARE, GATE_ROWS = 0.10, 3000
HEAD = ("external_no", "received_at", "type", "category", "title", "narrative", "place", "requester", "phone", "unit", "dispatched_at", "signed_at",
        "first_contact_at", "replied_at", "reply", "closed_at", "solved", "satisfaction")
_COLUMN = {"dispatch": "dispatched_at", "sign": "signed_at", "contact": "first_contact_at", "reply": "replied_at", "close": "closed_at"}
_TABLES = ("contacts_contact", "cases_case", "cases_casetext", "cases_casenumber", "cases_outsidekey", "cases_casestep", "cases_steptext",
           "cases_caseclock")


def write(file: Path, rows: int, now: datetime) -> None:
    """Closed orders of the last year, each with all its times; one caller in five has called before."""
    chance = random.Random(11)
    with open(file, "w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, HEAD, restval="")
        lines.writeheader()
        for n, at in enumerate(Arrivals(11, rows, now - timedelta(days=395), now - timedelta(days=90)).of(0, rows)):
            lines.writerow(_row(n, at, chance, now))


def _row(n: int, at: datetime, chance: random.Random, now: datetime) -> dict:
    matter, place = chance.choice(list(WORDS)), chance.choice(PLACES).format(n=chance.randint(1, 300))
    caller = chance.randint(0, max(1, n)) if chance.random() < 0.2 else n
    life = Life(chance, at, now)
    life.slow = ""
    for step in ("submit", "dispatch", "sign", "contact", "reply", "close"):
        life.add(step)
    times = {_COLUMN[act.step]: act.at.isoformat(timespec="seconds") for act in life.acts if act.step in _COLUMN}
    return times | {
        "external_no": f"H{n:08}", "received_at": at.isoformat(timespec="seconds"), "type": "咨询" if matter == "ask" else "求助", "category": matter,
        "title": f"{place}反映", "narrative": f"我住在{place}，" + WORDS[matter].format(d=chance.randint(2, 12)) + f"电话138{caller:08d}。",
        "place": place, "requester": chance.choice("赵钱孙李周吴郑王") + "先生", "phone": f"138{caller:08d}", "unit": "b.city",
        "reply": f"经现场查看情况属实，已于当日组织处理，{chance.randint(2, 20)}日内复查，已电话告知诉求人。", "solved": "是", "satisfaction": "满意"}


def _cpu_s() -> float:
    """Of this process and of its children that have ended."""
    took = os.times()
    return took.user + took.system + took.children_user + took.children_system


class Clock:
    """Seconds and CPU of what lies between, of this process with those it forked and of the database."""

    def __init__(self, on) -> None:
        self.database, self.took = psutil.Process(on.pid()), {}

    @contextmanager
    def over(self, what: str) -> Iterator[None]:
        start, own, database = time.perf_counter(), _cpu_s(), server.cpu_ms(self.database)
        yield
        program = (_cpu_s() - own) * 1000
        self.took[what] = {"seconds": time.perf_counter() - start, "program_ms": program, "database_ms": server.cpu_ms(self.database) - database}


def raw_copy(url: str, clock: Clock) -> None:
    """What the import wrote, out and in again."""
    import psycopg

    with psycopg.connect(url) as link:
        kept = {}
        for table in _TABLES:
            with link.cursor().copy(f"COPY (SELECT * FROM {table} ORDER BY 1) TO STDOUT") as out:
                kept[table] = b"".join(out)
            link.execute(f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)")
        link.commit()
        with clock.over("copy"):
            for table, rows in kept.items():
                with link.cursor().copy(f"COPY raw_{table} FROM STDIN") as to:
                    to.write(rows)
            link.commit()


def run(on, rows: int, folder: Path) -> dict:
    from bench import city
    from minsheng.accounts import queries as people
    from minsheng.cases.models import Case, CaseStep
    from minsheng.cases.queries import verify_chain
    from minsheng.exchange import actions

    city.build()
    file, clock = folder / "history.csv", Clock(on)
    write(file, rows, datetime.now(UTC))
    with clock.over("import"):
        said = actions.import_file(path=file, by=people.actor_named("supervisor"))
    raw_copy(os.environ["MINSHENG_OWNER_URL"], clock)
    wrong = [f"{count} rows: {why}" for why, count in said.reasons.items()] + [f"history: {each}" for each in verify_chain.broken_rows()]
    if Case.objects.count() != rows:
        wrong.append(f"{rows} rows, {Case.objects.count()} cases")
    found = {what: {"rows_per_second": round(rows / one["seconds"]), "cpu_ms_a_row": round((one["program_ms"] + one["database_ms"]) / rows, 3),
                    "program_ms": round(one["program_ms"] / rows, 3), "database_ms": round(one["database_ms"] / rows, 3)}
             for what, one in clock.took.items()}
    return {"rows": rows, "steps": CaseStep.objects.count(), **found, "wrong": wrong,
            "share_by_cpu": round(found["copy"]["cpu_ms_a_row"] / found["import"]["cpu_ms_a_row"], 3),
            "share_by_seconds": round(found["import"]["rows_per_second"] / found["copy"]["rows_per_second"], 3)}


def main() -> int:
    asked = Parser(prog="bench.import", description="带完整历史导入，每秒多少行；与数据库直接写入同样的行相比。")
    asked.add_argument("--rows", type=int, default=20_000, help="多少行")
    asked.add_argument("--to", metavar="FILE", help="结果写到哪个文件（默认 bench/results/import.json）")
    args = asked.parse_args()
    machine = server.machine()
    with tempfile.TemporaryDirectory(prefix="minsheng-bench-") as folder, server.database(Path(folder) / "data") as on:
        found = run(on, args.rows, Path(folder))
    machine["load_after"] = server.load()
    print(f"{'':10}{'rows/s':>8}{'CPU ms/row':>12}{'program':>10}{'database':>10}")
    for what in ("import", "copy"):
        one = found[what]
        print(f"{what:10}{one['rows_per_second']:>8}{one['cpu_ms_a_row']:>12}{one['program_ms']:>10}{one['database_ms']:>10}")
    print(f"import is {found['share_by_cpu']:.1%} of COPY by CPU, {found['share_by_seconds']:.1%} by seconds")
    if max(found["share_by_cpu"], found["share_by_seconds"]) < GATE_SHARE and found["import"]["rows_per_second"] < GATE_ROWS:
        found["wrong"].append(f"gate missed: {GATE_SHARE:.0%} of COPY, or {GATE_ROWS} rows a second")
    file = server.keep("import", {"machine": machine, **found}, args.to)
    print("\n".join(found["wrong"]) or "every row is a case, the history verifies", f"\nkept in {file}")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
