"""Cases whose steps are known already, kept by COPY (`kit.bulk`): a history brought in, a city made up for a bench.

Their rows are what `take` would have written: the words of a step in an erasable row with a salted digest in the history, what the
steps left the case at in the last of them, one chain.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import case_text
from minsheng.cases.effects.sealing import Readers
from minsheng.cases.models import (
    Case,
    CaseAsk,
    CaseClock,
    CaseFile,
    CaseLink,
    CaseNumber,
    CaseReader,
    CaseStep,
    CaseTask,
    CaseText,
    OutsideKey,
    StepText,
)
from minsheng.cases.rules import State, decided
from minsheng.cases.rules.clocks import ClockRow, fingerprint
from minsheng.cases.rules.hash_chain import SIGNED
from minsheng.cases.rules.masking import NOBODY, Known
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import hash_chain
from minsheng.kit.bulk import Bulk
from minsheng.kit.copy_rows import twin

CaseTwin, TextTwin, StepTwin, SaidTwin, ClockTwin, NumberTwin, KeyTwin, TaskTwin, AskTwin, LinkTwin = (
    twin(model) for model in (Case, CaseText, CaseStep, StepText, CaseClock, CaseNumber, OutsideKey, CaseTask, CaseAsk, CaseLink))
_ORDER = (Case, CaseText, CaseNumber, OutsideKey, CaseStep, StepText, CaseClock, CaseTask, CaseAsk, CaseFile, CaseReader, CaseLink)


class CaseBulk(Bulk):
    """A batch of cases."""

    def __init__(self, *beside: Any):
        """`beside`: tables of other rooms that are kept with the cases."""
        super().__init__(SIGNED, (*_ORDER, *beside))

    def step(self, case: Any, name: str, to: State, *, at: datetime, by: Actor, given: dict[str, Any], words: Mapping[str, Any] | None = None,
             people: Known = NOBODY, masked: Mapping[str, Any] | None = None, told: datetime | None = None) -> Any:
        """The case's next step; sealed by `end`. `words` lie beside the history; `masked`: their columns, where they are known already;
        `told`: when we were told; None: of a history that leaves out what the steps of tasks and rounds would say."""
        steps = case.__dict__.setdefault("steps_taken", [])
        row: Any = StepTwin(id=self.step_id(case, at), case_id=case.id, step=name, frm=steps[-1].to if steps else State.START.value, to=to.value,
                       by_id=by.id, by_name=by.name, role=PROCEDURE[name].taken_as(by).value, unit_id=by.unit, at=at, recorded_at=told,
                       given=given)
        if words:
            salt = os.urandom(16)
            given["words"] = {key: hash_chain.digest(salt, hash_chain.as_text(said)) for key, said in words.items()}
            self.add(SaidTwin(step_id=row.id, case_id=case.id, words=words, salt=salt,
                              **(case_text.masked_step(dict(words), people) if masked is None else masked)))
        steps.append(row)
        return row

    def end(self, case: Any, text: Any, readers: Readers = None, clocks: Sequence[Any] = ()) -> None:
        """All steps are there: the last says what they left the case at, and the chain is closed. `clocks`: their rows, all."""
        *_, last = steps = case.__dict__.pop("steps_taken")
        last.given["after"] = decided.snapshot(case, readers, {place: fingerprint(row) for place, row in enumerate(clocks)})
        for row in steps:
            self.seal(case, row)
        self.add(case, text, NumberTwin(number=case.number, case_id=case.id))


def clock_row(case: Any, made: ClockRow) -> Any:
    """A clock as its row."""
    return ClockTwin(case_id=case.id, code=made.code, started_at=made.started_at, limit=made.limit, basis=made.basis, due_at=made.due_at,
                     yellow=made.yellow, red=made.red, provisional=made.provisional, paused_at=made.paused_at, met_at=made.met_at,
                     void=made.void, shifts=list(made.shifts))
