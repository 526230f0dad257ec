"""What the histories of one person's requests say of repeats: which had been brought before, and since when that is known (rulings, 62). Pure.

Made of their lines of reception: a repeat is known when both requests are. Of requests in order each stands beside the one before it of
the same matter, so what becomes of one changes it and its next alone.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby

from minsheng.measures.facts_of_case import Book, Entry, Fact

WITHIN = timedelta(days=30)
_NOT_ACCEPTED = frozenset({"declined", "transferred"})
_Place = tuple[datetime, int]


def entries(received: Mapping[int, Iterable[Entry]]) -> dict[int, list[Entry]]:
    """case -> the lines of the book on its being a repeat. `received`: of one person's cases their lines of reception."""
    person = _Person()
    lines = sorted(((one.known_at, id_, one) for id_, of in received.items() for one in of if one.fact.fact == "received"), key=lambda line: line[:2])
    for known_at, now in groupby(lines, key=lambda line: line[0]):
        person.learn(known_at, [(id_, entry) for _, id_, entry in now])
    return {id_: person.books[id_].lines if id_ in person.books else [] for id_ in received}


class _Person:
    """The requests of one person as far as they are known."""

    def __init__(self) -> None:
        self.books: dict[int, Book] = {}
        self._held: dict[int, Counter[Fact]] = {}
        self._now: dict[int, Fact] = {}
        self._rows: dict[int, list[_Place]] = {}  # matter -> accepted requests in order

    def learn(self, known_at: datetime, lines: Iterable[tuple[int, Entry]]) -> None:
        moved = set()
        for id_, entry in lines:
            self._held.setdefault(id_, Counter())[entry.fact] += entry.sign
            moved.add(id_)
        near = set(moved)
        for id_ in moved:
            near |= self._take_out(id_)
        for id_ in moved:
            self._put_in(id_)
        for id_ in moved:
            near |= self._next(id_)
        for id_ in sorted(near):
            self.books.setdefault(id_, Book()).write(self._said(id_), known_at)

    def _take_out(self, id_: int) -> set[int]:
        after = self._next(id_)
        if fact := self._now.pop(id_, None):
            self._rows[fact.category_id or 0].remove(_place(fact))
        return after

    def _put_in(self, id_: int) -> None:
        fact = next((fact for fact, n in self._held[id_].items() if n > 0), None)
        if fact and fact.category_id is not None and fact.standing not in _NOT_ACCEPTED:
            self._now[id_] = fact
            insort(self._rows.setdefault(fact.category_id, []), _place(fact))

    def _next(self, id_: int) -> set[int]:
        if (fact := self._now.get(id_)) is None:
            return set()
        row, at = self._rows[fact.category_id or 0], _place(fact)
        return {id_ for _, id_ in row[bisect_left(row, at) + 1 :][:1]}

    def _said(self, id_: int) -> list[Fact]:
        if (fact := self._now.get(id_)) is None:
            return []
        row, at = self._rows[fact.category_id or 0], _place(fact)
        before = row[bisect_left(row, at) - 1] if bisect_left(row, at) else None
        known = self._now[before[1]].at if before and before[0] >= at[0] - WITHIN else None
        return [Fact("repeat", id_, 0, *fact[3:13])._replace(before_at=known)]


def _place(fact: Fact) -> _Place:
    return datetime.fromisoformat(fact.at), fact.part
