"""The sheet of a period (考核表): which figures it has, how they are sealed, compared and graded (rulings, 77 and 78). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from minsheng.measures import rules as measures
from minsheng.measures.rules import BY_CODE, Row
from minsheng.org.rules import UnitKind

WHOLE = 0  # the unit that stands for all of them
_UNIT = ("received", "dispatched", "closed", "sign_on_time", "response_confirmed", "response_claimed", "response_gap", "contact_waived",
         "contact_typed_late", "on_time_completion", "completion", "solve", "satisfaction", "reach", "composite", "return", "redo", "extension", "repeat")
_WHOLE = ("connect", "answer_15s", "answered_online", "declined", "transferred", "direct_answer", "dispatch_accuracy")
OF_UNITS = tuple((code, BY_CODE[code].label) for code in _UNIT)
OF_WHOLE = tuple((code, BY_CODE[code].label) for code in (*_UNIT, *_WHOLE))
COLUMNS = ("received", "dispatched", "closed", "sign_on_time", "response_confirmed", "on_time_completion", "completion", "solve", "satisfaction",
           "composite")
GRADED = ("sign_on_time", "response_confirmed", "on_time_completion", "solve", "satisfaction")
AT_CUTOFF = frozenset({"completion"})  # counts what was done by its cut-off: what is done later corrects nothing
PARTS = {"numerator": "分子", "denominator": "分母"}
CLASSES = {UnitKind.BUREAU: "市直部门", UnitKind.UTILITY: "公用企业", UnitKind.COUNTY: "县区", UnitKind.DISTRICT: "县区", UnitKind.ZONE: "县区",
           UnitKind.TOWNSHIP: "乡镇街道", UnitKind.SECTION: "科室"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One frozen figure: `top` and `bottom` are the cases behind numerator and denominator, each once, the newest first."""

    unit: int
    measure: str
    numerator: int | None
    denominator: int | None
    value: float | None
    low: float | None
    high: float | None
    stamp: str
    top: tuple[int, ...] = ()
    bottom: tuple[int, ...] = ()

    @property
    def place(self) -> tuple[int, str]:
        return self.unit, self.measure

    @property
    def said(self) -> tuple[int | None, int | None, float | None]:
        return self.numerator, self.denominator, self.value

    def row(self, group: str = measures.WHOLE, cutoff: str = "") -> Row:
        return Row(self.measure, BY_CODE[self.measure].label if self.measure in BY_CODE else self.measure, group, self.numerator, self.denominator,
                   self.value, self.low, self.high, cutoff, self.stamp, self.unit)


def digest(figures: Iterable[Figure]) -> str:
    """Of all figures and lists of a version, in their order."""
    found = hashlib.sha256()
    for one in sorted(figures, key=lambda each: each.place):
        line = [one.unit, one.measure, *one.said, one.low, one.high, one.stamp, list(one.top), list(one.bottom)]
        found.update(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    return found.hexdigest()


def part_of(figure: Figure, part: str) -> tuple[int, ...]:
    return figure.top if part == "numerator" else figure.bottom


# --- what came too late -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is known otherwise now. `added` and `gone`: cases that made the difference."""

    before: Figure
    after: Figure
    added: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


def nothing(unit: int, measure: str, stamp: str) -> Figure:
    """A figure of which nothing was known."""
    kind = BY_CODE[measure].kind if measure in BY_CODE else "rate"
    return Figure(unit, measure, 0, None if kind == "volume" else 0, 0 if kind == "volume" else None, None, None, stamp)


def changed(known: Mapping[tuple[int, str], Figure], now: Mapping[tuple[int, str], Figure]) -> list[tuple[Figure, Figure]]:
    """(as stated last, as counted now) of every figure that differs: in the order of units and measures. A figure whose formula is
    another version is not compared, nor is one that counts what was done by its cut-off."""
    found = []
    for place in sorted({*known, *now}):
        before, after = known.get(place), now.get(place)
        before = before or (nothing(*place, after.stamp) if after else None)
        after = after or (nothing(*place, before.stamp) if before else None)
        if before is None or after is None or place[1] in AT_CUTOFF or before.stamp != after.stamp:
            continue
        if not _same(before, after):
            found.append((before, after))
    return found


def _same(one: Figure, other: Figure) -> bool:
    """Nothing counted is nothing counted, however it is written."""
    return (one.numerator or 0, one.denominator or 0, one.value or 0) == (other.numerator or 0, other.denominator or 0, other.value or 0)


def change(before: Figure, after: Figure, frozen: Figure | None) -> Change:
    """With the cases that made the difference to what was frozen: new in numerator or denominator, or no longer there."""
    parts = [(set(part_of(frozen, part) if frozen else ()), set(part_of(after, part))) for part in PARTS]
    added, gone = set().union(*(now - was for was, now in parts)), set().union(*(was - now for was, now in parts))
    return Change(before, after, tuple(sorted(added, reverse=True)), tuple(sorted(gone, reverse=True)))


def corrections_digest(before: str, rows: Iterable[Sequence[object]]) -> str:
    """Of the list of corrections, row by row: what it was before goes into what it is now."""
    for row in rows:
        before = hashlib.sha256(json.dumps([before, *row], separators=(",", ":"), default=str).encode()).hexdigest()
    return before


# --- grades and classes -------------------------------------------------------------------------


def band(one: Figure, whole: Figure | None) -> str:
    return measures.band(one.row(), whole.row()) if whole else "few"


def classes(units: Iterable[tuple[int, UnitKind]]) -> list[tuple[str, list[int]]]:
    """Units by their class, in the order in which they came: grades and classes, no ranking (rulings, 46)."""
    found: dict[str, list[int]] = {label: [] for label in (*CLASSES.values(), "其他")}
    for unit, kind in units:
        found[CLASSES.get(kind, "其他")].append(unit)
    return [(label, ids) for label, ids in found.items() if ids]


def ranked(figures: Iterable[Figure], measure: str) -> list[tuple[int, Figure]]:
    """(place, figure) of units with enough cases, the best first, for the centre's own eyes; equal ones share a place."""
    enough = [one for one in figures if one.unit != WHOLE and one.measure == measure and one.value is not None
              and (one.denominator or 0) >= measures.RANK_FROM]
    sign = 1 if BY_CODE[measure].goal == "down" else -1
    enough.sort(key=lambda one: (sign * (one.value or 0), one.unit))
    return [(1 + sum((other.value or 0) * -sign > (one.value or 0) * -sign for other in enough), one) for one in enough]
