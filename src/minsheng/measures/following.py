"""Follows the steps of cases, and the feeds of `sources`, and keeps the book of facts and the daily cube: what figures are read from.

Nobody decides anything here: facts follow from the history (rulings, 60), so whoever reads figures brings them up to date first, and a worker does every
few seconds. Lines, cells and the place in the feed are one transaction: killed at any moment, nothing is missed or doubled. A case
is always read whole: what the book lacks is added, what it has too much is taken back. So a step that is read twice, or late, does no harm.
"""

from __future__ import annotations

import functools
import json
import time
from collections import Counter
from collections.abc import Iterable
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
from minsheng.measures import cube_sql, sets
from minsheng.measures.facts_of_case import Entry, Fact, Told, entries
from minsheng.measures.models import Following
from minsheng.measures.sources import Source, registered
from minsheng.measures.tasks_of_case import Row, Rows

AT_ONCE = 500  # steps read in one transaction
PAGES = 6  # transactions that a reader is made to wait for; what is more the worker does
WAITS = 2.0  # seconds for one who reads already
_LOCK = 1234510
COUNTING = "正在按全部步骤重数数字，数完之前不显示；请过几分钟再看"
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_COLUMNS = (*Fact._fields,)
OF_SOURCES = "fact IN ('call', 'commitment')"
OF_CASES = f"fact <> 'repeat' AND NOT {OF_SOURCES}"  # what a case's own steps say
LINE = ("sign", "known_at", "case_id", *_COLUMNS)


def bring_up_to_date(pages: int = PAGES) -> datetime | None:
    """None when every visible step is in the facts; else since when steps may lie unread: there were more than so many pages, or a copy is
    asked, where nobody can write what the worker has not."""
    declared, known_at, unread = _standing()
    if replicas.reading():
        if declared != _declared(clocks.city_calendar().zone.key):
            raise replicas.Behind
        return known_at if unread else None
    if declared != _declared(clocks.city_calendar().zone.key):
        _renew_cube()
        _, known_at, unread = _standing()
    for _ in range(pages):
        if not unread:
            return None
        if not _page(unread[0]):
            break
        _, known_at, unread = _standing()
    return known_at if unread else None


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
    wanted, said = source.entries(owners), _said(owners, f"fact = '{source.fact}'")
    _append([(id_, entry) for id_ in sorted(owners) for entry in _missing(wanted.get(id_, []), said.get(id_, Counter()))])
    _move(at, rows, settled, source.table, max(row[-1] for row in rows))


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
    """What the book lacks of these cases and of those on which their steps left something different; or of `only` some."""
    wanted = histories(ids)
    said = _said(wanted, OF_CASES)
    lines = [(case_id, entry) for case_id, told in wanted.items() for entry in _missing(told, said.get(case_id, Counter()))] + _repeats(ids, wanted)
    return lines if only is None else [line for line in lines if line[0] in only]


def _missing(wanted: list[Entry], said: Counter[Entry]) -> list[Entry]:
    """What is to be added so that the book says what the history says; what it says beyond that is taken back when that was found out."""
    lacks = Counter(wanted)
    lacks.subtract(said)
    found = [entry for entry in wanted if lacks[entry] > 0]
    last = wanted[-1].known_at if wanted else None
    for entry, n in lacks.items():
        if n < 0:
            found += [Entry(-entry.sign, max(last or entry.known_at, entry.known_at), entry.fact)] * -n
    return _cancelled(found)


def _cancelled(found: list[Entry]) -> list[Entry]:
    """Without pairs of lines that say nothing together."""
    net: Counter[tuple[datetime, Fact]] = Counter()
    for entry in found:
        net[entry.known_at, entry.fact] += entry.sign
    return [Entry(1 if n > 0 else -1, known_at, fact) for (known_at, fact), n in net.items() for _ in range(abs(n))]


def histories(ids: Iterable[int]) -> dict[int, list[Entry]]:
    """case -> what its history says, of these cases and of those that their steps touch. Repeats are not in it. Four to seven statements."""
    told, more = _told(set(ids))
    if more - set(told):
        told = _told(set(told) | more)[0]
    partial = [id_ for id_, rows in told.items() if not any("received_at" in one.changed for one in rows)]
    now = {case.id: {**decided.snapshot(case), "state": case.state} for case in Case.objects.filter(id__in=partial)}
    zone = clocks.city_calendar().zone
    tasks = _tasks(told)
    return {id_: entries(id_, rows, now.get(id_, {"state": ""}), zone, tasks) for id_, rows in told.items()}


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


def _said(ids: Iterable[int], which: str) -> dict[int, Counter[Entry]]:
    """case, or other owner -> the lines that the book has of it."""
    found: dict[int, Counter[Entry]] = {}
    for case_id, entry in book(ids, which):
        found.setdefault(case_id, Counter())[entry] += 1
    return found


def book(ids: Iterable[int], which: str) -> list[tuple[int, Entry]]:
    """(case, line) of these cases, in the order in which they were written. `which`: a condition of this house."""
    with prepared() as cursor:
        cursor.execute(f"SELECT case_id, sign, known_at, {', '.join(_COLUMNS)} FROM measures_fact WHERE case_id = ANY(%s) AND {which} ORDER BY id",
                       [list(ids)])
        return [(row[0], Entry(row[1], row[2], Fact(*map(decided._plain, row[3:])))) for row in cursor.fetchall()]


