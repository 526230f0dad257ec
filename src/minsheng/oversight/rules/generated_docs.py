"""docs/oversight-procedure.md, read from the table. Pure; a test holds the page to it."""

from __future__ import annotations

from minsheng.kit.procedure_page import section
from minsheng.oversight.rules import procedures
from minsheng.oversight.rules.fields import FIELDS
from minsheng.oversight.rules.states import SlipState


def page() -> str:
    out = ["# 督办的办理步骤", "",
           "本页由 `src/minsheng/oversight/rules/procedures.py` 生成（`./minsheng docs`），测试核对两者一致。怎样督办见 [oversight.md](oversight.md)。", ""]
    out += section("督办单、通报、约谈", SlipState, procedures.SLIP, FIELDS)
    return "\n".join(out)
