"""What the board shows beside the rates: what is late now, what rises, the leader days. One statement each. Part of queries.py by kind."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import date, timedelta

import yaml
from django.conf import settings
from django.db.models import Count, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import lists
from minsheng.cases import queries as cases
from minsheng.cases.lists import Filters
from minsheng.cases.models import Case
from minsheng.cases.rules import SUBMITTED, State
from minsheng.kit.ids import floor_id
from minsheng.kit.paging import Page, keyset
from minsheng.measures import counting, queries, rules, sets
from minsheng.measures.queries import Asked
from minsheng.org import queries as org

RISES_FROM = 3  # cases in seven days: below this a rise is chance
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Late:
    """One unit's overdue cases by where they stand. `unit` 0: on the centre's own desks."""

    unit: int
    name: str
    to_sign: int = 0
    to_handle: int = 0
    at_centre: int = 0

    @property
    def total(self) -> int:
        return self.to_sign + self.to_handle + self.at_centre


def _overdue(by: Actor) -> QuerySet[Case]:
    states = tuple(s.value for s in sorted(SUBMITTED))
    return lists.narrowed(cases.visible(by), Filters(state=states, overdue=True))


def late(by: Actor) -> list[Late]:
    """What is past its limit now, most first; the centre's desks last."""
    found: dict[int, Late] = {}
    for lead, state, n in _overdue(by).values_list("lead", "state").annotate(n=Count("id")):
        column = {State.PENDING_SIGN: "to_sign", State.IN_PROGRESS: "to_handle"}.get(State(state), "at_centre")
        unit = (lead or 0) if column != "at_centre" else 0
        row = found.get(unit) or Late(unit, org.tree().name(unit) or "热线中心")
        found[unit] = replace(row, **{column: getattr(row, column) + n})
    return sorted(found.values(), key=lambda r: (r.unit == 0, -r.total, r.unit))


def late_cases(by: Actor, unit: int, where: str, after: str = "", size: int = lists.PAGE) -> Page:
    """The overdue cases of one line of that table, the oldest limit first."""
    rows = _overdue(by).select_related("category", "lead", "district")
    column = {"to_sign": State.PENDING_SIGN, "to_handle": State.IN_PROGRESS}
    if where in column:
        rows = rows.filter(state=column[where].value)
    elif where == "at_centre":
        rows = rows.exclude(state__in=[s.value for s in column.values()])
    if unit:
        rows = rows.filter(lead=unit)
    return keyset(rows, ("due_at", "id"), after, size)


@dataclass(frozen=True, slots=True)
class Rise:
    category: int
    name: str
    now: int
    before: int


def rising(by: Actor, day: date, size: int = 8) -> list[Rise]:
    """Matters of which more came in these seven days (`day` the last) than in the seven before; the largest rise first."""
    where = queries.where(Asked(day, day), by)
    params = {"middle": lists.day_start(day - timedelta(days=6)), "start": lists.day_start(day - timedelta(days=13)),
              "end": lists.day_start(day + timedelta(days=1)), "units": list(where.units or ())}
    params["floor"] = floor_id(params["start"])
    mine = "AND lead_id = ANY(%(units)s)" if where.units is not None else ""
    states = ", ".join(f"'{s.value}'" for s in sorted(sets.NOT_ACCEPTED))
    sql = f"""SELECT category_id, count(*) FILTER (WHERE received_at >= %(middle)s) AS now, count(*) FILTER (WHERE received_at < %(middle)s)
                FROM cases_case WHERE id >= %(floor)s AND received_at >= %(start)s AND received_at < %(end)s
                 AND category_id IS NOT NULL AND state NOT IN ({states}) {mine} GROUP BY 1"""
    names = queries.labels("category")
    risen = [Rise(c, names.get(c, ""), n, b) for c, n, b in counting.run(sql, params) if n >= RISES_FROM and n > b]
    return sorted(risen, key=lambda r: (r.before - r.now, r.category))[:size]


def leader_days(by: Actor, until: date, cutoff=None) -> rules.Row | None:
    """Done ÷ received of all leader days (example D): its own base, shown beside the hotline's and never compared. None: there were none."""
    asked = Asked(FIRST_DAY, until, leader_days=True, cutoff=cutoff)
    row = queries.rows(asked, by, ["completion"])[0]
    return row if row.denominator else None


@functools.cache
def published() -> tuple[dict, ...]:
    """Figures that the press printed about the demo city's pattern, with what we think of them (rulings, 20). Demo only; never counted with."""
    file = settings.ROOT / "demo" / "city.yaml"
    if not settings.DEMO or not file.exists():
        return ()
    return tuple(yaml.safe_load(file.read_text(encoding="utf-8")).get("published", ()))
