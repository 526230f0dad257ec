"""The server of a province: a database and two log-ins for each city, and whether the cities are blind to each other, tried."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from minsheng.cli import Stop

OLDEST = 150000
CONNECTIONS = 50  # of one city's program at once: 13 a web process, ten for the jobs; no city can use up the server


def names(city: str) -> tuple[str, str, str]:
    """database, owner, role of the program"""
    return f"minsheng_{city}", f"minsheng_{city}_owner", f"minsheng_{city}_app"


def address(server: str, at: str | None, role: str, database: str, password: str = "", **more: str) -> str:
    """Where `server` is, or `at` ("host:port"), for another role. Hosts that are folders of a socket stand behind the question mark."""
    given = conninfo_to_dict(server)
    if at:
        host, _, port = at.partition(":")
        given |= {"host": host} | ({"port": port} if port else {})
    kept = {key: str(given[key]) for key in ("sslmode", "sslrootcert", "target_session_attrs") if key in given}
    hosts, ports = str(given.get("host") or "localhost").split(","), str(given.get("port") or "5432").split(",")
    who = quote(role) + (f":{quote(password, safe='')}" if password else "")
    if hosts[0].startswith("/"):
        places, kept = "", {"host": hosts[0], "port": ports[0], **kept}
    else:
        places = ",".join(f"{f'[{one}]' if ':' in one else one}:{ports[n % len(ports)]}" for n, one in enumerate(hosts))
    query = urlencode({**kept, **more}, safe="/")
    return f"postgresql://{who}@{places}/{database}" + (f"?{query}" if query else "")


def connect(server: str) -> psycopg.Connection:
    """As the server's superuser."""
    try:
        link = psycopg.connect(server, autocommit=True, connect_timeout=5)
    except psycopg.Error as wrong:
        raise Stop(f"连不上 --server 的数据库服务器：{' '.join(str(wrong).split())[:300]}") from wrong
    if link.info.server_version < OLDEST:
        raise Stop("数据库版本太旧：需要 PostgreSQL 15 或更高版本")
    if link.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() != (True,):
        raise Stop("--server 要用数据库的超级用户：建库、建登录角色只在这一次用到它，不会保存")
    return link


def make(link: psycopg.Connection, server: str, city: str, passwords: tuple[str, str], connections: int = CONNECTIONS) -> None:
    """An empty database of the city, its owner and the program's role; nobody else may connect. What was begun and not finished is gone on with."""
    database, owner, app = names(city)
    there = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None
    if there and _holds_anything(server, database):
        raise Stop(f"服务器上已有数据库 {database}，里面有数据，没有动它。停用过的城市怎样接着用，见 docs/operating/province.md；别的请换一个名字")
    for role, password in zip((owner, app), passwords, strict=True):
        known = link.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None
        link.execute(sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}").format(
            sql.SQL("ALTER" if known else "CREATE"), sql.Identifier(role), sql.Literal(password)))
    link.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(sql.Identifier(app), sql.Literal(connections)))
    if not there:
        link.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(database), sql.Identifier(owner)))
    link.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    link.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), sql.Identifier(app)))


def _holds_anything(server: str, database: str) -> bool:
    with psycopg.connect(make_conninfo(server, dbname=database)) as link:
        return link.execute("SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public')").fetchone() == (True,)


def shut(link: psycopg.Connection, city: str) -> None:
    """Nobody of the city comes in any more; nothing of it is touched. Stop while somebody is in."""
    database, owner, app = names(city)
    if found := link.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [database]).fetchone()[0]:
        raise Stop(f"{database} 还有 {found} 个连接：请先停止这座城市的程序（systemctl stop minsheng@{city}）")
    for role in (owner, app):
        if link.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            link.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role)))


def seen(urls: dict[str, str]) -> Iterator[str]:
    """What one city could reach of another, in words; nothing when they are blind. `urls`: city -> the address of its program. Tries each way."""
    for city, url in urls.items():
        for other, theirs in urls.items():
            if city == other:
                continue
            there = conninfo_to_dict(theirs)
            if _comes_in(make_conninfo(url, dbname=there["dbname"])):
                yield f"{city} 的程序进得了 {other} 的数据库（{there['dbname']}）"
            for role in dict.fromkeys((str(there["user"]), names(other)[1])):
                if _comes_in(make_conninfo(url, dbname=there["dbname"], user=role)):
                    yield f"{city} 的程序能以 {role} 登录 {other} 的数据库：pg_hba.conf 不要口令，或两座城市口令相同"


def _comes_in(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def why_not(url: str) -> str:
    """Why this city's program does not reach its database; "" when it does."""
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error as wrong:
        return " ".join(str(wrong).split())[:200]
    return ""
