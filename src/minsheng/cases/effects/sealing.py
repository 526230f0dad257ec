"""The step's own row: its words lie in an erasable row of their own, then it goes to the end of the chain."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from minsheng.cases.effects import case_text
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseReader, CaseStep, StepText
from minsheng.cases.rules import decided
from minsheng.cases.rules.hash_chain import SIGNED
from minsheng.cases.rules.masking import Known
from minsheng.cases.rules.procedure import JUDGED
from minsheng.kit import hash_chain

Readers = list[tuple[int, datetime]] | None  # (person, date until which); None: of a case that is not restricted


def readers_of(case: Case) -> Readers:
    """Whoever was ever named for a restricted case, with the date until which; None for any other: one statement."""
    if not case.restricted:
        return None
    return list(CaseReader.objects.filter(case_id=case.id).values_list("person_id", "until"))


def note_made(row: CaseStep, case: Case, readers: Readers) -> None:
    """What a new case begins with, in the last of its first steps; `readers`: of a restricted one."""
    row.given = {**row.given, "after": decided.snapshot(case, readers)}


def seal(case: Case, row: CaseStep, words: dict[str, Any], people: Known | None = None) -> StepText | None:
    """The row at the end of the case's chain. `words` lie in an erasable row of their own (returned, not saved); their digests in the
    history. `people`: who is masked in them; without, all who ask in the case."""
    text = None
    if words:
        salt = os.urandom(16)
        row.given = {**row.given, "words": {k: hash_chain.digest(salt, hash_chain.as_text(v)) for k, v in words.items()}}
        text = StepText(step=row, case_id=case.id, words=words, salt=salt,
                        **case_text.masked_step(words, case_text.people_of(case) if people is None else people))
    if row.step in JUDGED and row.by_id:  # who has done what others will judge: guards read it
        did = case.marks.did
        mark(case, did={**did, row.step: tuple(sorted({*did.get(row.step, ()), row.by_id}))})
    hash_chain.append(case, row, SIGNED)
    return text
