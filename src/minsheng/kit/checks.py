"""What an installation can say of itself: (is it well, sentence). For `doctor` and for the administrator's page.

True: well; False: broken or unsafe, to be mended; None: works, but somebody should know of it and decide.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minsheng.kit.host import free_gb, memory_bytes

Found = tuple[bool | None, str]


def https() -> Found:
    """Are cookies sent over HTTPS alone?"""
    on = os.environ.get("MINSHENG_HTTPS") == "1"
    return (True, "登录只走 HTTPS") if on else (None, "没有设置 MINSHENG_HTTPS=1：登录可能明文经过网络。正式使用请在反向代理上开 HTTPS（deploy/nginx.conf）")


def machine(data: Path, secret: bool) -> list[Found]:
    """What needs no database. `secret`: this installation has a secret of its own."""
    free, memory = free_gb(data), round(memory_bytes() / 1e9, 1)
    browser = any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return [
        (free >= 1, f"磁盘可用 {free} GB" + ("" if free >= 1 else "：请清理或换更大的盘")),
        (memory >= 1, f"内存 {memory} GB" + ("" if memory >= 1 else "：至少需要 1 GB")),
        https(),
        (secret, "密钥已设置" if secret else "没有设置 MINSHENG_SECRET：正式运行（serve）前必须设置"),
        (browser, "有浏览器，可以跑网页测试" if browser else "没有浏览器，网页测试会跳过：apt-get install chromium"),
    ]


def schema() -> list[Found]:
    """What the database says of itself."""
    from django.db import connection

    from minsheng.kit import database
    from minsheng.kit.partitions import HISTORY_TABLES

    words = {"ok": "数据库结构是本版本", "pending": "数据库结构未升级：请运行 ./minsheng migrate", "newer": "数据库由更新的版本升级过：请换新版本程序"}
    state = database.state()
    found: list[Found] = [(state == "ok", words[state])]
    if state != "ok":
        return found
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        found.append((not cursor.fetchone()[0], "程序角色不是超级用户"))
        back = database.may_become_owner()
        found.append((not back, "程序用自己的角色登录" + ("，却能换回数据库所有者、改写历史：请按 docs/decisions/database.md 另建登录角色" if back else "，换不回所有者")))
        cursor.execute("SELECT name FROM unnest(%s::text[]) AS name WHERE has_table_privilege(name, 'UPDATE') OR has_table_privilege(name, 'DELETE')", [HISTORY_TABLES])
        loose = [table for (table,) in cursor.fetchall()]
        found.append((not loose, f"程序能改动历史：{'、'.join(loose)}。请运行 ./minsheng migrate" if loose else f"历史的 {len(HISTORY_TABLES)} 张表只增不改"))
        cursor.execute("SELECT name FROM minsheng_monthly ORDER BY name")
        months = [table for (table,) in cursor.fetchall()]
        stray = [table for table in months if _holds_rows(cursor, table + "_rest")]
        found.append((not stray, f"月份分区缺失，有行落在默认分区：{'、'.join(stray)}。请运行 ./minsheng migrate 并联系维护者" if stray else "月份分区齐全"))
    return found


def _holds_rows(cursor: Any, table: str) -> bool:
    from django.db import connection

    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})")
    return cursor.fetchone()[0]


def replicas() -> list[Found]:
    """How far the copies are that DATABASE_READ_URL names; one that is not asked costs speed and nothing else."""
    from django.conf import settings

    from minsheng.kit.replica_watch import Watch

    if not settings.READ_DATABASES:
        return []
    watch = Watch(settings.READ_DATABASES, settings.DIRECT, settings.READ_LAG)
    watch.begin()
    until = time.monotonic() + 5
    while any(why for _, _, why in watch.told()) and time.monotonic() < until:
        time.sleep(0.1)
    watch.end()
    return of_replicas(watch.told())


def of_replicas(told: Iterable[tuple[int, float | None, str]]) -> list[Found]:
    return [(None if why else True, f"只读副本 {number} " + (f"没有在用，由主库答复：{why}" if why else f"落后不到 {max(1, round(lag or 0))} 秒"))
            for number, lag, why in told]


def ways_to_owner() -> list[str]:
    """What this very process may do to become the owner of the database (tried); empty when every way is shut."""
    from django.conf import settings
    from django.db import connection

    from minsheng.kit import embedded_access
    from minsheng.kit.partitions import HISTORY_TABLES

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass(%s)", [HISTORY_TABLES[-1]])
        owners = {row[0] for row in cursor.fetchall()} | {embedded_access.SUPERUSER}
    to = connection.settings_dict
    return embedded_access.ways_in(settings.DATA, to["HOST"], to["PORT"], sorted(owners - {to["USER"]}))


def owner(ways: list[str]) -> Found:
    """What a process like web and worker found when it tried to become the owner."""
    if not ways:
        return True, "程序的进程变不成数据库所有者（试过：免口令登录、读口令、改登录规则，都被拒绝）"
    from minsheng.kit import confine

    said = f"程序的进程若被人控制，能变成数据库所有者、改写历史：{'；'.join(ways)}"
    if confine.version():
        return False, f"{said}。见 docs/decisions/database.md"
    return None, f"{said}。进程关不住：本机内核没有 Landlock（Linux 5.13 起有），或服务单元没有放行它（对照 deploy/minsheng.service 的 SystemCallFilter）。请改正，并把锚定抄到机外"


def neighbours() -> Found:
    """Other hotlines on the same server: may the program's log-in connect to their databases? (docs/operating/province.md)"""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'minsheng%%' AND datname <> current_database()"
                       " AND has_database_privilege(session_user, oid, 'CONNECT') ORDER BY datname")
        open_to = [row[0] for row in cursor.fetchall()]
    if not open_to:
        return True, "程序的登录角色进不了这台服务器上别的热线的库"
    return False, f"程序的登录角色进得了别的热线的库：{'、'.join(open_to[:5])}。请由数据库管理员执行：REVOKE ALL ON DATABASE … FROM PUBLIC"