# --- repeats: what one case says of another ------------------------------------------------------------

_ACCEPTED = f"NOT {{0}}.undated AND {{0}}.parent_id IS NULL AND {{0}}.state NOT IN ({sets.list_of(sets.NO_REPEAT)})"
_OF_WHOM = "c.contact_id IN (SELECT k.id UNION SELECT o.id FROM contacts_contact o WHERE o.phone_hash = k.phone_hash)"
_REPEATS = f"""
WITH moved AS (
  SELECT m.id, m.received_at, k.id AS contact_id, k.phone_hash FROM cases_case m LEFT JOIN contacts_contact k ON k.id = m.contact_id WHERE m.id = ANY(%s)
), all_ids AS (
  SELECT id FROM moved UNION
  SELECT f.case_id FROM moved m CROSS JOIN LATERAL (SELECT f.case_id FROM measures_fact f WHERE f.before_at = m.received_at OFFSET 0) f UNION
  SELECT c.id FROM moved k CROSS JOIN LATERAL (
    SELECT c.id FROM cases_case c WHERE {_OF_WHOM.replace("k.id", "k.contact_id")} AND c.received_at >= k.received_at
       AND c.received_at <= k.received_at + interval '30 days') c
)
SELECT c.id, c.received_at, c.lead_id, c.category_id, c.channel, c.district_id, c.kind, c.requester_kind, c.language, c.period_id, c.excluded,
       (SELECT max(p.received_at) FROM cases_case p
         WHERE {_OF_WHOM.replace("c.contact_id", "p.contact_id")} AND p.category_id = c.category_id AND {_ACCEPTED.format("p")}
           AND (p.received_at, p.id) < (c.received_at, c.id) AND p.received_at >= c.received_at - interval '30 days')
  FROM cases_case c JOIN contacts_contact k ON k.id = c.contact_id
 WHERE c.id IN (SELECT id FROM all_ids) AND c.category_id IS NOT NULL AND {_ACCEPTED.format("c")}
"""


def repeats(ids: Iterable[int]) -> dict[int, Fact]:
    """case -> whether its requester had brought the same matter within thirty days before (rulings, 62); of these cases and those that follow them,
    also those that followed before a number was corrected or somebody was erased."""
    with prepared() as cursor:
        cursor.execute(_REPEATS, [list(ids)])
        rows = [tuple(map(decided._plain, row)) for row in cursor.fetchall()]
    return {row[0]: Fact("repeat", row[0], 0, *row[1:11])._replace(before_at=row[11]) for row in rows}


def _repeats(ids: set[int], wanted: dict[int, list[Entry]]) -> list[tuple[int, Entry]]:
    """The lines that are missing: a case that moved may make the next one of the same person a repeat, or no repeat any more. What was never
    said of a case is known since its reception was, however many are read at once and however late (rulings, 60)."""
    now = repeats(ids)
    everyone = {*ids, *now}
    said: dict[int, Counter[Fact]] = {}
    for case_id, entry in book(everyone, "fact = 'repeat'"):
        said.setdefault(case_id, Counter())[entry.fact] += entry.sign
    known = _known(ids)
    found = []
    for id_ in sorted(everyone):
        lacks = Counter([now[id_]] if id_ in now else [])
        lacks.subtract(said.get(id_, Counter()))
        first = [] if id_ in said else _as_received(wanted.get(id_, []), now.get(id_))
        found += [(id_, entry) for entry in first] or [(id_, Entry(1 if n > 0 else -1, known, fact)) for fact, n in lacks.items() for _ in range(abs(n))]
    return found


def _as_received(told: list[Entry], repeat: Fact | None) -> list[Entry]:
    """The lines of a repeat of which nothing was said yet: each known when its reception was so. None: they do not come to it."""
    if repeat is None:
        return []
    lines = [Entry(one.sign, one.known_at, Fact("repeat", repeat.part, 0, *one.fact[3:13])._replace(before_at=repeat.before_at))
             for one in told if one.fact.fact == "received" and one.fact.category_id is not None]
    left: Counter[Fact] = Counter()
    for one in lines:
        left[one.fact] += one.sign
    return lines if +left == Counter([repeat]) else []


def _known(ids: set[int]) -> datetime:
    """When the last of what is read here became known."""
    with prepared() as cursor:
        cursor.execute("SELECT max(coalesce(recorded_at, at)) FROM cases_casestep WHERE case_id = ANY(%s) AND id >= %s", [list(ids), min(ids)])
        return cursor.fetchone()[0]


# --- kept ------------------------------------------------------------


def _append(lines: list[tuple[int, Entry]]) -> None:
    """Into the book and, by the same statement, into the cube."""
    if not lines:
        return
    rows = [{"case_id": case_id, "sign": e.sign, "known_at": e.known_at.isoformat(), **e.fact._asdict()} for case_id, e in lines]
    names = ", ".join(LINE)
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

