"""Supervision in the demo city: what the clock does by the ladder at the demo's now, and one of each subject under way, by steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Role
from minsheng.cases.models import Case
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people import Cast
from minsheng.kit import clock
from minsheng.oversight.actions import inspections, instructions, reminders, replies, slips
from minsheng.oversight.models import Inspection, Slip

NOW = folder.NOW


@transaction.atomic
def begin() -> None:
    """At once done when it is there."""
    if Inspection.objects.exists():
        return
    cast = Cast()
    with clock.fixed(NOW):
        reminders.remind()
        slips.propose()
        replies.check()
    _slip(cast)
    _inspection(cast)
    _papers(cast)


def _slip(cast: Cast) -> None:
    """Of what was proposed one is drafted, signed and numbered; the others wait."""
    first, second = cast.pick(Role.SUPERVISOR, 0), cast.pick(Role.SUPERVISOR, 1)
    with clock.fixed(NOW):
        for n, one in enumerate(Slip.objects.filter(kind="order").order_by("id")[:2]):
            written = {"demand": "请逐件查明未按期办结的原因，明确责任科室和完成日期，办结后答复诉求人并书面回复。", "answer_due": "2025-01-09"}
            slips.take(slip_id=one.id, step="take_up_slip", by=first, given=written)
            if n == 0:
                slips.take(slip_id=one.id, step="sign_slip", by=second)
                slips.take(slip_id=one.id, step="issue_slip", by=cast.pick(Role.COORDINATOR, 0), given={"doc_number": "示民督〔2025〕1号"})


def _inspection(cast: Cast) -> None:
    first, second, member = cast.pick(Role.SUPERVISOR, 0), cast.pick(Role.SUPERVISOR, 1), cast.pick(Role.OUTSIDE_GROUP, 0)
    given = {"title": "岁末年初民生诉求办理质量督查", "basis": "年度督查计划：答复是否写明结果和日期，联系和现场记录是否真实。", "since": "2024-12-01", "until": "2024-12-31",
             "size": 12, "members": [member.id]}
    with clock.fixed(NOW):
        one = inspections.draft(by=first, given=given).subject_id
        inspections.take(inspection_id=one, step="approve_inspection", by=second)
        inspections.take(inspection_id=one, step="draw_sample", by=first)
        sample = list(Case.objects.filter(id__in=Inspection.objects.get(id=one).sample, lead__isnull=False).order_by("id")[:4])
        for case in sample[1:]:
            inspections.take(inspection_id=one, step="look_at_case", by=member, given={"case": case.id})
        if sample:
            noted: dict[str, Any] = {"inspection": one, "case": sample[0].id, "point": "答复没有写明完成的日期，现场记录没有写看到了什么。"}
            inspections.note_point(by=member, given=noted)


def _papers(cast: Cast) -> None:
    """A written instruction that a unit acts on, and a duty in the record."""
    first, office = cast.pick(Role.SUPERVISOR, 0), cast.pick(Role.COORDINATOR, 0)
    case = Case.objects.filter(state="in_progress", restricted=False, sealed=False, lead__isnull=False).order_by("id").first()
    if case is None:
        return
    with clock.fixed(NOW - timedelta(minutes=30)):
        report = {"title": "冬季民生诉求集中事项", "leader": "分管副市长", "cases": [case.id],
                  "report": "入冬以来同类诉求增多，已办结大部分，尚有少数需部门会商。建议明确牵头单位和时限。"}
        one = instructions.report_matter(by=first, given=report).subject_id
        instructions.take_instruction(instruction_id=one, step="record_instruction", by=office, given={
            "instruction": "请牵头单位抓紧会商，逐件拿出办法，一周内反馈。", "instructed_on": "2025-01-02"})
        instructions.take_instruction(instruction_id=one, step="assign_instruction", by=first, given={"unit": case.lead_id, "due": "2025-01-09"})
        duty = {"matter": "集中事项的会商和逐件答复", "unit": case.lead_id, "duty_post": "分管负责人", "due": "2025-01-10", "cases": [case.id],
                "measures": "会商一次，逐件写明办法和日期，答复诉求人。"}
        instructions.open_duty(by=first, given=duty)
