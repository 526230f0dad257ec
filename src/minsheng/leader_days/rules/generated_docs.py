"""docs/leader-days-procedure.md, read from the tables. Pure; a test holds the page to them."""

from __future__ import annotations

from minsheng.kit.procedure_page import section
from minsheng.leader_days.rules import procedures
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.media import LEAD, LeadState
from minsheng.leader_days.rules.meetings import MEETING, MeetingState
from minsheng.leader_days.rules.reports import REPORT, ReportState
from minsheng.leader_days.rules.signups import SIGNUP, SignupState
from minsheng.leader_days.rules.states import CommitmentState, PeriodState, SchemeState

# Every subject of leader days: how the page calls it, its states, its steps.
SUBJECTS = (
    ("方案", SchemeState, procedures.SCHEME),
    ("期", PeriodState, procedures.PERIOD),
    ("承诺事项", CommitmentState, procedures.COMMITMENT),
    ("协调会", MeetingState, MEETING),
    ("报告", ReportState, REPORT),
    ("报名", SignupState, SIGNUP),
    ("报道线索", LeadState, LEAD),
)


def page() -> str:
    out = ["# “一把手听民声”的办理步骤", "",
           "本页由 `src/minsheng/leader_days/rules/` 生成（`./minsheng docs`），测试核对两者一致。怎样办一期见 [leader-days.md](leader-days.md)。", ""]
    for title, states, procedure in SUBJECTS:
        out += section(title, states, procedure, FIELDS)
    return "\n".join(out)
