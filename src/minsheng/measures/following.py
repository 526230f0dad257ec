"""Follows the steps of cases, and the feeds of `sources`, and keeps the book of facts and the daily cube: what figures are read from.

Nobody decides anything here: facts follow from the history (rulings, 60), so whoever reads figures brings them up to date first, and a worker does every
few seconds. Lines, cells and the place in the feed are one transaction: killed at any moment, nothing is missed or doubled. A case
is always read whole: what the book lacks is added, what it has too much is taken back. So a step that is read twice, or late, does no harm.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseLink, CaseStep, CaseTask
from minsheng.cases.queries.feed import STEPS
from minsheng.cases.rules import TaskKind, decided
from minsheng.kit import feed, replicas
from minsheng.kit.prepared_rows import prepared
from minsheng.kit.verdict import Refused, no
from minsheng.measures import book, cube_sql, repeats, sets
from minsheng.measures.facts_of_case import Entry, Told, entries
from minsheng.measures.models import Following
from minsheng.measures.sources import Source, registered
from minsheng.measures.tasks_of_case import Row, Rows

AT_ONCE = 500  # steps read in one transaction
PAGES = 6  # transactions that a reader is made to wait for; what is more the worker does
WAITS = 2.0  # seconds for one who reads already
_LOCK = 1234510
COUNTING = "正在按全部步骤重数数字，数完之前不显示；请过几分钟再看"
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def bring_up_to_date(pages: int = PAGES, at_a_page: bool = False) -> datetime | None:
    """None when every visible step is in the facts; else since when steps may lie unread: there were more than so many pages, or a copy is
    asked, where nobody can write what the worker has not.
    at_a_page  somebody waits to read figures: where more lies unread than so many pages, after an import or when the book is made anew, none is
               read for them. They would not see the end of it, and the worker is at it."""
    declared, known_at, unread = _standing()
    if replicas.reading():
        if declared != _declared(clocks.city_calendar().zone.key):
            raise replicas.Behind
        return known_at if unread else None
    if declared != _declared(clocks.city_calendar().zone.key):
        _renew_cube()
        _, known_at, unread = _standing()
    if at_a_page and any(_more_than(pages, place) for place in unread):
        return known_at
    for _ in range(pages):
        if not unread:
            return None
        if not _page(unread[0]):
            break
        _, known_at, unread = _standing()
    return known_at if unread else None


def _more_than(pages: int, place: int) -> bool:
    table = "cases_casestep" if place == 1 else next(one.table for one in registered() if one.place == place)
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, step FROM measures_following WHERE id = %s", [place])
        cursor.execute(f"SELECT 1 FROM {table} s WHERE (s.{feed.COLUMN}, s.id) > (%s, %s) ORDER BY s.{feed.COLUMN}, s.id OFFSET %s LIMIT 1",
                       [*(cursor.fetchone() or (0, 0)), pages * AT_ONCE])
        return cursor.fetchone() is not None


def catch_up() -> None:
    """Every visible step is in the facts, however many lie unread: for commands, where nobody waits at a page."""
    while bring_up_to_date() is not None:
        pass


_PLACE = """(SELECT coalesce(max(q.number), 0) AS number, coalesce(max(q.step), 0) AS step, coalesce(max(q.ahead), '{{}}') AS ahead,
         max(q.known_at) AS known_at, coalesce(max(q.declared), '') AS declared FROM measures_following q WHERE q.id = {0}) p{0}"""
# in its order, and the first alone: else all rows are read to find that there is none
_MORE = ("(SELECT s.id FROM {table} s WHERE (s." + feed.COLUMN + ", s.id) > (p{place}.number, p{place}.step) AND NOT s.id = ANY(p{place}.ahead)"
         " ORDER BY s." + feed.COLUMN + ", s.id LIMIT 1) IS NOT NULL")


@functools.cache
def _standing_sql(known: tuple[Source, ...]) -> str:
    tables = {1: "cases_casestep", **{one.place: one.table for one in known}}
    said = ", ".join(f"p{place}.known_at, {_MORE.format(table=table, place=place)}" for place, table in tables.items())
    return f"SELECT p1.declared, {said} FROM {', '.join(_PLACE.format(place) for place in tables)}"


def _standing() -> tuple[str, datetime | None, tuple[int, ...]]:
    """(what the cube was made by, when the last thing that was read became known where more lies unread, the places of which more does).
    One statement."""
    known = registered()
    with prepared() as cursor:
        cursor.execute(_standing_sql(known))
        declared, *found = cursor.fetchone()
    unread = {place: at for place, at, more in zip((1, *(one.place for one in known)), found[::2], found[1::2], strict=True) if more}
    return declared, min((at or _BEGINNING for at in unread.values()), default=None), tuple(unread)


def _page(place: int) -> bool:
    """The next rows of one feed are read. One reader at a time; who waited finds them read. False: somebody else is at it for too long (who
    draws a whole sheet keeps it while that is counted): nobody's page waits for that."""
    with transaction.atomic(), prepared() as cursor:
        if not _turn(cursor):
            return False
        at, settled = Following.objects.get_or_create(id=place)[0], feed.settled()
        if place == 1:
            rows = STEPS.beyond(at.number, at.step, at.ahead, AT_ONCE)
            if rows:
                _write({row[3] for row in rows})
                _move(at, rows, settled, "cases_casestep", max(row[9] or row[8] for row in rows))
        else:
            _page_of(next(one for one in registered() if one.place == place), at, settled)
    return True


