"""The ends of the cases' chains, taken down every hour outside the database (rulings, 14).

Each anchor is a file DATA/anchors/DIGEST.heads with a line "case seq hash" for every case that changed since the anchor before,
and an entry of the ledger that holds the file's SHA-256. Whoever owns the database alone cannot rewrite a case that was anchored.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from minsheng.cases.models import CaseStep
from minsheng.cases.queries import verify_chain
from minsheng.kit import feed
from minsheng.ledger import actions as ledger
from minsheng.ledger import queries as entries

_BATCH = 2000


def folder() -> Path:
    return settings.DATA / "anchors"


@transaction.atomic
def anchor() -> int:
    """Take down what changed since the last anchor; no case and no entry since: no anchor. Returns the number of cases."""
    last = entries.last_anchor()
    upto = feed.settled()  # rows of this and later transactions are looked at next time
    folder().mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder(), prefix=".new")
    digest, cases, steps = hashlib.sha256(), 0, 0
    try:
        with os.fdopen(handle, "wb") as file:
            for case_id, seq, head in _changed(last.detail.get("upto", "") if last else ""):
                line = f"{case_id} {seq} {bytes(head).hex()}\n".encode()
                digest.update(line)
                file.write(line)
                cases, steps = cases + 1, steps + seq
            file.flush()
            os.fsync(file.fileno())
        if cases or entries.grown():  # a day without cases still anchors who logged in and what was seen
            os.replace(name, folder() / f"{digest.hexdigest()}.heads")
            ledger.anchor(heads_digest=digest.hexdigest(), cases=cases, steps=steps, upto=str(upto))
    finally:
        Path(name).unlink(missing_ok=True)
    return cases


def _changed(upto: str) -> Iterator[tuple[int, int, bytes]]:
    """Heads of the cases with a step written since the anchor before, whatever time it bears (cases brought in carry old times)."""
    where, values = "", []
    if upto.isdigit():
        where, values = "AND id IN (SELECT case_id FROM cases_casestep WHERE written_in >= %s)", [int(upto)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, seq, head FROM cases_case WHERE seq > 0 {where} ORDER BY id", values)
        while rows := cursor.fetchmany(_BATCH):
            yield from rows


def broken() -> Iterator[str]:
    """What no longer fits an anchor, in words: a file that is gone or changed, a step that is gone or has another hash."""
    for entry in entries.anchors():
        digest = entry.detail.get("heads", "")
        path = folder() / f"{digest}.heads"
        if not path.exists():
            yield f"锚定 {entry.id}：文件 {path.name} 不在数据目录"
            continue
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            yield f"锚定 {entry.id}：文件 {path.name} 被改动"
            continue
        lines = content.decode("ascii").splitlines()
        for first in range(0, len(lines), _BATCH):
            yield from _unfit(entry.id, lines[first : first + _BATCH])


def _unfit(entry_id: int, lines: list[str]) -> Iterator[str]:
    kept = {(int(case), int(seq)): hash_ for case, seq, hash_ in (line.split() for line in lines)}
    cases = {case for case, _ in kept}
    rows = CaseStep.objects.filter(case_id__in=cases, id__gte=min(cases), seq__in={seq for _, seq in kept})
    now = {(case, seq): bytes(hash_).hex() for case, seq, hash_ in rows.values_list("case_id", "seq", "hash")}
    for (case, seq), hash_ in kept.items():
        if now.get((case, seq)) != hash_:
            yield f"锚定 {entry_id}：工单 {case} 第 {seq} 步与锚定时不符或已不存在"


def verify_history(processes: int = 1, progress: verify_chain.Progress | None = None) -> Iterator[verify_chain.Broken | str]:
    """For `doctor`: every row of history that was changed, deleted or cut off, every value that is not as the steps left it, and what
    no longer fits the anchors outside the database."""
    yield from verify_chain.broken_rows(processes, progress)
    yield from broken()
