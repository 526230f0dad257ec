"""Every case that a step touches, locked before it is judged, always in the order of their ids.

Two steps that name each other's cases wait for one another; neither judges what the other is about to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction

from minsheng.cases.models import Case
from minsheng.kit.prepared_rows import PreparedRows, prepared
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Refused, no

_TRIES = 5  # a group that keeps changing while we look at it: somebody merges and unmerges in a loop


def lock(case_id: int, step: Step, given: Mapping) -> dict[int, Case]:
    """The case and those that `step.touches` names, locked: id -> row. {} when there is no such case.

    touches  group: the case's master and what is merged into either; ever: also what was once, in whose words it is masked
             for good; or the name of a field that holds a case's id, whose group is touched too
    """
    if step.touches in ((), ("group",)):
        hold = transaction.savepoint() if step.touches else ""
        rows = {case.id: case for case in _rows([case_id])}
        if not step.touches or (case_id in rows and _is_alone(rows[case_id])):
            return rows
        transaction.savepoint_rollback(hold)  # the others come in their order
    ever = "ever" in step.touches
    for _ in range(_TRIES):
        hold = transaction.savepoint()
        rows = {case.id: case for case in _rows(_group(_named(case_id, step, given), ever))}
        if _group(rows, ever) <= set(rows):
            transaction.savepoint_commit(hold)
            return rows
        transaction.savepoint_rollback(hold)  # gives the locks back: the group grew while we waited for it
    raise Refused(no("busy", "这几件工单正在被合并或拆开，请稍后重试"))


def lock_all(case_ids: Iterable[int]) -> None:
    """Lock several cases with all that they touch before a run of merges."""
    _rows(_group(case_ids, ever=True))


def _is_alone(case: Case) -> bool:
    """Merged with nobody: who merges it now waits for the row that we hold."""
    return case.master_id is None and not case.marks.merged


def _named(case_id: int, step: Step, given: Mapping) -> set[int]:
    named = {case_id}
    for name in step.touches:
        text = str(given.get(name, ""))
        if name not in ("group", "ever") and text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63:
            named.add(int(text))
    return named


def _group(ids: Iterable[int], ever: bool = False) -> set[int]:
    """These cases, the masters they are merged into, and all that is merged into any of them, or `ever` was."""
    with prepared() as cursor:
        cursor.execute(_EVER if ever else _NOW, [list(ids)])
        return {id_ for id_, in cursor.fetchall()}


_NOW = """
WITH RECURSIVE found(id) AS (
  SELECT unnest(%s::bigint[])
  UNION
  SELECT beside.id FROM found, LATERAL (
    SELECT master_id AS id FROM cases_case WHERE cases_case.id = found.id AND master_id IS NOT NULL
    UNION ALL SELECT id FROM cases_case WHERE master_id = found.id
  ) AS beside
) SELECT id FROM found"""
_EVER = _NOW.replace("  ) AS beside", """\
    UNION ALL SELECT other_id FROM cases_caselink WHERE case_id = found.id AND kind = 'merge'
    UNION ALL SELECT case_id FROM cases_caselink WHERE other_id = found.id AND kind = 'merge'
  ) AS beside""")


def _rows(ids: Iterable[int]) -> list[Case]:
    return _LOCKED(sorted(ids))


_LOCKED = PreparedRows(lambda: Case.objects.select_related("contact"),
                       "WHERE cases_case.id = ANY(%s::bigint[]) ORDER BY cases_case.id FOR UPDATE OF cases_case")
