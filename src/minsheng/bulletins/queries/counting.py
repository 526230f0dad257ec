"""The figures of a bulletin, counted through the doors of `measures`, of all cases, whoever may see them; and the ids behind each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from minsheng.accounts.rules import clock_actor
from minsheng.bulletins.rules.figures import (
    BAND_BY,
    CALLS,
    MEASURES,
    OF_CHANNELS,
    OF_MATTERS,
    OF_UNITS,
    RATES,
    TOP,
    Frozen,
    Group,
    Pair,
    Scope,
    group_door,
    kept_door,
    late_door,
)
from minsheng.bulletins.rules.spans import NAMES, BulletinKind, Span, before, last_year
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import SUBMITTED, State
from minsheng.kit import written_times
from minsheng.kit.verdict import Refused, no
from minsheng.measures import following, rules
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.measures.rules import BY_CODE, Late, Row
from minsheng.org import queries as org
from minsheng.topics.rules.counting import FEW, ratio

BY = clock_actor("统计")
RISING = 5  # of what rises, the most named


@dataclass(frozen=True, slots=True)
class About:
    """What a bulletin is about. units, categories: ids, none for all; topic: in words; of a special one alone."""

    kind: BulletinKind
    span: Span
    units: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    topic: str = ""

    @property
    def key(self) -> str:
        """One unsigned bulletin, and one of each version, on the same."""
        units, matters = (",".join(map(str, ids)) for ids in (self.units, self.categories))
        return f"{self.kind.value}:{self.span.since}:{self.span.until}:{units}:{matters}:{self.topic}"

    def asked(self, span: Span, at: datetime) -> list[Asked]:
        """One question for each unit and matter that it is held to: none lies within another, so their sum is the whole."""
        known = cases.categories()
        matters = [known[id_].code for id_ in self.categories if id_ in known] or [""]
        return [Asked(span.since, span.until, unit=unit, category=matter, cutoff=at) for unit in self.units or (0,) for matter in matters]

    def spans(self) -> list[Span]:
        return [self.span, before(self.kind, self.span), last_year(self.kind, self.span)]


MOST = 5  # units, and matters, that a special one is held to
_APART = re.compile(r"[、,，;；\s]+")


def narrowed(units: str, matters: str) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, str]]:
    """(ids of units, ids of matters, what is wrong by field) of names or codes with commas between."""
    tree, wrong, ids = org.tree(), {}, {}
    places = _named(((unit.code, unit.name, unit.short), unit.id) for unit in tree.by_id.values() if unit.active)
    kinds = _named(((one.code, one.name), one.id) for one in cases.categories().values())
    for field, text, names, above in (("units", units, places, tree.path), ("matters", matters, kinds, _above)):
        said = [name for name in _APART.split(text) if name]
        ids[field] = tuple(dict.fromkeys(names[name] for name in said if name in names))
        inside = {one for one in ids[field] for other in ids[field] if one != other and other in above(one)}
        if lacking := [name for name in said if name not in names]:
            wrong[field] = f"没有“{'”“'.join(lacking[:3])}”，或同名的不止一个，请写在用的名称或代码"
        elif inside:
            wrong[field] = f"“{next(name for name in said if names[name] in inside)}”已包含在另一项里，请只写一个"
        elif len(ids[field]) > MOST:
            wrong[field] = f"最多写 {MOST} 个"
    return ids["units"], ids["matters"], wrong


def _named(rows: Iterable[tuple[tuple[str, ...], int]]) -> dict[str, int]:
    """Name or code -> id; what several are called names none of them."""
    found: dict[str, set[int]] = {}
    for names, id_ in rows:
        for name in filter(None, names):
            found.setdefault(name, set()).add(id_)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


def _above(category: int) -> list[int]:
    known = cases.categories()
    path = set(known[category].path)
    return [one.id for one in known.values() if one.code in path]


def held_to(about: About) -> str:
    """In words, the units and matters that it is held to."""
    known = cases.categories()
    return "、".join([*(org.tree().name(unit) for unit in about.units), *(known[one].name for one in about.categories if one in known)])


def in_words(at: datetime) -> str:
    """2025年1月2日10:00, in the city's time."""
    return written_times.moment(at.astimezone(clocks.city_calendar().zone), gap="")


