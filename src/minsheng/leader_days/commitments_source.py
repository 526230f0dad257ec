"""Commitments as facts: of each its date and what became of it, step by step as it became known (rulings, 60, 63).

The owner of the lines is the case that the promise was made on: a list shows that, and who may not know of the case is not counted it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from minsheng.cases.effects import clocks
from minsheng.cases.queries import lists
from minsheng.leader_days.models import Commitment, CommitmentStep
from minsheng.leader_days.queries.feed import COLUMNS, COMMITMENT_STEPS
from minsheng.leader_days.rules.states import CommitmentState as C
from minsheng.measures.facts_of_case import Book, Entry, Fact
from minsheng.measures.sources import Source

_ENDED = frozenset({C.KEPT, C.LATE, C.WITHDRAWN})


def _touched(rows: list[tuple]) -> set[int]:
    commitments = {row[2 + COLUMNS.index("subject_id")] for row in rows}
    return set(Commitment.objects.filter(id__in=commitments).values_list("case_id", flat=True))


def _entries(case_ids: set[int]) -> dict[int, list[Entry]]:
    """Of every commitment on these cases. Two statements."""
    case_of = dict(Commitment.objects.filter(case_id__in=case_ids).values_list("id", "case_id"))
    found: dict[int, list[Entry]] = {}
    books: dict[int, Book] = {}
    known: dict[int, dict[str, Any]] = {}
    for id_, to, at, given in CommitmentStep.objects.filter(subject_id__in=case_of).order_by("seq").values_list("subject_id", "to", "at", "given"):
        now = known.setdefault(id_, {})
        now.update(given.get("after", {}))
        book = books.setdefault(id_, Book())
        book.write([_fact(case_of[id_], C(to), now)] if now.get("due") else [], at)
    for id_, book in books.items():
        found.setdefault(case_of[id_], []).extend(book.lines)
    return found


def _fact(case_id: int, state: C, now: dict[str, Any]) -> Fact:
    due = lists.day_start(date.fromisoformat(now["due"]) + timedelta(days=1)).astimezone(UTC).isoformat()
    return Fact("commitment", case_id, 0, due, now.get("owner_unit_id"), None, "", None, "", "", "", now.get("period_id"), False,
                standing=state.value if state in _ENDED else "open")


def _owners(start: datetime, end: datetime) -> set[int]:
    """The fact lies at the end of the day."""
    first, last = ((at - timedelta(seconds=1)).astimezone(clocks.city_calendar().zone).date() for at in (start, end))
    return set(Commitment.objects.filter(due__gte=first, due__lte=last).values_list("case_id", flat=True))


COMMITMENTS = Source(3, "commitment", "承诺", "leader_days_commitmentstep", COMMITMENT_STEPS, _touched, _entries, _owners, whole=True)
