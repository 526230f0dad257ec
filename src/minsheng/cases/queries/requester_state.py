"""What must hold of every requester, whatever was done: looked for by `doctor`, by the random walks and after a storm.

Each function yields one sentence for each case that breaks it, at most `MOST`; none of them writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from minsheng.cases.models import Case, CaseLink, CaseStep
from minsheng.cases.queries import marked, parties
from minsheng.cases.rules import State, callback

MOST, _CHUNK = 20, 500
_ENDED_WITH_IT = (State.CLOSED, State.TERMINATED, State.FINAL_REPLIED)  # an order that ends so ends for those merged into it, too


def _cases(database: str) -> QuerySet[Case]:
    return Case.objects.using(database)


def merged_astray(database: str = "default") -> Iterator[str]:
    """No case is merged into one that is neither handled nor has ended with it. One statement."""
    good = Q(state__in=[s.value for s in (*(s for s in State if s.is_open), *_ENDED_WITH_IT)], master_id=None)
    masters = _cases(database).filter(good, id=OuterRef("master_id"))
    rows = _cases(database).filter(~Exists(masters), state=State.MERGED, imported=False).values_list("number", "master_id")[:MOST]
    yield from (f"{number} 并入的工单（{master or '没有'}）不在办，也不是一起办结的" for number, master in rows)


def not_merged_with_master(database: str = "default") -> Iterator[str]:
    """Only a merged case points at another. One statement."""
    rows = _cases(database).filter(master_id__isnull=False).exclude(state=State.MERGED).values_list("number", "state")[:MOST]
    yield from (f"{number} 状态为“{State(state).label}”，却还指向一个主单" for number, state in rows)


def wrongly_counted(database: str = "default") -> Iterator[str]:
    """An order counts those merged into it. Two statements."""
    there = dict(_cases(database).filter(state=State.MERGED, master_id__isnull=False).values_list("master_id").annotate(n=Count("id")).order_by())
    rows = _cases(database).filter(Q(id__in=list(there)) | marked.HOLDS_MERGED).values_list("id", "number", marked.MERGED_COUNT)
    wrong = ((number, counted or 0, there.get(id_, 0)) for id_, number, counted in rows if (counted or 0) != there.get(id_, 0))
    yield from (f"{number} 记有 {counted} 件并入，实际 {real} 件" for number, counted, real in islice(wrong, MOST))


def left_alone(database: str = "default") -> Iterator[str]:
    """An order whose own requester has withdrawn is open only while somebody is merged into it. One statement."""
    others = _cases(database).filter(master_id=OuterRef("pk"), state=State.MERGED)
    rows = _cases(database).filter(marked.left(), ~Exists(others), closed_at=None).values_list("number", flat=True)[:MOST]
    yield from (f"{number} 的诉求人都已撤回，工单还在办" for number in rows)


def split_without_parts(database: str = "default") -> Iterator[str]:
    """A split case answers with its parts. One statement."""
    parts = CaseLink.objects.using(database).filter(kind="split", other_id=OuterRef("pk"))
    rows = _cases(database).filter(~Exists(parts), state=State.SPLIT, imported=False).values_list("number", flat=True)[:MOST]
    yield from (f"{number} 已拆分，却没有拆出的工单" for number in rows)


def closed_unfinished(database: str = "default") -> Iterator[str]:
    """A closed case has every requester called back, or lawfully not reached. Reads all closed cases, 500 at a time.

    Cases closed before calls carried their half-day were closed by other rules, and so were those brought in.
    """
    last, found = 0, 0
    while found < MOST:
        rows = list(_cases(database).filter(id__gt=last, state=State.CLOSED, imported=False).order_by("id").only("id", "number")[:_CHUNK])
        if not rows:
            return
        ids, last = [case.id for case in rows], rows[-1].id
        older = set(CaseStep.objects.using(database).filter(case_id__in=ids, id__gte=ids[0], step=callback.CALL)
                    .exclude(given__has_key="half_day").values_list("case_id", flat=True))
        standing = parties.read(ids, database)
        for case in rows:
            lack = "" if case.id in older else callback.lacking(standing[case.id])
            if lack and found < MOST:
                found += 1
                yield f"{case.number} 已办结，{lack}"


QUICK = (merged_astray, not_merged_with_master, wrongly_counted, left_alone, split_without_parts)
ALL = (*QUICK, closed_unfinished)
