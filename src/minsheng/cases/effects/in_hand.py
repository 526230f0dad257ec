"""Rows of a case's other tables: read once for a step, before its effect; the effect sees and changes them in memory, and they are written
with the step. So an effect asks the database nothing, and what is sealed is what is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from django.db.models import Model

from minsheng.cases.models import Case, CaseAsk, CaseLink, CaseReader, CaseTask, CaseText
from minsheng.kit.prepared_rows import PreparedRows

Row = TypeVar("Row", bound=Model)


class InHand(Generic[Row]):
    """Rows of one kind. `read`: (the id of the case) -> its rows as they are kept; a case that is being made has none."""

    def __init__(self, name: str, read: Callable[[int], list[Row]]):
        self.name, self.read = f"in_hand_{name}", read

    def of(self, case: Case) -> list[Row]:
        rows: list[Row] | None = case.__dict__.get(self.name)
        if rows is None:
            rows = case.__dict__[self.name] = [] if case._state.adding else self.read(case.id)
        return rows

    def held(self, case: Case) -> bool:
        """Were they read for the step that is being taken?"""
        return self.name in case.__dict__

    def add(self, case: Case, *rows: Row) -> None:
        """New rows, which somebody keeps with the step."""
        self.of(case).extend(rows)


READERS = InHand("readers", PreparedRows(CaseReader.objects.all, "WHERE case_id = %s"))
TASKS = InHand("tasks", PreparedRows(CaseTask.objects.all, "WHERE case_id = %s ORDER BY id"))
WAITING = InHand("asks", PreparedRows(CaseAsk.objects.all, "WHERE case_id = %s AND ruled_at IS NULL"))
LINKS = InHand("links", PreparedRows(CaseLink.objects.all, "WHERE case_id = %s AND kind = 'merge' AND undone_at IS NULL"))
WORDS = InHand("words", PreparedRows(CaseText.objects.all, "WHERE case_id = %s FOR UPDATE"))
_ALL = (READERS, TASKS, WAITING, LINKS, WORDS)


def let_go(case: Case) -> None:
    """Afterwards they are read anew."""
    for kept in _ALL:
        case.__dict__.pop(kept.name, None)
