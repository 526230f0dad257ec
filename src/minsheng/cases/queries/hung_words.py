"""Words on what hangs on a case, or stands by itself: a finding, a slip, a commitment, a watch. As they were said for who may see persons, else covered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.cases.queries.requesters import known_of
from minsheng.cases.rules.masking import NOBODY, Known, all_of, cover, cover_people
from minsheng.cases.rules.visibility import SEES_PERSONAL, UNIT_SEES_PERSONAL
from minsheng.kit.subject_page import SubjectPage
from minsheng.org import queries as org

P = TypeVar("P", bound=SubjectPage)
_NEWEST = 200  # orders of a unit


def as_said(by: Actor) -> bool:
    """Does the reader read it as it was said? A unit does, but for what concerns an order of secrecy (rulings, 11)."""
    return bool(by.roles & (SEES_PERSONAL | UNIT_SEES_PERSONAL))


def reads_all(by: Actor) -> bool:
    """Also what concerns one who asked for secrecy?"""
    return bool(by.roles & SEES_PERSONAL)


def people_of(case_ids: set[int]) -> dict[int, Known]:
    """Who asks in these cases, for rows that know their ids alone. At most four statements."""
    return known_of(Case.objects.filter(id__in=case_ids)) if case_ids else {}


def _about(row: Any) -> list[int]:
    """The case that the row hangs on, or those that it names."""
    one = getattr(row, "case_id", None)
    return [one] if one else list(getattr(row, "cases", None) or ())


def _lately(units: set[int], only_sealed: bool) -> dict[int, Known]:
    """unit -> who asked in the newest orders of its line: its words may name one of them. At most four statements for each unit."""
    def orders(unit: int) -> list[Case]:
        line = {*org.tree().path(unit), *org.tree().subtree(unit)} if unit in org.tree().by_id else {unit}
        found = Case.objects.filter(lead__in=line, **({"sealed": True} if only_sealed else {}))
        return list(found.select_related("contact").order_by("-id")[:_NEWEST])

    return {unit: all_of(known_of(orders(unit)).values()) for unit in units}


@dataclass(frozen=True, slots=True)
class _Cover:
    """Of one row: whom its words may name, and whether all else that tells of a person is covered as well."""

    people: Known
    whole: bool = True

    def __call__(self, text: Any) -> Any:
        return cover(text, self.people) if self.whole else cover_people(text, self.people)


def _covers(rows: list[Any], only_sealed: bool = False, about: Iterable[int] = ()) -> list[_Cover]:
    """For each row. `only_sealed`: its reader may know everybody but who asked for secrecy, of whose case it reads nothing uncovered."""
    more = set(about)
    own = [set(_about(row)) for row in rows]
    ids = more.union(*own)
    if only_sealed and ids:
        ids = set(Case.objects.filter(id__in=ids, sealed=True).values_list("id", flat=True))
    people = people_of(ids)
    lately = _lately({row.unit_id for row in rows if getattr(row, "unit_id", None)} if not more else set(), only_sealed)
    return [_Cover(all_of([*(people.get(id_, NOBODY) for id_ in sorted(mine | more)), lately.get(getattr(row, "unit_id", 0), NOBODY)]),
                   not only_sealed or not ids.isdisjoint(mine)) for row, mine in zip(rows, own, strict=True)]


_FIGURES = re.compile(r"\d{5}")


def _official(shown: _Cover, text: str) -> str:
    """Who answers for the work is named, whatever the name is like: it is never who asked (rulings, 103). With a number it is covered as all else."""
    return str(shown(text) if _FIGURES.search(text) else cover_people(text, shown.people))


def covered(rows: list[Any], *fields: str, by: Actor | None = None, officials: tuple[str, ...] = ()) -> list[Any]:
    """The rows, to be shown and never saved. `by` None: for a table that leaves, which is covered whoever takes it. `officials`: columns that
    name who answers for the work."""
    if by is not None and reads_all(by):
        return rows
    for row, shown in zip(rows, _covers(rows, by is not None and as_said(by)), strict=True):
        for name in fields:
            setattr(row, name, shown(getattr(row, name)))
        for name in officials:
            setattr(row, name, _official(shown, getattr(row, name)))
    return rows


def covered_page(page: P, *fields: str, by: Actor, about: Iterable[int] = (), officials: tuple[str, ...] = ()) -> P:
    """The page, with these columns of its subject and all that its history says as `covered`. `about`: cases that its row does not name."""
    if reads_all(by):
        return page
    shown = _covers([page.subject], as_said(by), about)[0]
    for name in fields:
        setattr(page.subject, name, shown(getattr(page.subject, name)))
    for name in officials:
        setattr(page.subject, name, _official(shown, getattr(page.subject, name)))
    page.history[:] = [one | {"text": shown(one["text"])} for one in page.history]
    return page
