"""An open case that is brought in is read for danger like any other: urgent and restricted from its first second, an alarm on the shift
leader's desk. What has ended is not read: nobody can be helped by it, and a history is millions of rows.
"""

from __future__ import annotations

from datetime import datetime

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor
from minsheng.cases.effects import alarm, restriction
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import CaseReader
from minsheng.cases.queries import dangers
from minsheng.cases.queries.facts import acting_for
from minsheng.cases.rules import OPEN, State
from minsheng.cases.rules.danger import Reading
from minsheng.cases.rules.source_row import Brought


class Watch:
    """Over one batch: who sees what is restricted is asked once, not for every row. `at`: when the rows come in."""

    def __init__(self, by: Actor, at: datetime):
        self.by, self.at = by, at
        self._first: list[int] | None = None
        self._of_unit: dict[int, list[int]] = {}

    def hear(self, case, row: Brought) -> Reading:
        """What the words of an open case say of danger; its marks say so, too."""
        said = dangers.read(row.title, row.narrative, row.place) if State(case.state) in OPEN else Reading()
        if said.codes:
            mark(case, danger=said.codes, alarm=self.at if said.urgent else None)
        return said

    def shut(self, case, said: Reading) -> list[int]:
        """Restrict a case whose words or whose matter ask for it. Its readers; [] for one that is open to all."""
        ground = (said.restricted or alarm.of_matter(case)) if State(case.state) in OPEN else ""
        if ground and self._first is None:
            self._first = restriction.first_readers(case, self.by)
        if not ground or not self._first:
            return []
        restriction.close(case, ground, self.at)
        return self._first

    def readers(self, case, first: list[int], units: list[int], step_id: int) -> list[CaseReader]:
        """Rows for the first readers, and for the head and the liaison of each unit that has the case in hand."""
        for unit in units:
            if unit not in self._of_unit:
                self._of_unit[unit] = people.first_of_unit(acting_for(unit))
        persons = sorted({*first, *(p for unit in units for p in self._of_unit[unit])})
        return [CaseReader(case_id=case.id, person_id=p, until=self.at + restriction.AT_FIRST, step_id=step_id) for p in persons]
