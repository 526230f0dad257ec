"""归档：把过完的月份存成 Parquet 文件，在文件上算指标、提问、核对。"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from minsheng.cli import Stop, measures, options, ready


def add(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="make|measures|ask|verify|fetch-spark")
    new = deeds.add_parser("make", help="归档到上个月；已经归档的只补后来写入的")
    new.add_argument("--month", type=month, metavar="YYYY-MM", help="只归档到这个月")
    figures = deeds.add_parser("measures", help="在归档文件上算指标，数与数据库里的一致")
    figures.add_argument("--from", dest="since", type=options.day, required=True, metavar="D", help="起始日，含当日，如 2025-01-01")
    figures.add_argument("--to", dest="until", type=options.day, required=True, metavar="D", help="截止日，含当日")
    figures.add_argument("--by", choices=("unit", "category", "channel", "district"), help="分组：单位、分类、渠道、区县")
    figures.add_argument("--engine", type=engine, default="duckdb", metavar="duckdb|spark://HOST:PORT", help="用什么算：本机的 duckdb（默认），或一个 Spark 集群")
    figures.add_argument("--format", choices=("json", "csv", "table"), default="table", help="输出格式（默认 table）")
    figures.add_argument("--policy", choices=("excluded", "no"), default="excluded", help="回访未接通：excluded 不计入（默认），no 按“否”计")
    figures.add_argument("--cutoff", metavar="ISO", help="统计截止时点（默认归档的末尾）")
    figures.add_argument("--unit", metavar="CODE", help="只算这个单位及其下属单位")
    figures.add_argument("--raw", action="store_true", help="剔除前：批准剔除的也计入")
    figures.add_argument("--measure", action="append", default=[], metavar="CODE", help="只算这个指标，可重复写")
    question = deeds.add_parser("ask", help="提一个自己的问题（一个 SELECT），只读，有时间、内存和行数的限制；记入操作台账")
    question.add_argument("sql", metavar="SELECT", help="问题，例如：SELECT channel, count(*) FROM facts WHERE fact = 'received' GROUP BY 1")
    question.add_argument("--as", dest="username", metavar="USERNAME", help="以这个账号的权限问（默认以本机管理者的，不受单位限制）")
    question.add_argument("--rows", type=options.whole(1, 100_000), default=200, metavar="N", help="最多列出多少行（默认 200）")
    question.add_argument("--format", choices=("csv", "json"), default="csv", help="输出格式（默认 csv）")
    deeds.add_parser("verify", help="核对：文件、清单的先后衔接，以及文件与数据库里的台账逐行一致")
    deeds.add_parser("fetch-spark", help="取 Spark 的程序包（约 460 MB），只有用集群算的才要")
    for one in deeds.choices.values():
        ready.add_data(one)


def month(raw: str) -> str:
    from minsheng.archive import rules

    try:
        return rules.read_month(raw)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def engine(raw: str) -> str:
    from minsheng.archive import rules

    try:
        return rules.read_engine(raw)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def run(args: argparse.Namespace) -> int:
    """0 done; 1 not done, or `verify` found differences; 2 a value that cannot be taken."""
    if args.deed == "fetch-spark":
        return _fetch(args)
    with ready.database(args.data):
        return DEEDS[args.deed](args)


def _fetch(args: argparse.Namespace) -> int:
    from minsheng.archive import spark_packages

    home = spark_packages.fetch(spark_packages.folder(ready.folder(args.data)), lambda text: print(text, flush=True))
    print(f"Spark 的程序包在 {home}" + ("" if spark_packages.java() else f"\n{spark_packages.JAVA}"))
    return 0


def _make(args: argparse.Namespace) -> int:
    from minsheng.accounts.rules import clock_actor
    from minsheng.archive import actions, places

    ready.require_keys()  # the pseudonyms are made with them
    made = actions.make(by=clock_actor("命令行"), upto=args.month or "", progress=print)
    found = places.opened(check=False)
    if not found.last:
        print("没有可以归档的月份：一个月过完后才归档")
    else:
        print(f"{'已归档' if made else '没有要补的，已归档'}到 {found.months[-1]}，共 {len(found.files)} 个文件、{sum(f.rows for f in found.files):,} 行：{found.folder}")
    return 0


def _measures(args: argparse.Namespace) -> int:
    from minsheng.accounts.rules import clock_actor
    from minsheng.archive import queries
    from minsheng.measures.queries import read_asked

    given = {"from": args.since, "to": args.until, "by": args.by, "policy": args.policy, "cutoff": args.cutoff, "unit": args.unit,
             "raw": "1" if args.raw else ""}
    with options.named(to="--to", cutoff="--cutoff", unit="--unit"):
        asked = read_asked({name: value for name, value in given.items() if value})
        archive, _, found = queries.rows(asked, clock_actor("命令行"), args.measure, args.engine)
    if late := queries.unarchived(archive):
        print(f"minsheng: 归档的月份里有 {late} 行是后来写入的，还不在文件里；先运行 ./minsheng archive make 再算，才与数据库一致", file=sys.stderr)
    {"json": measures.as_json, "csv": measures.as_csv, "table": measures.as_table}[args.format]([row.as_dict() for row in found])
    return 0


def _ask(args: argparse.Namespace) -> int:
    from minsheng.accounts.queries import actor_named
    from minsheng.accounts.rules import clock_actor
    from minsheng.archive import actions
    from minsheng.kit.tables import csv_lines

    by = actor_named(args.username) if args.username else clock_actor("命令行")
    if by is None:
        raise Stop(f"没有“{args.username}”这个账号，或已离岗")
    found = actions.ask(by=by, sql=args.sql, most=args.rows)
    if args.format == "json":
        measures.as_json([dict(zip(found.columns, row, strict=True)) for row in found.rows])
    else:
        sys.stdout.writelines(csv_lines(found.columns, found.rows, mark="", end="\n"))
    for said in (f"只列出 {args.rows} 行，后面还有" if found.more else "", f"限制知悉的 {found.hidden} 件不在其中" if found.hidden else ""):
        if said:
            print(f"minsheng: {said}", file=sys.stderr)
    return 0


def _verify(args: argparse.Namespace) -> int:
    from minsheng.archive import verifying

    found = 0
    for line in verifying.differences():
        print(line, flush=True)
        found += 1
    print(f"发现 {found} 处不同" if found else "归档的文件、清单与台账一致")
    return 1 if found else 0


DEEDS: dict[str, Any] = {"make": _make, "measures": _measures, "ask": _ask, "verify": _verify}
