"""docs/leader-days-procedure.md, read from the tables. Pure; a test holds the page to them."""

from __future__ import annotations

from minsheng.kit.procedure_page import section
from minsheng.leader_days.rules import procedures
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.states import CommitmentState, PeriodState, SchemeState


def page() -> str:
    out = ["# “一把手听民声”的办理步骤", "",
           "本页由 `src/minsheng/leader_days/rules/procedures.py` 生成（`./minsheng docs`），测试核对两者一致。怎样办一期见 [leader-days.md](leader-days.md)。", ""]
    out += section("方案", SchemeState, procedures.SCHEME, FIELDS)
    out += section("期", PeriodState, procedures.PERIOD, FIELDS)
    out += section("承诺事项", CommitmentState, procedures.COMMITMENT, FIELDS)
    return "\n".join(out)