def begins() -> date | None:
    """The first day of which the record knows a case: ids begin with their time. One statement."""
    first = Case.objects.order_by("id").values_list("received_at", flat=True).first()
    return clocks.local_day(first) if first else None


def freeze(about: About, at: datetime) -> tuple[Frozen, dict[str, list[int]]]:
    """(figures as known at `at`, the ids behind each of their numbers). Refused: steps of before lie unread, a figure would lack them."""
    _up_to_date(at)
    first, spans = begins(), about.spans()
    names = NAMES[about.kind]
    scopes = [_scope(about.asked(span, at), name, first, own=not place) for place, (span, name) in enumerate(zip(spans, names, strict=True))]
    now, base = (about.asked(span, at) for span in spans[:2])
    over = now[0].window.end
    matters = _groups(now, "category", OF_MATTERS, _received(base, "category") if scopes[1].known == "whole" else None)
    late, late_ids = _late(about, at)
    ended = at >= over
    found = Frozen(about.kind, scopes, in_words(at), ended, first.isoformat() if first else "", _groups(now, "channel", OF_CHANNELS),
                   sorted(matters, key=lambda one: (-one.n("received"), one.key))[:TOP], _rising(matters) if ended and scopes[1].known == "whole" else (),
                   _units(now, scopes[0]), late, {code: BY_CODE[code].stamp for code in MEASURES})
    return found, _lists(about, scopes, at) | _of_groups(found, now, base) | late_ids


def _up_to_date(at: datetime) -> None:
    behind = following.bring_up_to_date()
    if behind is not None and behind < at:
        raise Refused(no("busy", f"统计正在赶上新的步骤，已到{in_words(behind)}，请过几分钟再取数"))


def _scope(parts: list[Asked], name: str, first: date | None, own: bool) -> Scope:
    """`own`: what it is about, counted whatever the record knows; what stands beside only where the record covers all of it (rulings, 81)."""
    asked = parts[0]
    known = "whole" if own or (first and asked.since >= first) else "none" if first is None or asked.until < first else "part"
    numbers = _pairs(row for part in parts for row in measures.rows(part, BY, MEASURES)) if known == "whole" else {}
    return Scope(name, asked.since.isoformat(), asked.until.isoformat(), known, numbers)


def _pairs(rows: Iterable[Row]) -> dict[str, Pair]:
    """Summed by measure."""
    found: dict[str, Pair] = {}
    for row in rows:
        n, d = found.get(row.measure, (0, None))
        found[row.measure] = (n + (row.numerator or 0), d if row.denominator is None else (d or 0) + row.denominator)
    return found


def _groups(parts: list[Asked], by: str, codes: Iterable[str], earlier: Mapping[str, int] | None = None) -> list[Group]:
    """In the order of the channels, of the codes, of the tree. One statement for each source of facts, unit and matter."""
    found: dict[str, list[Row]] = {}
    for part in parts:
        for row in measures.rows(replace(part, by=by), BY, codes):
            found.setdefault(row.key_text, []).append(row)
    return [Group(key, rows[0].group, _pairs(rows), None if earlier is None else earlier.get(key, 0)) for key, rows in found.items()]


