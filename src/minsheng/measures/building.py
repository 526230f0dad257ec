"""Facts and cube of a whole history at once, on all cores: after a city was brought in, or when its facts are to say something new.

The same lines as `following` would write, case by case and without the cube, which is made at the end of all of them. Killed in between,
the book holds some of its lines; what is missing is added by whoever goes on, `following` or another run, and the cube is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from minsheng.kit import feed
from minsheng.kit.forks import forked
from minsheng.measures import book, following
from minsheng.measures.facts_of_case import Entry
from minsheng.measures.models import Fact, Following
from minsheng.measures.sources import Source, registered

EVER = datetime(1900, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
RANGE = 500  # cases of a transaction
Progress = Callable[[int, int], object]  # (ranges done, of how many)


def build(processes: int = 0, progress: Progress | None = None) -> int:
    """How many lines were added to the book: what it lacks, and what mends it where it says something else than the steps, or since another time
    (rulings, 96). `processes` 0: one a core. Who reads figures meanwhile is told that they are being counted."""
    added = 0
    with forked(processes) as pool, _alone() as cursor:
        place, last = Following.objects.get(id=1), _end(cursor)
        ranges = _ranges(cursor)
        for done, lines in enumerate(pool.imap_unordered(_range, ranges), 1):
            added += lines
            if progress:
                progress(done, len(ranges))
        for source in registered():
            added += _of_a_source(source)
        following.make_cube(place)
        if last is not None:
            place.number, place.step, place.known_at, place.ahead = *last, []
        place.save()
    following.catch_up()
    return added


@contextmanager
def _alone() -> Iterator[CursorWrapper]:
    """Nobody else writes lines or cells, and no cube counts as made. The transaction writes nothing before its end: no feed waits for it."""
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            following.wait_for_turn(cursor)
            Following.objects.update_or_create(id=1, defaults={"declared": ""})
        with transaction.atomic(), connection.cursor() as cursor:
            following.wait_for_turn(cursor)
            if not Following.objects.get(id=1).declared:  # nobody came between
                yield cursor
                return


def _end(cursor: CursorWrapper) -> tuple[int, int, datetime] | None:
    """(number, step, when it became known) of the last step that nothing older can come after."""
    cursor.execute(f"SELECT {feed.COLUMN}, id FROM cases_casestep WHERE {feed.COLUMN} < %s ORDER BY {feed.COLUMN} DESC, id DESC LIMIT 1",
                   [feed.settled()])
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute("SELECT max(coalesce(recorded_at, at)) FROM cases_casestep")
    return (*row, cursor.fetchone()[0])


def _ranges(cursor: CursorWrapper) -> list[tuple[int, int | None]]:
    """(first id, the first of the next range)."""
    cursor.execute("SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM cases_case) r WHERE n %% %s = 1 ORDER BY id", [RANGE])
    starts = [id_ for (id_,) in cursor.fetchall()]
    return list(zip(starts, [*starts[1:], None], strict=True))


def _of_a_source(source: Source) -> int:
    """Lines that the book lacks of what is no case's step."""
    owners, added = sorted(source.owners(*EVER) | set(Fact.objects.filter(fact=source.fact).values_list("case_id", flat=True).distinct())), 0
    for n in range(0, len(owners), RANGE):
        lines = following.lines_of_source(source, set(owners[n : n + RANGE]))
        with connection.cursor() as cursor:
            _copy(cursor, lines)
        added += len(lines)
    return added


def _range(bounds: tuple[int, int | None]) -> int:
    """Lines that the book lacks of these cases; of those alone, since each case has its range."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_case WHERE id >= %s AND id < %s", [bounds[0], bounds[1] or 2**63 - 1])
        ids = {id_ for (id_,) in cursor.fetchall()}
        lines = following.lines_of(ids, ids)
        _copy(cursor, lines)
    return len(lines)


def _copy(cursor: CursorWrapper, lines: list[tuple[int, Entry]]) -> None:
    with cursor.copy(f"COPY measures_fact ({', '.join(book.LINE)}) FROM STDIN") as out:
        for case_id, entry in lines:
            out.write_row((entry.sign, entry.known_at, case_id, *entry.fact))
