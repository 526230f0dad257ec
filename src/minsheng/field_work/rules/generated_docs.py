"""docs/field-work-procedure.md, read from the table. Pure; a test holds the page to it."""

from __future__ import annotations

from minsheng.field_work.rules.watches import FIELDS, WATCH, WatchState
from minsheng.kit.procedure_page import section

SUBJECTS = (("蹲点", WatchState, WATCH, FIELDS),)


def page() -> str:
    out = ["# 蹲点的办理步骤", "",
           "本页由 `src/minsheng/field_work/rules/watches.py` 生成（`./minsheng docs`），测试核对两者一致。怎样办见 [field-work.md](field-work.md)。", ""]
    for title, states, procedure, fields in SUBJECTS:
        out += section(title, states, procedure, fields)
    return "\n".join(out)
