"""核对一份“计入证明”：只用证明和公布的文件，不需要数据库。"""

from __future__ import annotations

import argparse
from pathlib import Path

from minsheng.cli import Stop
from minsheng.kit.host import in_words
from minsheng.proofs.rules import proof, published

MOST = 20_000  # files of a folder
BIGGEST = 64 << 20  # bytes of a file of open data


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("proof", type=Path, nargs="?", metavar="PROOF.json", help="从查询页下载的证明；不写时只核对公布的文件")
    parser.add_argument("--published", type=Path, required=True, metavar="FILE_OR_DIR", help="公布的文件：证明那一天的一份，或放着各天文件的目录")


def _bytes(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(most + 1)
    except (OSError, ValueError) as wrong:
        raise Stop(f"不能读 {file}：{in_words(wrong) if isinstance(wrong, OSError) else '文件名不对'}") from wrong
    if len(content) > most:
        raise Stop(f"{file.name} 太大，不是本系统公布的文件")
    return content


def _files(where: Path) -> list[Path]:
    try:
        found = sorted(file for file in where.iterdir() if file.is_file()) if where.is_dir() else [where]
    except (OSError, ValueError) as wrong:
        raise Stop(f"不能读 {where}：{in_words(wrong) if isinstance(wrong, OSError) else '文件名不对'}") from wrong
    if len(found) > MOST:
        raise Stop(f"{where} 里文件太多，请只放公布的文件")
    return found


def _published(where: Path) -> tuple[list[proof.PublishedDay], dict[str, str]]:
    """(days, digests of the other files)."""
    days, others = [], {}
    for file in _files(where):
        content = _bytes(file, BIGGEST)
        if where.is_dir() and not proof.is_day(content):
            others[file.name] = published.digest(content)
        else:
            days.append(proof.read_day(content, file.name))
    if not days:
        raise proof.Wrong(f"{where} 里没有每日公布的文件")
    if len({one.day for one in days}) != len(days):
        raise proof.Wrong("同一天的公布文件有两份")
    return days, others


def run(args: argparse.Namespace) -> int:
    """0: it holds; 1: which part does not."""
    try:
        one = proof.read(_bytes(args.proof, proof.LARGEST)) if args.proof else None
        days, others = _published(args.published)
        for sentence in proof.broken(days, others):
            raise proof.Wrong(sentence)
        if one is not None:
            proof.check(one, days)
    except proof.Wrong as wrong:
        raise Stop(f"没有通过：{wrong}") from None
    print(f"通过：{proof.in_words(one)}。" if one else f"通过：公布的 {len(days)} 天彼此衔接，没有被改动。")
    return 0
