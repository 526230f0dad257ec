"""账号与角色：新增、查看、授予、收回、改密码、离岗（在本机上直接办，记入台账）。"""

from __future__ import annotations

import argparse
import getpass
import sys

from minsheng.cli import Stop, parser, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="add|list|grant|revoke|password|second|leave")
    new = deeds.add_parser("add", help="新增账号")
    new.add_argument("username", help="用户名")
    new.add_argument("--name", required=True, help="姓名")
    new.add_argument("--unit", required=True, metavar="CODE", help="单位代码；第一次可写 city，并用 --city 给出城市名")
    new.add_argument("--city", metavar="NAME", help="还没有任何机构时，建立城市这一级")
    new.add_argument("--role", action="append", default=[], metavar="ROLE", help="角色代码，可写多次")
    new.add_argument("--language", action="append", metavar="zh|bo|en", help="会说的语言，可写多次（默认 zh）")
    new.add_argument("--password-stdin", action="store_true", help="从标准输入读密码（一行）；不给则提示输入")
    listed = deeds.add_parser("list", help="查看账号")
    listed.add_argument("words", nargs="?", default="", help="姓名、用户名或单位里的词")
    for name, words in (("grant", "授予角色"), ("revoke", "收回角色")):
        part = deeds.add_parser(name, help=words)
        part.add_argument("username")
        part.add_argument("role", metavar="ROLE")
        part.add_argument("--reason", default="命令行办理")
    word = deeds.add_parser("password", help="重设密码，下次登录须修改")
    word.add_argument("username")
    word.add_argument("--password-stdin", action="store_true")
    second = deeds.add_parser("second", help="重置动态口令（手机丢失，已核实本人），下次登录重新设置")
    second.add_argument("username")
    second.add_argument("--reason", required=True, help="理由，例如怎样核实了本人")
    gone = deeds.add_parser("leave", help="离岗：收回角色，结束登录和密钥")
    gone.add_argument("username")
    gone.add_argument("--reason", required=True, help="理由")


def run(args: argparse.Namespace) -> int:
    with ready.database(args.data):
        return _DEEDS[args.deed](args)


def _password(args) -> str:
    if args.password_stdin:
        given = sys.stdin.readline(4096).rstrip("\n")
        if not parser.is_text(given):
            raise Stop("密码里有无法识别的字符，请用 UTF-8 输入，只用看得见的字符")
        return given
    if not sys.stdin.isatty():
        raise Stop("没有终端可输入密码：请加 --password-stdin，并从标准输入给出一行密码")
    first = getpass.getpass("密码：")
    if first != getpass.getpass("再输一次："):
        raise Stop("两次输入的密码不同，没有保存")
    return first


def _role(code: str):
    from minsheng.accounts.rules import Role

    try:
        return Role(code)
    except ValueError:
        raise Stop(f"没有“{code}”这个角色。可用：" + "、".join(f"{r.value}（{r.label}）" for r in Role)) from None


def _person(username: str):
    from minsheng.accounts.models import Person

    found = Person.objects.select_related("unit").filter(username=username).first()
    if found is None:
        raise Stop(f"没有“{username}”这个账号。查看：./minsheng user list")
    return found


def _unit(args):
    from minsheng.accounts.actions import COMMAND_LINE
    from minsheng.org import actions as org
    from minsheng.org.models import Unit
    from minsheng.org.rules import UnitKind

    if args.city and not Unit.objects.exists():
        return org.add_unit(code="city", name=args.city, kind=UnitKind.CITY, parent=None, by=COMMAND_LINE)
    found = Unit.objects.filter(code=args.unit, active=True).first()
    if found is None:
        known = list(Unit.objects.filter(active=True).values_list("code", flat=True)[:12])
        raise Stop(f"没有代码为“{args.unit}”的单位。" + ("现有：" + "、".join(known) if known else "还没有任何机构：请加 --city 城市名"))
    return found


def _add(args) -> int:
    from django.db import transaction

    from minsheng.accounts import actions

    roles, password = [_role(code) for code in args.role], _password(args)
    with transaction.atomic():
        person = actions.create_person(username=args.username, name=args.name, unit=_unit(args), by=actions.COMMAND_LINE,
                                       languages=args.language or ["zh"], password=password, setup=True)
        for role in roles:
            actions.grant_role(person=person, role=role, by=actions.COMMAND_LINE, reason="命令行办理", setup=True)
    print(f"已新增 {person.username}（{person.name}，{person.unit.name}）：{'、'.join(r.label for r in roles) or '还没有角色'}")
    return 0


def _list(args) -> int:
    from minsheng.accounts import queries

    after = ""
    while True:
        page = queries.people(words=args.words, after=after, size=200)
        for person in page.rows:
            roles = "、".join(sorted(r.label for r in queries.roles_of(person.id))) or "无角色"
            print(f"{person.username:<16}{person.name}\t{person.unit.name}\t{roles}" + ("\t已离岗" if person.left_on else ""))
        if not page.next:
            return 0
        after = page.next


def _grant(args) -> int:
    from minsheng.accounts import actions

    person, role = _person(args.username), _role(args.role)
    deed = actions.grant_role if args.deed == "grant" else actions.revoke_role
    deed(person=person, role=role, by=actions.COMMAND_LINE, reason=args.reason, setup=True)
    print(f"{person.name}：已{'授予' if args.deed == 'grant' else '收回'}“{role.label}”")
    return 0


def _set_password(args) -> int:
    from minsheng.accounts import actions

    person = _person(args.username)
    keys = actions.set_password(person=person, password=_password(args), by=actions.COMMAND_LINE, must_change=True, setup=True)
    print(f"{person.name} 的密码已重设，下次登录须修改；原有登录已结束" + (f"，{keys} 把程序密钥已停用，请告知本人重新建立" if keys else ""))
    return 0


def _second(args) -> int:
    from minsheng.accounts import actions, second_factor

    person = _person(args.username)
    second_factor.reset(person_id=person.id, by=actions.COMMAND_LINE, reason=args.reason, setup=True)
    print(f"{person.name} 的动态口令已重置，原有登录已结束；下次登录后重新设置")
    return 0


def _leave(args) -> int:
    from django.db import transaction

    from minsheng.accounts import actions
    from minsheng.cases.actions import drafts

    with transaction.atomic():
        person = actions.leave(person=_person(args.username), by=actions.COMMAND_LINE, reason=args.reason, setup=True)
        handed = drafts.hand_over_all(person_id=person.id, name=person.name)
    print(f"{person.name} 已离岗：角色、登录和密钥都已收回" + (f"，{handed} 份暂存已交当班" if handed else ""))
    return 0


_DEEDS = {"add": _add, "list": _list, "grant": _grant, "revoke": _grant, "password": _set_password, "second": _second, "leave": _leave}
