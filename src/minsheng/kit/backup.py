"""A backup: one folder with the database, the kept bytes, the anchors, and a manifest that says what is in it.

The programs are those of the embedded server's package, which read and write any PostgreSQL from 15 on. Kept bytes are copied
after the database: every row of the dump has its bytes, unless they were lawfully erased in between. Keys are not in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from minsheng.kit.embedded_postgres import packaged
from minsheng.kit.host import Problem

DUMP, MANIFEST = "database.dump", "manifest.json"
FOLDERS = ("files", "anchors")
EXTRA = ("anchors.log",)


def make(*, data: Path, owner_url: str, target: Path, at: datetime, counts: dict[str, int]) -> Path:
    """The finished folder target/minsheng-DATE-TIME; one that was cut off keeps the ending .half and is never taken for a backup."""
    done = target / f"minsheng-{at:%Y%m%d-%H%M%S}"
    half = done.with_name(done.name + ".half")
    if done.exists() or half.exists():
        raise Problem(f"{done} 已存在；一秒之内只能备份一次")
    try:
        half.mkdir(mode=0o700, parents=True)
    except OSError as wrong:
        raise Problem(f"不能写入 {target}：{wrong.strerror}") from wrong
    _program("pg_dump", "-Fc", "--no-owner", "--no-privileges", "--no-comments", "-f", str(half / DUMP), owner_url)
    for name in FOLDERS:
        if (data / name).is_dir():
            shutil.copytree(data / name, half / name, ignore=shutil.ignore_patterns(".new*"))
    for name in EXTRA:
        if (data / name).exists():
            shutil.copy2(data / name, half / name)
    manifest = {"at": at.isoformat(timespec="seconds"), "counts": counts, "sha256": _digests(half)}
    (half / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _settle(half)
    half.rename(done)
    return done


def read(folder: Path) -> dict:
    """The manifest of a backup whose every file is as it was written. Problem names the first that is not."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Problem(f"{folder} 不是完整的备份：没有 {MANIFEST}") from None
    found = _digests(folder)
    for name, digest in manifest["sha256"].items():
        if found.get(name) != digest:
            raise Problem(f"备份中的 {name} {'缺失' if name not in found else '与备份时不同'}，不能用它恢复；请换一份备份")
    return manifest


def put_back(*, folder: Path, data: Path, owner_url: str, progress: Callable[[str], None]) -> None:
    """Database, bytes and anchors into an empty place. The caller has read the manifest and made sure that nothing is there."""
    progress("正在恢复数据库…")
    _program("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "-d", owner_url, str(folder / DUMP))
    progress("正在恢复附件与锚定…")
    for name in FOLDERS:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, data / name, dirs_exist_ok=True)
    for name in EXTRA:
        if (folder / name).exists():
            shutil.copy2(folder / name, data / name)


def _program(name: str, *arguments: str) -> None:
    done = subprocess.run([str(packaged() / "bin" / name), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"{name} 没有做完：\n{done.stderr.strip()[-1500:]}")


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST):
        with open(file, "rb") as content:
            found[file.relative_to(folder).as_posix()] = hashlib.file_digest(content, "sha256").hexdigest()
    return found


def _settle(folder: Path) -> None:
    """On the disk before it is called a backup."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
