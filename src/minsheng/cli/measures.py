"""算出一段时间的指标，按单位、分类、渠道或区县分组；verify 从步骤重数一遍，build 用全部处理器补齐台账、重做汇总。"""

from __future__ import annotations

import argparse
import json
import sys

from minsheng.cli import options, ready
from minsheng.kit.percents import between

COLUMNS = ("measure", "label", "group", "numerator", "denominator", "value", "low", "high", "cutoff", "version", "shown")


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("what", nargs="?", choices=("verify", "build"), help="verify：从步骤重数一遍，逐条指出与台账、汇总不同之处（不写日期为全部）；"
                        "build：用全部处理器把台账补齐、把汇总重做，用在大批导入或升级之后")
    parser.add_argument("--from", dest="since", type=options.day, metavar="D", help="起始日，含当日，如 2025-01-01（默认本月 1 日）")
    parser.add_argument("--to", dest="until", type=options.day, metavar="D", help="截止日，含当日（默认今天）")
    parser.add_argument("--by", choices=("unit", "category", "channel", "district"), help="分组：单位、分类、渠道、区县")
    parser.add_argument("--format", choices=("json", "csv", "table"), default="table", help="输出格式（默认 table）")
    parser.add_argument("--policy", choices=("excluded", "no"), default="excluded", help="回访未接通：excluded 不计入（默认），no 按“否”计")
    parser.add_argument("--cutoff", metavar="ISO", help="统计截止时点（默认现在，不能晚于现在）")
    parser.add_argument("--unit", metavar="CODE", help="只算这个单位及其下属单位")
    parser.add_argument("--period", type=options.whole(1, 999), metavar="N", help="只算第几期接听日的工单；不写 --from 时从那一期的日子算起")
    parser.add_argument("--raw", action="store_true", help="剔除前：批准剔除的也计入")
    parser.add_argument("--measure", action="append", default=[], metavar="CODE", help="只算这个指标，可重复写")


def run(args: argparse.Namespace) -> int:
    """0 done; 1 `verify` found differences; 2 a value that cannot be taken (kit.verdict.Invalid says which)."""
    if args.what:
        return {"verify": verify, "build": build}[args.what](args)
    given = {"from": args.since, "to": args.until, "by": args.by, "policy": args.policy, "cutoff": args.cutoff, "unit": args.unit,
             "raw": "1" if args.raw else ""}
    with ready.database(args.data):
        from minsheng.accounts.rules import clock_actor
        from minsheng.measures import following, queries

        following.catch_up()
        with options.named(to="--to", cutoff="--cutoff", unit="--unit", period="--period"):
            given |= _of_period(args) if args.period else {}
            asked = queries.read_asked({name: value for name, value in given.items() if value})
        by = clock_actor("命令行")
        found = queries.rows(asked, by, args.measure)
        if not args.measure or "composite" in args.measure:
            found = [*found, *queries.beside(asked, by)]
        rows = [row.as_dict() for row in found]
    {"json": as_json, "csv": as_csv, "table": as_table}[args.format](rows)
    return 0


def verify(args: argparse.Namespace) -> int:
    """Each difference on a line; 0 when there is none."""
    with ready.database(args.data):
        from minsheng.kit import read_times
        from minsheng.measures import verifying

        since, until = args.since or read_times.FIRST_DAY, args.until or read_times.LAST_DAY
        if since > until:
            print("--from 不能晚于 --to", file=sys.stderr)
            return 2
        found = 0
        for line in verifying.differences(since, until, _progress):
            print(line, flush=True)
            found += 1
    print(f"发现 {found} 处不同" if found else "台账、汇总与步骤一致")
    return 1 if found else 0


def build(args: argparse.Namespace) -> int:
    """All facts that are missing, and the cube anew."""
    with ready.database(args.data):
        from minsheng.measures import building

        print(f"台账补了 {building.build(progress=_ranges):,} 行，汇总已重做")
    return 0


def _ranges(done: int, whole: int) -> None:
    if sys.stderr.isatty():
        print(f"{done * 100 // whole} %", end="\r" if done < whole else "\n", file=sys.stderr, flush=True)


def _progress(done: int, whole: int) -> None:
    if sys.stderr.isatty():
        print(f"{done:,}/{whole:,} 件", end="\r" if done < whole else "\n", file=sys.stderr, flush=True)


def _of_period(args: argparse.Namespace) -> dict:
    """The period's id, and its first day where no other is asked for."""
    from minsheng.cases.effects import clocks
    from minsheng.leader_days.queries import ledger

    period = ledger.period_named(args.period)
    first = clocks.local_day(period.starts) if period.starts else None
    return {"period": str(period.id)} | ({"from": first} if first and not args.since else {})


def as_json(rows: list[dict]) -> None:
    print(json.dumps(rows, ensure_ascii=False, indent=1))


def as_csv(rows: list[dict]) -> None:
    from minsheng.kit.tables import csv_lines

    sys.stdout.writelines(csv_lines(COLUMNS, ([row.get(name) for name in COLUMNS] for row in rows), mark="", end="\n"))


def in_words(row: dict) -> tuple[str, str, str]:
    """(value, base, interval) of a row for people."""
    if row["value"] is None:
        return "暂无数据", "", ""
    if row["denominator"] is None and row["numerator"] is not None:
        return f"{row['value']:,}", "", ""
    base = f"{row['numerator']:,}/{row['denominator']:,}" if row["denominator"] else ""
    return row["shown"], base, between(row["low"], row["high"])


def as_table(rows: list[dict]) -> None:
    group = None
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            print(f"{chr(10) if row is not rows[0] else ''}{group}（截至 {row['cutoff']}）")
        value, base, interval = in_words(row)
        print(f"  {_wide(row['label'], 22)}{value:>10}{base:>18}{interval:>16}")


def _wide(text: str, width: int) -> str:
    """Padded by what a terminal shows: a han character is two columns wide."""
    return text + " " * max(0, width - sum(2 if ord(c) > 0x2E80 else 1 for c in text))
