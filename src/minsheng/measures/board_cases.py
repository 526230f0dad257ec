"""What was accepted in a period by how far it got: funnel, flow, hours of the week, and the lists behind each; and how long the open ones are open.

The first are of facts and cube, as all figures are, now or as known at a cut-off (rulings, 64): the set `came` is the one base, each number a
part of it. Restricted cases are counted and listed for nobody who may not see them. Ages are a statement about now, of what the reader sees.
Part of queries.py by kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product

from django.db.models import Count, Q, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.cases.rules import SUBMITTED, State
from minsheng.kit import clock, read_values
from minsheng.kit.database import planned_once
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.measures import queries, set_sql
from minsheng.measures.queries import Asked
from minsheng.measures.set_sql import MATTER_UNIT, Where
from minsheng.measures.sets import OUTCOMES, STAGES
from minsheng.org import queries as org
from minsheng.org.rules import UnitFacts

NO_MATTER, NO_UNIT, NO_PLACE = "none", 0, "区县不明"  # of what has none
HOURS, WEEKDAYS = range(24), {n: f"周{word}" for n, word in enumerate("一二三四五六日", 1)}
# Days since a case was received, both included; the last without an end.
AGES = {"d1": ("1 天内", 0, 1), "d5": ("2–5 天", 2, 5), "d15": ("6–15 天", 6, 15), "d30": ("16–30 天", 16, 30), "more": ("30 天以上", 31, None)}


@dataclass(frozen=True, slots=True)
class Stage:
    code: str
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class Flow:
    """So many cases of a top matter (its code) went to a unit below the city and ended so."""

    matter: str
    matter_name: str
    unit: int
    unit_name: str
    outcome: str
    n: int


@dataclass(frozen=True, slots=True)
class Part:
    """Which of the accepted cases; nothing said: all."""

    stage: str = "received"
    matter: str = ""
    unit: int | None = None
    outcome: str = ""
    weekday: int = 0
    hour: int | None = None
    place: int | None = None  # a district with all below it; 0: of none

    def said(self) -> str:
        """In words, for the head of the list."""
        hours = f"{self.hour}–{self.hour + 1} 时" if self.hour is not None else ""
        words = (
            STAGES[self.stage] if self.stage != "received" else "", _matter_name(self.matter) if self.matter else "",
            _unit_name(self.unit) if self.unit is not None else "", (org.tree().name(self.place) or NO_PLACE) if self.place is not None else "",
            OUTCOMES.get(self.outcome, ""), WEEKDAYS.get(self.weekday, "") + hours)
        return "，".join(word for word in words if word) or STAGES["received"]


def read_part(given: Mapping[str, str]) -> Part:
    """Invalid with a sentence per field."""
    form = Fields(given)
    part = Part(stage=form.read("stage", read_values.choice, STAGES, default="received"), matter=form.read("matter", _a_matter, default=""),
                unit=form.read("lead", read_values.number, 0, default=None), outcome=form.read("outcome", read_values.choice, OUTCOMES, default=""),
                weekday=form.read("weekday", read_values.number, 1, 7, default=0), hour=form.read("hour", read_values.number, 0, 23, default=None),
                place=form.read("place", read_values.number, 0, default=None))
    form.done()
    return part


def _a_matter(raw: str) -> str:
    return NO_MATTER if raw == NO_MATTER else lists.matter_code(raw)


def _set(stage: str) -> str:
    return "came" if stage == "received" else f"went.{stage}"


def funnel(asked: Asked, by: Actor) -> tuple[list[Stage], int]:
    """(stages, how many accepted cases of the period have no course yet: after an upgrade, until all histories were read again)."""
    _, found = queries.counted(replace(asked, by="", key=None), by, ["received", *map(_set, STAGES)])
    sizes = queries.whole(found)
    return [Stage(code, label, sizes.get(_set(code), 0)) for code, label in STAGES.items()], sizes.get("received", 0) - sizes.get("came", 0)


def flow(asked: Asked, by: Actor) -> list[Flow]:
    """Matters in the order of their codes, units in that of the tree, outcomes as above."""
    _, groups = queries.counted(replace(asked, by=MATTER_UNIT, key=None), by, [f"stands.{code}" for code in OUTCOMES])
    found: dict[tuple[str, int, str], int] = {}
    for (group, sizes), code in product(groups.items(), OUTCOMES):
        category, lead = (int(part or 0) for part in group.split(":"))
        if n := sizes[f"stands.{code}"]:
            key = _top_matter(category), _top_unit(lead), code
            found[key] = found.get(key, 0) + n
    places, ends_at = {unit: at for at, unit in enumerate(org.tree().by_id)}, {code: at for at, code in enumerate(OUTCOMES)}
    keys = sorted(found, key=lambda k: (k[0] == NO_MATTER, k[0], k[1] == NO_UNIT, places.get(k[1], 0), ends_at[k[2]]))
    return [Flow(m, _matter_name(m), u, _unit_name(u), ends, found[m, u, ends]) for m, u, ends in keys]


def _top_matter(category: int | None) -> str:
    matter = cases.categories().get(category) if category else None
    return (matter.path or [matter.code])[0] if matter else NO_MATTER


def _top_unit(lead: int | None) -> int:
    path = org.tree().path(lead) if lead else ()
    return path[1] if len(path) > 1 else (path[0] if path else NO_UNIT)


def _matter_name(code: str) -> str:
    matter = cases.category(code)
    return matter.name if matter else "未分类"


def _unit_name(unit: int | None) -> str:
    return org.tree().name(unit) if unit else "未派单"


def load(asked: Asked, by: Actor) -> dict[tuple[int, int], int]:
    """(weekday 1..7, hour) of the city's time -> how many came then."""
    _, found = queries.counted(replace(asked, by="hour", key=None), by, ["came"])
    return {(hour // 24 + 1, hour % 24): sizes["came"] for hour, sizes in found.items() if sizes["came"]}


def _narrowed(place: Where, part: Part) -> Where:
    """What the reader may count of it, and of that the part."""
    hours = [(day - 1) * 24 + hour for day, hour in product(WEEKDAYS, HOURS) if part.weekday in (0, day) and part.hour in (None, hour)]
    none = [by for by, held in (("category", part.matter == NO_MATTER), ("unit", part.unit == NO_UNIT)) if held]
    narrowed = replace(place, none=frozenset(none), also=(f"stands.{part.outcome}",) if part.outcome else (), units=_units(place, part.unit),
                       hours=tuple(hours) if part.weekday or part.hour is not None else None)
    if part.matter and part.matter != NO_MATTER:
        of = {c.id for c in cases.categories().values() if part.matter in (c.code, *c.path)}
        narrowed = replace(narrowed, categories=tuple(of if place.categories is None else of.intersection(place.categories)))
    if part.place is None:
        return narrowed
    return replace(narrowed, districts=tuple(org.tree().subtree(part.place))) if part.place else replace(narrowed, outside=tuple(_in_districts()))


def _units(place: Where, unit: int | None) -> tuple[int, ...] | None:
    if not unit:
        return place.units
    return tuple(_below(unit)) if place.units is None else tuple(set(_below(unit)).intersection(place.units))


def districts() -> list[UnitFacts]:
    return [u for u in org.tree().by_id.values() if u.kind.is_district]


def _in_districts() -> list[int]:
    return [id_ for unit in districts() for id_ in org.tree().subtree(unit.id)]


def _below(unit: int) -> list[int]:
    """The city itself is a lead of its own: all others lie below it."""
    return [unit] if len(org.tree().path(unit)) == 1 else org.tree().subtree(unit)


def behind(asked: Asked, by: Actor, part: Part, after: str = "", size: int = lists.PAGE) -> tuple[int, Page]:
    """(how many there are, a page of those that the reader may see, newest first)."""
    asked = queries.brought_up(replace(asked, by="", key=None))
    place, code = set_sql.found_out(_narrowed(queries.where(asked, by), part)), _set(part.stage)
    found = set_sql.count(asked.window, [code], place)
    return queries.whole(found).get(code, 0), queries.page_of(asked.window, code, place, by, after, size)


# --- how long the open ones are open ------------------------------------------------------------


def _age(code: str, now: datetime) -> Q:
    """By local days: received today is one day's."""
    _, least, most = AGES[code]
    today = now.astimezone(clocks.city_calendar().zone).date()
    held = Q(received_at__lt=lists.day_start(today - timedelta(days=least - 1))) if least else Q()
    return held if most is None else held & Q(received_at__gte=lists.day_start(today - timedelta(days=most)))


def _open(by: Actor, unit: int = 0) -> QuerySet[Case]:
    rows = cases.visible(by).filter(closed_at=None, state__in=[s.value for s in SUBMITTED])
    return rows.filter(lead__in=org.tree().subtree(unit)) if unit else rows


@planned_once()
def ages(by: Actor, unit: int = 0) -> list[tuple[State, dict[str, int]]]:
    """Where open cases stand, and how many of each age are there: states in the order of the procedure."""
    now = clock.now()
    counts = {code: Count("id", filter=_age(code, now)) for code in AGES}
    found = {State(state): dict(zip(AGES, sizes, strict=True))
             for state, *sizes in _open(by, unit).values("state").annotate(**counts).order_by().values_list("state", *AGES)}
    return [(state, found[state]) for state in State if state in found]


def aged(by: Actor, state: str, age: str, unit: int = 0, after: str = "", size: int = lists.PAGE) -> Page:
    """The open cases of one of these numbers, the oldest first; "" is any state, any age."""
    rows = _open(by, unit)
    if state:
        rows = rows.filter(state=state)
    if age:
        rows = rows.filter(_age(age, clock.now()))
    return keyset(lists.shown(rows), ("received_at", "id"), after, size)
