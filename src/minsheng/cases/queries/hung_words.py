"""Words on what hangs on a case, or stands by itself: a finding, an objection, a watch. As they were said for who may see persons, else covered."""

from __future__ import annotations

from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.cases.queries.requesters import known_of
from minsheng.cases.rules.masking import NOBODY, Known, cover
from minsheng.cases.rules.visibility import SEES_PERSONAL, UNIT_SEES_PERSONAL


def as_said(by: Actor) -> bool:
    return bool(by.roles & (SEES_PERSONAL | UNIT_SEES_PERSONAL))


def people_of(case_ids: set[int]) -> dict[int, Known]:
    """Who asks in these cases, for rows that know their ids alone. At most four statements."""
    return known_of(Case.objects.filter(id__in=case_ids)) if case_ids else {}


def covered(rows: list[Any], *fields: str, by: Actor | None = None) -> list[Any]:
    """The rows, to be shown and never saved. `by` None: for a table that leaves, which is covered whoever takes it."""
    if by is not None and as_said(by):
        return rows
    people = people_of({row.case_id for row in rows if getattr(row, "case_id", None)})
    for row in rows:
        for name in fields:
            setattr(row, name, cover(getattr(row, name), people.get(getattr(row, "case_id", 0), NOBODY)))
    return rows


def covered_history(told: list[dict], case_id: int, by: Actor) -> list[dict]:
    """What `kit.subject_page.history` says, as `covered`."""
    if as_said(by):
        return told
    people = people_of({case_id} if case_id else set()).get(case_id, NOBODY)
    return [one | {"text": cover(one["text"], people)} for one in told]
