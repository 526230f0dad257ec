"""接口令牌：建立（只显示一次）、查看、作废。"""

from __future__ import annotations

import argparse

from minsheng.cli import Stop, options, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="create|list|revoke")
    new = deeds.add_parser("create", help="为一个账号建立令牌；令牌的权限不超过该账号的角色")
    new.add_argument("username")
    new.add_argument("--name", required=True, type=options.line, help="用途，如“市容平台对接”")
    new.add_argument("--scope", action="append", required=True, metavar="SCOPE", help="范围，可写多次；写错会列出全部")
    new.add_argument("--days", type=options.whole(1, 1095), default=365, help="有效天数（默认 365）")
    listed = deeds.add_parser("list", help="查看令牌")
    listed.add_argument("username", nargs="?", default="")
    gone = deeds.add_parser("revoke", help="作废令牌")
    gone.add_argument("id", type=options.row, help="令牌编号（见 list）")


def run(args: argparse.Namespace) -> int:
    with ready.database(args.data):
        return {"create": _create, "list": _list, "revoke": _revoke}[args.deed](args)


def _person(username: str):
    from minsheng.accounts.models import Person

    found = Person.objects.filter(username=username).first()
    if found is None:
        raise Stop(f"没有“{username}”这个账号。查看：./minsheng user list")
    return found


def _create(args) -> int:
    from minsheng.accounts import actions

    row, secret = actions.make_token(person=_person(args.username), name=args.name, scopes=args.scope, by=actions.COMMAND_LINE,
                                     days=args.days, setup=True)
    print(f"令牌 {row.id}（{row.name}），{args.days} 天内有效。只显示这一次，请立即保存：\n{secret}")
    return 0


def _list(args) -> int:
    from minsheng.accounts import queries

    rows = queries.tokens(_person(args.username).id if args.username else None)
    for row in rows:
        state = "已作废" if row.revoked else f"至 {row.expires:%Y-%m-%d}"
        print(f"{row.id}\t{row.person.username}\t{row.name}\t{'、'.join(row.scopes)}\t{state}")
    if not rows:
        print("还没有令牌。建立：./minsheng token create 用户名 --name 用途 --scope cases.read")
    return 0


def _revoke(args) -> int:
    from minsheng.accounts import actions
    from minsheng.accounts.models import ApiToken

    row = ApiToken.objects.select_related("person").filter(id=args.id).first()
    if row is None:
        raise Stop(f"没有编号为 {args.id} 的令牌。查看：./minsheng token list")
    actions.revoke_token(token=row, by=actions.COMMAND_LINE, setup=True)
    print(f"令牌 {row.id}（{row.name}）已作废")
    return 0
