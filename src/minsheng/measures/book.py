"""The lines of the book of facts: what is said of whom, and what is to be added so that it says what it should. Part of `following` by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from minsheng.cases.rules import decided
from minsheng.kit.prepared_rows import prepared
from minsheng.measures.facts_of_case import Entry, Fact

COLUMNS = (*Fact._fields,)
OF_SOURCES = "fact IN ('call', 'commitment')"
OF_CASES = f"fact <> 'repeat' AND NOT {OF_SOURCES}"  # what a case's own steps say
LINE = ("sign", "known_at", "case_id", *COLUMNS)
Net = Counter[tuple[datetime, Fact]]


def lines(ids: Iterable[int], which: str) -> list[tuple[int, Entry]]:
    """(case, line) of these cases, in the order in which they were written. `which`: a condition of this house."""
    with prepared() as cursor:
        cursor.execute(f"SELECT case_id, sign, known_at, {', '.join(COLUMNS)} FROM measures_fact WHERE case_id = ANY(%s) AND {which} ORDER BY id",
                       [list(ids)])
        return [(row[0], Entry(row[1], row[2], Fact(*map(decided._plain, row[3:])))) for row in cursor.fetchall()]


def said(ids: Iterable[int], which: str) -> dict[int, list[Entry]]:
    """case, or other owner -> its lines."""
    found: dict[int, list[Entry]] = {}
    for case_id, entry in lines(ids, which):
        found.setdefault(case_id, []).append(entry)
    return found


def missing(wanted: Iterable[Entry], now: Iterable[Entry], since: datetime | None = None) -> list[Entry]:
    """The lines by which the book says what it should, at every cut-off: a line that should not be is taken back since the very moment that
    it names (rulings, 96). `since`: what became known before is not told any more and stays as it is said, and all of `wanted` holds
    since then."""
    should, is_said = _net(wanted), _net(now)
    if since is not None:
        should = _from_then_on(should, is_said, since)
    lacks = Counter(should)
    lacks.subtract(is_said)
    return [Entry(1 if n > 0 else -1, known_at, fact) for (known_at, fact), n in lacks.items() for _ in range(abs(n))]


def _net(entries: Iterable[Entry]) -> Net:
    net: Net = Counter()
    for entry in entries:
        net[entry.known_at, entry.fact] += entry.sign
    return net


def _from_then_on(should: Net, is_said: Net, since: datetime) -> Net:
    found: Net = Counter({place: n for place, n in is_said.items() if place[0] < since})
    whole: Counter[Fact] = Counter()
    for (_, fact), n in should.items():
        whole[fact] += n
    for (_, fact), n in found.items():
        whole[fact] -= n
    for fact, n in whole.items():
        found[since, fact] = n
    return found