def _received(parts: list[Asked], by: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for part in parts:
        found.update({row.key_text: row.numerator or 0 for row in measures.rows(replace(part, by=by), BY, ["received"])})
    return found


def _rising(matters: Iterable[Group]) -> list[Group]:
    """More than chance gives, the surest first."""
    risen = [(found.low, one) for one in matters if one.key and one.n("received") >= FEW and (found := ratio(one.n("received"), one.before or 0, 1))
             and found.rises]
    return [one for _, one in sorted(risen, key=lambda pair: (-pair[0], pair[1].key))[:RISING]]


def _units(parts: list[Asked], whole: Scope) -> list[Group]:
    """Each unit with its band, in the order of the tree; what was dispatched to nobody is no unit."""
    n, d = whole.pair(BAND_BY)
    total = rules.row(BY_CODE[BAND_BY], dict(zip(BY_CODE[BAND_BY].parts(), (n, d), strict=True)), cutoff="", day=parts[0].until)
    found = []
    for one in _groups(parts, "unit", OF_UNITS):
        own = dict(zip(BY_CODE[BAND_BY].parts(), one.pair(BAND_BY), strict=True))
        if one.key:
            found.append(replace(one, band=rules.band(rules.row(BY_CODE[BAND_BY], own, cutoff="", day=parts[0].until), total)))
    return found


_COLUMNS = {State.PENDING_SIGN: "to_sign", State.IN_PROGRESS: "to_handle"}


def _late(about: About, at: datetime) -> tuple[list[Late], dict[str, list[int]]]:
    """What is past its limit now, by unit in the order of the tree, the centre's own desks last; with the ids. One statement."""
    rows = lists.narrowed(cases.visible(BY), Filters(state=tuple(state.value for state in sorted(SUBMITTED)), overdue=True))
    places = [measures.where(part, BY) for part in about.asked(about.span, at)]
    if about.units:
        rows = rows.filter(lead__in={unit for place in places for unit in place.units or ()})
    if about.categories:
        rows = rows.filter(category_id__in={one for place in places for one in place.categories or ()})
    ids: dict[str, list[int]] = {}
    counts: dict[int, dict[str, int]] = {}
    for id_, state, lead in rows.order_by("-id").values_list("id", "state", "lead"):
        column = _COLUMNS.get(State(state), "at_centre")
        unit = (lead or 0) if column != "at_centre" else 0
        of = counts.setdefault(unit, {})
        of[column] = of.get(column, 0) + 1
        for key in (late_door(unit, column), late_door(0, "all")):
            ids.setdefault(key, []).append(id_)
    order = {unit: place for place, unit in enumerate(org.tree().by_id)}
    units = sorted(counts, key=lambda unit: (unit == 0, order.get(unit, 0), unit))
    return [Late(unit, org.tree().name(unit) or "热线中心", **counts[unit]) for unit in units], ids


def _lists(about: About, scopes: list[Scope], at: datetime) -> dict[str, list[int]]:
    """The ids behind every number of the wholes but calls, each set once."""
    found = {}
    for place, (span, scope) in enumerate(zip(about.spans(), scopes, strict=True)):
        asked = about.asked(span, at)
        for code in MEASURES if scope.known == "whole" else ():
            for part in () if code in CALLS else _parts(code):
                n = scope.numbers[code][0 if part == "numerator" else 1]
                if n:
                    found[kept_door(place, code, part)] = _newest_first(id_ for one in asked for id_ in measures.ids_behind(code, part, one, BY))
    return found


def _parts(code: str) -> tuple[str, ...]:
    return ("numerator", "denominator") if code in RATES else ("numerator",)


def _of_groups(found: Frozen, now: list[Asked], base: list[Asked]) -> dict[str, list[int]]:
    """The ids behind every number of the groups that are shown. One statement for each set and way of grouping."""
    matters = (*found.matters, *found.rising)
    lists: dict[str, list[int]] = {}
    for by, groups, codes in (("channel", found.channels, OF_CHANNELS), ("category", matters, OF_MATTERS), ("unit", found.units, OF_UNITS)):
        keys = {one.key for one in groups}
        for code in codes if keys else ():
            for part in _parts(code):
                lists |= _kept(by, code, part, 0, now, keys)
    shown = {one.key for one in matters}
    return lists | (_kept("category", "received", "numerator", 1, base, shown) if shown and found.scopes[1].known == "whole" else {})


def _kept(by: str, code: str, part: str, scope: int, parts: list[Asked], keys: set[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for asked in parts:
        for key, ids in measures.ids_by_group(code, part, replace(asked, by=by), BY).items():
            found.setdefault("" if key is None else str(key), []).extend(ids)
    return {group_door(by, key, code, part, scope): _newest_first(found[key]) for key in keys & set(found) if found[key]}


def _newest_first(ids: Iterable[int]) -> list[int]:
    return sorted(set(ids), reverse=True)
