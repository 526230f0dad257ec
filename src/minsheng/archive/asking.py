"""A question of a reader's own about the archive, put to DuckDB in a process of its own (`asker.py`) with the rights of who asks (rulings, 91). Writes nothing."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minsheng.accounts.rules import Actor, Role
from minsheng.archive import engines, places, queries, rules
from minsheng.archive.places import Archive
from minsheng.archive.question import among, written
from minsheng.cases import queries as cases
from minsheng.cases.models import Case
from minsheng.cases.rules import Channel
from minsheng.kit import host, read_values
from minsheng.kit.one_at_a_time import one_at_a_time
from minsheng.kit.verdict import Refused, no
from minsheng.language.masking import mask
from minsheng.measures import queries as measures
from minsheng.measures import set_sql
from minsheng.org import queries as org

SECONDS, WAIT_S, MOST_MB = 20, 20, 4096
LONGEST = 10_000  # characters of a question
PAGE, MOST = 50, 100_000  # rows of a page, of a file
log = logging.getLogger(__name__)

TABLES = {
    "facts": "到归档末尾为止成立的事实，一件事一行",
    "book": "台账原样：说过的（sign 1）和收回的（sign -1）都在，known_at 是何时知道的；合计用 sum(sign)",
    "units": "单位", "categories": "诉求分类", "channels": "渠道",
}
NAMED = {"units": "id BIGINT, code VARCHAR, name VARCHAR, kind VARCHAR, parent_id BIGINT", "categories": "id BIGINT, code VARCHAR, name VARCHAR",
         "channels": "code VARCHAR, name VARCHAR"}
RENAMED = {"at": "happened_at"}  # a word of SQL


@dataclass(frozen=True, slots=True)
class Answer:
    """`more`: rows were left off. `hidden`: so many restricted cases are not counted for this asker."""

    columns: list[str]
    rows: list[list[Any]]
    more: bool
    hidden: int
    until: str


def columns() -> dict[str, list[str]]:
    """table -> its columns."""
    book = [RENAMED.get(column, column) for column in rules.COLUMNS]
    named = {name: [part.split()[0] for part in made.split(", ")] for name, made in NAMED.items()}
    return {"facts": [c for c in book if c not in ("id", "sign")], "book": book, **named}


def ask(sql: str, by: Actor, skip: int = 0, most: int = PAGE) -> Answer:
    """Refused with a sentence: what was asked is no SELECT, names what is not there, or wants too much."""
    archive = places.ready()
    hidden = _hidden(by)
    given = {"sql": sql, "skip": skip, "rows": most, "seconds": SECONDS, "threads": min(2, os.cpu_count() or 1), "paths": archive.paths,
             "memory_mb": max(256, min(MOST_MB, host.memory_bytes() // 4 >> 20)), "tables": list(TABLES), "views": _views(archive, by, hidden),
             "named": [(name, made, _rows(name)) for name, made in NAMED.items()]}
    told = _asked(given)
    if "wrong" in told:
        raise Refused(no("sql", told["wrong"]))
    return Answer(told["columns"], told["rows"], told["more"], len(hidden), archive.months[-1])


def readable(sql: str) -> str:
    """As it can be asked and kept; Refused for what is too long or no text."""
    if len(sql) > LONGEST:
        raise Refused(no("sql", f"问题太长，最多 {LONGEST} 个字"))
    try:
        said = read_values.clean(sql)
    except read_values.BadValue:
        raise Refused(no("sql", "问题里有无法识别的字符，请删掉再问")) from None
    return said.strip()


def for_the_ledger(sql: str) -> str:
    """As it was asked, without numbers and names that somebody may have typed: the ledger can never be erased."""
    return mask(" ".join(sql.split()))[:500]


def _hidden(by: Actor) -> list[int]:
    """Restricted cases that the asker does not see: a line of the book would say what a list does not."""
    if Role.CLOCK in by.roles:
        return []
    return list(Case.objects.filter(restricted=True).exclude(id__in=cases.visible(by).values("id")).values_list("id", flat=True))


def _views(archive: Archive, by: Actor, hidden: list[int]) -> list[str]:
    """The asker's tables: what they may count, in the city's time."""
    where = measures.where(measures.this_month(), by)
    keys = sorted({queries.case_key(id_) for id_ in (*hidden, *set_sql.complaining(where.hidden))})
    without = ", ".join(map(written, keys))
    said = [f"NOT {among(column, keys)}" for column in ("case_key", "part_key")] if without else []
    said += [among("lead_id", where.units)] if where.units is not None else []
    zone = engines.quoted(archive.manifests[-1].zone)
    shown = [f"timezone({zone}, timezone('UTC', \"{c}\")) AS {RENAMED.get(c, c)}" if c in rules.TIMES else f'"{c}"' for c in rules.COLUMNS]
    told = ", ".join(columns()["facts"])
    told = told.replace("known_at, ", "")
    return [f"CREATE VIEW book AS SELECT {', '.join(shown)} FROM {engines.parquet(archive.paths)} WHERE {' AND '.join(said) or 'true'}",
            f"CREATE VIEW facts AS SELECT {told}, max(known_at) AS known_at FROM book GROUP BY {told} HAVING sum(sign) > 0"]


def _rows(name: str) -> list[tuple]:
    if name == "units":
        return [(u.id, u.code, u.short or u.name, u.kind.label, u.path[-2] if len(u.path) > 1 else None) for u in org.tree().by_id.values()]
    if name == "categories":
        return [(c.id, c.code, c.name) for c in cases.categories().values()]
    return list(Channel.choices())


def _asked(given: dict) -> dict:
    command = [sys.executable, "-I", str(Path(__file__).with_name("asker.py"))]
    with one_at_a_time("archive", WAIT_S, Refused(no("busy", "正在回答别人的问题，请稍后再试"))):
        try:
            done = subprocess.run(command, input=json.dumps(given).encode(), capture_output=True, timeout=SECONDS + 10, check=False)
        except subprocess.TimeoutExpired:
            return {"wrong": f"超过 {SECONDS} 秒没有算完，已停止；请缩小范围"}
    if done.returncode or not done.stdout:
        log.warning("a question about the archive was not answered (%s): %s", done.returncode, done.stderr.decode(errors="replace").strip()[-300:])
        return {"wrong": "问题要的内存或时间太多，已停止；请缩小范围"}
    return json.loads(done.stdout)
