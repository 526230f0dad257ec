"""The cases of a period by where they got to, and the open ones by how long: funnel, flow, hours of load, ages, and the lists behind each.

What is accepted in the period (the set `received`) is the one base of funnel, flow and hours: each of their numbers is a part of it, as
the cases stand now. Restricted cases are counted and listed for nobody who may not see them; ages are of what the reader sees. One
statement each. Part of queries.py by kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Case as Choice
from django.db.models import CharField, Count, Q, QuerySet, Value, When
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.cases.rules import SUBMITTED, State
from minsheng.kit import clock, read_values
from minsheng.kit.database import planned_once
from minsheng.kit.ids import floor_id
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.measures import queries
from minsheng.measures.queries import Asked
from minsheng.org import queries as org
from minsheng.org.rules import UnitFacts, UnitKind

# Each stage holds what the one before holds and something more: a part of a part.
_STEPS = (
    ("received", "受理", Q()),
    ("dispatched", "派单", Q(dispatched_at__isnull=False, lead__isnull=False)),
    ("signed", "签收", Q(signed_at__isnull=False)),
    ("replied", "答复", Q(replied_at__isnull=False)),
    ("called", "回访到", Q(reached=True)),
    ("solved", "解决", Q(solved=True)),
)
STAGES = {code: label for code, label, _ in _STEPS}
_ENDED = [s.value for s in (State.CLOSED, State.TERMINATED, State.FINAL_REPLIED, State.DIRECT_ANSWERED)]
_NOT_ACCEPTED = [s.value for s in (State.START, State.DRAFT, State.DECLINED, State.TRANSFERRED, State.SPLIT)]  # of a split one its parts are
# How a case ended, or that it did not: the first that holds.
_ENDS = (
    ("solved", "已解决", Q(state__in=_ENDED, solved=True)),
    ("unsolved", "未解决", Q(state__in=_ENDED, solved=False)),
    ("on_the_spot", "当场答复", Q(state=State.DIRECT_ANSWERED.value)),
    ("unasked", "办结，未答", Q(state__in=_ENDED)),
    ("apart", "并单、撤诉", Q(state__in=[State.MERGED.value, State.WITHDRAWN.value])),
)
OUTCOMES = {code: label for code, label, _ in _ENDS} | {"open": "还在办"}
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


def _accepted(asked: Asked, by: Actor) -> QuerySet[Case]:
    """What the set `received` holds, within what the reader may count."""
    place, window = queries.where(replace(asked, key=None), by), asked.window
    rows = Case.objects.filter(id__gte=floor_id(window.start), received_at__gte=window.start, received_at__lt=window.end,
                               received_at__lte=window.cutoff, undated=False).exclude(state__in=_NOT_ACCEPTED)
    if place.hidden:
        rows = rows.filter(Q(complained_line=None) | ~Q(complained_line__overlap=list(place.hidden)))
    given = {"lead__in": place.units, "category__in": place.categories}
    rows = rows.filter(**{name: ids for name, ids in given.items() if ids is not None})
    said = {"channel": place.channel, "district": place.district, "period_id__in": place.periods}
    rows = rows.filter(**{name: value for name, value in said.items() if value})
    return rows.filter(period_id__isnull=False) if place.leader_days else rows


def _up_to(stage: str) -> Q:
    held = Q()
    for code, _, step in _STEPS:
        held &= step
        if code == stage:
            break
    return held


def funnel(asked: Asked, by: Actor) -> list[Stage]:
    sizes = _accepted(asked, by).aggregate(**{code: Count("id", filter=_up_to(code)) for code in STAGES})
    return [Stage(code, label, sizes[code]) for code, label in STAGES.items()]


def _outcome() -> Choice:
    return Choice(*(When(held, then=Value(code)) for code, _, held in _ENDS), default=Value("open"), output_field=CharField())


def flow(asked: Asked, by: Actor) -> list[Flow]:
    """Matters in the order of their codes, units in that of the tree, outcomes as above."""
    found: dict[tuple[str, int, str], int] = {}
    rows = _accepted(asked, by).annotate(ends=_outcome()).values("category", "lead", "ends").annotate(n=Count("id")).order_by()
    for category, lead, ends, n in rows.values_list("category", "lead", "ends", "n"):
        key = _top_matter(category), _top_unit(lead), ends
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
    zone = clocks.city_calendar().zone
    rows = _accepted(asked, by).annotate(day=ExtractIsoWeekDay("received_at", tzinfo=zone), hour=ExtractHour("received_at", tzinfo=zone))
    return {(day, hour): n for day, hour, n in rows.values("day", "hour").annotate(n=Count("id")).order_by().values_list("day", "hour", "n")}


def _parted(rows: QuerySet[Case], part: Part) -> QuerySet[Case]:
    rows = rows.filter(_up_to(part.stage))
    if part.matter:
        of = [c.id for c in cases.categories().values() if part.matter in (c.code, *c.path)]
        rows = rows.filter(category=None) if part.matter == NO_MATTER else rows.filter(category__in=of)
    if part.unit is not None:
        rows = rows.filter(lead__in=_below(part.unit)) if part.unit else rows.filter(lead=None)
    if part.outcome:
        rows = rows.annotate(ends=_outcome()).filter(ends=part.outcome)
    if part.place is not None:
        rows = rows.filter(district__in=org.tree().subtree(part.place)) if part.place else rows.filter(Q(district=None) | ~Q(district__in=_in_districts()))
    zone = clocks.city_calendar().zone
    if part.weekday:
        rows = rows.annotate(day=ExtractIsoWeekDay("received_at", tzinfo=zone)).filter(day=part.weekday)
    return rows if part.hour is None else rows.annotate(hour=ExtractHour("received_at", tzinfo=zone)).filter(hour=part.hour)


def districts() -> list[UnitFacts]:
    return [u for u in org.tree().by_id.values() if u.kind in (UnitKind.DISTRICT, UnitKind.COUNTY)]


def _in_districts() -> list[int]:
    return [id_ for unit in districts() for id_ in org.tree().subtree(unit.id)]


def _below(unit: int) -> list[int]:
    """The city itself is a lead of its own: all others lie below it."""
    return [unit] if len(org.tree().path(unit)) == 1 else org.tree().subtree(unit)


def behind(asked: Asked, by: Actor, part: Part, after: str = "", size: int = lists.PAGE) -> tuple[int, Page]:
    """(how many there are, a page of those that the reader may see, newest first). Two statements."""
    rows = _parted(_accepted(asked, by), part)
    return rows.count(), keyset(lists.shown(cases.visible(by).filter(id__in=rows.values("id"))), ("-id",), after, size)


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
