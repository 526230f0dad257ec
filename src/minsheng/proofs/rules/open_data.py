"""Counts of a month for everybody that betray nobody, also not by difference (rulings, 71). Pure; docs/open-data.md explains it.

The cases of a month are cut into rows that do not overlap: first by category, each of these by district, each of these by channel. What
is too few for a row of its own is merged with others at that place; no total is published that is not the sum of rows. So whoever adds
and subtracts gets sums of whole rows and nothing smaller. Who knows the method learns no more: what is merged holds, beside the few, at
least one that is not few (`COVER`), and the rule does not look at which is which, so that any of them may be any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

FEW = 5  # fewer are not published
COVER = 10  # so many at least has one of those that the few are merged with
WHOLE = 20  # what has fewer is not divided further, and its outcomes are not told
OTHER = "*"  # a key of a row: those that have no row of their own at this place
SHUT = "\0shut"  # instead of the category of a restricted case: never a row of its own, never divided
DIMENSIONS = ("category", "district", "channel")
# question -> the parts that its answers fall into
OUTCOMES = {"completed": ("completed", "not_completed"), "solved": ("solved", "not_solved", "solved_unanswered"),
            "satisfied": ("satisfied", "not_satisfied", "satisfied_unanswered")}


@dataclass(frozen=True, slots=True)
class Kind:
    """Cases that are alike: where they stand, and into which part of each question they fall."""

    category: str
    district: str
    channel: str
    parts: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str, str]:
        return self.category, self.district, self.channel


@dataclass(frozen=True, slots=True)
class Row:
    """A published row. Keys: the name of one, OTHER, or "" where it is not divided. `counts`: None is not published."""

    keys: tuple[str, str, str]
    counts: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def received(self) -> int | None:
        return self.counts.get("received")


COLUMNS = ("received", *(part for parts in OUTCOMES.values() for part in parts))


# --- the cut ------------------------------------------------------------


def cut(counts: Mapping[str, int]) -> dict[str, str] | None:
    """key -> the row it is in (itself, or OTHER); None: not divided. Keys without a case may be among them."""
    if sum(counts.values()) < WHOLE:
        return None
    few = {key for key, n in counts.items() if n < FEW or key == SHUT}
    if not any(counts[key] for key in few):
        return {key: key for key, n in counts.items() if n}
    covers = [n for key, n in counts.items() if key not in few and n >= COVER]
    merged = few | {key for key, n in counts.items() if key not in few and covers and n == min(covers)}
    if not covers or len(merged) == len(counts):
        return None
    return {key: OTHER if key in merged else key for key in counts}


def rows_of(cases: Mapping[Kind, int], known: Mapping[str, Iterable[str]]) -> list[Row]:
    """The rows of a month; [] when it has too few cases. `known`: of each dimension all keys that there are, with a case or not."""
    if sum(cases.values()) < WHOLE:
        return []
    places: list[tuple[tuple[str, ...], Mapping[Kind, int]]] = [((), cases)]
    for n, name in enumerate(DIMENSIONS):
        places = [one for keys, inside in places for one in _divide(keys, inside, n, known[name])]
    return sorted((_row(keys, inside) for keys, inside in places), key=lambda row: row.keys)


def _divide(keys: tuple[str, ...], inside: Mapping[Kind, int], n: int, known: Iterable[str]) -> list[tuple[tuple[str, ...], Mapping[Kind, int]]]:
    """What is not one category is not divided further, whether it hides a restricted case or not: that it does cannot be seen."""
    counts = dict.fromkeys(known, 0) | dict(_sums(inside, n))
    where = None if keys[:1] in ((OTHER,), ("",)) else cut(counts)
    if where is None:
        return [((*keys, ""), inside)]
    parts: dict[str, dict[Kind, int]] = {}
    for kind, number in inside.items():
        parts.setdefault(where[kind.place[n]], {})[kind] = number
    return [((*keys, key), part) for key, part in parts.items()]


def _sums(inside: Mapping[Kind, int], n: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, number in inside.items():
        found[kind.place[n]] += number
    return found


def _row(keys: tuple[str, ...], inside: Mapping[Kind, int]) -> Row:
    """Outcomes only of rows of one category, where each part of a question holds enough."""
    received = sum(inside.values())
    counts: dict[str, int | None] = {"received": received}
    told = received >= WHOLE and keys[0] not in (OTHER, "")
    for n, parts in enumerate(OUTCOMES.values()):
        found = {part: sum(number for kind, number in inside.items() if kind.parts[n] == part) for part in parts}
        counts |= found if told and min(found.values()) >= FEW else dict.fromkeys(parts, None)
    first, second, third = keys
    return Row((first, second, third), counts)


# --- another version of a month ------------------------------------------------------------


def row_for(place: Sequence[str], rows: Iterable[Row]) -> Row | None:
    """The row of an earlier version that a case of that place belongs to."""
    inside = list(rows)
    for n, key in enumerate(place):
        own = [row for row in inside if row.keys[n] == key]
        inside = own or [row for row in inside if row.keys[n] in (OTHER, "")]
    return inside[0] if len(inside) == 1 else None


def corrected(cases: Mapping[Kind, int], before: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows of the first version once more, with the counts of now. What differs from any version before by fewer than FEW is not
    published, nor what was not published in the first: so that no version can be subtracted from another.

    before  all versions, the first one first
    """
    first = before[0]
    inside: dict[tuple[str, str, str], dict[Kind, int]] = {row.keys: {} for row in first}
    for kind, number in cases.items():
        if row := row_for(kind.place, first):
            inside[row.keys][kind] = number
    return [_against(_row(row.keys, inside[row.keys]), [_at(rows, row.keys) for rows in before]) for row in first]


def _at(rows: Sequence[Row], keys: tuple[str, str, str]) -> Row:
    return next(row for row in rows if row.keys == keys)


def _against(now: Row, before: Sequence[Row]) -> Row:
    counts = dict(now.counts)
    for parts in (("received",), *OUTCOMES.values()):
        if any(not _far(counts[part], [row.counts[part] for row in before]) for part in parts) or before[0].counts[parts[0]] is None:
            counts |= dict.fromkeys(parts, None)
    if counts["received"] is None:
        counts = dict.fromkeys(counts, None)
    return replace(now, counts=counts)


def _far(now: int | None, before: Iterable[int | None]) -> bool:
    return now is None or ((now == 0 or now >= FEW) and all(was is None or was == now or abs(was - now) >= FEW for was in before))
