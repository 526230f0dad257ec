"""备份：数据库、附件、锚定、录音、电话设置和提示音存成一个文件夹，运行中也可以做；缺失或损坏的附件和录音逐个指出；密钥不在里面，须另行保管。"""

from __future__ import annotations

import argparse
import os
import signal

from minsheng.cli import options, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("target", type=options.path, metavar="DIR", help="放备份的文件夹；每次在其中新建一个 minsheng-日期-时间")


def counts() -> dict[str, int]:
    """What a restored copy must hold at least: the manifest's figures."""
    from minsheng.cases import queries as cases
    from minsheng.ledger import queries as ledger

    return {**cases.kept(), "entries": ledger.kept()}


def run(args: argparse.Namespace) -> int:
    """0 whole; 1 refused or cut off, or made although kept contents are missing or damaged."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was begun is cleared away
    with ready.database(args.data):
        from minsheng.cases.actions import erasures
        from minsheng.cases.queries import files
        from minsheng.kit import backup
        from minsheng.kit.clock import machine_now
        from minsheng.telephony.queries import recordings

        data = ready.folder(args.data)
        erasures.note_all()
        owner_url = os.environ.get("MINSHENG_OWNER_URL") or os.environ["DATABASE_URL"]
        made = backup.make(data=data, owner_url=owner_url, target=args.target.resolve(), at=machine_now().astimezone(), counts=counts(),
                           kept=lambda: files.kept_contents() | recordings.kept_contents())
    size = sum(f.stat().st_size for f in made.rglob("*") if f.is_file())
    print(f"已备份到 {made}（{size / 1e6:,.1f} MB）。\n密钥（MINSHENG_SECRET、MINSHENG_SEAL_KEY）不在备份里，请另行保管：没有它，诉求人信息打不开。")
    return _tell_faults(backup.manifest(made))


def _tell_faults(manifest: dict) -> int:
    faults = [f"{name} {word}" for kind, word in (("missing", "缺失"), ("damaged", "内容被改动")) for name in manifest[kind].values()]
    for text in faults:
        print(f"  要处理  {text}")
    if faults:
        print(f"备份已做成，但有 {len(faults)} 个附件或录音缺失或损坏，见上。请从较早的备份里找回它们；附件也可以请上传的人重新上传。")
    return 1 if faults else 0
