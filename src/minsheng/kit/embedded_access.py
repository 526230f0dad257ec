"""Who may come into the embedded server: this machine user as the program's role alone; the owner and the superuser by a password.

The password lies in DATA/owner.pass, in libpq's own form. Commands that migrate or back up read it; the web and worker processes are
shut out of it and of the server's folder (kit.confine). A cluster without one (new, or of an earlier version) is opened once for
this machine user, given its password and shut again before anything is served.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import pwd
import secrets
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import psycopg

from minsheng.kit.host import Problem

KEY = "owner.pass"
OWNER = "minsheng_owner"
APP = "minsheng_app"
SUPERUSER = "postgres"
PRIVILEGED = (SUPERUSER, OWNER)
_SHUT = f"local all {APP} peer map=minsheng\n" + "".join(f"local all {role} scram-sha-256\n" for role in PRIVILEGED)
_OPEN = f"local all {APP},{SUPERUSER} peer map=minsheng\n"  # only until the password is set


def key_of(data: Path) -> Path:
    return data / KEY


def me() -> str:
    return getpass.getuser() if os.geteuid() != os.getuid() else pwd.getpwuid(os.getuid()).pw_name


def files(data: Path) -> dict[str, str]:
    """pg_hba.conf and pg_ident.conf as they should be now."""
    known = key_of(data).exists()
    roles = (APP,) if known else (APP, SUPERUSER)
    return {"pg_hba.conf": _SHUT if known else _OPEN, "pg_ident.conf": "".join(f'minsheng "{me()}" {role}\n' for role in roles)}


def open_once(server) -> None:
    """A server that runs while its password is not known: of an earlier version, or the file was lost."""
    for name, text in files(server.data).items():
        server.write(name, text)
    os.kill(server.pid(), signal.SIGHUP)


def complain(data: Path, said: str) -> None:
    """A wrong password stays wrong however long one waits."""
    if "password authentication failed" in said:
        raise Problem(f"{key_of(data)} 与数据库不符（可能只恢复了其中一个）。请删除这个文件后重新启动，会重新设定")


def shut(server) -> None:
    """After the server answers: the password is known, written down, and the only way in for owner and superuser."""
    if not key_of(server.data).exists():
        _set_password(server)
    wanted = files(server.data)
    if any((server.folder / name).read_text() != text for name, text in wanted.items()):
        for name, text in wanted.items():
            server.write(name, text)
        with psycopg.connect(server.url(SUPERUSER, SUPERUSER), autocommit=True) as link:
            link.execute("SELECT pg_reload_conf()")
        _wait_until_refused(server)


def _set_password(server) -> None:
    """Known to the server first, then to the file: one that was cut off in between is done again."""
    password = secrets.token_urlsafe(32)
    with psycopg.connect(server.url(SUPERUSER, SUPERUSER), autocommit=True) as link:
        for role in PRIVILEGED:
            link.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
    half = server.data / (KEY + ".half")
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"*:*:*:*:{password}\n")
        file.flush()
        os.fsync(file.fileno())
    half.replace(key_of(server.data))


def _wait_until_refused(server, patience: float = 15) -> None:
    until = time.monotonic() + patience
    while comes_in(server.bare_url(SUPERUSER, SUPERUSER)):
        if time.monotonic() > until:
            raise Problem("数据库没有收回所有者的免密登录；请停止后重新启动")
        time.sleep(0.05)


def comes_in(url: str) -> bool:
    """Does the server let this in, without any password?"""
    with contextlib.suppress(psycopg.Error):
        psycopg.connect(url, connect_timeout=3, passfile="/nowhere", password="").close()
        return True
    return False


def ways_in(data: Path, host: str, port: str = "", roles: Iterable[str] = PRIVILEGED) -> list[str]:
    """What this very process may do to become the owner of the database, in words; empty when every way is shut. Tries them.

    roles  also tried on a server that is not ours: it may trust everybody
    """
    where = f"?host={quote(host, safe='/')}" + (f"&port={port}" if port else "")
    found = [f"不用口令就能以 {role} 登录数据库" for role in roles if comes_in(f"postgresql://{quote(role)}@/postgres{where}")]
    if _opens(key_of(data), os.O_RDONLY):
        found.append(f"读得到所有者的口令（{KEY}）")
    if _opens(data / "pg" / "pg_hba.conf", os.O_RDWR):
        found.append("改得了数据库的登录规则（pg_hba.conf）")
    return found


def _opens(path: Path, how: int) -> bool:
    with contextlib.suppress(OSError):
        os.close(os.open(path, how))
        return True
    return False
