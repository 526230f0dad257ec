"""What was asked of co-units and what became of it. An order counts for its lead alone, so co-units have a view of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from django.db.models import Count, F, Q, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.models import CaseTask
from minsheng.cases.queries import lists
from minsheng.cases.rules import TaskKind, TaskState
from minsheng.kit import clock
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Invalid
from minsheng.measures import queries, rules
from minsheng.measures.queries import Asked
from minsheng.org import queries as org


@dataclass(frozen=True, slots=True)
class Line:
    """One unit: tasks asked of it in the period, how many of them are due, answered in time, given back. `unit` 0: all together."""

    unit: int
    name: str
    given: int
    due: int
    in_time: int
    returned: int

    @property
    def rate(self) -> float | None:
        return rules.share(self.in_time, self.due)[0]


def _parts(asked: Asked) -> dict[str, Q]:
    """What a figure counts of the tasks of the period. One that was given back asks for no answer."""
    due = Q(due_at__lte=asked.window.cutoff) & ~Q(state=TaskState.RETURNED)
    return {"given": Q(), "due": due, "in_time": due & Q(replied_at__lte=F("due_at")), "returned": Q(state=TaskState.RETURNED)}


def _tasks(asked: Asked, by: Actor) -> QuerySet[CaseTask]:
    """Within what the reader may count, as all figures; without those that were taken away with their dispatch."""
    place, window = queries.where(asked, by), asked.window
    rows = CaseTask.objects.filter(kind=TaskKind.CO, created_at__gte=window.start, created_at__lt=window.end, created_at__lte=window.cutoff)
    rows = rows.exclude(state=TaskState.CANCELLED).filter(case__imported=False, case__excluded=False)
    if place.hidden:
        rows = rows.filter(Q(case__complained_line=None) | ~Q(case__complained_line__overlap=list(place.hidden)))
    return rows if place.units is None else rows.filter(unit__in=place.units)


def lines(asked: Asked, by: Actor) -> list[Line]:
    """Units in the order of the tree, with anything asked of them, and the whole last; [] when nothing was. One statement."""
    asked = replace(asked, cutoff=asked.cutoff or clock.now())
    counts = {name: Count("id", filter=part) if part else Count("id") for name, part in _parts(asked).items()}
    counted = _tasks(asked, by).values("unit").annotate(**counts).order_by().values_list("unit", *counts)
    found = {unit: sizes for unit, *sizes in counted}
    rows = [Line(unit.id, unit.short or unit.name, *found[unit.id]) for unit in org.tree().by_id.values() if unit.id in found]
    return [*rows, reduce(_add, rows, Line(0, rules.WHOLE, 0, 0, 0, 0))] if rows else []


def _add(a: Line, b: Line) -> Line:
    return Line(a.unit, a.name, a.given + b.given, a.due + b.due, a.in_time + b.in_time, a.returned + b.returned)


def behind(asked: Asked, by: Actor, unit: int, part: str, after: str = "", size: int = lists.PAGE) -> Page:
    """The cases of these tasks that the reader may see, newest first. One statement."""
    asked, parts = replace(asked, cutoff=asked.cutoff or clock.now()), _parts(asked)
    if part not in parts:
        raise Invalid({"part": "没有这个清单，请从协办单位的表里打开"})
    tasks = _tasks(asked, by).filter(parts[part], **({"unit": unit} if unit else {}))
    rows = cases.visible(by).filter(id__in=tasks.values("case_id")).select_related("category", "lead", "district")
    return keyset(rows, ("-id",), after, size)
