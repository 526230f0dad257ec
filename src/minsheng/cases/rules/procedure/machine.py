"""What the clock does, and the erasure that the law orders."""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import ENDED, OPEN, SUBMITTED, Ask, Clock
from minsheng.cases.rules import State as S
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure.shared import WHEN_ASKED, Rows, one
from minsheng.cases.rules.readers import CLOCK, NOBODY, SILENT, Citizen, Message, own
from minsheng.cases.rules.requests import Request, Ruling
from minsheng.kit.steps import Step

ROWS: Rows = [
    Step("from_merged", "并单诉求人", OPEN, WHEN_ASKED, R.CLOCK, (), ("party", "said", "addition?", "outcome?", "contacted?", "solved?", "satisfaction?", "dissatisfaction?"), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=SILENT, message=Message(carried=True), desk=CLOCK),
    Step("all_withdrew", "全部撤回", OPEN, S.WITHDRAWN, R.CLOCK, (g.nobody_left,), (), clock=Clock.STOP,
         citizen=own("诉求人都已撤回"), message=NOBODY, desk=CLOCK),
    Step("renew_code", "重发查询码", OPEN | ENDED, None, R.CLOCK, (g.not_erased,), ("why",),
         citizen=SILENT, message=Message("accepted", alone=True), desk=CLOCK),
    Step("transfer_failed", "转接未成", OPEN | ENDED, None, R.CLOCK, (g.not_erased,), ("target", "why"),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("police_handover", "110转来", OPEN | ENDED, None, R.CLOCK, (g.not_erased,), ("police_ref", "police_officer?", "police_on_line?", "call?"),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("police_feedback", "反馈110", OPEN | ENDED, None, R.CLOCK, (g.not_erased,), ("police_told",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("recompute", "时限重算", SUBMITTED, None, R.CLOCK, (), ("why",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("lift_restriction", "限制到期解除", SUBMITTED | ENDED, None, R.CLOCK, (g.is_restricted, g.no_reader_left), ("why",), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("pass_restriction", "限制知悉移交", SUBMITTED | ENDED, None, R.CLOCK, (g.is_restricted,), ("why",), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("leave_line", "被反映单位脱手", one(S.PENDING_SIGN, S.RETURN_REVIEW, S.IN_PROGRESS, S.PARKED), S.PENDING_REVIEW, R.CLOCK, (g.lead_is_of_the_line,), ("why",), clock=Clock.RESUME, limit="review",
         citizen=Citizen("将改派其他单位办理"), message=NOBODY, desk=CLOCK),
    Step("end_line_tasks", "取消被反映单位的任务", SUBMITTED, None, R.CLOCK, (g.tasks_are_of_the_line,), ("why",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("ring_duty", "呼叫值班", one(S.PENDING_SIGN), None, R.CLOCK, (), ("duty_name",),
         citizen=SILENT, message=Message(unit="unsigned", duty="urgent_duty", apart=True), desk=CLOCK),
    Step("erase_again", "恢复后重做删除", OPEN | ENDED, None, R.CLOCK, (g.not_erased,), ("why",), touches=("group", "ever"),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("wake_shift", "呼叫值班长", one(S.PENDING_SIGN), None, R.CLOCK, (), ("rounds",),
         citizen=SILENT, message=Message(leader="wake_shift", apart=True), desk=CLOCK),
    Request(Ask.ERASURE, R.SUPERVISOR, R.SECURITY_ADMIN, ENDED - {S.SPLIT}, (g.not_erased,), ("reason",), page="erasures", ruled_in=ENDED,
            granted=Ruling("erase", "删除个人信息", guards=(g.not_erased, g.nothing_pending(Ask.EXCLUSION)), needs=("ground",), touches=("group", "ever"),
                           besides="姓名、号码、文字、附件都删除，步骤留下",
                           then=("删除诉求人姓名、电话、诉求文字、答复文字、原话、附件和短信，不能恢复", "保留：编号、分类、单位、时间和每一步的名称",
                                 "申请人与执行人都留名；历史仍可校验")),
            refused=None),
]
