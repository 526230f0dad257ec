"""核对一份“计入证明”：只用证明和公布的文件，不需要数据库。"""

from __future__ import annotations

import argparse
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from minsheng.cli import Stop, options
from minsheng.kit.host import in_words
from minsheng.proofs.rules import proof, published

MOST = 20_000  # files of a folder
DAYS = 31  # files of an archive
BIGGEST = 64 << 20  # bytes of a file of open data


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("proof", type=options.path, nargs="?", metavar="PROOF.json", help="从查询页下载的证明；不写时只核对公布的文件")
    parser.add_argument("--published", type=options.path, required=True, metavar="FILE_OR_DIR", help="公布的文件：证明那一天的一份，或放着各天文件的目录")


def _bytes(file: Path, most: int) -> bytes:
    """Of a file alone: a pipe that nobody writes into would be waited for without end."""
    try:
        if file.exists() and not file.is_file():
            raise Stop(f"{file} 不是文件")
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


def _contents(where: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each file, those of a month from its archive."""
    for file in _files(where):
        content = _bytes(file, BIGGEST)
        if content.startswith(b"PK"):
            yield from _unpacked(file.name, content)
        else:
            yield file.name, content


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Of a month's archive: a file a day."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = packed.infolist()
            if len(inside) > DAYS or any(one.file_size > proof.LARGEST for one in inside):
                raise proof.Wrong(f"{name} 不是整月的公布文件")
            for one in inside:
                yield f"{name} 里的 {one.filename}", packed.read(one)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as wrong:
        raise proof.Wrong(f"{name} 打不开：没有下载完，或被改动过") from wrong


def _published(where: Path) -> tuple[list[proof.PublishedDay], dict[str, str]]:
    """(days, digests of the other files). The same bytes twice, by themselves and in a month's archive, are one day."""
    days, others = dict[str, proof.PublishedDay](), {}
    for name, content in _contents(where):
        if where.is_dir() and not proof.is_day(content, name.rpartition(" ")[2]):
            if not proof.is_proof(content):
                others[name] = published.digest(content)
        else:
            one = proof.read_day(content, name)
            days[one.digest] = one
    if not days:
        raise proof.Wrong(f"{where} 里没有每日公布的文件")
    if len({one.day for one in days.values()}) != len(days):
        raise proof.Wrong("同一天的公布文件有两份，内容不同")
    return list(days.values()), others


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
    print(f"通过：{proof.in_words(one)}。" if one else f"通过：{proof.chain_in_words(days, others)}。")
    return 0
