"""导入历史：把 CSV 或 XLSX 里的工单带进来，可反复运行、可中断后续传；未导入的行写入报告并说明原因。"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from minsheng.cli import Stop, options, ready
from minsheng.kit.host import in_words


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("file", type=options.path, metavar="FILE", help=".csv 或 .xlsx；列名见 docs/exchange.md")
    parser.add_argument("--map", type=options.path, metavar="YAML", help="对照表：别的系统的列名和用词对应到本系统")
    parser.add_argument("--source", default="", metavar="NAME", help="来源名称（默认取对照表的 source，否则文件名）；与外部编号一起防止重复")
    parser.add_argument("--sheet", default="", metavar="NAME", help=".xlsx 中要读的工作表（默认第一张有这些列的）")
    parser.add_argument("--files", type=options.path, metavar="DIR", help="附件所在文件夹（默认导入文件所在的文件夹）；附件列写其中的相对路径")
    parser.add_argument("--bad", type=options.path, metavar="FILE", help="未导入行的报告（默认写在数据目录的 imports 文件夹）")
    parser.add_argument("--by", metavar="USER", help="以哪个账号的名义导入（默认记为“历史导入”）")
    parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")


def run(args: argparse.Namespace) -> int:
    """0 every row is in; 1 some are not (the others are in), or the file cannot be read."""
    with ready.database(args.data):
        _warn_of_secret()
        ready.require_keys()
        from minsheng.exchange import actions

        if args.files and not args.files.is_dir():
            raise Stop(f"附件所在文件夹 {args.files} 不存在，请核对 --files")
        raw = _yaml(args.map)
        summary = actions.import_file(path=args.file, by=_importer(args.by), map=raw, source=args.source, dry_run=args.dry_run,
                                      bad=_report(args), sheet=args.sheet, folder=args.files, progress=_progress)
        if summary.made and not args.dry_run:
            _count_in()
        _tell(summary, args)
        return 1 if summary.bad else 0


def _count_in() -> None:
    """The figures hold what was brought in when the command ends, not some seconds later."""
    from minsheng.measures import following

    if sys.stderr.isatty():
        print("正在计入统计…", file=sys.stderr)
    following.catch_up()


def _warn_of_secret() -> None:
    """Names and numbers are sealed with the program's secret: under the trial one a later `serve` could not open them."""
    from django.conf import settings

    if settings.SECRET_KEY == settings.DEFAULT_SECRET:
        print("注意：没有设置 MINSHENG_SECRET，姓名和电话将用试用密钥加密，正式运行（serve）时打不开；要留用，请先设好密钥再导入到新的数据目录", file=sys.stderr)


def _yaml(path: Path | None):
    import yaml

    from minsheng.exchange.mapping import read_map

    if path is None:
        return read_map(None)
    if not path.is_file():
        raise Stop(f"打不开对照表 {path}：" + ("不是文件" if path.exists() else "没有这个文件"))
    try:
        return read_map(yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except OSError as wrong:
        raise Stop(f"打不开对照表 {path}：{in_words(wrong)}") from wrong
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as wrong:  # a day that does not exist, lists without end
        raise Stop(f"对照表 {path} 不是有效的 YAML（UTF-8 编码）：{str(wrong)[:300]}") from wrong


def _importer(username: str | None):
    from minsheng.accounts import queries
    from minsheng.accounts.rules import clock_actor

    if not username:
        return clock_actor("历史导入")
    found = queries.actor_named(username)
    if found is None:
        raise Stop(f"没有在用的账号“{username}”")
    return found


def _report(args: argparse.Namespace) -> Path | None:
    """A dry run writes a report only where it was told to."""
    if args.bad or args.dry_run:
        return args.bad
    from django.conf import settings

    folder = settings.DATA / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    args.bad = folder / f"{args.file.stem}.bad.csv"
    return args.bad


def _progress(summary, share: float) -> None:
    print(f"{share:6.1%}  已读 {summary.read:,} 行，导入 {summary.made:,}，已有 {summary.known:,}，未导入 {summary.bad:,}，每秒 {summary.rate:,.0f} 行",
          file=sys.stderr, flush=True)


def _tell(summary, args: argparse.Namespace) -> None:
    word = "试导入（没有写入）" if args.dry_run else "导入完成"
    print(f"{word}：来源 {summary.source}（{summary.about}），读 {summary.read:,} 行，{'可' if args.dry_run else ''}导入 {summary.made:,}，"
          f"已有 {summary.known:,}，未导入 {summary.bad:,}；用时 {summary.seconds:.1f} 秒，每秒 {summary.rate:,.0f} 行")
    _tell_more(summary, "将" if args.dry_run else "")
    if summary.bad and args.bad:
        print(f"  逐行原因和原行见 {args.bad}（含个人信息，用完请删除）；在其中改正后可直接导入这个文件")
    elif not summary.bad and args.bad and not args.dry_run:
        args.bad.unlink(missing_ok=True)


def _tell_more(summary, will: str) -> None:
    if summary.resumed:
        print(f"  接着上次中断处，从第 {summary.resumed + 1:,} 行续传（本次读 {summary.now:,} 行）")
    if summary.assumed:
        print(f"  其中 {summary.assumed:,} 件没有受理（或办结）时间，按推定的时间存放，不计入按日期的统计，另计“时间不明量”")
    for name, made in (("单位", summary.units), ("分类", summary.categories)):
        if made:
            print(f"  {will}新建{name} {len(made)} 个：{'、'.join(made[:8])}{'…' if len(made) > 8 else ''}")
    if summary.unused:
        from minsheng.exchange.mapping import listed

        print(f"  没有用到的列：{listed(summary.unused)}")
    for reason, count in summary.reasons.most_common(12):
        print(f"  未导入 {count:,} 行：{reason}")
