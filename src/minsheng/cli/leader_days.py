"""接听日：承诺事项台账，一期或一年的数字。"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minsheng.cli import options, ready
from minsheng.kit import whole_files
from minsheng.kit.verdict import Invalid

FORMATS = {"ledger": ("csv", "json", "docx", "pdf"), "report": ("json", "csv", "docx", "pdf"), "template": ("docx",)}  # the first when none is asked for


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("what", choices=("ledger", "report", "template"),
                        help="ledger 承诺事项台账，每项怎样了结；report 一期或一年的数字，或报告文件；template 默认的公文模板，改好后放到数据目录的 templates/paper.docx")
    parser.add_argument("--period", type=options.whole(1, 999), metavar="N", help="第几期（几个年度都有的，取最近的）")
    parser.add_argument("--year", type=options.whole(2000, 2199), metavar="Y", help="哪个年度的方案，如 2024")
    parser.add_argument("--format", choices=("csv", "json", "docx", "pdf"),
                        help="输出格式（台账默认 csv，数字默认 json）；docx、pdf 为文件：台账照现在的；报告已签发的取签发的，没有签发的带“草稿”字样")
    parser.add_argument("--out", type=options.path, metavar="FILE", help="写到这个文件，不写则输出到屏幕或管道")


def run(args: argparse.Namespace) -> int:
    """0 done; 2 a value that cannot be taken (kit.verdict.Invalid says which)."""
    form = args.format or FORMATS[args.what][0]
    if form not in FORMATS[args.what]:
        raise Invalid({"format": f"--format 对 {args.what} 可写：{'、'.join(FORMATS[args.what])}"})
    if args.what == "template":
        from minsheng.kit.papers.default_template import default_template

        return _write(default_template(), args.out)
    with ready.database(args.data):
        from minsheng.leader_days.queries import ledger

        with options.named(period="--period", year="--year"):
            period = ledger.period_named(args.period, args.year or 0) if args.period else None
            periods = [period] if period else ledger.held_in(args.year) if args.year else None
        if form in ("docx", "pdf"):
            return _ledger_paper(args, periods) if args.what == "ledger" else _paper(args, period)
        return _write("".join((_ledger if args.what == "ledger" else _report)(form, periods)).encode(), args.out)


def _ledger(form: str, periods: list | None) -> Iterable[str]:
    from minsheng.accounts.rules import clock_actor
    from minsheng.kit.tables import csv_lines
    from minsheng.leader_days.queries import ledger

    asked = [ledger.Filters(periods=(period.id,)) for period in periods] if periods is not None else [ledger.Filters()]
    lines = (line for one in asked for line in ledger.lines(clock_actor("命令行"), one))
    if form == "json":
        return json.dumps([dict(zip(ledger.COLUMNS, line, strict=True)) for line in lines], ensure_ascii=False, indent=1, default=str), "\n"
    return csv_lines(ledger.COLUMNS, lines, mark="", end="\n")


def _ledger_paper(args: argparse.Namespace, periods: list | None) -> int:
    from minsheng.accounts.rules import clock_actor
    from minsheng.kit.papers import making
    from minsheng.leader_days.queries import ledger, ledger_paper

    filters = ledger.Filters(periods=tuple(period.id for period in periods or ()))
    return _write(making.made(ledger_paper.paper(clock_actor("命令行"), filters), args.format), args.out)


def _report(form: str, periods: list | None) -> Iterable[str]:
    from minsheng.accounts.rules import clock_actor
    from minsheng.kit.tables import csv_lines
    from minsheng.leader_days.queries import report

    if periods is None:
        raise Invalid({"period": "请用 --period 写明第几期，或用 --year 写明年度"})
    found = {"periods": [str(period) for period in periods], **report.of(periods, clock_actor("命令行")).as_dict()}
    if form == "csv":
        return csv_lines(("指标", "值"), report.flat(found), mark="", end="\n")
    return json.dumps(found, ensure_ascii=False, indent=1), "\n"


def _paper(args: argparse.Namespace, period: Any) -> int:
    """The newest that was signed, byte for byte; else a draft of now, with the mark of one."""
    from minsheng.accounts.rules import clock_actor
    from minsheng.kit import clock
    from minsheng.kit.papers import DRAFT, making
    from minsheng.leader_days.queries import reports
    from minsheng.leader_days.rules import report_frozen
    from minsheng.org import queries as org

    if period is None and not args.year:
        raise Invalid({"period": "请用 --period 写明第几期，或用 --year 写明年度"})
    id_, year = (period.id, 0) if period else (0, args.year)
    if signed := reports.newest_signed(id_, year):
        _, content = reports.file_of(signed.id, args.format, clock_actor("命令行")) or (None, b"")
        print(f"已签发：{signed.doc_number}，{signed.signed_by}，第 {signed.version} 版", file=sys.stderr)
        return _write(content, args.out)
    figures, _ = reports.freeze(id_, year, clock.now())
    frozen = report_frozen.read(figures)
    paper = report_frozen.paper(frozen, title=f"{frozen.scopes[0].label}“一把手听民声”接听日情况报告", issuer=org.issuer(), remarks="", day=None, mark=DRAFT)
    print("没有签发过：数字到现在为止，文件带“草稿”字样", file=sys.stderr)
    return _write((making.pdf if args.format == "pdf" else making.docx)(paper), args.out)


def _write(content: bytes, out: Path | None) -> int:
    """Into the file, whole or not at all, or to where the output goes; a screen takes no papers."""
    if out:
        whole_files.put(out, content)
    elif sys.stdout.isatty() and content.startswith((b"PK", b"%PDF")):
        print("文件不能显示在屏幕上，请用 --out 写明写到哪里", file=sys.stderr)
        return 2
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    return 0
