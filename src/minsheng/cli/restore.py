"""恢复：把一份备份装进空的数据目录，核对件数与历史、重做之后的依法删除，才算完成；中断了再运行同一条命令接着做。"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

from minsheng.cli import Stop, options, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("folder", type=options.path, metavar="BACKUP", help="backup 命令建立的文件夹")
    parser.add_argument("--erasures", action="append", type=options.path, default=[], metavar="FILE",
                        help="再按这份依法删除清单重做删除（原数据目录里的 anchors/erasures.list），可写多次；备份旁边更晚的备份里的清单自动采用")


def run(args: argparse.Namespace) -> int:
    """0 restored and whole; 1 refused, or what was restored is not what was backed up."""
    before = os.environ.get("MINSHENG_DATA")
    data, folder = ready.folder(args.data), args.folder.resolve()
    from minsheng.kit import backup

    manifest = backup.read(folder)
    lists = erasure_lists(args.erasures, folder, before)
    begin(data, folder)
    backup.put_back_files(folder=folder, data=data, manifest=manifest, progress=say)
    with ready.database(str(data), check=False, may=ready.RESTORE):
        from minsheng.kit import database, feed

        if not _holds_anything():
            database.ensure_role(_role())
            backup.put_back_database(folder=folder, owner_url=os.environ.get("MINSHENG_OWNER_URL") or os.environ["DATABASE_URL"], progress=say)
        database.grant(_role())
        feed.go_on_counting()
        return _finish(data, manifest, database.state("owner"), lists)


def say(text: str) -> None:
    print(text, flush=True)


def erasure_lists(given: list[Path], folder: Path, before: str | None) -> list[Path]:
    """Where erasures stand that this backup may not know: named ones, the backups beside it, the data folder in use on this machine."""
    for file in given:
        if not file.is_file():
            raise Stop(f"没有 {file} 这个文件（--erasures）")
    beside = sorted(folder.parent.glob("minsheng-*/anchors/erasures.list"))
    in_use = Path(before or ready.ROOT / "var") / "anchors" / "erasures.list"
    return [*given, *beside, in_use]


def begin(data: Path, folder: Path) -> None:
    """Marks the folder as half restored, or goes on with the same backup."""
    identity = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    begun = ready.restoring(data)
    if begun is None:
        if (data / "pg").exists() or any(place.name != "lost+found" for place in (data / "files").glob("*")):  # an empty one may be another disk
            raise Stop(f"{data} 里已有数据。恢复只装进空的数据目录：请用 --data 指定一个新的")
        if os.environ.get("DATABASE_URL"):
            with ready.database(str(data), check=False):
                if _holds_anything():
                    raise Stop("DATABASE_URL 指向的数据库不是空的。请新建一个空的数据库再恢复")
        ready.mark_restoring(data, folder, identity)
    elif begun["of"] != identity:
        raise Stop(f"{data} 里有另一份备份恢复了一半：{begun['backup'] or '读不出是哪一份'}。请接着恢复那一份，或删除整个 {data} 再恢复这一份")
    else:
        say("接着上次中断的恢复…")


def _role() -> str:
    from django.conf import settings

    return settings.APP_ROLE


def _holds_anything() -> bool:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public')")
        return cursor.fetchone()[0]


def _finish(data: Path, manifest: dict, state: str, lists: list[Path]) -> int:
    from minsheng.cases.actions import erasures

    if state != "ok":
        erasures.take_over(lists)
        ready.mark_migrate(data)
        say("已恢复。备份来自较旧的版本，请运行 ./minsheng migrate，再运行 ./minsheng doctor --verify-history" if state == "pending"
            else "已恢复。备份来自较新的版本，请换用新版本的程序，再运行 ./minsheng migrate")
        return 0 if state == "pending" else 1
    now = _compare(manifest)
    done = erasures.erase_again(lists)
    ready.mark_whole(data)
    say(f"已恢复 {manifest['at']} 的备份：{now['cases']:,} 件、{now['steps']:,} 步、台账 {now['entries']:,} 条，历史完整。")
    if done:
        say(f"备份之后依法删除过 {len(done)} 件，已按清单重新删除：{'、'.join(done[:10])}")
    for name in (*manifest["missing"].values(), *manifest["damaged"].values()):
        say(f"  要处理  {name} 备份时已缺失或损坏")
    return 0


def _compare(manifest: dict) -> dict[str, int]:
    """The counts of what is here. Stop when it is less, or other, than what was backed up."""
    from minsheng.cases.actions import anchors
    from minsheng.cli import doctor
    from minsheng.cli.backup import counts
    from minsheng.files import queries as files
    from minsheng.ledger import queries as ledger

    now = counts()
    wrong = [f"{name}：备份时 {n}，现在 {now.get(name)}" for name, n in manifest["counts"].items() if now.get(name, 0) < n]
    wrong += [f"历史被改动：{row}" for rows in (anchors.verify_history(doctor.processors(), doctor.progress()), ledger.verify()) for row in rows]
    known = {*manifest["missing"], *manifest["damaged"]}
    broken = files.damaged()
    rows = files.many([id_ for id_, _ in broken])
    wrong += [f"附件 {id_} {why}" for id_, why in broken if rows[id_].sha256 not in known]
    for text in wrong:
        say("  " + text)
    if wrong:
        raise Stop("恢复的内容与备份时不一致，见上；请换一份备份，用 --data 恢复到另一个空目录")
    return now