def _page_of(source: Source, at: Following, settled: int) -> None:
    rows = source.feed.beyond(at.number, at.step, at.ahead, AT_ONCE)
    if not rows:
        return
    owners = source.touched(rows)
    _append(lines_of_source(source, owners))
    _move(at, rows, settled, source.table, max(row[-1] for row in rows))


def lines_of_source(source: Source, owners: set[int]) -> list[tuple[int, Entry]]:
    """What the book lacks of these owners."""
    wanted, said = source.entries(owners), book.said(owners, f"fact = '{source.fact}'")
    found = []
    for id_ in sorted(owners):
        should, lines = wanted.get(id_, []), said.get(id_, [])
        since = None if source.whole else max((one.known_at for one in should or lines), default=None)
        found += [(id_, entry) for entry in book.missing(should, lines, since)]
    return found


def wait_for_turn(cursor: CursorWrapper) -> None:
    """The one who writes lines and cells, until the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _turn(cursor: CursorWrapper) -> bool:
    for _ in range(int(WAITS / 0.05)):
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone()[0]:
            return True
        time.sleep(0.05)
    return False


def _move(place: Following, rows: list[tuple], settled: int, table: str, known_at: datetime) -> None:
    """Up to the last row before which none can come any more; rows beyond it are remembered one by one. `table`: of this house."""
    before = [(number, id_) for number, id_, *_ in rows if number < settled]
    if before and before[-1] >= (place.number, place.step):
        place.number, place.step = before[-1]
    place.ahead = _still_ahead(place, table) + [id_ for number, id_, *_ in rows if number >= settled]
    place.known_at = max(filter(None, (place.known_at, known_at)))
    place.save()


def _still_ahead(place: Following, table: str) -> list[int]:
    """Of the rows that were ahead those that still are."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} WHERE id = ANY(%s) AND ({feed.COLUMN}, id) > (%s, %s)", [place.ahead, place.number, place.step])
        return [id_ for (id_,) in cursor.fetchall()]


# --- the book ------------------------------------------------------------


def _write(ids: set[int]) -> None:
    """What is missing in the book of these cases, and of those on which their steps left something different."""
    _append(lines_of(ids))


def lines_of(ids: set[int], only: set[int] | None = None) -> list[tuple[int, Entry]]:
    """What the book lacks of these cases and of those on which their steps left something different; or of `only` some, of whom all is read
    from the steps, nothing taken from the book."""
    wanted = histories(ids)
    said = book.said(wanted, book.OF_CASES)
    lines = [(id_, entry) for id_, one in wanted.items() for entry in book.missing(one.entries, said.get(id_, []), one.since)]
    told = {id_: one.entries for id_, one in wanted.items()}
    if only is None:
        return lines + repeats.missing(ids, told, _received)
    return [line for line in lines if line[0] in only] + repeats.missing_of(only, told, _histories)


def _received(ids: set[int]) -> dict[int, list[Entry]]:
    return book.said(ids, "fact = 'received'") if ids else {}


def _histories(ids: set[int]) -> dict[int, list[Entry]]:
    return {id_: one.entries for id_, one in histories(ids).items()} if ids else {}


@dataclass(frozen=True, slots=True)
class History:
    """What a case's steps say to the book. `since`: they tell it as it stands, known since then; None: all of it."""

    entries: list[Entry]
    since: datetime | None = None