def notices() -> Found:
    """Do notices of the database arrive? Behind a pooler that gives each transaction another connection they do not, without a word."""
    import psycopg

    from minsheng.kit import database, live

    arguments = database.listening()
    with psycopg.connect(**arguments, autocommit=True) as ear, psycopg.connect(**arguments, autocommit=True) as mouth:
        ear.execute(f"LISTEN {live.CHANNEL}")
        mouth.execute("SELECT pg_notify(%s, %s)", [live.CHANNEL, '{"mark": "doctor"}'])
        heard = any("doctor" in note.payload for note in ear.notifies(timeout=3, stop_after=1))
    return (True, "实时提醒收得到数据库的通知") if heard else (None, live.DEAF)


_LONG_S, _WAITS_S = 600, 300
_RUNNING = """SELECT j.task_name, extract(epoch FROM now() - max(e.at))::int AS since FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
              WHERE j.status = 'doing' AND e.type = 'started' GROUP BY j.id HAVING max(e.at) < now() - %s * interval '1 second' ORDER BY since DESC"""
_WAITING = """SELECT d.task_name, (extract(epoch FROM now()) - d.defer_timestamp)::int AS since FROM procrastinate_periodic_defers d
              JOIN procrastinate_jobs j ON j.id = d.job_id
              WHERE j.status = 'todo' AND coalesce(j.scheduled_at <= now(), true) AND d.defer_timestamp < extract(epoch FROM now()) - %s ORDER BY since DESC"""
_FAILED = """SELECT j.task_name, count(*), bool_or(EXISTS (SELECT 1 FROM procrastinate_periodic_defers d WHERE d.job_id = j.id))
             FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
             WHERE j.status = 'failed' AND e.type = 'failed' AND e.at > now() - interval '1 day' GROUP BY 1 ORDER BY 2 DESC"""


def jobs() -> list[Found]:
    """Jobs that hang, that nobody takes up, that fail. False: the last run of one failed, or nothing is taken up."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_RUNNING, [_LONG_S])
        running = cursor.fetchall()
        cursor.execute(_WAITING, [_WAITS_S])
        waiting = cursor.fetchall()
        cursor.execute(_FAILED)
        failed = cursor.fetchall()
    found: list[Found] = [(None, f"后台任务 {name} 已经做了 {since // 60} 分钟还没做完") for name, since in running]
    if waiting:
        more = f" 等 {len(waiting)} 项" if len(waiting) > 1 else ""
        found.append((False, f"后台任务 {waiting[0][0]}{more}到点 {waiting[0][1] // 60} 分钟没有人做：后台任务进程不在，或别的任务把它占住了。"
                             "请看 ./minsheng why --job；等不了的重启后台任务"))
    for name, times, last in failed:
        text = f"后台任务 {name} 一天里有 {times} 次没做成，最近一次{'也没有' if last else '做成了'}：./minsheng why --job {name.rpartition('.')[2]}"
        found.append((False if last else None, text))
    return found or [(True, "后台任务没有卡住的，一天里没有没做成的")]
