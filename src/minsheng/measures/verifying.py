"""Counts again from the steps what facts and cube say: for `./minsheng measures verify` and the tests. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from django.db import connection, transaction

from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.measures import cube_sql, following
from minsheng.measures.facts_of_case import Entry, Fact
from minsheng.measures.sources import Source, registered

CHUNK = 500
Progress = Callable[[int, int], object]  # (cases looked at, of how many)


def differences(since: date, until: date, progress: Progress | None = None) -> Iterator[str]:
    """A sentence for each case of which the book says something else than its steps, and for each cell of the cube that is not the sum of
    the book: of facts whose day lies between these days, both included. What the steps of the last moment say is read first."""
    following.catch_up()
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:  # steps that are taken meanwhile are not seen by one half alone
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield from _of_the_book(since, until, progress)
        for source in registered():
            yield from _of_a_source(source, since, until)
        yield from _of_the_cube(since, until)


def _of_the_book(since: date, until: date, progress: Progress | None) -> Iterator[str]:
    ids = _cases(since, until)
    for n in range(0, len(ids), CHUNK):
        some = ids[n : n + CHUNK]
        yield from _wrong(some)
        if progress:
            progress(min(n + CHUNK, len(ids)), len(ids))


def _cases(since: date, until: date) -> list[int]:
    """Cases of which the book says something in these days, or that came in in them."""
    start, end = lists.day_start(since), lists.day_start(until + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_case WHERE received_at >= %s AND received_at < %s"
                       f" UNION SELECT case_id FROM measures_fact WHERE at >= %s AND at < %s AND NOT {following.OF_SOURCES} ORDER BY 1", [start, end, start, end])
        return [id_ for (id_,) in cursor.fetchall()]


def _wrong(ids: list[int]) -> Iterator[str]:
    wanted = following.histories(ids)
    repeats = following.repeats(ids)
    said, numbers = _said(ids, f"NOT {following.OF_SOURCES}"), dict(Case.objects.filter(id__in=ids).values_list("id", "number"))
    for id_ in ids:
        now = Counter(_lines(wanted.get(id_, ())))
        for fact, n in _unlike(now, said.get(id_, Counter()), repeats.get(id_)):
            yield f"{numbers.get(id_, id_)}：{'台账中没有' if n > 0 else '台账中多出'}“{in_words(fact)}”"


def _of_a_source(source: Source, since: date, until: date) -> Iterator[str]:
    start, end = lists.day_start(since), lists.day_start(until + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_id FROM measures_fact WHERE fact = %s AND at >= %s AND at < %s", [source.fact, start, end])
        owners = sorted(source.owners(start, end) | {id_ for (id_,) in cursor.fetchall()})
    for n in range(0, len(owners), CHUNK):
        some = owners[n : n + CHUNK]
        wanted, said = source.entries(set(some)), _said(some, f"fact = '{source.fact}'")
        for id_ in some:
            for fact, more in _unlike(_net(wanted.get(id_, ())), said.get(id_, Counter()), None):
                yield f"{source.label} {id_}：{'台账中没有' if more > 0 else '台账中多出'}“{in_words(fact)}”"


def _net(entries: Iterable[Entry]) -> Counter[Fact]:
    net: Counter[Fact] = Counter()
    for entry in entries:
        net[entry.fact] += entry.sign
    return net


def _lines(entries: Iterable[Entry]) -> Iterator[Fact]:
    """What is said in the end: facts that were not taken back."""
    return (fact for fact, n in _net(entries).items() if n > 0)


def _said(ids: list[int], which: str) -> dict[int, Counter[Fact]]:
    found: dict[int, Counter[Fact]] = {}
    for case_id, entry in following.book(ids, which):
        found.setdefault(case_id, Counter())[entry.fact] += entry.sign
    return found


def _unlike(now: Counter[Fact], said: Counter[Fact], repeat: Fact | None) -> Iterator[tuple[Fact, int]]:
    if repeat:
        now[repeat] += 1
    for fact in {**now, **said}:
        if n := now[fact] - said[fact]:
            yield fact, n


def in_words(fact: Fact) -> str:
    told = {name: value for name, value in fact._asdict().items() if value not in (None, "", False) and name not in ("fact", "part")}
    return f"{fact.fact} " + " ".join(f"{name}={value}" for name, value in told.items())


def _of_the_cube(since: date, until: date) -> Iterator[str]:
    """Cells that are not what the facts of their day make. One statement."""
    names, zone = ", ".join(cube_sql.KEY), clocks.city_calendar().zone.key
    start, end = lists.day_start(since), lists.day_start(until + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT dimension, grain, day, fact, sets, coalesce(b.count, 0), coalesce(c.count, 0)
              FROM (SELECT * FROM ({cube_sql.cells("measures_fact", "f.at >= %s AND f.at < %s")}) x WHERE grain = 'd' OR {_WHOLE}) b
              FULL JOIN (SELECT {names}, count FROM measures_cell x
                          WHERE day >= %s AND day <= %s AND count <> 0 AND (grain = 'd' OR {_WHOLE})) c USING ({names})
             WHERE b.count IS DISTINCT FROM c.count ORDER BY 1, 2, 3, 4, 5""", [zone, start, end, since, until, since, until, since, until])
        for dimension, grain, day, fact, sets, book, cube in cursor.fetchall():
            yield f"{f'{day:%Y-%m}' if grain == 'm' else day}：汇总“{dimension}”的“{fact}”（{sets}）为 {cube}，台账为 {book}"


_WHOLE = "(x.day >= %s AND x.day + interval '1 month' <= %s::date + 1)"  # months that lie in the span from end to end
