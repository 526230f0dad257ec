"""What must be true of every case whatever steps it took: for `doctor`, and for the walks that look for ways around it.

Each sentence names the case and says what does not fit. A sound database yields none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from django.db.models import QuerySet

from minsheng.cases.models import Case, CaseAsk, CaseClock, CaseTask
from minsheng.cases.rules import ENDED, Ask, State, TaskState
from minsheng.cases.rules.clocks import OWED, stands_still

_BATCH = 1000
_OF_ENDED = (Ask.EXCLUSION.value, Ask.ERASURE.value)  # asked of cases that have ended


def unsound(cases: QuerySet[Case] | None = None) -> Iterator[str]:
    """Sentences about `cases`, by default all; a thousand cases at a time, four statements each."""
    asked = Case.objects.all() if cases is None else cases
    for some in _batches(asked.order_by("id").values_list("id", flat=True).iterator(_BATCH)):
        yield from unsound_rows(list(Case.objects.using(asked.db).filter(id__in=some).order_by("id")), asked.db)


def unsound_rows(rows: list[Case], database: str = "default") -> Iterator[str]:
    """The same of cases that were read. Three statements."""
    yield from _ended_with_work_left(rows, database)
    yield from _clocks(rows, database)


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    some: list[int] = []
    for id_ in ids:
        some.append(id_)
        if len(some) == _BATCH:
            yield some
            some = []
    if some:
        yield some


def _ended_with_work_left(rows: list[Case], database: str) -> Iterator[str]:
    """An ended case has no open task and no request that waits; what waits on an open one can be ruled where it stands."""
    ended = {case.id: case for case in rows if State(case.state) in ENDED}
    for task in CaseTask.objects.using(database).filter(case_id__in=ended, state__in=[s.value for s in TaskState if s.is_open]):
        yield f"{ended[task.case_id].number}：已{State(ended[task.case_id].state).label}，还有未完成的协办或二次派单任务 {task.id}"
    waiting: dict[int, set[str]] = {}
    for ask in CaseAsk.objects.using(database).filter(case_id__in=[case.id for case in rows], ruled_at=None):
        waiting.setdefault(ask.case_id, set()).add(ask.ask)
    for case in rows:
        asked = waiting.get(case.id, set())
        if asked != set(case.marks.pending):
            yield f"{case.number}：等待裁定的申请与工单上的标记不符"
        if case.id in ended and (left := asked - set(_OF_ENDED)):
            yield f"{case.number}：已{State(case.state).label}，还有等待裁定的申请：" + "、".join(Ask(a).label for a in sorted(left))


def _clocks(rows: list[Case], database: str) -> Iterator[str]:
    """A clock stands still where the case's place says so and runs everywhere else; whoever owes something has a date in sight."""
    found = CaseClock.objects.using(database).filter(case_id__in=[case.id for case in rows], met_at=None, void=False).order_by("case_id", "id")
    by_case = {case_id: list(clocks) for case_id, clocks in groupby(found, key=lambda row: row.case_id)}
    for case in rows:
        state, pending = State(case.state), set(case.marks.pending)
        clocks = by_case.get(case.id, [])
        for row in clocks:
            if stands_still(row.code, state, pending, case.statutory) != (row.paused_at is not None):
                yield f"{case.number}：{state.label}，“{row.code}”计时{'停着，没有理由' if row.paused_at else '还在走'}"
        if state not in OWED or (case.imported and not clocks):
            continue
        owed = [row for row in clocks if row.code in OWED[state]]
        if not owed or case.due_at is None:
            yield f"{case.number}：{state.label}，没有时限，不在任何人的清单里"
        elif case.paused and any(row.paused_at is None for row in owed):
            yield f"{case.number}：标为计时暂停，而“{owed[0].code}”计时在走"
