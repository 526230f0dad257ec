"""Words on what hangs on a case, or stands by itself: a finding, a slip, a commitment, a watch. As they were said for who may see persons, else covered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.cases.queries.requesters import known_of
from minsheng.cases.rules.masking import NOBODY, Known, all_of, cover
from minsheng.cases.rules.visibility import SEES_PERSONAL, UNIT_SEES_PERSONAL
from minsheng.kit.subject_page import SubjectPage
from minsheng.org import queries as org

P = TypeVar("P", bound=SubjectPage)
_NEWEST = 200  # orders of a unit


def as_said(by: Actor) -> bool:
    return bool(by.roles & (SEES_PERSONAL | UNIT_SEES_PERSONAL))


def people_of(case_ids: set[int]) -> dict[int, Known]:
    """Who asks in these cases, for rows that know their ids alone. At most four statements."""
    return known_of(Case.objects.filter(id__in=case_ids)) if case_ids else {}


def _about(row: Any) -> list[int]:
    """The case that the row hangs on, or those that it names."""
    one = getattr(row, "case_id", None)
    return [one] if one else list(getattr(row, "cases", None) or ())


def _lately(units: set[int]) -> dict[int, Known]:
    """unit -> who asked in the newest orders of its line: its words may name one of them. At most four statements for each unit."""
    def orders(unit: int) -> list[Case]:
        line = {*org.tree().path(unit), *org.tree().subtree(unit)} if unit in org.tree().by_id else {unit}
        return list(Case.objects.filter(lead__in=line).select_related("contact").order_by("-id")[:_NEWEST])

    return {unit: all_of(known_of(orders(unit)).values()) for unit in units}


def _known(rows: list[Any]) -> list[Known]:
    """Of each row whose names its words may hold."""
    people = people_of({id_ for row in rows for id_ in _about(row)})
    lately = _lately({row.unit_id for row in rows if getattr(row, "unit_id", None)})
    return [all_of([*(people.get(id_, NOBODY) for id_ in _about(row)), lately.get(getattr(row, "unit_id", 0), NOBODY)]) for row in rows]


def covered(rows: list[Any], *fields: str, by: Actor | None = None) -> list[Any]:
    """The rows, to be shown and never saved. `by` None: for a table that leaves, which is covered whoever takes it."""
    if by is not None and as_said(by):
        return rows
    for row, known in zip(rows, _known(rows), strict=True):
        for name in fields:
            setattr(row, name, cover(getattr(row, name), known))
    return rows


def covered_page(page: P, *fields: str, by: Actor, about: Iterable[int] = ()) -> P:
    """The page, with these columns of its subject and all that its history says as `covered`. `about`: cases that its row does not name."""
    if as_said(by):
        return page
    known = all_of(people_of(ids).values()) if (ids := set(about)) else _known([page.subject])[0]
    for name in fields:
        setattr(page.subject, name, cover(getattr(page.subject, name), known))
    page.history[:] = [one | {"text": cover(one["text"], known)} for one in page.history]
    return page
