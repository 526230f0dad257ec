"""A case that was split, and what was split from it: a part may be split again (rulings, 34)."""

from __future__ import annotations

from collections.abc import Iterable

from minsheng.cases.models import Case
from minsheng.cases.rules import State


def above(case: Case) -> list[Case]:
    """What the case was split from, the nearest first. One statement for each."""
    found: list[Case] = []
    while (parent_id := (found[-1] if found else case).parent_id) is not None:
        found.append(Case.objects.get(id=parent_id))
    return found


def left_of(case_id: int, without: int = 0) -> bool:
    """Is there a part, or a part of one, that is not erased? `without`: that is being erased."""
    rows = list(Case.objects.filter(parent_id=case_id).exclude(id=without).only("id", "state", "erased"))
    return any(left_of(row.id, without) if row.state == State.SPLIT else not row.erased for row in rows)


def with_an_erased_part(erased: Iterable[int | None], database: str = "default") -> set[int]:
    """Of what erased cases were split from (`erased`: their parents), all, however often it was split."""
    found: set[int] = set()
    more = set(filter(None, erased))
    while more := more - found:
        found |= more
        more = set(filter(None, Case.objects.using(database).filter(id__in=more).values_list("parent_id", flat=True)))
    return found
