"""Every case that a step touches, locked before it is judged, always in the order of their ids.

Two steps that name each other's cases wait for one another; neither judges what the other is about to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Q

from minsheng.cases.models import Case, CaseLink
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Refused, no

_TRIES = 5  # a group that keeps changing while we look at it: somebody merges and unmerges in a loop


def lock(case_id: int, step: Step, given: Mapping) -> dict[int, Case]:
    """The case and those that `step.touches` names, locked: id -> row. {} when there is no such case.

    touches  group: the case's master and what is merged into either; ever: also what was once, in whose words it is masked
             for good; or the name of a field that holds a case's id, whose group is touched too
    """
    if not step.touches:
        return {case.id: case for case in _rows([case_id])}
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
    list(_rows(_group(case_ids, ever=True)))


def _named(case_id: int, step: Step, given: Mapping) -> set[int]:
    named = {case_id}
    for name in step.touches:
        text = str(given.get(name, ""))
        if name not in ("group", "ever") and text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63:
            named.add(int(text))
    return named


def _group(ids: Iterable[int], ever: bool = False) -> set[int]:
    """These cases, the masters they are merged into, and all that is merged into any of them, or `ever` was."""
    found, more = set(), set(ids)
    while more:
        found |= more
        pairs = [*Case.objects.filter(Q(id__in=more) | Q(master_id__in=more)).values_list("id", "master_id")]
        if ever:
            pairs += CaseLink.objects.filter(Q(case_id__in=more) | Q(other_id__in=more), kind="merge").values_list("case_id", "other_id")
        more = {i for pair in pairs for i in pair if i} - found
    return found


def _rows(ids: Iterable[int]):
    return Case.objects.select_for_update(of=("self",)).select_related("contact").filter(id__in=sorted(ids)).order_by("id")
