"""接听日：承诺事项台账，一期或一年的数字。"""

from __future__ import annotations

import argparse
import json
import sys

from minsheng.cli import options, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("what", choices=("ledger", "report"), help="ledger 承诺事项台账，每项怎样了结；report 一期或一年的数字")
    parser.add_argument("--period", type=options.whole(1, 999), metavar="N", help="第几期（几个年度都有的，取最近的）")
    parser.add_argument("--year", type=options.whole(2000, 2199), metavar="Y", help="哪个年度的方案，如 2024")
    parser.add_argument("--format", choices=("csv", "json"), help="输出格式（台账默认 csv，数字默认 json）")


def run(args: argparse.Namespace) -> int:
    """0 done; 2 a value that cannot be taken (kit.verdict.Invalid says which)."""
    with ready.database(args.data):
        from minsheng.leader_days.queries import ledger

        with options.named(period="--period", year="--year"):
            period = ledger.period_named(args.period, args.year or 0) if args.period else None
            periods = [period] if period else ledger.held_in(args.year) if args.year else None
        return (_ledger if args.what == "ledger" else _report)(args.format, periods)


def _ledger(form: str | None, periods: list | None) -> int:
    from minsheng.accounts.rules import clock_actor
    from minsheng.kit.tables import csv_lines
    from minsheng.leader_days.queries import ledger

    asked = [ledger.Filters(periods=(period.id,)) for period in periods] if periods is not None else [ledger.Filters()]
    lines = (line for one in asked for line in ledger.lines(clock_actor("命令行"), one))
    if form == "json":
        print(json.dumps([dict(zip(ledger.COLUMNS, line, strict=True)) for line in lines], ensure_ascii=False, indent=1, default=str))
    else:
        sys.stdout.writelines(csv_lines(ledger.COLUMNS, lines, mark="", end="\n"))
    return 0


def _report(form: str | None, periods: list | None) -> int:
    from minsheng.accounts.rules import clock_actor
    from minsheng.kit.tables import csv_lines
    from minsheng.kit.verdict import Invalid
    from minsheng.leader_days.queries import report

    if periods is None:
        raise Invalid({"period": "请用 --period 写明第几期，或用 --year 写明年度"})
    found = {"periods": [str(period) for period in periods], **report.of(periods, clock_actor("命令行")).as_dict()}
    if form == "csv":
        sys.stdout.writelines(csv_lines(("指标", "值"), report.flat(found), mark="", end="\n"))
    else:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    return 0
