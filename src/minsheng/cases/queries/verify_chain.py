"""Checks the chain of every case, and takes its steps once more: for `doctor --verify-history` and the benches.

Cases are read by ranges of ids, on as many processors as are given. What is found is looked at a second time, all in one view of the
database: a step that somebody took meanwhile is no damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from minsheng.cases.models import (
    Case,
    CaseAsk,
    CaseClock,
    CaseFile,
    CaseLink,
    CaseNumber,
    CaseReader,
    CaseRound,
    CaseStep,
    CaseTask,
    CaseText,
    StepText,
)
from minsheng.cases.queries import parts
from minsheng.cases.rules import decided, hash_chain, replay
from minsheng.cases.rules.hash_chain import Broken
from minsheng.kit.forks import forked

CHUNK, RANGE = 500, 2000  # cases read at once; cases that a process takes at once
_AGAIN = 5000  # findings beyond which nobody's step explains them: they are not looked at twice
Progress = Callable[[int, int], object]  # (cases looked at, of how many)


def broken_rows(processes: int = 1, progress: Progress | None = None) -> Iterator[Broken]:
    """Every row that does not verify and every value that is not as the steps left it, case by case; reads all steps."""
    found = list(_first_look(processes, progress))
    if connection.in_atomic_block or len(found) > _AGAIN:
        yield from found
    elif found:
        yield from _second_look(sorted({one.case_id for one in found}))
    yield from _without_case()
    yield from _numbers_without_case()


# --- by ranges, on several processors ---------------------------------------------------


def _first_look(processes: int, progress: Progress | None) -> Iterator[Broken]:
    total, starts = Case.objects.count(), _starts()
    across, done = _across(), 0
    for looked, found in _looked(processes, [(start, end, across) for start, end in zip(starts, [*starts[1:], None], strict=False)]):
        done += looked
        if progress:
            progress(done, total)
        yield from found


def _starts() -> list[int]:
    """The first id of each range. One statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM cases_case) r WHERE n %% %s = 1 ORDER BY id", [RANGE])
        return [id_ for (id_,) in cursor.fetchall()]


Part = tuple[int, int | None, "Across"]  # from this id, up to that one, with what other cases say
_parts: list[Part] = []  # what the processes that are forked find in their memory


def _looked(processes: int, parts: list[Part]) -> Iterator[tuple[int, list[Broken]]]:
    """(cases, what was found) of each range, in order. Inside a transaction nobody else would see what it wrote: this process looks."""
    if processes < 2 or len(parts) < 2 or connection.in_atomic_block:
        yield from (_look(*part) for part in parts)
        return
    _parts[:] = parts
    try:
        with forked(min(processes, len(parts))) as pool:
            yield from pool.imap(_look_at, range(len(parts)))
    finally:
        _parts.clear()


def _look_at(n: int) -> tuple[int, list[Broken]]:
    return _look(*_parts[n])


def _look(start: int, end: int | None, across: Across) -> tuple[int, list[Broken]]:
    last, looked, found = start - 1, 0, []
    within = Case.objects.order_by("id") if end is None else Case.objects.filter(id__lt=end).order_by("id")
    while cases := list(within.filter(id__gt=last)[:CHUNK]):
        last, looked = cases[-1].id, looked + len(cases)
        found += _wrong(cases, across)
    return looked, found


def _second_look(ids: list[int]) -> Iterator[Broken]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        across = _across()
        for n in range(0, len(ids), CHUNK):
            yield from _wrong(list(Case.objects.filter(id__in=ids[n : n + CHUNK]).order_by("id")), across)


# --- some cases ------------------------------------------------------------------------


@dataclass(frozen=True)
class Across:
    """What steps of one case say of another: few, and read once.

    touched   case -> (when, step, what it left different there): merges, and calls of requesters who were merged
    redacted  case -> (the last step that took a merged requester's words out of it, the digest of its words since)
    named     case -> (the last step that gave it its requester's number, the digest of who that is)
    parted    case -> requester -> the last step that undid their merge into it
    reworded  step -> the digests of its words since who was erased was covered in them
    """

    touched: Mapping[int, list[tuple[datetime, int, decided.Told]]]
    redacted: Mapping[int, tuple[int, str]]
    parted: Mapping[int, Mapping[int, int]]
    named: Mapping[int, tuple[int, str]]
    erased: frozenset[int]
    reworded: Mapping[int, Mapping[str, str]]
    split: frozenset[int]  # cases of which a part was erased


