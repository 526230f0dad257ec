"""Checks the chain of every case, and what was anchored: for `doctor --verify-history` and the benches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from minsheng.cases.models import Case, CaseNumber, CaseStep, CaseText, StepText
from minsheng.cases.rules import hash_chain

CHUNK = 500


def broken_rows() -> Iterator[hash_chain.Broken]:
    """Every row that does not verify, case by case; reads all steps, 500 cases at a time."""
    last = 0
    while cases := list(Case.objects.filter(id__gt=last).order_by("id").only("id", "seq", "head", "state")[:CHUNK]):
        ids, last = [case.id for case in cases], cases[-1].id
        steps = {case: list(rows) for case, rows in groupby(_steps(ids), key=lambda row: row.case_id)}
        words, texts = _words(ids), _texts(ids)
        for case in cases:
            narrative, salt = texts.get(case.id, ("", None))
            kept = hash_chain.Kept(case.seq, case.head, case.state, words, narrative, salt)
            yield from hash_chain.broken(case.id, steps.get(case.id, []), kept)
    yield from _without_case()
    yield from _numbers_without_case()


def _steps(ids: list[int]) -> list[CaseStep]:
    return list(CaseStep.objects.filter(case_id__in=ids, id__gte=ids[0]).order_by("case_id", "seq"))


def _words(ids: list[int]) -> dict[int, tuple[bytes, dict]]:
    """step id -> (salt, words) of what has not been erased."""
    rows = StepText.objects.filter(case_id__in=ids).values_list("step_id", "salt", "words")
    return {step: (bytes(salt), words) for step, salt, words in rows if words}


def _texts(ids: list[int]) -> dict[int, tuple[str, bytes | None]]:
    """case id -> (narrative, salt)."""
    rows = CaseText.objects.filter(case_id__in=ids).values_list("case_id", "narrative", "salt")
    return {case: (narrative, None if salt is None else bytes(salt)) for case, narrative, salt in rows}


def _without_case() -> Iterator[hash_chain.Broken]:
    """Steps whose case is gone: the owner of the database may have dropped the foreign key and the case."""
    rows = CaseStep.objects.exclude(case_id__in=Case.objects.values("id")).values_list("case_id", "id")[:100]
    yield from (hash_chain.Broken(case, step, "步骤所属的工单不存在") for case, step in rows)


def _numbers_without_case() -> Iterator[hash_chain.Broken]:
    """A number that was given out and has no case any more."""
    rows = CaseNumber.objects.exclude(case_id__in=Case.objects.values("id")).values_list("case_id", "number")[:100]
    yield from (hash_chain.Broken(case, 0, f"编号 {number} 还在，工单行已被删除") for case, number in rows)
