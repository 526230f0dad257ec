"""The schema: migrated by its owner, used by a role that owns nothing (rulings, 15)."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, NotSupportedError, connections
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.utils import ConnectionHandler

from minsheng.kit import feed
from minsheng.kit.host import Problem
from minsheng.kit.ids import TAKES_BLOCK
from minsheng.kit.partitions import HISTORY_TABLES
from minsheng.kit.prepared_rows import ours

log = logging.getLogger(__name__)
OLDEST = 150000  # PostgreSQL 15
_ONE_AT_A_TIME = 1234502  # advisory lock: of those who migrate


def require_version(alias: str = "default") -> None:
    """Problem when the server is older than we can use. Django says so of very old ones itself, in its own words."""
    try:
        connections[alias].ensure_connection()
        found = ours(alias).pg_version
        old = f"{found // 10000}.{found % 10000}" if found < OLDEST else ""
    except NotSupportedError as wrong:
        old = str(wrong).rpartition("found ")[2].strip(" ).") or "更早的版本"
    if old:
        raise Problem(f"数据库版本太旧：需要 PostgreSQL 15 或更高版本，DATABASE_URL 指向的是 {old}。请升级它，或不设 DATABASE_URL 使用内嵌的")


def listening() -> dict:
    """Arguments of psycopg.connect for a connection that keeps its session (LISTEN): past a pooler, where another address is given."""
    direct = ConnectionHandler({"default": settings.DIRECT}) if os.environ.get("MINSHENG_DIRECT_URL") else connections
    arguments = direct["default"].get_connection_params()
    return {key: value for key, value in arguments.items() if key not in ("cursor_factory", "context", "prepare_threshold")}


@contextmanager
def asked_nothing(what: str) -> Iterator[None]:
    """Inside, whoever asks the database is in the wrong place. In tests it is an error; in service it is done, and said in the log. Once in a
    thousand new ids the next block of them is taken there, too: it asks about nothing."""
    def meets(execute: Any, sql: str, *given: Any) -> Any:
        if sql == TAKES_BLOCK:
            return execute(sql, *given)
        if settings.STRICT:
            raise AssertionError(f"{what} asks the database: {sql[:300]}")
        log.warning("%s asks the database", what)
        return execute(sql, *given)

    with connections["default"].execute_wrapper(meets):
        yield


@contextmanager
def planned_once(using: str = "default") -> Iterator[None]:
    """What the ORM asks inside, or in a function that carries this, is prepared: planned once a connection, not at each request.
    For statements of pages, whose texts are few (docs/decisions/reading.md)."""
    with ours(using).planned_once():
        yield


class WrittenOut(ExpressionWrapper):
    """A condition whose values stand in the text of its statement, as they do in that of a partial index: planned once with values to
    come, the server could not know that it may use the index."""

    def __init__(self, condition: Q):
        super().__init__(condition, BooleanField())

    def as_sql(self, compiler, connection):
        sql, params = super().as_sql(compiler, connection)
        return connection.ops.compose_sql(sql, params).replace("%", "%%"), []


def ensure_role(role: str) -> None:
    """The program's role exists and this owner may take it on (one URL serves both: `-c role=`)."""
    require_version("owner")
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        name = connections["owner"].ops.quote_name(role)
        try:
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {name} NOLOGIN NOSUPERUSER")
            cursor.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [role])
            if settings.DATABASES["default"]["USER"] != role and not cursor.fetchone()[0]:
                cursor.execute(f"GRANT {name} TO current_user")
        except DatabaseError as wrong:
            raise Problem(f"请让数据库管理员执行：CREATE ROLE {role}; GRANT {role} TO 本数据库的所有者；然后重试（{wrong}）") from wrong


GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role};
"""
# A month made later starts with SELECT and INSERT. That is enough: rows are changed through the parent table, whose rights
# count; and a month of history can never be changed past its parent.

HISTORY = "REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {table} FROM {role};"
FAMILY = """
SELECT c.oid::regclass::text FROM unnest(%s::text[]) AS t(name) CROSS JOIN LATERAL pg_partition_tree(to_regclass(t.name)) p
JOIN pg_class c ON c.oid = p.relid
UNION SELECT to_regclass(name)::text FROM unnest(%s::text[]) AS u(name) WHERE to_regclass(name) IS NOT NULL
"""
FIXED = ["minsheng_monthly"]  # what the owner's functions read; the program only looks


def grant(role: str) -> None:
    """Gives the program's role what it may do, and takes from it what it may not. Repeatable."""
    connection = connections["owner"]
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == role:
            raise Problem(f"数据库地址用的是程序角色 {role}，它不能建表。请用 MINSHENG_OWNER_URL 给出数据库所有者的地址")
        cursor.execute(GRANTS.format(role=name))
        cursor.execute(FAMILY, [HISTORY_TABLES, HISTORY_TABLES])
        for (table,) in cursor.fetchall():
            cursor.execute(HISTORY.format(table=table, role=name))
        for table in FIXED:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
            if cursor.fetchone()[0]:
                cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {name}")


def may_become_owner() -> bool:
    """Could the program's session go back to the owner of its history (`SET ROLE NONE`)? Then only the anchors find what it rewrote."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_has_role(session_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(%s)", [HISTORY_TABLES[-1]])
        return cursor.fetchone()[0]


def migrate(verbosity: int = 0) -> None:
    """Every migration as the owner, then the grants. Two at once wait for each other."""
    from django.core.management import call_command

    role = settings.APP_ROLE
    ensure_role(role)
    with connections["owner"].cursor() as cursor:
        _wait_for_turn(cursor)
        try:
            call_command("migrate", database="owner", interactive=False, verbosity=verbosity)
            feed.go_on_counting()
            grant(role)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def _wait_for_turn(cursor) -> None:
    """By asking again: who waits inside a statement is waited for in turn by an index that is built CONCURRENTLY, and neither ends."""
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])
        if cursor.fetchone()[0]:
            return
        time.sleep(0.2)


@cache
def _of_this_program() -> tuple[set, set, set]:
    """Migrations that the code knows, those they replace, and those that must have been applied. Read from the disk once a process."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    return set(loader.disk_migrations), replaced, set(loader.graph.nodes)


def state(alias: str = "default") -> str:
    """ok | pending (migrations of this code are missing in the database, or it was restored and does not count on from what it holds) |
    newer (the database knows some that this code does not)."""
    from django.db.migrations.recorder import MigrationRecorder

    applied = set(MigrationRecorder(connections[alias]).applied_migrations())
    known, replaced, needed = _of_this_program()
    if applied - known - replaced:
        return "newer"
    return "ok" if needed <= applied and feed.counts_on(alias) else "pending"
