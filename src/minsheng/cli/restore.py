"""恢复：把一份备份装进空的数据目录，核对件数与历史后才算完成。"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from minsheng.cli import Stop, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("folder", type=Path, metavar="BACKUP", help="backup 命令建立的文件夹")


def run(args: argparse.Namespace) -> int:
    """0 restored and whole; 1 refused, or what was restored is not what was backed up."""
    data = ready.folder(args.data)
    if (data / "pg").exists() or (data / "files").exists():
        raise Stop(f"{data} 里已有数据。恢复只装进空的数据目录：请用 --data 指定一个新的")
    from minsheng.kit import backup

    manifest = backup.read(args.folder.resolve())
    with ready.database(str(data), check=False):
        from minsheng.kit import database

        if _holds_anything():
            raise Stop("DATABASE_URL 指向的数据库不是空的。请新建一个空的数据库再恢复")
        database.ensure_role(_role())
        owner_url = os.environ.get("MINSHENG_OWNER_URL") or os.environ["DATABASE_URL"]
        backup.put_back(folder=args.folder.resolve(), data=data, owner_url=owner_url, progress=lambda text: print(text, flush=True))
        database.grant(_role())
        return _compare(manifest, database.state("owner"))


def _role() -> str:
    from django.conf import settings

    return settings.APP_ROLE


def _holds_anything() -> bool:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public')")
        return cursor.fetchone()[0]


def _compare(manifest: dict, state: str) -> int:
    from minsheng.cli import doctor
    from minsheng.cli.backup import counts

    if state != "ok":
        print("已恢复。备份来自较旧的版本，请运行 ./minsheng migrate，再运行 ./minsheng doctor --verify-history" if state == "pending"
              else "已恢复。备份来自较新的版本，请换用新版本的程序")
        return 0 if state == "pending" else 1
    now, wrong = counts(), [text for well, text in doctor.history() if not well]
    wrong += [f"{name}：备份时 {n}，现在 {now.get(name)}" for name, n in manifest["counts"].items() if now.get(name, 0) < n]
    for text in wrong:
        print("  " + text)
    if wrong:
        raise Stop("恢复的内容与备份时不一致，见上；请换一份备份重试")
    print(f"已恢复 {manifest['at']} 的备份：{now['cases']:,} 件、{now['steps']:,} 步、台账 {now['entries']:,} 条，历史完整。")
    return 0
