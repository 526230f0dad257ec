"""导出工单：列与导入相同，可原样带走再带回；默认遮盖个人信息。"""

from __future__ import annotations

import argparse

from minsheng.cli import Stop, options, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("--out", type=options.path, required=True, metavar="FILE", help=".csv 或 .xlsx")
    parser.add_argument("--from", dest="since", type=options.day, metavar="D", help="受理日期自（含），如 2025-01-01")
    parser.add_argument("--to", dest="until", type=options.day, metavar="D", help="受理日期至（含）")
    for name, words in (("state", "状态代码，多个以逗号相隔；open 为未办结"), ("kind", "类型代码"), ("channel", "渠道代码"), ("category", "分类代码")):
        parser.add_argument(f"--{name}", default="", help=words)
    parser.add_argument("--full", action="store_true", help="不遮盖：须同时给出 --by 和 --reason，记入台账")
    parser.add_argument("--by", metavar="USER", help="导出人的用户名；只导出该账号看得到的工单")
    parser.add_argument("--reason", default="", metavar="TEXT", help="用途")


def run(args: argparse.Namespace) -> int:
    with ready.database(args.data):
        from minsheng.accounts import queries as people
        from minsheng.cases.queries import lists
        from minsheng.exchange import actions

        by = people.actor_named(args.by) if args.by else None
        if args.by and by is None:
            raise Stop(f"没有在用的账号“{args.by}”。查看：./minsheng user list")
        with options.named(**{n: f"--{n}" for n in ("state", "kind", "channel", "category")}, until="--to"):
            filters = lists.read_filters({n: getattr(args, n) for n in ("since", "until", "state", "kind", "channel", "category")})
        count = actions.export_file(path=args.out, filters=filters, by=by, full=args.full, reason=args.reason)
    print(f"已导出 {count:,} 件到 {args.out}" + ("（含个人信息，已记入台账）" if args.full else "（个人信息已遮盖）"))
    return 0
