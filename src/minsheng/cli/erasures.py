"""依法删除清单：备份比删除早的，恢复后按清单重新删除。"""

from __future__ import annotations

import argparse

from minsheng.cli import Stop, options, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    parser.add_argument("--apply", action="store_true", help="把又回到库里的重新删除（恢复时自动做一次）")
    parser.add_argument("--from", dest="lists", action="append", type=options.path, default=[], metavar="FILE",
                        help="再按另一份清单（备份或机外副本里的 anchors/erasures.list），可写多次")


def run(args: argparse.Namespace) -> int:
    """0 nothing is back; 1 something is, and was not erased."""
    for file in args.lists:
        if not file.is_file():
            raise Stop(f"没有 {file} 这个文件（--from）")
    with ready.database(args.data):
        from minsheng.cases.actions import erasures

        erasures.note_all()
        if args.apply:
            done = erasures.erase_again(args.lists)
            print(f"重新删除了 {len(done)} 件" + (f"：{'、'.join(done[:10])}" if done else ""))
        well, text = erasures.told()
        print(text)
    return 0 if well else 1
