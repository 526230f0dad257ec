"""Reads of the archive: the figures of its months by any engine, and what is in it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import connection

from minsheng.accounts.rules import Actor
from minsheng.archive import engines, places, question
from minsheng.archive.places import Archive
from minsheng.cases.effects import clocks
from minsheng.kit import sealing
from minsheng.kit.host import Problem
from minsheng.kit.verdict import Invalid
from minsheng.measures import queries as measures
from minsheng.measures import rules as of_measures
from minsheng.measures import set_sql
from minsheng.measures.queries import Asked
from minsheng.measures.rules import Row
from minsheng.measures.sets import Window

PURPOSE = "archive.case"
KEY_LENGTH = 24  # hex digits of a case's key


def key() -> bytes:
    """By which cases are made nameless (rulings, 90): of this installation, and of nothing else in it."""
    return sealing.keyed_hash("", PURPOSE)


def key_name() -> str:
    """Which key it is, giving nothing of it away."""
    return hashlib.sha256(key()).hexdigest()[:16]


def case_key(case_id: int) -> str:
    """What stands for a case in the files; without the key nobody can try ids against it."""
    return hmac.digest(key(), b"%d" % case_id, "sha256").hex()[:KEY_LENGTH]


def counted(window: Window, codes: Iterable[str], where: set_sql.Where, engine: engines.Engine) -> dict:
    """{group: {set: how many}}, as `set_sql.count` says it of the facts that were known at the window's cutoff."""
    codes = list(dict.fromkeys(codes))
    if not codes:
        return {}
    hidden = [case_key(id_) for id_ in set_sql.complaining(where.hidden)]
    found: dict = {}
    for group, *numbers in engine.rows(question.of_sets(window, codes, where, hidden)):
        found[group] = {code: int(n or 0) for code, n in zip(codes, numbers, strict=True)}
    return found


def rows(asked: Asked, by: Actor, names: Iterable[str] = (), engine: str = "duckdb") -> tuple[Archive, Asked, list[Row]]:
    """(archive, the question with its cutoff, figures). Without a cutoff: as known at the archive's end."""
    archive = places.ready()
    asked = replace(asked, cutoff=_cutoff(asked, archive), now=False)
    where = measures.where(asked, by)
    chosen = measures.named(names)
    with engines.on(archive, engine) as found:
        sizes = counted(asked.window, of_measures.sets_of(chosen, asked.policy), where, found)
        if any(m.kind == "calls" for m in chosen) and measures.of_the_centre(asked, by):
            calls = counted(asked.window, of_measures.CALL_SETS, set_sql.Where(), found)
            sizes = {**sizes, None: {**sizes.get(None, {}), **calls.get(None, {})}}
    return archive, asked, measures.rows_from(asked, chosen, sizes)


def _cutoff(asked: Asked, archive: Archive):
    until = archive.until
    assert until is not None
    if asked.cutoff and asked.cutoff > until:
        local = until.astimezone(clocks.city_calendar().zone)
        raise Invalid({"cutoff": f"不能晚于归档的末尾 {local:%Y-%m-%d %H:%M:%S}；之后的数请看 ./minsheng measures"})
    return asked.cutoff or until


def unarchived(archive: Archive) -> int:
    """Lines of the archived months that were written to the book after their files."""
    last = archive.last
    if not last:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM measures_fact WHERE id > %s AND known_at < %s", [last.upto_id, places.start_of(last.closed)])
        return cursor.fetchone()[0]


@dataclass(frozen=True, slots=True)
class Held:
    """What is there: the first and the last month, how many lines. `why`: a sentence when it cannot be used."""

    first: str = ""
    last: str = ""
    lines: int = 0
    why: str = ""


def held() -> Held:
    """By the manifests alone: quick."""
    try:
        found = places.opened(check=False)
    except Problem as wrong:
        return Held(why=str(wrong))
    if not found.months:
        return Held(why="还没有归档：一个月过完后的夜里自动做，或由技术员运行 ./minsheng archive make")
    return Held(found.months[0], found.months[-1], sum(file.rows for file in found.files))
