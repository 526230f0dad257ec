"""Whom to call back on a case, and what has been said in this round: read off the cases merged now and the history, kept nowhere else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from minsheng.calendar import queries as calendar
from minsheng.cases.models import Case
from minsheng.cases.rules import Party, State
from minsheng.cases.rules.callback import AGAIN, EXCUSED, STEPS, Word, half_day_of
from minsheng.kit.prepared_rows import prepared

Parties = tuple[Party, ...]


def of(cases: Iterable[Case]) -> dict[int, Parties]:
    """Case -> its requesters, its own first. Nothing for cases that do not lie at call-back. Two statements for all of them."""
    ids = sorted({case.id for case in cases if case.state == State.PENDING_CALLBACK})
    return read(ids) if ids else {}


def read(ids: list[int], database: str = "default") -> dict[int, Parties]:
    """The same for the cases of these ids, in order, wherever they lie."""
    words = _words(ids, database)
    found: dict[int, list[Party]] = {case_id: [] for case_id in ids}
    for case_id, party_id, has_number in _requesters(ids, database):
        found[case_id].append(Party(party_id, has_number, tuple(words[case_id, party_id])))
    return {case_id: tuple(rows) for case_id, rows in found.items()}


_OF_CASES = """
SELECT c.id, c.master_id, k.phone_hash IS NOT NULL AND k.erased_at IS NULL
FROM cases_case c LEFT JOIN contacts_contact k ON k.id = c.contact_id
WHERE (c.id = ANY(%s::bigint[]) OR (c.master_id = ANY(%s::bigint[]) AND c.state = 'merged')) AND NOT c.marks ? 'left' AND NOT c.erased
"""
_SAID = """
SELECT case_id, step, at, given FROM cases_casestep
WHERE case_id = ANY(%s::bigint[]) AND id >= %s AND step = ANY(%s) ORDER BY case_id, seq
"""


def _asked(database: str, text: str, *values: Any) -> list[Any]:
    with prepared(using=database) as cursor:
        cursor.execute(text, values)
        return list(cursor.fetchall())


def _requesters(ids: list[int], database: str) -> list[tuple[int, int, bool]]:
    """(case, party, has a number to ring): whoever has withdrawn their own part, or was erased, is none any more."""
    here = set(ids)
    found = [(id_ if id_ in here else master or 0, id_, has_number) for id_, master, has_number in _asked(database, _OF_CASES, ids, ids)]
    return sorted(found, key=lambda row: (row[0], row[1] != row[0], row[1]))


def _words(ids: list[int], database: str) -> dict[tuple[int, int], list[Word]]:
    """(case, party) -> what was said of them since the last redo was ordered."""
    found: dict[tuple[int, int], list[Word]] = defaultdict(list)
    for case_id, step, at, given_text in _asked(database, _SAID, ids, ids[0], list(STEPS)):
        if step == AGAIN:
            for key in [key for key in found if key[0] == case_id]:
                del found[key]
            continue
        given = json.loads(given_text)
        for party in given.get("parties", ()) if step == EXCUSED else [given.get("party", case_id)]:
            found[case_id, party].append(word(step, at, given))
    return found


def word(step: str, at: datetime, given: dict[str, Any]) -> Word:
    """One step of a round as the rules read it."""
    half_day = given.get("half_day") or half_day_of(at.astimezone(calendar.current(settings.CALENDAR).zone))
    return Word(step, given.get("outcome", ""), half_day, given.get("solved"), given.get("satisfaction", ""))
