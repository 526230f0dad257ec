"""The step's own row: its words lie in an erasable row of their own, then it goes to the end of the chain."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from minsheng.cases.effects import case_text
from minsheng.cases.effects.in_hand import READERS
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseStep, StepText
from minsheng.cases.rules.hash_chain import SIGNED
from minsheng.cases.rules.masking import Known
from minsheng.cases.rules.procedure import JUDGED
from minsheng.kit import hash_chain
from minsheng.kit.copy_rows import twin

_SaidRow = twin(StepText)
Readers = list[tuple[int, datetime]] | None  # (person, date until which); None: of a case that is not restricted


def readers_of(case: Case) -> Readers:
    """Whoever was ever named for a restricted case, with the date until which; None for any other."""
    return [(row.person_id, row.until) for row in READERS.of(case)] if case.restricted else None


def seal(case: Case, row: CaseStep, words: dict[str, Any], people: Known | None = None) -> StepText | None:
    """The row at the end of the case's chain. `words` lie in an erasable row of their own (returned, not saved); their digests in the
    history. `people`: who is masked in them; without, all who ask in the case."""
    text = None
    if words:
        salt = os.urandom(16)
        row.given = {**row.given, "words": {k: hash_chain.digest(salt, hash_chain.as_text(v)) for k, v in words.items()}}
        text = _SaidRow(step_id=row.id, case_id=case.id, words=words, salt=salt,
                        **case_text.masked_step(words, case_text.people_of(case) if people is None else people))
    if row.step in JUDGED and row.by_id:  # who has done what others will judge: guards read it
        did = case.marks.did
        mark(case, did={**did, row.step: tuple(sorted({*did.get(row.step, ()), row.by_id}))})
    hash_chain.append(case, row, SIGNED)
    return text
