"""Counts again from the steps what facts and cube say: for `./minsheng measures verify` and the tests. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from django.db import connection, transaction

from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.measures import book, cube_sql, following
from minsheng.measures.facts_of_case import Entry, Fact
from minsheng.measures.sources import Source, registered

CHUNK = 500
Progress = Callable[[int, int], object]  # (cases looked at, of how many)


def differences(since: date, until: date, progress: Progress | None = None) -> Iterator[str]:
    """A sentence for each case of which the book says something else than its steps, or since another time than it became known
    (rulings, 96), and for each cell of the cube that is not the sum of the book: of facts whose day lies between these days, both
    included. What the steps of the last moment say is read first."""
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
                       f" UNION SELECT case_id FROM measures_fact WHERE at >= %s AND at < %s AND NOT {book.OF_SOURCES} ORDER BY 1", [start, end, start, end])
        return [id_ for (id_,) in cursor.fetchall()]


def _wrong(ids: list[int]) -> Iterator[str]:
    numbers, some = dict(Case.objects.filter(id__in=ids).values_list("id", "number")), set(ids)
    yield from _named(following.lines_of(some, some), lambda id_: str(numbers.get(id_, id_)))


def _of_a_source(source: Source, since: date, until: date) -> Iterator[str]:
    start, end = lists.day_start(since), lists.day_start(until + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_id FROM measures_fact WHERE fact = %s AND at >= %s AND at < %s", [source.fact, start, end])
        owners = sorted(source.owners(start, end) | {id_ for (id_,) in cursor.fetchall()})
    for n in range(0, len(owners), CHUNK):
        yield from _named(following.lines_of_source(source, set(owners[n : n + CHUNK])), lambda id_: f"{source.label} {id_}")


def _named(lacking: Iterable[tuple[int, Entry]], name: Callable[[int], str]) -> Iterator[str]:
    """A sentence for each fact that the lines which `build` would add are about: it is not said, or too often, or since another time."""
    found: dict[tuple[int, Fact], list[Entry]] = {}
    for id_, entry in sorted(lacking, key=lambda line: line[0]):
        found.setdefault((id_, entry.fact), []).append(entry)
    for (id_, fact), entries in found.items():
        if n := sum(one.sign for one in entries):
            yield f"{name(id_)}：{'台账中没有' if n > 0 else '台账中多出'}“{in_words(fact)}”"
        else:
            yield f"{name(id_)}：“{in_words(fact)}”何时得知不符，{_times(entries)}"


def _times(lacking: Iterable[Entry]) -> str:
    """What the book would have to be told more, in the order of the times since which it holds."""
    return "应补：" + "；".join(f"自 {one.known_at.isoformat()} 起{'计入' if one.sign > 0 else '扣回'}" for one in sorted(lacking, key=lambda one: one.known_at))


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
