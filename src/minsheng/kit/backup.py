"""A backup: one folder with the database, the kept bytes, the anchors, the exchange's settings and prompts, and a manifest that says what is in it.

The programs are those of the embedded server's package, which read and write any PostgreSQL from 15 on. Kept bytes are copied
after the database: every row of the dump has its bytes, unless they were lawfully erased in between. Keys are not in it.

A backup that was cut off keeps the ending .half and is removed, at once or by the next one: it is full of personal data and of no use.
Put back, the bytes come first and the database last, in one transaction: where there is a database there are its bytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psycopg

from minsheng.kit.embedded_postgres import packaged
from minsheng.kit.host import Problem, in_words
from minsheng.kit.processes import die_with

DUMP, MANIFEST = "database.dump", "manifest.json"
# Of the exchange: what was written and recorded by people, and what is spoken but not filed yet. Its words are drawn anew, as keys are kept apart.
FOLDERS = ("files", "anchors", "recordings", "pbx/sounds", "pbx/var/spool/monitor")
EXTRA = ("anchors.log", "pbx/pbx.toml")
HALF = ".half"


def make(*, data: Path, owner_url: str, target: Path, at: datetime, counts: dict[str, int], kept: Callable[[], dict[str, tuple[str, str]]]) -> Path:
    """The finished folder target/minsheng-DATE-TIME. `kept`: where every kept content lies below the data folder -> (its digest, what to call it);
    asked twice.

    What is missing or damaged stands in the manifest (`read`), by the names that `kept` gave.
    """
    if any(target.is_relative_to(data / name) for name in FOLDERS):
        raise Problem(f"不能备份到 {target}：它在要备份的文件夹里，每次备份都会把以前的再抄一遍。请换一个文件夹，最好在另一块盘上")
    sweep(target)
    done = target / f"minsheng-{at:%Y%m%d-%H%M%S}"
    with _half(done) as half:
        _program("pg_dump", "-Fc", "--no-owner", "--no-privileges", "--no-comments", "-f", str(half / DUMP), owner_url)
        wanted = kept()
        for name in (*FOLDERS, *EXTRA):
            for file in _files(data / name):
                with suppress(FileNotFoundError):  # lawfully erased in between
                    _copy(file, half / file.relative_to(data))
        digests = _digests(half)
        faults = _faults(wanted, digests)
        still = {digest for digest, _ in kept().values()} if faults["missing"] else set()
        faults["missing"] = {digest: name for digest, name in faults["missing"].items() if digest in still}
        told = {"at": at.isoformat(timespec="seconds"), "counts": counts, **faults, "sha256": digests}
        (half / MANIFEST).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        _settle(half)
        half.rename(done)
    return done


def _faults(wanted: dict[str, tuple[str, str]], digests: dict[str, str]) -> dict[str, dict[str, str]]:
    """Kept contents that are not there, and those that are not what was kept: digest -> what to call it."""
    return {"missing": {digest: name for path, (digest, name) in wanted.items() if path not in digests},
            "damaged": {digest: name for path, (digest, name) in wanted.items() if digests.get(path, digest) != digest}}


@contextmanager
def _half(done: Path) -> Iterator[Path]:
    """A folder that is gone again unless it was renamed. While it is worked on it is locked."""
    half = done.with_name(done.name + HALF)
    if done.exists() or half.exists():
        raise Problem(f"{done} 已存在；一秒之内只能备份一次")
    try:
        half.mkdir(mode=0o700, parents=True)
    except OSError as wrong:
        raise Problem(f"不能写入 {done.parent}：{in_words(wrong)}") from wrong
    lock = os.open(half, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield half
    except OSError as wrong:
        raise Problem(f"备份没有做完：{in_words(wrong)}（{wrong.filename or done.parent}）。没有留下半份备份") from wrong
    finally:
        shutil.rmtree(half, ignore_errors=True)
        os.close(lock)


def sweep(target: Path) -> list[Path]:
    """Remove what backups left behind that were killed; one that is being made is let be."""
    gone = []
    for half in target.glob(f"minsheng-*{HALF}"):
        lock = os.open(half, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(half)
            gone.append(half)
        except OSError:
            continue
        finally:
            os.close(lock)
    return gone


def manifest(folder: Path) -> dict:
    """What a backup says of itself: at, counts, missing and damaged contents, digests."""
    try:
        return {"missing": {}, "damaged": {}, **json.loads((folder / MANIFEST).read_text(encoding="utf-8"))}
    except (OSError, ValueError):
        raise Problem(f"{folder} 不是完整的备份：没有 {MANIFEST}") from None


def read(folder: Path) -> dict:
    """The manifest of a backup whose every file is as it was written. Problem names the first that is not."""
    said, found = manifest(folder), _digests(folder)
    for name, digest in said["sha256"].items():
        if found.get(name) != digest:
            raise Problem(f"备份中的 {name} {'缺失' if name not in found else '与备份时不同'}，不能用它恢复；请换一份备份")
    return said


def put_back_files(*, folder: Path, data: Path, manifest: dict, progress: Callable[[str], None]) -> None:
    """Bytes and anchors. Repeatable: what is there already and whole is not copied again."""
    progress("正在恢复附件与锚定…")
    for name, digest in manifest["sha256"].items():
        if name == DUMP:
            continue
        target = data / name
        if target.is_file() and _digest(target) == digest:
            continue
        try:
            _copy(folder / name, target)
        except OSError as wrong:
            raise Problem(f"恢复没有做完：{in_words(wrong)}（{target}）。腾出空间后再运行同一条命令，会接着做") from wrong


def put_back_database(*, folder: Path, owner_url: str, progress: Callable[[str], None]) -> None:
    """All of it or nothing, into an empty database."""
    progress("正在恢复数据库…")
    options = ("--no-owner", "--no-privileges", "--exit-on-error")
    with psycopg.connect(owner_url) as link:
        older = link.info.server_version < _KNOWS_TIMEOUT
    if older:
        _put_back_older(owner_url, "pg_restore", *options, "-f", "-", str(folder / DUMP))
    else:
        _program("pg_restore", *options, "--single-transaction", "-d", owner_url, str(folder / DUMP))


_KNOWS_TIMEOUT = 170000
_TIMEOUT = b"SET transaction_timeout = 0;\n"  # in the head of what pg_restore writes, whatever the server


def _put_back_older(owner_url: str, name: str, *arguments: str) -> None:
    """Into a server that does not know a setting which pg_restore sets: its script without that line. The last word of the transaction is said
    only when the script was read to its end; whoever dies before has put back nothing."""
    programs, mine = packaged() / "bin", os.getpid()
    with tempfile.TemporaryFile() as said, subprocess.Popen([programs / name, *arguments], stdout=subprocess.PIPE, stderr=said, preexec_fn=die_with(mine)) as script:
        into = [str(programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-d", owner_url]
        with subprocess.Popen(into, stdin=subprocess.PIPE, stderr=said, preexec_fn=die_with(mine)) as psql, suppress(BrokenPipeError):
            assert script.stdout and psql.stdin
            psql.stdin.write(b"BEGIN;\n")
            for line in script.stdout:
                if line == _TIMEOUT:
                    break
                psql.stdin.write(line)
            shutil.copyfileobj(script.stdout, psql.stdin, 1 << 20)
            if script.wait() == 0:
                psql.stdin.write(b"COMMIT;\n")
        if script.returncode or psql.returncode:
            said.seek(0)
            raise Problem(f"{name} 没有做完：\n{said.read().decode(errors='replace').strip()[-1500:]}")


def _program(name: str, *arguments: str) -> None:
    done = subprocess.run([str(packaged() / "bin" / name), *arguments], capture_output=True, text=True, check=False,
                          preexec_fn=die_with(os.getpid()))
    if done.returncode:
        raise Problem(f"{name} 没有做完：\n{done.stderr.strip()[-1500:]}")


def _files(place: Path) -> Iterator[Path]:
    """Files below a folder, or the file itself; none that is just being written."""
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from (file for file in sorted(place.rglob("*")) if file.is_file() and not file.name.startswith(".new"))


def _copy(file: Path, target: Path) -> None:
    """Whole under its name, or not there."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = target.with_name(f".new-{target.name}")
    try:
        shutil.copy2(file, new)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _digest(file: Path) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): _digest(file) for file in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)}


def _settle(folder: Path) -> None:
    """On the disk before it is called a backup."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
