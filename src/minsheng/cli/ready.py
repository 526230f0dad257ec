"""Gets a command to its database: the data folder, the secret, the clock, the embedded server, Django."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import TextIO

from minsheng.cli import Stop, options
from minsheng.kit.host import full, in_words, unusable

ROOT = Path(__file__).resolve().parents[3]
NEW_MB, LEAST_MB = 300, 32  # megabytes of free disk for a new embedded database, and to start at all
DEFAULT_SECRET = "not-a-secret-for-trying-out-only"  # as in settings, which may be imported only after the addresses are known


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=options.path, metavar="DIR", help="数据目录（默认取 MINSHENG_DATA，否则 ./var）")


def folder(given: str | Path | None) -> Path:
    """The data folder, private to this user; also told to child processes."""
    data = Path(given or os.environ.get("MINSHENG_DATA") or ROOT / "var").resolve()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        raise Stop(f"不能使用数据目录 {data}：{in_words(wrong)}。请用 --data 指定可写的目录") from wrong
    if why := unusable(data):
        raise Stop(why)
    os.environ["MINSHENG_DATA"] = str(data)
    return data


def hold(data: Path) -> TextIO:
    """The lock of a data folder, kept until the process ends; refuses when another process has it."""
    if why := full(data, NEW_MB if not (data / "pg" / "minsheng.ready").exists() and not os.environ.get("DATABASE_URL") else LEAST_MB):
        raise Stop(why)
    file = open(data / "lock", "a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip()
        raise Stop(f"数据目录 {data} 正在被另一个民声进程使用（进程号 {holder or '未知'}）。请先停止它，或用 --data 指定别的目录") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def private(file: Path, text: str) -> None:
    """Write a file for this user alone, whole or not at all."""
    half = file.with_name(file.name + ".half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    half.write_text(text)
    half.replace(file)


def kept(file: Path, make) -> str:
    """A private value of the data folder, made once."""
    if not file.exists() or not file.read_text().strip():
        private(file, make())
    return file.read_text().strip()


def demo_surroundings(data: Path, now: datetime | None = None, machine: float | None = None) -> None:
    """The environment of a demo folder: its secret, its clock. A given `now` moves the kept clock."""
    os.environ["MINSHENG_DEMO"] = "1"
    os.environ.setdefault("MINSHENG_SECRET", kept(data / "secret", lambda: secrets.token_urlsafe(48)))
    clock = data / "clock_offset_s"
    if now is not None:
        clock.unlink(missing_ok=True)
    if now is not None and machine is not None:
        os.environ["MINSHENG_CLOCK_OFFSET_S"] = kept(clock, lambda: str(round(now.timestamp() - machine, 3)))
    elif clock.exists():
        os.environ["MINSHENG_CLOCK_OFFSET_S"] = clock.read_text().strip()


def embedded(data: Path, running: tuple[int, str] = (0, "")):
    """The embedded server of a folder, its addresses put into the environment; None when DATABASE_URL names another.

    `running`: process id and short folder of the server that this very process had started before it was loaded anew.
    """
    if os.environ.get("DATABASE_URL"):
        return None
    from minsheng.kit.embedded_postgres import Embedded

    server = Embedded(data)
    server.adopt(*running)
    os.environ["DATABASE_URL"] = server.url()
    os.environ["MINSHENG_OWNER_URL"] = server.owner_url
    return server


def django_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minsheng.settings")
    django.setup()


RESTORE, MIGRATE = "restore", "migrate"  # what may work on a folder whose restore is not finished
_RESTORING = "restoring"


def restoring(data: Path) -> dict | None:
    """{"of", "backup", "stage"} of a restore that was not finished; of a mark that a power cut left unreadable, nobody knows which backup it was."""
    file = data / _RESTORING
    if not file.exists():
        return None
    try:
        begun = json.loads(file.read_text(encoding="utf-8"))
        return {"of": str(begun["of"]), "backup": str(begun["backup"]), "stage": str(begun["stage"])}
    except (ValueError, KeyError, TypeError):
        return {"of": "", "backup": "", "stage": RESTORE}


def mark_restoring(data: Path, backup: Path, identity: str) -> None:
    private(data / _RESTORING, json.dumps({"of": identity, "backup": str(backup), "stage": RESTORE}))


def mark_migrate(data: Path) -> None:
    """All is here, but of an older shape."""
    private(data / _RESTORING, json.dumps((restoring(data) or {}) | {"stage": MIGRATE}))


def mark_whole(data: Path) -> None:
    (data / _RESTORING).unlink(missing_ok=True)


def require_whole(data: Path, may: str = "") -> None:
    """Stop when a restore was broken off here, unless this is what finishes it."""
    begun = restoring(data)
    if begun is None or may == begun["stage"] or may == RESTORE:
        return
    if begun["stage"] == MIGRATE:
        raise Stop(f"恢复还差最后一步：备份来自较旧的版本。请先运行：./minsheng migrate --data {data}")
    if not begun["backup"]:
        raise Stop(f"{data} 里的恢复没有做完，是哪一份备份也读不出来（{data / _RESTORING}）。请删除整个 {data} 重新恢复")
    raise Stop(f"{data} 里的恢复没有做完，现在只有一部分数据，不能使用。请再运行同一条命令接着做：\n"
               f"  ./minsheng restore {begun['backup']} --data {data}\n或删除整个 {data} 重新恢复")


@contextlib.contextmanager
def database(given: str | Path | None = None, check: bool = True, may: str = ""):
    """For commands that work on the data: the server runs (started for the while when it did not), Django is set up.

    Raises Stop when the schema is not this program's, or a restore was broken off here (`may`: what finishes it).
    """
    data = folder(given)
    require_whole(data, may)
    if (data / "clock_offset_s").exists():
        demo_surroundings(data)
    elif (data / "secret").exists() and "MINSHENG_SECRET" not in os.environ:
        os.environ["MINSHENG_SECRET"] = (data / "secret").read_text().strip()
    server = embedded(data)
    ours = False
    if server is not None and not (server.pid() and server.answers()):
        guard = hold(data)
        server.start()
        ours = bool(guard)
    try:
        django_up()
        if check:
            require_schema()
        yield
    finally:
        if ours:
            from django.db import connections

            connections.close_all()
            server.stop()


def require_keys() -> None:
    """Stop when what is kept was sealed with other keys: whatever is written now could later be opened only by mixing both."""
    from minsheng.contacts import queries as contacts

    if said := contacts.other_keys():
        raise Stop(said)


def unreachable(wrong: Exception) -> str:
    """Why the database cannot be used, and what to do."""
    said = str(wrong).strip()
    if "unsupported startup parameter" in said:
        return ("连不上数据库：前面的连接池不让程序换角色。请让 DATABASE_URL 直接用程序自己的登录角色（minsheng_app），并设 MINSHENG_POOLER=1；"
                "写法见 docs/operating/poolers.md")
    return f"连不上数据库：{said}\n请检查 DATABASE_URL，或先运行 ./minsheng migrate"


def require_schema() -> None:
    """Stop unless the database answers and its schema is exactly this program's."""
    from django.db import DatabaseError

    from minsheng.kit import database as of_kit

    try:
        of_kit.require_version()
        found = of_kit.state()
    except DatabaseError as wrong:
        raise Stop(unreachable(wrong)) from wrong
    if found == "pending":
        raise Stop("数据库结构还没有升级到本版本。请先运行：./minsheng migrate")
    if found == "newer":
        raise Stop("数据库由更新的版本升级过，本版本不能使用它。请换用新版本的程序，或恢复升级前的备份")
