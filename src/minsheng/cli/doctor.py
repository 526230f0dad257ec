"""检查本机：缺什么、怎么补；加 --verify-history 校验历史有没有被改动。"""

from __future__ import annotations

import os

from minsheng.cli import ready, reseal


def add(parser) -> None:
    ready.add_data(parser)
    parser.add_argument("--verify-history", action="store_true", help="逐条校验步骤与台账的哈希链，指出被改动的行")


def _has_secret(data) -> bool:
    """A secret of its own, or a demo that makes one."""
    return os.environ.get("MINSHENG_SECRET", ready.DEFAULT_SECRET) != ready.DEFAULT_SECRET or (data / "clock_offset_s").exists()


def history() -> list[tuple[bool, str]]:
    """Asks each room that keeps a chain for the rows that do not fit it."""
    from minsheng.cases.actions import anchors
    from minsheng.files import queries as files
    from minsheng.ledger import queries as ledger

    found = []
    for name, verify in (("工单的历史与锚定", anchors.verify_history), ("台账与锚定", ledger.verify)):
        broken = [str(row) for row in verify()]
        found += [(False, f"历史被改动：{row}") for row in broken] or [(True, f"{name}完整")]
    damaged = [f"附件 {id_} {why}" for id_, why in files.damaged()]
    return found + ([(False, text) for text in damaged] or [(True, "附件完整")])


def run(args) -> int:
    from minsheng.kit import checks, database

    data = ready.folder(args.data)
    found = checks.machine(data, _has_secret(data))
    with ready.database(args.data, check=False):
        from django.db import DatabaseError

        try:
            found += checks.schema()
            found += [reseal.told()] if database.state() == "ok" else []
            if args.verify_history:
                found += history()
        except DatabaseError as wrong:
            found.append((False, f"数据库：{str(wrong).strip()}"))
    for well, text in found:
        print(("  好  " if well else "  缺  ") + text)
    vital = [text for well, text in found if not well and "浏览器" not in text]
    return 1 if vital else 0
