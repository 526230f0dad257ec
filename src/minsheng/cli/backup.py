"""备份：数据库、附件、锚定存成一个文件夹，运行中也可以做；密钥不在里面，须另行保管。"""

from __future__ import annotations

import argparse
from pathlib import Path

from minsheng.cli import ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("target", type=Path, metavar="DIR", help="放备份的文件夹；每次在其中新建一个 minsheng-日期-时间")


def counts() -> dict[str, int]:
    """What a restored copy must hold at least: the manifest's figures."""
    from minsheng.cases import queries as cases
    from minsheng.ledger import queries as ledger

    return {**cases.kept(), "entries": ledger.kept()}


def run(args: argparse.Namespace) -> int:
    import os

    with ready.database(args.data):
        from minsheng.kit import backup
        from minsheng.kit.clock import machine_now

        data = ready.folder(args.data)
        owner_url = os.environ.get("MINSHENG_OWNER_URL") or os.environ["DATABASE_URL"]
        made = backup.make(data=data, owner_url=owner_url, target=args.target.resolve(), at=machine_now().astimezone(), counts=counts())
    size = sum(f.stat().st_size for f in made.rglob("*") if f.is_file())
    print(f"已备份到 {made}（{size / 1e6:,.1f} MB）。\n密钥（MINSHENG_SECRET、MINSHENG_SEAL_KEY）不在备份里，请另行保管：没有它，诉求人信息打不开。")
    return 0
