"""Checks the chain of every case, and what was anchored: for `doctor --verify-history` and the benches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from minsheng.cases.models import Case, CaseClock, CaseFile, CaseNumber, CaseReader, CaseStep, CaseText, StepText
from minsheng.cases.rules import decided, hash_chain

CHUNK = 500


def broken_rows() -> Iterator[hash_chain.Broken]:
    """Every row that does not verify, case by case; reads all steps, 500 cases at a time."""
    last = 0
    touched = _from_others()
    erased = frozenset(Case.objects.filter(erased=True).values_list("id", flat=True))
    redacted = _redacted()
    split = set(Case.objects.filter(erased=True, parent_id__isnull=False).values_list("parent_id", flat=True))
    while cases := list(Case.objects.filter(id__gt=last).order_by("id")[:CHUNK]):
        ids, last = [case.id for case in cases], cases[-1].id
        steps = {case: list(rows) for case, rows in groupby(_steps(ids), key=lambda row: row.case_id)}
        words, texts = _words(ids), _texts(ids)
        clocks, files, readers = _grouped(CaseClock, ids), _grouped(CaseFile, ids), _readers(ids)
        for case in cases:
            narrative, salt = texts.get(case.id, ("", None))
            kept = hash_chain.Kept(case.seq, case.head, case.state, words, narrative, salt, erased, case.id in split,
                                   redacted.get(case.id, (0, "")))
            rows = steps.get(case.id, [])
            yield from hash_chain.broken(case.id, rows, kept)
            expected = decided.add_up(one for _, one in sorted([*_own(rows), *touched.get(case.id, [])], key=lambda pair: pair[0]))
            wrong = decided.differences(expected, case, readers.get(case.id, ()) if case.restricted else None)
            wrong += _clocks_differ(case, clocks.get(case.id, []), expected) + _files_differ(rows, files.get(case.id, []))
            yield from (hash_chain.Broken(case.id, 0, sentence) for sentence in wrong)
    yield from _without_case()
    yield from _numbers_without_case()


def _own(rows: list[CaseStep]) -> list[tuple[int, dict]]:
    return [(row.id, row.given["after"]) for row in rows if "after" in row.given]


def _from_others() -> dict[int, list[tuple[int, dict]]]:
    """case id -> (step id, what it left different there), of steps taken on other cases: merges and the calls of merged requesters."""
    found: dict[int, list[tuple[int, dict]]] = {}
    for step, others in CaseStep.objects.filter(given__has_key="others").values_list("id", "given__others").iterator():
        for case_id, changed in others.items():
            found.setdefault(int(case_id), []).append((step, changed))
    return found


def _redacted() -> dict[int, tuple[int, str]]:
    """case id -> (the last step that took a merged requester's words out of it, the digest of its words since)."""
    found: dict[int, tuple[int, str]] = {}
    for step, changed in CaseStep.objects.filter(given__has_key="redacted").order_by("id").values_list("id", "given__redacted"):
        found.update({int(case_id): (step, digest) for case_id, digest in changed.items()})
    return found


def _grouped(model, ids: list[int]) -> dict[int, list]:
    found: dict[int, list] = {}
    for row in model.objects.filter(case_id__in=ids).order_by("id"):
        found.setdefault(row.case_id, []).append(row)
    return found


def _readers(ids: list[int]) -> dict[int, list[tuple]]:
    found: dict[int, list[tuple]] = {}
    for case_id, person, until in CaseReader.objects.filter(case_id__in=ids).values_list("case_id", "person_id", "until"):
        found.setdefault(case_id, []).append((person, until))
    return found


def _clocks_differ(case: Case, rows: list[CaseClock], expected: dict) -> list[str]:
    """The clocks say the dates that the steps left on the case."""
    found = []
    for code, column in (("sign", "sign_due_at"), ("contact", "contact_due_at"), ("handle", "handle_due_at")):
        last = next((row for row in reversed(rows) if row.code == code and not row.void), None)
        if last and column in expected and getattr(case, column) != last.due_at:
            found.append(f"{decided.COLUMNS[column]}与计时记录不符")
    return found


def _files_differ(steps: list[CaseStep], rows: list[CaseFile]) -> list[str]:
    """Each file hangs on the step that brought it, and nothing hangs there that no step brought."""
    if any(row.given.get("imported") for row in steps) or not any("after" in row.given for row in steps):
        return []
    brought = {(row.id, file) for row in steps for name in ("files", "document") for file in row.given.get(name, ())}
    linked = {(row.step_id, row.file_id) for row in rows}
    return [f"附件 {file} 与步骤 {step} 的记录不符" for step, file in sorted(brought ^ linked)]


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
