"""The figures of a bulletin, counted through the doors of `measures`, of all cases, whoever may see them; and the ids behind each."""

from __future__ import annotations

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
    Late,
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
from minsheng.kit.verdict import Refused, no
from minsheng.measures import following, rules
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.measures.rules import BY_CODE, Row
from minsheng.org import queries as org
from minsheng.topics.rules.counting import FEW, ratio

BY = clock_actor("统计")
RISING = 5  # of what rises, the most named


@dataclass(frozen=True, slots=True)
class About:
    """What a bulletin is about. unit, category: ids, 0 for all; topic: in words; of a special one alone."""

    kind: BulletinKind
    span: Span
    unit: int = 0
    category: int = 0
    topic: str = ""

    @property
    def key(self) -> str:
        """One unsigned bulletin, and one of each version, on the same."""
        return f"{self.kind.value}:{self.span.since}:{self.span.until}:{self.unit}:{self.category}:{self.topic}"

    def asked(self, span: Span, at: datetime) -> Asked:
        matter = cases.categories().get(self.category)
        return Asked(span.since, span.until, unit=self.unit, category=matter.code if matter else "", cutoff=at)

    def spans(self) -> list[Span]:
        return [self.span, before(self.kind, self.span), last_year(self.kind, self.span)]


def in_words(at: datetime) -> str:
    """2025年1月2日10:00, in the city's time."""
    here = at.astimezone(clocks.city_calendar().zone)
    return f"{here.year}年{here.month}月{here.day}日{here:%H:%M}"


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
    matters = _groups(now, "category", OF_MATTERS, _received(base, "category") if scopes[1].known == "whole" else None)
    late, late_ids = _late(about, at)
    ended = at >= now.window.end
    found = Frozen(about.kind, scopes, in_words(at), ended, first.isoformat() if first else "", _groups(now, "channel", OF_CHANNELS),
                   sorted(matters, key=lambda one: (-one.n("received"), one.key))[:TOP], _rising(matters) if ended and scopes[1].known == "whole" else (),
                   _units(now, scopes[0]), late, {code: BY_CODE[code].stamp for code in MEASURES})
    return found, _lists(about, scopes, at) | _of_groups(found, now, base) | late_ids


def _up_to_date(at: datetime) -> None:
    behind = following.bring_up_to_date()
    if behind is not None and behind < at:
        raise Refused(no("busy", f"统计正在赶上新的步骤，已到{in_words(behind)}，请过几分钟再取数"))


def _scope(asked: Asked, name: str, first: date | None, own: bool) -> Scope:
    """`own`: what it is about, counted whatever the record knows; what stands beside only where the record covers all of it (rulings, 81)."""
    known = "whole" if own or (first and asked.since >= first) else "none" if first is None or asked.until < first else "part"
    numbers = _pairs(measures.rows(asked, BY, MEASURES)) if known == "whole" else {}
    return Scope(name, asked.since.isoformat(), asked.until.isoformat(), known, numbers)


def _pairs(rows: Iterable[Row]) -> dict[str, Pair]:
    return {row.measure: (row.numerator or 0, row.denominator) for row in rows}


def _groups(asked: Asked, by: str, codes: Iterable[str], earlier: Mapping[str, int] | None = None) -> list[Group]:
    """In the order of the channels, of the codes, of the tree. One statement for each source of facts."""
    found: dict[str, tuple[str, dict[str, Pair]]] = {}
    for row in measures.rows(replace(asked, by=by), BY, codes):
        found.setdefault(row.key_text, (row.group, {}))[1][row.measure] = (row.numerator or 0, row.denominator)
    return [Group(key, label, numbers, None if earlier is None else earlier.get(key, 0)) for key, (label, numbers) in found.items()]


def _received(asked: Asked, by: str) -> dict[str, int]:
    return {row.key_text: row.numerator or 0 for row in measures.rows(replace(asked, by=by), BY, ["received"])}


def _rising(matters: Iterable[Group]) -> list[Group]:
    """More than chance gives, the surest first."""
    risen = [(found.low, one) for one in matters if one.key and one.n("received") >= FEW and (found := ratio(one.n("received"), one.before or 0, 1))
             and found.rises]
    return [one for _, one in sorted(risen, key=lambda pair: (-pair[0], pair[1].key))[:RISING]]


def _units(asked: Asked, whole: Scope) -> list[Group]:
    """Each unit with its band, in the order of the tree; what was dispatched to nobody is no unit."""
    n, d = whole.pair(BAND_BY)
    total = rules.row(BY_CODE[BAND_BY], dict(zip(BY_CODE[BAND_BY].parts(), (n, d), strict=True)), cutoff="", day=asked.until)
    found = []
    for one in _groups(asked, "unit", OF_UNITS):
        own = dict(zip(BY_CODE[BAND_BY].parts(), one.pair(BAND_BY), strict=True))
        if one.key:
            found.append(replace(one, band=rules.band(rules.row(BY_CODE[BAND_BY], own, cutoff="", day=asked.until), total)))
    return found


_COLUMNS = {State.PENDING_SIGN: "to_sign", State.IN_PROGRESS: "to_handle"}


def _late(about: About, at: datetime) -> tuple[list[Late], dict[str, list[int]]]:
    """What is past its limit now, by unit in the order of the tree, the centre's own desks last; with the ids. One statement."""
    rows = lists.narrowed(cases.visible(BY), Filters(state=tuple(state.value for state in sorted(SUBMITTED)), overdue=True, unit=about.unit))
    if about.category:
        rows = rows.filter(category_id__in=measures.where(about.asked(about.span, at), BY).categories or ())
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
                    found[kept_door(place, code, part)] = measures.ids_behind(code, part, asked, BY)
    return found


def _parts(code: str) -> tuple[str, ...]:
    return ("numerator", "denominator") if code in RATES else ("numerator",)


def _of_groups(found: Frozen, now: Asked, base: Asked) -> dict[str, list[int]]:
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


def _kept(by: str, code: str, part: str, scope: int, asked: Asked, keys: set[str]) -> dict[str, list[int]]:
    ids = measures.ids_by_group(code, part, replace(asked, by=by), BY)
    text = {"" if key is None else str(key): found for key, found in ids.items()}
    return {group_door(by, key, code, part, scope): text[key] for key in keys & set(text) if text[key]}