def _across() -> Across:
    touched: dict[int, list[tuple[datetime, int, decided.Told]]] = {}
    redacted: dict[int, tuple[int, str]] = {}
    named: dict[int, tuple[int, str]] = {}
    parted: dict[int, dict[int, int]] = {}
    reworded: dict[int, Mapping[str, str]] = {}
    rows = CaseStep.objects.filter(given__has_any_keys=["others", "redacted", "named"]).order_by("id")
    for id_, at, recorded_at, given in rows.values_list("id", "at", "recorded_at", "given").iterator():
        for case_id, changed in given.get("others", {}).items():
            told = decided.Told(changed, recorded_at is not None)
            touched.setdefault(int(case_id), []).append((recorded_at or at, id_, told))
        redacted.update({int(case_id): (id_, digest) for case_id, digest in given.get("redacted", {}).items()})
        named.update({int(case_id): (id_, digest) for case_id, digest in given.get("named", {}).items()})
        reworded.update({int(step): digests for step, digests in given.get("reworded", {}).items()})
        for case_id, who in given.get("parted", {}).items():
            parted.setdefault(int(case_id), {}).update(dict.fromkeys(who, id_))
    erased = dict(Case.objects.filter(erased=True).values_list("id", "parent_id"))
    return Across(touched, redacted, parted, named, frozenset(erased), reworded, frozenset(parts.with_an_erased_part(erased.values())))


def _wrong(cases: list[Case], across: Across) -> list[Broken]:
    """Fourteen statements."""
    ids, found = [case.id for case in cases], []
    steps = {case: list(rows) for case, rows in groupby(_steps(ids), key=lambda row: row.case_id)}
    words, texts, beside = _words(ids), _texts(ids), _beside(ids)
    for case in cases:
        rows = steps.get(case.id, [])
        head = bytes(case.head) if case.head is not None else None
        kept = hash_chain.StoredCase(case.seq, head, case.state, words, texts.get(case.id), across.erased, case.id in across.split,
                               across.redacted.get(case.id, (0, "")), across.parted.get(case.id, {}), across.reworded,
                               case.contact_id, across.named.get(case.id, (0, "")))
        found += hash_chain.broken(case.id, rows, kept)
        history = replay.History(case, rows, across.touched.get(case.id, ()), across.parted.get(case.id, {}))
        found += [Broken(case.id, 0, sentence) for sentence in replay.findings(history, beside(case.id))]
    return found


def _beside(ids: list[int]) -> Callable[[int], replay.Beside]:
    """Tables beside the cases, by case. Eight statements."""
    tables = {name: _grouped(model, ids) for name, model in (("asks", CaseAsk), ("tasks", CaseTask), ("rounds", CaseRound), ("clocks", CaseClock),
                                                             ("files", CaseFile), ("readers", CaseReader))}
    tables["links"] = {}
    reopened = Q(kind="reopen", other_id__in=ids)
    for link in CaseLink.objects.filter(reopened | Q(~Q(kind="reopen"), case_id__in=ids)).order_by("id"):
        tables["links"].setdefault(link.other_id if link.kind == "reopen" else link.case_id, []).append(link)
    numbers: dict[int, set[str]] = {}
    given = CaseNumber.objects.filter(number__in=Case.objects.filter(id__in=ids).values("number"))
    for case_id, number in given.values_list("case_id", "number"):
        numbers.setdefault(case_id, set()).add(number)

    def of(case_id: int) -> replay.Beside:
        rows: dict[str, Any] = {name: by_case.get(case_id, []) for name, by_case in tables.items()}
        return replay.Beside(**rows, numbers=frozenset(numbers.get(case_id, ())))

    return of


def _grouped(model: Any, ids: list[int]) -> dict[int, list]:
    found: dict[int, list] = {}
    for row in model.objects.filter(case_id__in=ids).order_by("id"):
        found.setdefault(row.case_id, []).append(row)
    return found


def _steps(ids: list[int]) -> list[CaseStep]:
    return list(CaseStep.objects.filter(case_id__in=ids, id__gte=ids[0]).order_by("case_id", "seq"))


def _words(ids: list[int]) -> dict[int, tuple[bytes, dict]]:
    """step id -> (salt, words) of what has not been erased."""
    rows = StepText.objects.filter(case_id__in=ids).values_list("step_id", "salt", "words")
    return {step: (bytes(salt), words) for step, salt, words in rows if words}


def _texts(ids: list[int]) -> dict[int, CaseText]:
    """case id -> its words, without what is read off them."""
    return {row.case_id: row for row in CaseText.objects.filter(case_id__in=ids).only("narrative", "title", "place", "original", "elements", "salt")}


# --- without a case ----------------------------------------------------------------------


def _without_case() -> Iterator[Broken]:
    """Steps whose case is gone: the owner of the database may have dropped the foreign key and the case."""
    rows = CaseStep.objects.exclude(case_id__in=Case.objects.values("id")).values_list("case_id", "id")[:100]
    yield from (Broken(case, step, "步骤所属的工单不存在") for case, step in rows)


def _numbers_without_case() -> Iterator[Broken]:
    """A number that was given out and has no case any more."""
    rows = CaseNumber.objects.exclude(case_id__in=Case.objects.values("id")).values_list("case_id", "number")[:100]
    yield from (Broken(case, 0, f"编号 {number} 还在，工单行已被删除") for case, number in rows)
