"""The engine's applier for many: subjects with their steps, rows and seals, kept by COPY in one transaction.

`engine.take` asks whether a step may be taken and takes it; here are the steps of which that is known already (a history brought in,
a city made up for a bench). Rows, seal and tables are the same, so whoever reads them cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from minsheng.kit import hash_chain
from minsheng.kit.copy_rows import copy_in
from minsheng.kit.ids import new_id


class Bulk:
    """Rows table by table, in the order in which they may be written. They are models, or twins of them (`copy_rows.twin`)."""

    def __init__(self, signed: Sequence[str], order: Sequence[type[models.Model]]):
        self.signed = signed
        self.tables: dict[str, list[Any]] = {model._meta.label: [] for model in order}

    def add(self, *rows: Any) -> None:
        """Rows of any of the tables. KeyError: the table has no place in the order."""
        for row in rows:
            self.tables[row._meta.label].append(row)

    def rows(self, model: type[models.Model]) -> list[Any]:
        return self.tables[model._meta.label]

    def step_id(self, subject: Any, at: datetime) -> int:
        """An id for the subject's next step, after that of its last one and its own."""
        subject.last_step = new_id(at, after=getattr(subject, "last_step", subject.id))
        return int(subject.last_step)

    def seal(self, subject: Any, row: Any) -> None:
        """A step that is complete goes to the end of its subject's chain."""
        hash_chain.append(subject, row, self.signed)
        self.add(row)

    def keep(self) -> None:
        """All rows, or none."""
        with transaction.atomic():
            for rows in self.tables.values():
                copy_in(rows)


def next_of(sequence: str, count: int) -> list[int]:
    """The next values of a sequence of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count])
        return [value for (value,) in cursor.fetchall()]
