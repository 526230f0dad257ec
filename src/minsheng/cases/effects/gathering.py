"""Before a step's effect: what hangs on the case and may change with it is read, so that the effect asks the database nothing."""

from __future__ import annotations

from minsheng.cases.effects import alarm, case_text, clocks, restriction
from minsheng.cases.effects.context import BEFORE, Deed, files_of
from minsheng.cases.effects.in_hand import TASKS, WAITING
from minsheng.files import queries as files


def gather(deed: Deed) -> None:
    """Files, requests, tasks, clocks, what the effect itself asks for, and who is told of a restricted case."""
    case, moved = deed.case, deed.row.to != deed.row.frm
    if ids := files_of(deed):
        deed.files, deed.people = files.many(ids), case_text.people_of(case)
    if moved and case.marks.pending:
        WAITING.of(case)
    if moved and case.marks.tasks:
        TASKS.of(case)
    if moved or deed.step.limit or deed.step.clock:
        clocks.read(deed)
    for ask in BEFORE.get(deed.step.name, ()):
        ask(deed)
    restriction.read(deed, alarm.hear(deed))
