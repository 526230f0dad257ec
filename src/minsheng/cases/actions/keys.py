"""The sender's key of a step: the same step sent twice is one step, whatever was lost on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime

from minsheng.accounts.rules import Actor
from minsheng.cases.effects.context import Created
from minsheng.cases.models import Case, CaseStep, StepKey
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.uploads import is_upload
from minsheng.kit.verdict import Invalid, Refused, no

LONGEST = 120


def taken_before(case_id: int, key: str, step: str, by: Actor, raw: Mapping) -> CaseStep | None:
    """The row that was taken with this key, `replayed` set. Refused when the key was used for something else."""
    if len(key) > LONGEST:
        raise Invalid({"idempotency_key": f"幂等键最多 {LONGEST} 个字符"})
    kept = next(iter(_KEPT(case_id, key)), None)
    if kept is None:
        return None
    if bytes(kept.digest) != digest_of(step, by, raw):
        raise Refused(no("key_reused", "同一幂等键已用于内容不同的操作，请换一个键", "idempotency_key"))
    row = CaseStep.objects.get(id=kept.step_id)
    row.replayed = True
    row.made = tuple(Created(case, "", replayed=True) for case in Case.objects.filter(id__in=row.given.get("made", ())).order_by("id"))
    return row


_KEPT = PreparedRows(StepKey.objects.all, "WHERE case_id = %s AND key = %s")


def of(row: CaseStep, key: str, by: Actor, raw: Mapping) -> StepKey:
    """To be kept with the step."""
    return StepKey(case_id=row.case_id, key=key, step_id=row.id, digest=digest_of(row.step, by, raw))


def digest_of(step: str, by: Actor, raw: Mapping) -> bytes:
    """Of who asked for what: files by their bytes, all else as it was sent."""
    text = json.dumps([step, by.id, by.case_id, dict(raw)], default=_plain, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).digest()


def _plain(value) -> str:
    if is_upload(value):
        return hashlib.sha256(value.content).hexdigest()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
