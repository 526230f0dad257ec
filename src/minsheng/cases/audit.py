"""Is the history what it was? Every case's chain, read whole. Part of queries.py by kind, split by size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.db import connection

from minsheng.cases import history
from minsheng.cases.history import Broken
from minsheng.cases.models import Case, CaseStep, StepText

CHUNK = 500


def verify_history() -> Iterator[str]:
    """A sentence for every row that was changed, deleted or cut off. Reads all steps once; memory is that of 500 cases."""
    last = 0
    while True:
        cases = list(Case.objects.filter(id__gt=last).order_by("id").values_list("id", "number", "seq", "head")[:CHUNK])
        if not cases:
            break
        yield from _chunk(cases)
        last = cases[-1][0]
    yield from _missing_cases()
    yield from _orphans()


def _chunk(cases: list[tuple]) -> Iterator[str]:
    ids = [c[0] for c in cases]
    steps = CaseStep.objects.filter(case_id__in=ids, id__gte=ids[0]).order_by("case_id", "seq")
    words = {t.step_id: (bytes(t.salt), t.words) for t in StepText.objects.filter(case_id__in=ids) if t.words}
    by_case = {case_id: list(rows) for case_id, rows in groupby(steps, key=lambda s: s.case_id)}
    for case_id, number, seq, head in cases:
        for found in history.broken(case_id, by_case.get(case_id, []), seq, head, words):
            yield _sentence(number, found)


def _sentence(number: str, found: Broken) -> str:
    return f"工单 {number}" + (f" 步骤行 {found.step_id}" if found.step_id else "") + f"：{found.why}"


def _missing_cases() -> Iterator[str]:
    """A number that was given out and has no case any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n.number FROM cases_casenumber n LEFT JOIN cases_case c ON c.id = n.case_id WHERE c.id IS NULL LIMIT 100")
        for (number,) in cursor.fetchall():
            yield f"工单 {number}：编号还在，工单行已被删除"


def _orphans() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT s.id FROM cases_casestep s LEFT JOIN cases_case c ON c.id = s.case_id WHERE c.id IS NULL LIMIT 100")
        for (step_id,) in cursor.fetchall():
            yield f"步骤行 {step_id}：所属工单行已被删除"
