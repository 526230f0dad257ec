"""docs/oversight-procedure.md, read from the tables. Pure; a test holds the page to it."""

from __future__ import annotations

from minsheng.kit.procedure_page import section
from minsheng.oversight.rules import findings, inspections, instructions, procedures, stock_phrases
from minsheng.oversight.rules.fields import FIELDS
from minsheng.oversight.rules.states import SlipState

SUBJECTS = (
    ("督办单、通报、约谈", SlipState, procedures.SLIP, FIELDS),
    ("核查发现", findings.FindingState, findings.FINDING, findings.FIELDS),
    ("常用语清单", stock_phrases.PhrasesState, stock_phrases.PHRASES, stock_phrases.FIELDS),
    ("专项督查", inspections.InspectionState, inspections.INSPECTION, inspections.FIELDS),
    ("督查发现的问题", inspections.PointState, inspections.POINT, inspections.FIELDS),
    ("领导批示", instructions.InstructionState, instructions.INSTRUCTION, instructions.FIELDS),
    ("责任落实台账", instructions.DutyState, instructions.DUTY, instructions.FIELDS),
)


def page() -> str:
    out = ["# 督办的办理步骤", "",
           "本页由 `src/minsheng/oversight/rules/` 生成（`./minsheng docs`），测试核对两者一致。怎样督办见 [oversight.md](oversight.md)。", ""]
    for title, states, procedure, fields in SUBJECTS:
        out += section(title, states, procedure, fields)
    return "\n".join(out)
