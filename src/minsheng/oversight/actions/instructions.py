"""Instructions and duties as the engine takes them, and the ways in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from minsheng.accounts.rules import Actor
from minsheng.kit import clock, engine
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.read_values import id_or_none
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.stepped_rows import StepRow
from minsheng.kit.verdict import YES, Verdict
from minsheng.oversight import effects
from minsheng.oversight.models import Duty, DutyStep, DutyWords, Instruction, InstructionStep, InstructionWords
from minsheng.oversight.queries import facts as read
from minsheng.oversight.queries import instructions as tasks
from minsheng.oversight.queries import sight
from minsheng.oversight.rules import checks, instructions
from minsheng.oversight.rules.instructions import DutyState, InstructionState, TaskFacts

Given = Mapping[str, Any]
T = TypeVar("T", Instruction, Duty)


class _Tasks(SteppedKind[T]):
    fields = instructions.FIELDS

    def attach(self, subjects: list[T]) -> None:
        read.furnish(subjects)

    def begin(self, subject: T) -> None:
        subject.any_erased = False

    def is_erased(self, subject: T) -> bool:
        return subject.any_erased

    def facts(self, subject: T, at: datetime) -> TaskFacts:
        return tasks.facts_of(subject)

    def check(self, deed: Deed[T]) -> dict[str, str]:
        found = instructions.given(deed.values, tasks.world(deed.values, deed.by, deed.at))
        return found | checks.due(deed.values, "due", read.world(deed.at))


class Instructions(_Tasks[Instruction]):
    procedure, effects = instructions.INSTRUCTION, effects.INSTRUCTION
    name, label, model, rows, words = "instruction", "领导批示", Instruction, InstructionStep, InstructionWords
    decided = {"cases": "所涉工单", "unit_id": "承办单位", "instructed_on": "批示日期", "due": "期限", "ended_at": "了结时间"}
    spoken = {"title": "title", "report": "report", "leader": "leader", "instruction": "instruction", "feedback": "feedback"}

    def sees(self, facts: TaskFacts, by: Actor) -> Verdict:
        return YES if sight.instructions(by).filter(id=facts.id).exists() else self.missing()


class Duties(_Tasks[Duty]):
    procedure, effects = instructions.DUTY, effects.DUTY
    name, label, model, rows, words = "duty", "责任落实", Duty, DutyStep, DutyWords
    decided = {"cases": "所涉工单", "unit_id": "责任单位", "due": "期限", "waiting": "容错待裁定", "asked_by": "申请人", "ground": "容错情形",
               "ended_at": "了结时间", "ended_by": "了结人"}
    spoken = {"matter": "matter", "duty_post": "duty_post", "measures": "measures", "feedback": "feedback", "finding": "finding", "organ": "organ"}

    def sees(self, facts: TaskFacts, by: Actor) -> Verdict:
        return YES if sight.duties(by).filter(id=facts.id).exists() else self.missing()


INSTRUCTIONS, DUTIES = Instructions(), Duties()


def report_matter(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> StepRow:
    at = at or clock.now()
    one = Instruction(id=new_id(at), state=InstructionState.NEW.value, updated_at=at)
    INSTRUCTIONS.begin(one)
    row: StepRow = engine.make(INSTRUCTIONS, one, "report_matter", by=by, given=given, at=at, key=key)
    return row


def open_duty(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> StepRow:
    at = at or clock.now()
    one = Duty(id=new_id(at), state=DutyState.NEW.value, unit_id=tasks.known_unit(id_or_none(given.get("unit"))), updated_at=at)
    DUTIES.begin(one)
    row: StepRow = engine.make(DUTIES, one, "open_duty", by=by, given=given, at=at, key=key)
    return row


def take_instruction(*, instruction_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> StepRow:
    row: StepRow = engine.take(INSTRUCTIONS, instruction_id, step, by=by, given=given, at=at, key=key)
    return row


def take_duty(*, duty_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> StepRow:
    row: StepRow = engine.take(DUTIES, duty_id, step, by=by, given=given, at=at, key=key)
    return row