def histories(ids: Iterable[int]) -> dict[int, History]:
    """case -> what its history says, of these cases and of those that their steps touch. Repeats are not in it. Four to seven statements."""
    told, more = _told(set(ids))
    if more - set(told):
        told = _told(set(told) | more)[0]
    partial = {id_ for id_, rows in told.items() if not any("received_at" in one.changed for one in rows)}
    now = {case.id: {**decided.snapshot(case), "state": case.state} for case in Case.objects.filter(id__in=partial)}
    zone = clocks.city_calendar().zone
    tasks = _tasks(told)
    return {id_: History(entries(id_, rows, now.get(id_, {"state": ""}), zone, tasks), _last(rows) if id_ in partial else None) for id_, rows in told.items()}


def _last(rows: list[Told]) -> datetime:
    return max((one.known_at for one in rows), default=_BEGINNING)


def _tasks(told: dict[int, list[Told]]) -> Rows:
    """What steps name co-units' tasks by; nothing is asked where none was given."""
    gave = {id_ for id_, rows in told.items() if any("co_unit" in one.given or one.given.get("co_units") for one in rows)}
    found: dict[int, list[Row]] = {}
    rows = CaseTask.objects.filter(case_id__in=gave, kind=TaskKind.CO).order_by("id").values_list("step_id", "id", "ended_at") if gave else ()
    for step, id_, ended in rows:
        found.setdefault(step, []).append(Row(id_, decided._plain(ended)))
    return found


def _told(ids: set[int]) -> tuple[dict[int, list[Told]], set[int]]:
    """(case -> its steps and what others left different on it, cases on which these steps left something different)."""
    told: dict[int, list[Told]] = {id_: [] for id_ in ids}
    touched: set[int] = set()
    for case_id, step in _steps(ids):
        told[case_id].append(step)
        touched |= {int(other) for other in step.given.get("others", {})}
    for step in _of_partners(ids):
        for other, changed in step.given["others"].items():
            if int(other) in told:
                told[int(other)].append(Told(step.at, step.id, step.known_at, step.whole, changed))
    return told, touched


_READ = ("case_id", "id", "at", "recorded_at", "step", "to", "given")


def _steps(ids: set[int]) -> Iterable[tuple[int, Told]]:
    rows = CaseStep.objects.filter(case_id__in=ids, id__gte=min(ids)).order_by("seq").values_list(*_READ)
    return [(row[0], _one(row)) for row in rows]


def _of_partners(ids: set[int]) -> list[Told]:
    """Steps of cases that are linked to these and left something different elsewhere."""
    links = CaseLink.objects.filter(case_id__in=ids).values_list("other_id", flat=True).union(
        CaseLink.objects.filter(other_id__in=ids).values_list("case_id", flat=True))
    partners = set(links)
    rows = CaseStep.objects.filter(case_id__in=partners, given__has_key="others").values_list(*_READ) if partners else []
    return [_one(row) for row in rows]


def _one(row: tuple) -> Told:
    _, id_, at, recorded_at, step, to, given = row
    return Told(at, id_, recorded_at or at, recorded_at is not None, given.get("after", {}), step, to, given)


# --- kept ------------------------------------------------------------


def _append(lines: list[tuple[int, Entry]]) -> None:
    """Into the book and, by the same statement, into the cube."""
    if not lines:
        return
    rows = [{"case_id": case_id, "sign": e.sign, "known_at": e.known_at.isoformat(), **e.fact._asdict()} for case_id, e in lines]
    names = ", ".join(book.LINE)
    with prepared() as cursor:
        cursor.execute(f"""
            WITH added AS (
              INSERT INTO measures_fact ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::measures_fact, %s::jsonb) RETURNING *
            ) {cube_sql.add("added")}""", [json.dumps(rows), clocks.city_calendar().zone.key])


def _renew_cube() -> None:
    """Anew from the book: it was made by other declarations. Refused: somebody is at it, which in a large city takes minutes."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _turn(cursor):
            raise Refused(no("figures_counting", COUNTING))
        place = Following.objects.get_or_create(id=1)[0]
        if place.declared != _declared(clocks.city_calendar().zone.key):
            make_cube(place)
            place.save()


def make_cube(place: Following) -> None:
    """Anew from the book, by who has the turn. A book to which histories said less than they do is completed: they are read from their
    beginning, and what it says already stays. `place`: row 1, to be saved."""
    zone = clocks.city_calendar().zone.key
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM measures_cell")
        cursor.execute(cube_sql.add("measures_fact"), [zone])
    if not sets.same_book(place.declared):
        place.number, place.step, place.ahead = 0, 0, []
    place.declared = _declared(zone)


_declared = functools.cache(sets.declared)

