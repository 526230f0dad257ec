"""docs/month-end-procedure.md, read from the tables. Pure; a test holds the page to them."""

from __future__ import annotations

from minsheng.kit.procedure_page import section
from minsheng.month_end.rules.assessments import ASSESSMENT, AssessmentState
from minsheng.month_end.rules.assessments import FIELDS as OF_ASSESSMENT
from minsheng.month_end.rules.objections import FIELDS as OF_OBJECTION
from minsheng.month_end.rules.objections import OBJECTION, ObjectionState

SUBJECTS = (("考核期", AssessmentState, ASSESSMENT, OF_ASSESSMENT), ("异议", ObjectionState, OBJECTION, OF_OBJECTION))


def page() -> str:
    out = ["# 出数的办理步骤", "", "本页由 `src/minsheng/month_end/rules/` 生成（`./minsheng docs`），测试核对两者一致。怎样出数见 [month-end.md](month-end.md)。", ""]
    for title, states, procedure, fields in SUBJECTS:
        out += section(title, states, procedure, fields)
    return "\n".join(out)
