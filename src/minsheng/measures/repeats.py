"""Which requests repeat one of the same person, for the book: by the histories of that person's requests where these still tell it, else as it
stands now (rulings, 62, 96). Part of `following` by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minsheng.cases.rules import decided
from minsheng.kit.prepared_rows import prepared
from minsheng.measures import book, facts_of_repeats, sets
from minsheng.measures.facts_of_case import Entry, Fact

Lines = Mapping[int, list[Entry]]
_REPEAT = "fact = 'repeat'"
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
  FROM all_ids a CROSS JOIN LATERAL (
    SELECT c.* FROM cases_case c WHERE c.id = a.id AND c.category_id IS NOT NULL AND {_ACCEPTED.format("c")} OFFSET 0) c
  JOIN LATERAL (SELECT k.id, k.phone_hash FROM contacts_contact k WHERE k.id = c.contact_id OFFSET 0) k ON true
"""
# Of whoever brought these cases all that lies thirty days around them; a number that was put right, or taken away, no step tells.
_PERSONS = """
WITH moved AS (
  SELECT coalesce(k.phone_hash, int8send(k.id)) AS person, min(k.id) AS contact_id, (array_agg(k.phone_hash))[1] AS phone_hash,
         min(m.received_at) AS first, max(m.received_at) AS last
    FROM cases_case m JOIN contacts_contact k ON k.id = m.contact_id WHERE m.id = ANY(%s) GROUP BY 1
)
SELECT k.contact_id, c.id, c.received_at >= k.first AND c.parent_id IS NULL, c.parent_id IS NULL,
       EXISTS (SELECT 1 FROM cases_casestep s WHERE s.case_id IN (c.id, c.master_id) AND s.step IN ('give_number', 'erase'))
  FROM moved k CROSS JOIN LATERAL (
    SELECT c.id, c.received_at, c.parent_id, c.master_id FROM cases_case c
     WHERE c.contact_id IN (SELECT k.contact_id UNION SELECT o.id FROM contacts_contact o WHERE o.phone_hash = k.phone_hash)
       AND c.received_at >= k.first - interval '30 days' AND c.received_at <= k.last + interval '30 days') c
"""


@dataclass(slots=True)
class _Person:
    """`asked`: of whom it is to be said. `whole`: their histories tell it."""

    members: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    whole: bool = True


def now(ids: Iterable[int]) -> dict[int, Fact]:
    """case -> whether its requester had brought the same matter within thirty days before (rulings, 62); of these cases and those that follow them,
    also those that followed before a number was corrected or somebody was erased."""
    with prepared() as cursor:
        cursor.execute(_REPEATS, [list(ids)])
        rows = [tuple(map(decided._plain, row)) for row in cursor.fetchall()]
    return {row[0]: Fact("repeat", row[0], 0, *row[1:11])._replace(before_at=row[11]) for row in rows}


def missing(ids: set[int], histories: Lines, others: Callable[[set[int]], Lines]) -> list[tuple[int, Entry]]:
    """The lines that are missing: a case that moved may make the next one of the same person a repeat, or no repeat any more. `others`: the
    lines of reception of cases that are not in `histories`."""
    wanted = now(ids)
    said = book.said({*ids, *wanted}, _REPEAT)
    return _missing({*ids, *wanted}, ids, said, _told(ids, histories, others, said), wanted)


def missing_of(ids: set[int], histories: Lines, others: Callable[[set[int]], Lines]) -> list[tuple[int, Entry]]:
    """The same of these cases alone, as who goes through all of them asks: how one stands now is looked up where no history tells it."""
    said = book.said(ids, _REPEAT)
    told = _told(ids, histories, others, said)
    untold = ids - told.keys()
    return _missing(ids, ids, said, told, now(untold) if untold else {})


def _missing(everyone: set[int], ids: set[int], said: Lines, told: Lines, wanted: Mapping[int, Fact]) -> list[tuple[int, Entry]]:
    known = _known(ids)
    found = []
    for id_ in sorted(everyone):
        lines = said.get(id_, [])
        if id_ in told:
            found += [(id_, entry) for entry in book.missing(told[id_], lines)]
        else:
            since = max([known, *(one.known_at for one in lines)])
            found += [(id_, entry) for entry in book.missing([Entry(1, since, wanted[id_])] if id_ in wanted else [], lines, since)]
    return found


def _told(ids: set[int], histories: Lines, others: Callable[[set[int]], Lines], said: Lines) -> dict[int, list[Entry]]:
    """Of those whose person's histories tell it. They do not where a number was given or taken away, nor of who followed somebody that is not
    among their person's requests any more: what the book says of the time before is all that is left of it."""
    persons = [one for one in _persons(ids) if one.whole]
    members = {id_ for one in persons for id_ in one.members}
    received = {**histories, **others(members - histories.keys())}
    found = {}
    for one in persons:
        told = facts_of_repeats.entries({id_: received.get(id_, []) for id_ in one.members})
        first = _first_at(received, one.members)
        found.update({id_: told[id_] for id_ in one.asked if all(_is_of(first, line.fact, id_) for line in said.get(id_, []) if line.fact.before_at)})
    return found


def _first_at(received: Lines, members: Iterable[int]) -> dict[str, int]:
    """moment -> the first of them that was received then."""
    found: dict[str, int] = {}
    for id_ in sorted(members):
        for line in received.get(id_, []):
            found.setdefault(line.fact.at, id_)
    return found


def _is_of(first: Mapping[str, int], fact: Fact, id_: int) -> bool:
    """Does what it followed lie among these?"""
    before = str(fact.before_at)
    return before in first and (before != fact.at or first[before] < id_)


def _persons(ids: Iterable[int]) -> list[_Person]:
    with prepared() as cursor:
        cursor.execute(_PERSONS, [list(ids)])
        rows = cursor.fetchall()
    found: dict[int, _Person] = {}
    for contact, id_, asked, counts, moved in rows:
        one = found.setdefault(contact, _Person())
        if counts:
            one.members.append(id_)
        if asked:
            one.asked.append(id_)
        one.whole = one.whole and not moved
    return list(found.values())


def _known(ids: set[int]) -> datetime:
    """When the last of what is read here became known."""
    with prepared() as cursor:
        cursor.execute("SELECT max(coalesce(recorded_at, at)) FROM cases_casestep WHERE case_id = ANY(%s) AND id >= %s", [list(ids), min(ids)])
        return cursor.fetchone()[0]
